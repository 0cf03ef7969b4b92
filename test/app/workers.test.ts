// Several processes that share the port and one embedded database.
import { afterAll, describe, expect, test, vi } from 'vitest';
import { processesIn } from '../embedded/server-processes.ts';
import { eventually } from '../support/eventually.ts';
import { cleanUpPostern, makeDataDirectory, requestToken, startPostern } from '../support/postern.ts';
import { workersOf } from '../support/worker-processes.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(cleanUpPostern);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('POSTERN_WORKERS=2', () => {
  test('serves from two processes, gives one setup link, replaces a dead one, and stops without a rest', async () => {
    const postern = await startPostern({ env: { POSTERN_WORKERS: '2' } });
    await eventually('the link is there', () => postern.setupLink());
    const workers = workersOf(postern);
    expect(workers).toHaveLength(2);
    expect(postern.stdout().match(/setup\?token=/g)).toHaveLength(1);
    const client = await postern.createClient();
    expect((await requestToken(postern.url, client)).status).toBe(200);

    const [victim = 0] = workers;
    process.kill(victim, 'SIGKILL');
    await eventually('another takes its place', () => {
      const now = workersOf(postern);
      return now.length === 2 && !now.includes(victim);
    });
    expect(postern.log()).toContainEqual(
      expect.objectContaining({ level: 'error', worker_pid: victim, end: 'SIGKILL' }),
    );
    expect((await requestToken(postern.url, client)).status).toBe(200);

    const all = workersOf(postern);
    const end = await postern.stop();
    expect(end, postern.stdout()).toEqual({ status: 0, signal: null });
    expect(all.filter(isAlive)).toEqual([]);
    await eventually('no database is left', () => processesIn(postern.dataDirectory).length === 0);
  });

  test('Ctrl-C, which a terminal sends to every process, stops them once and in order', async () => {
    const postern = await startPostern({ env: { POSTERN_WORKERS: '2' } });
    const workers = await eventually('both are there', () => {
      const now = workersOf(postern);
      return now.length === 2 && now;
    });
    for (const pid of workers) process.kill(pid, 'SIGINT');
    postern.signal('SIGINT');
    expect(await postern.exited).toEqual({ status: 0, signal: null });
    expect(postern.log().filter(({ level }) => ['error', 'fatal'].includes(level))).toEqual([]);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  test('kill -9 of the first process takes the others and the database along', async () => {
    const dataDirectory = await makeDataDirectory();
    const postern = await startPostern({ dataDirectory, env: { POSTERN_WORKERS: '2' } });
    const workers = workersOf(postern);
    postern.signal('SIGKILL');
    await postern.exited;
    await eventually('no worker is left', () => workers.every((pid) => !isAlive(pid)));
    await eventually('no database is left', () => processesIn(dataDirectory).length === 0);
  });
});
