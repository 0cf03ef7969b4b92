// Reads by key that come close together share one statement, so that a crowd of first readers costs the database little.
import { unavailable } from '../base/problem.ts';

interface CoalescedReadsOptions<V> {
  /** One statement for all keys. A key that its answer lacks does not exist. */
  readMany(keys: readonly string[]): Promise<ReadonlyMap<string, V>>;
  readonly maxKeys?: number;
  readonly maxConcurrent?: number;
  readonly maxWaiting?: number;
}

interface Ask<V> {
  readonly promise: Promise<V | undefined>;
  resolve(value: V | undefined): void;
  reject(error: unknown): void;
}

/** The answer is from a statement that began after the call. Rejects with `service.unavailable` when it cannot be had. */
export function coalesceReads<V>(options: CoalescedReadsOptions<V>): (key: string) => Promise<V | undefined> {
  const { readMany, maxKeys = 200, maxConcurrent = 2, maxWaiting = 10_000 } = options;
  let waiting = new Map<string, Ask<V>>();
  let running = 0;
  let isScheduled = false;

  const schedule = () => {
    if (isScheduled || running >= maxConcurrent || waiting.size === 0) return;
    isScheduled = true;
    // Not at once: the other requests that arrived in this turn of the event loop come along.
    setImmediate(() => {
      isScheduled = false;
      void run(take());
      schedule();
    });
  };

  const take = (): Map<string, Ask<V>> => {
    const taken = waiting.size <= maxKeys ? waiting : new Map([...waiting].slice(0, maxKeys));
    if (taken === waiting) waiting = new Map();
    else for (const key of taken.keys()) waiting.delete(key);
    return taken;
  };

  const run = async (asks: ReadonlyMap<string, Ask<V>>): Promise<void> => {
    running += 1;
    try {
      const values = await readMany([...asks.keys()]);
      for (const [key, ask] of asks) ask.resolve(values.get(key));
    } catch (error) {
      // Whoever waits behind a statement that failed would wait as long again.
      const stranded = waiting;
      waiting = new Map();
      for (const ask of [...asks.values(), ...stranded.values()]) ask.reject(unavailable(error));
    } finally {
      running -= 1;
      schedule();
    }
  };

  return (key) => {
    const shared = waiting.get(key);
    if (shared !== undefined) return shared.promise;
    if (waiting.size >= maxWaiting) return Promise.reject(unavailable('too many reads are waiting'));
    const ask = createAsk<V>();
    waiting.set(key, ask);
    schedule();
    return ask.promise;
  };
}

function createAsk<V>(): Ask<V> {
  let resolve: Ask<V>['resolve'] = () => undefined;
  let reject: Ask<V>['reject'] = () => undefined;
  const promise = new Promise<V | undefined>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
