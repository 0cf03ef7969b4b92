// How far the work at hand reaches, known to storage without being handed through every call: the second wall (row-level security)
// must hold also where a service forgets the first. Whoever has authenticated a caller enters; the token path never does.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRestingScope } from '../../base/resting-scope.ts';
import type { Reach } from './caller.ts';

const scope = new AsyncLocalStorage<Reach | undefined>();
const { keepAwake } = createRestingScope(scope);

/** Whatever `work` reads and writes until its promise is kept stays within the reach. Within another scope this one counts. */
export function runWithin<T>(reach: Reach, work: () => T | Promise<T>): Promise<T> {
  return keepAwake(async () => await scope.run(reach, work));
}

/** For what belongs to no company and must know of all of them. Whoever calls it has checked that the caller may. */
export function runBeyond<T>(work: () => T): T {
  return scope.run(undefined, work);
}

/** undefined outside every scope: the system is at work. */
export function currentReach(): Reach | undefined {
  return scope.getStore();
}
