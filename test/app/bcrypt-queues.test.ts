// How many secrets may wait for the bcrypt threads: as many as take the same time, whatever one of them takes.
import { afterEach, expect, test } from 'vitest';
import { type BcryptQueues, createBcryptQueues } from '../../src/app/bcrypt-queues.ts';
import { Problem } from '../../src/base/problem.ts';

let queues: BcryptQueues | undefined;

afterEach(() => queues?.close());

/** How many of so many new secrets at once are refused; the rest is not waited for. */
async function refusedOf(count: number, bcryptCost: number): Promise<number> {
  // One thread, however many processors there are.
  const { newSecrets } = (queues = createBcryptQueues({ bcryptCost, workers: 1_000 }));
  let refused = 0;
  const hashing = Array.from({ length: count }, () =>
    newSecrets.hash('x').catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'service.unavailable') refused += 1;
    }),
  );
  await Promise.race([Promise.all(hashing), new Promise((resolve) => setImmediate(resolve))]);
  return refused;
}

test.each([
  ['a cheap one: all of a thousand are made, as they take a second', 4, 1_000, 0],
  ['the usual one: 160 wait behind the one at work', 10, 200, 39],
  ['a dear one: a quarter of them, as each takes four times as long', 12, 200, 159],
])('%s', async (_name, cost, count, refused) => {
  expect(await refusedOf(count, cost)).toBe(refused);
});
