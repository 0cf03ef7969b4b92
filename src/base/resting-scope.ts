// Lets an AsyncLocalStorage rest while nobody is within it. Up to Node.js 22 every promise, tick and timer of the process pays for one
// that has ever been entered, whoever made it: at the gate a tenth of the cost. From 24 on they cost nothing either way.
import type { AsyncLocalStorage } from 'node:async_hooks';

export interface RestingScope {
  /** Runs work that enters the storage; the storage stays awake until its promise is kept, and a while longer. */
  keepAwake<T>(work: () => Promise<T>): Promise<T>;
}

/** Long enough for one who comes again and again not to wake it each time. */
const REST_MILLISECONDS = 1_000;

/** Whoever enters the storage and not by `keepAwake` may find it at rest, and be outside all at once. */
export function createRestingScope(storage: Pick<AsyncLocalStorage<unknown>, 'disable'>): RestingScope {
  let inside = 0;
  let resting: NodeJS.Timeout | undefined;
  return {
    async keepAwake(work) {
      inside += 1;
      clearTimeout(resting);
      try {
        return await work();
      } finally {
        inside -= 1;
        if (inside === 0) resting = setTimeout(() => storage.disable(), REST_MILLISECONDS).unref();
      }
    },
  };
}
