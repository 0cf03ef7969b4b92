// How far the work at hand reaches, known to storage without being handed through every call: the second wall (row-level security)
// must hold also where a service forgets the first. Whoever has authenticated a caller enters; the token path never does.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Reach } from './caller.ts';

const scope = new AsyncLocalStorage<Reach | undefined>();

/**
 * Up to Node.js 22 every request pays for a scope that has ever been entered, also on the token path and at the gate, where it is a
 * twentieth of the cost. So it is let go once nobody has been within one for a while.
 */
const REST_MILLISECONDS = 1_000;
let inside = 0;
let resting: NodeJS.Timeout | undefined;

/** Whatever `work` reads and writes, also later on, stays within the reach, until its promise is kept. Within another scope this one counts. */
export async function runWithin<T>(reach: Reach, work: () => T | Promise<T>): Promise<T> {
  inside += 1;
  clearTimeout(resting);
  try {
    return await scope.run(reach, work);
  } finally {
    inside -= 1;
    if (inside === 0) resting = setTimeout(() => scope.disable(), REST_MILLISECONDS).unref();
  }
}

/** For what belongs to no company and must know of all of them. Whoever calls it has checked that the caller may. */
export function runBeyond<T>(work: () => T): T {
  return scope.run(undefined, work);
}

/** undefined outside every scope: the system is at work. */
export function currentReach(): Reach | undefined {
  return scope.getStore();
}
