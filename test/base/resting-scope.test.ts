// When an AsyncLocalStorage is let go, and when not.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRestingScope } from '../../src/base/resting-scope.ts';

const A_WHILE = 1_200;

function open() {
  const storage = new AsyncLocalStorage<string>();
  const rests: number[] = [];
  const disable = () => {
    rests.push(performance.now());
    storage.disable();
  };
  return { storage, rests, ...createRestingScope({ disable }) };
}

test('a storage is let go a second after the last work is done, once, and works again afterwards', async () => {
  const { storage, rests, keepAwake } = open();
  const enter = () => keepAwake(async () => storage.run('inside', async () => storage.getStore()));
  expect(await Promise.all([enter(), enter()])).toEqual(['inside', 'inside']);
  expect(rests).toHaveLength(0);
  await pause(A_WHILE);
  expect(rests).toHaveLength(1);
  expect(await enter()).toBe('inside');
});

test('it is not let go while work is under way, also of work that began as others ended', async () => {
  const { storage, rests, keepAwake } = open();
  const long = keepAwake(() =>
    storage.run('long', async () => {
      await pause(2 * A_WHILE);
      return storage.getStore();
    }),
  );
  await keepAwake(async () => undefined);
  await pause(A_WHILE);
  expect(rests).toHaveLength(0);
  expect(await long).toBe('long');
});

test('work that fails lets go too, and fails as it did', async () => {
  const { rests, keepAwake } = open();
  await expect(keepAwake(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await pause(A_WHILE);
  expect(rests).toHaveLength(1);
});
