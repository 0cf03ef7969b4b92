// bcrypt on threads of its own: right, bounded, in order, and replaced when a thread dies.
import bcrypt from 'bcrypt';
import { execFile } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BcryptLanes,
  type BcryptLanesOptions,
  createBcryptLanes,
  LanesFullError,
} from '../../src/base/bcrypt-lanes.ts';

const open: BcryptLanes[] = [];
let workers: Worker[] = [];
const onWorker = (worker: Worker) => void workers.push(worker);

beforeEach(() => {
  workers = [];
  process.on('worker', onWorker);
});

afterEach(async () => {
  process.off('worker', onWorker);
  await Promise.all(open.splice(0).map(async (lanes) => await lanes.close()));
});

function lanesOf(options: Partial<BcryptLanesOptions> = {}): BcryptLanes {
  const lanes = createBcryptLanes({ lanes: 1, queueLimit: 100, cost: 4, ...options });
  open.push(lanes);
  return lanes;
}

const slowHash = bcrypt.hashSync('right', 10);

describe('bcrypt lanes', () => {
  test('hash with the cost they were given, and compare true for the same text alone', async () => {
    const lanes = lanesOf({ cost: 5 });
    const hash = await lanes.hash('correct horse');
    expect(hash).toMatch(/^\$2b\$05\$/);
    expect(await lanes.compare('correct horse', hash)).toBe(true);
    expect(await lanes.compare('Correct horse', hash)).toBe(false);
    expect(bcrypt.compareSync('correct horse', hash)).toBe(true);
  });

  test('take $2y$ hashes, as PHP and Apache write them, for what they are', async () => {
    const hash = bcrypt.hashSync('from elsewhere', 4).replace('$2b$', '$2y$');
    expect(await lanesOf().compare('from elsewhere', hash)).toBe(true);
  });

  test.each(['', 'nothing', '$2b$10$short', '$2b$99$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', '\0'])(
    'say false for %j, which is no hash',
    async (hash) => {
      expect(await lanesOf().compare('anything', hash)).toBe(false);
    },
  );

  test.each([
    ['73 bytes', 'a'.repeat(73)],
    ['37 letters of two bytes', 'é'.repeat(37)],
    ['a NUL', 'a\0b'],
  ])('refuse to hash %s, which bcrypt would cut off', async (_what, plain) => {
    await expect(lanesOf().hash(plain)).rejects.toThrow(RangeError);
  });

  test('start no thread before the first job, and no more than they were given', async () => {
    const lanes = lanesOf({ lanes: 2 });
    expect(workers).toHaveLength(0);
    await Promise.all([1, 2, 3, 4, 5, 6].map(async () => await lanes.hash('x')));
    expect(workers).toHaveLength(2);
  });

  test('leave libuv’s pool free: a job for it is done before the second of eight comparisons', async () => {
    const lanes = lanesOf({ queueLimit: 8 });
    await lanes.hash('the thread is up');
    let compared = 0;
    const comparisons = [1, 2, 3, 4, 5, 6, 7, 8].map(async () => {
      await lanes.compare('wrong', slowHash);
      compared += 1;
    });
    await promisify(pbkdf2)('a', 'b', 1, 32, 'sha256');
    expect(compared).toBeLessThan(2);
    await Promise.all(comparisons);
  });
});

describe('the queue', () => {
  test('is bounded: one more than lanes and limit is refused at once, the others are answered', async () => {
    const lanes = lanesOf({ lanes: 1, queueLimit: 2 });
    const taken = [1, 2, 3].map(async () => await lanes.compare('right', slowHash));
    await expect(lanes.compare('right', slowHash)).rejects.toThrow(LanesFullError);
    await expect(lanes.hash('x')).rejects.toThrow(LanesFullError);
    expect(await Promise.all(taken)).toEqual([true, true, true]);
    expect(await lanes.compare('right', slowHash)).toBe(true);
  });

  test('is first come, first served', async () => {
    const lanes = lanesOf();
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map(async (n) => void (await lanes.hash('x'), order.push(n))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('doesn’t starve a second one: a lane takes from both in turn', async () => {
    const lanes = lanesOf();
    const second = lanes.openQueue(10);
    const order: string[] = [];
    const first = [1, 2, 3, 4, 5, 6].map(async (n) => void (await lanes.hash('x'), order.push(`a${n}`)));
    await Promise.all([second.hash('x').then(() => order.push('b')), ...first]);
    expect(order.indexOf('b')).toBeLessThan(3);
  });

  test('full of one sender has room for another, who is answered before the rest of the first', async () => {
    const lanes = lanesOf({ queueLimit: 3 });
    const done: string[] = [];
    const ask = (name: string, sender: string) =>
      lanes.compare('right', slowHash, sender).then(
        () => done.push(name),
        (error: unknown) => done.push(`${name}: ${String(error instanceof LanesFullError)}`),
      );
    const jobs = ['first', 'second', 'third', 'fourth', 'fifth'].map((name) => ask(name, 'flood'));
    await Promise.all([...jobs, ask('other', 'somebody')]);
    expect(done).toEqual(['fifth: true', 'fourth: true', 'first', 'second', 'other', 'third']);
  });

  test('that is full doesn’t fill another', async () => {
    const lanes = lanesOf({ queueLimit: 0 });
    const second = lanes.openQueue(1);
    const running = lanes.compare('right', slowHash);
    await expect(lanes.compare('right', slowHash)).rejects.toThrow(LanesFullError);
    expect(await second.compare('right', slowHash)).toBe(true);
    expect(await running).toBe(true);
  });
});

describe('a lane that dies', () => {
  test('is replaced, and its job and those waiting are answered', async () => {
    const lanes = lanesOf();
    const jobs = [1, 2, 3].map(async () => await lanes.compare('right', slowHash));
    await new Promise(setImmediate);
    await workers[0]?.terminate();
    expect(await Promise.all(jobs)).toEqual([true, true, true]);
    expect(workers).toHaveLength(2);
  });

  test('twice under the same job fails that job alone', async () => {
    const lanes = lanesOf();
    const killAll = (worker: Worker) => void worker.terminate();
    process.on('worker', killAll);
    const doomed = lanes.compare('right', slowHash);
    await expect(doomed).rejects.toThrow('died twice');
    process.off('worker', killAll);
    expect(await lanes.compare('right', slowHash)).toBe(true);
  });

  test('while idle is replaced at the next job', async () => {
    const lanes = lanesOf();
    await lanes.hash('x');
    await workers[0]?.terminate();
    expect(await lanes.compare('right', slowHash)).toBe(true);
  });
});

describe('closing', () => {
  test('rejects what is running, what waits and what comes later, and ends the threads', async () => {
    const lanes = lanesOf();
    const outcomes = Promise.allSettled([1, 2, 3].map(async () => await lanes.compare('right', slowHash)));
    await lanes.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(lanes.hash('x')).rejects.toThrow('closed');
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});

test('a process waits for its jobs, then ends by itself though the thread is idle', async () => {
  await promisify(execFile)(process.execPath, ['tools/build.mjs']);
  const lanesPath = resolve('dist/src/base/bcrypt-lanes.js');
  const program = `
    import { createBcryptLanes } from ${JSON.stringify(lanesPath)};
    const lanes = createBcryptLanes({ lanes: 1, queueLimit: 1, cost: 4 });
    console.log(await lanes.compare('right', await lanes.hash('right')));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('true\n');
});
