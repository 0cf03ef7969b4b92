// Waiting for something to become true, with a bound, in place of sleeping.

import { setTimeout as pause } from 'node:timers/promises';

/** Polls until the check returns something other than undefined or false; fails with the name after the limit. */
export async function eventually<T>(
  name: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  limitMilliseconds = 10_000,
): Promise<T> {
  const until = performance.now() + limitMilliseconds;
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > until) throw new Error(`not within ${limitMilliseconds} ms: ${name}`);
    await pause(20);
  }
}
