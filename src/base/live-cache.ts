// A bounded memory of what a source says, kept true by evictions: whoever learns of a change evicts, and from then on nobody is
// served what was there before it. While changes can't be heard of (`isFresh()` is false), the source is asked every time.

const MAX_MISSES = 1_000;
/** So that nobody waits for a look at all of them. */
const MAX_CHANCES = 100;
const MISS_AGE_MILLISECONDS = 5_000;

export interface LiveCacheOptions<V> {
  /** Reads one value from the source; undefined when there is none. */
  load(key: string): Promise<V | undefined>;
  readonly maxEntries: number;
  /**
   * Whether every change made since the last `evictAll()` has been or will soon be told by an eviction. Whoever makes it true
   * again calls `evictAll()` first.
   */
  isFresh(): boolean;
  /** How long a value is served without asking the source again, should an eviction be lost all the same. */
  readonly maxAgeMilliseconds: number;
  /** Milliseconds on a clock that never goes back. */
  now?(): number;
}

export interface LiveCache<V> {
  /** What is remembered, at once and without a promise; undefined when the source has to be asked. */
  peek(key: string): V | undefined;
  /** Rejects with what `load` rejects with; nothing is remembered then. */
  get(key: string): Promise<V | undefined>;
  /** Forgets one key. A load of it under way is not remembered and not shared with later callers. */
  evict(key: string): void;
  /** Forgets what the predicate picks, and all loads under way and all absences, since nobody knows whether it would pick them. */
  evictWhere(predicate: (value: V, key: string) => boolean): void;
  evictAll(): void;
  /** Number of remembered values; absences don't count. */
  readonly size: number;
}

interface Entry<V> {
  readonly value: V;
  /** When its load began: a value is as old as the question. */
  readonly readAt: number;
  /** Since it was last passed over for dropping. */
  isUsed: boolean;
}

interface Load<V> {
  readonly promise: Promise<V | undefined>;
  /** False once its key was evicted or a later load of the key began. */
  isCurrent: boolean;
}

/** Absences are remembered apart, for five seconds and a thousand at most, so that made-up keys don't push out real ones. */
export function createLiveCache<V extends NonNullable<unknown>>(options: LiveCacheOptions<V>): LiveCache<V> {
  return new LruLiveCache(options);
}

class LruLiveCache<V extends NonNullable<unknown>> implements LiveCache<V> {
  readonly #options: LiveCacheOptions<V>;
  readonly #now: () => number;
  // In the order in which they were read; `isUsed` gives a second chance. Moving each to the end as it is used would cost more than
  // everything else here.
  readonly #entries = new Map<string, Entry<V>>();
  /** In order of use, the one used longest ago first. */
  readonly #misses = new Map<string, number>();
  /** The latest load of each key, if it isn't over. */
  readonly #running = new Map<string, Load<V>>();
  /** Loads that begin once the running one of their key is over; used while not fresh. */
  readonly #next = new Map<string, Promise<V | undefined>>();

  constructor(options: LiveCacheOptions<V>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.#entries.size;
  }

  peek(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#options.isFresh()) return undefined;
    if (this.#now() - entry.readAt > this.#options.maxAgeMilliseconds) {
      this.#entries.delete(key);
      return undefined;
    }
    entry.isUsed = true;
    return entry.value;
  }

  get(key: string): Promise<V | undefined> {
    if (!this.#options.isFresh()) return this.#loadAfterNow(key);
    const known = this.peek(key);
    if (known !== undefined || this.#isKnownMiss(key)) return Promise.resolve(known);
    return this.#running.get(key)?.promise ?? this.#begin(key);
  }

  evict(key: string): void {
    this.#entries.delete(key);
    this.#misses.delete(key);
    this.#disown(key);
  }

  evictWhere(predicate: (value: V, key: string) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (predicate(entry.value, key)) this.#entries.delete(key);
    }
    this.#misses.clear();
    for (const key of this.#running.keys()) this.#disown(key);
  }

  evictAll(): void {
    this.evictWhere(() => true);
  }

  #disown(key: string): void {
    const load = this.#running.get(key);
    if (load === undefined) return;
    load.isCurrent = false;
    this.#running.delete(key);
  }

  /**
   * A load that begins after this call. Callers that come while one is running share the one after it: at most one load a key
   * runs at a time, however many callers there are.
   */
  #loadAfterNow(key: string): Promise<V | undefined> {
    const running = this.#running.get(key);
    const shared = this.#next.get(key);
    if (shared !== undefined || running === undefined) return shared ?? this.#begin(key);
    const begin = () => {
      this.#next.delete(key);
      return this.#begin(key);
    };
    const next = running.promise.then(begin, begin);
    this.#next.set(key, next);
    return next;
  }

  #begin(key: string): Promise<V | undefined> {
    this.#disown(key);
    const readAt = this.#now();
    const asked = new Promise<V | undefined>((resolve) => resolve(this.#options.load(key)));
    const promise = asked
      .then((value) => {
        if (load.isCurrent && this.#options.isFresh()) this.#remember(key, value, readAt);
        return value;
      })
      .finally(() => {
        if (this.#running.get(key) === load) this.#running.delete(key);
      });
    const load: Load<V> = { promise, isCurrent: true };
    this.#running.set(key, load);
    return promise;
  }

  #remember(key: string, value: V | undefined, readAt: number): void {
    this.#entries.delete(key);
    this.#misses.delete(key);
    if (value === undefined) {
      this.#misses.set(key, readAt);
      dropOldest(this.#misses, MAX_MISSES);
      return;
    }
    this.#entries.set(key, { value, readAt, isUsed: false });
    if (this.#entries.size > this.#options.maxEntries) this.#dropUnused();
  }

  /** The first that was not used since it was passed over, or after some chances the next one. */
  #dropUnused(): void {
    let chances = MAX_CHANCES;
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (!entry.isUsed || chances === 0) return;
      chances -= 1;
      entry.isUsed = false;
      this.#entries.set(key, entry);
    }
  }

  #isKnownMiss(key: string): boolean {
    const readAt = this.#misses.get(key);
    if (readAt === undefined) return false;
    this.#misses.delete(key);
    if (this.#now() - readAt > MISS_AGE_MILLISECONDS) return false;
    this.#misses.set(key, readAt);
    return true;
  }
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  while (map.size > limit) {
    const oldest = map.keys().next();
    if (oldest.done) return;
    map.delete(oldest.value);
  }
}
