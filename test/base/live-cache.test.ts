// What the cache must never do: serve what was there before a change that it has heard of, or go back to it later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLiveCache, type LiveCache } from '../../src/base/live-cache.ts';

interface Value {
  readonly version: number;
}

/** A load that has read the source and whose answer is under way until `arrive` is called. */
interface Pending {
  readonly key: string;
  arrive(): void;
  fail(error: Error): void;
}

/** A source that is read at the call, as a database snapshot is, and answers when the test says. */
class Source {
  readonly values = new Map<string, Value>();
  pending: Pending[] = [];
  loads = 0;
  fresh = true;
  time = 0;

  open(maxEntries = 100): LiveCache<Value> {
    return createLiveCache<Value>({
      load: (key) => this.#load(key),
      maxEntries,
      isFresh: () => this.fresh,
      maxAgeMilliseconds: 30_000,
      now: () => this.time,
    });
  }

  #load(key: string): Promise<Value | undefined> {
    this.loads += 1;
    const snapshot = this.values.get(key);
    return new Promise((resolve, reject) => {
      this.pending.push({ key, arrive: () => resolve(snapshot), fail: reject });
    });
  }

  set(key: string, version: number): void {
    this.values.set(key, { version });
  }

  async arriveAll(): Promise<void> {
    for (;;) {
      await settle();
      const arrived = this.pending.splice(0);
      if (arrived.length === 0) return;
      for (const load of arrived) load.arrive();
    }
  }

  async get(cache: LiveCache<Value>, key: string): Promise<Value | undefined> {
    const result = cache.get(key);
    await this.arriveAll();
    return await result;
  }
}

const settle = async () => await new Promise((resolve) => void setImmediate(resolve));

describe('a value', () => {
  test('is loaded once and then served at once', async () => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    expect(cache.peek('a')).toBeUndefined();
    expect(await source.get(cache, 'a')).toEqual({ version: 1 });
    expect(cache.peek('a')).toEqual({ version: 1 });
    expect(await cache.get('a')).toEqual({ version: 1 });
    expect(source.loads).toBe(1);
    expect(cache.size).toBe(1);
  });

  test('asked for by many at once is loaded once', async () => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    const results = Array.from({ length: 50 }, async () => await cache.get('a'));
    await source.arriveAll();
    expect(new Set((await Promise.all(results)).map((value) => value?.version))).toEqual(new Set([1]));
    expect(source.loads).toBe(1);
  });

  test('is loaded anew once it is older than the maximum, counted from the question', async () => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    const first = cache.get('a');
    source.time = 20_000;
    await source.arriveAll();
    await first;
    source.time = 30_000;
    expect(cache.peek('a')).toEqual({ version: 1 });
    source.time = 30_001;
    expect(cache.peek('a')).toBeUndefined();
    source.set('a', 2);
    expect(await source.get(cache, 'a')).toEqual({ version: 2 });
  });

  test('used longest ago goes first when there are too many', async () => {
    const source = new Source();
    const cache = source.open(3);
    for (const key of ['a', 'b', 'c']) {
      source.set(key, 1);
      await source.get(cache, key);
    }
    cache.peek('a');
    source.set('d', 1);
    await source.get(cache, 'd');
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.peek(key))).toEqual(['a', 'c', 'd']);
    expect(cache.size).toBe(3);
  });

  test('in use stays while a thousand others that nobody comes back to pass by', async () => {
    const source = new Source();
    const cache = source.open(10);
    source.set('hot', 1);
    await source.get(cache, 'hot');
    for (let other = 0; other < 1000; other += 1) {
      source.set(`other ${other}`, 1);
      await source.get(cache, `other ${other}`);
      expect(cache.peek('hot'), `after ${other} others`).toEqual({ version: 1 });
    }
    expect(cache.size).toBe(10);
  });

  test('among more than can be looked at, all of them in use, makes room all the same', async () => {
    const source = new Source();
    const cache = source.open(300);
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
    for (const key of [...keys, 'one more']) {
      source.set(key, 1);
      for (const known of keys) cache.peek(known);
      await source.get(cache, key);
    }
    expect(cache.size).toBe(300);
    expect(cache.peek('one more')).toEqual({ version: 1 });
  });

  test('whose load fails rejects for all who asked and is asked for again by the next', async () => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    const outcomes = Promise.allSettled([cache.get('a'), cache.get('a')]);
    await settle();
    source.pending.splice(0)[0]?.fail(new Error('away'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await source.get(cache, 'a')).toEqual({ version: 1 });
  });

  test('whose loader throws at once rejects, and the next call asks again', async () => {
    let calls = 0;
    const cache = createLiveCache<Value>({
      load: () => {
        calls += 1;
        throw new Error('broken');
      },
      maxEntries: 1,
      isFresh: () => true,
      maxAgeMilliseconds: 1,
    });
    await expect(cache.get('a')).rejects.toThrow('broken');
    await expect(cache.get('a')).rejects.toThrow('broken');
    expect(calls).toBe(2);
  });
});

describe('an absence', () => {
  test('is remembered for five seconds', async () => {
    const source = new Source();
    const cache = source.open();
    expect(await source.get(cache, 'x')).toBeUndefined();
    source.time = 5_000;
    expect(await source.get(cache, 'x')).toBeUndefined();
    expect(source.loads).toBe(1);
    source.time = 5_001;
    await source.get(cache, 'x');
    expect(source.loads).toBe(2);
    expect(cache.size).toBe(0);
  });

  test('of ten thousand made-up keys pushes out no real value', async () => {
    const source = new Source();
    const cache = source.open(2);
    source.set('real', 1);
    await source.get(cache, 'real');
    for (let index = 0; index < 10_000; index += 1) void cache.get(`made-up-${index}`);
    await source.arriveAll();
    expect(cache.peek('real')).toEqual({ version: 1 });
    const { loads } = source;
    await source.get(cache, 'made-up-0');
    await source.get(cache, 'made-up-9999');
    expect(source.loads).toBe(loads + 1);
  });

  test('ends with an eviction of its key or of all', async () => {
    const source = new Source();
    const cache = source.open();
    for (const end of [() => cache.evict('x'), () => cache.evictAll(), () => cache.evictWhere(() => false)]) {
      source.values.delete('x');
      cache.evict('x');
      await source.get(cache, 'x');
      source.set('x', 1);
      end();
      expect(await source.get(cache, 'x')).toEqual({ version: 1 });
    }
  });
});

describe('an eviction', () => {
  const evictions: [string, (cache: LiveCache<Value>) => void][] = [
    ['evict', (cache) => cache.evict('a')],
    ['evictWhere', (cache) => cache.evictWhere((_value, key) => key === 'a')],
    ['evictAll', (cache) => cache.evictAll()],
  ];

  test.each(evictions)('by %s is not undone by a load that began before it', async (_name, evict) => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    const before = cache.get('a');
    await settle();
    source.set('a', 2);
    evict(cache);
    const after = cache.get('a');
    await settle();
    const [old, young] = source.pending.splice(0);
    young?.arrive();
    expect(await after).toEqual({ version: 2 });
    old?.arrive();
    expect(await before).toEqual({ version: 1 });
    expect(cache.peek('a')).toEqual({ version: 2 });
    expect(source.loads).toBe(2);
  });

  test('picks by value and leaves the others', async () => {
    const source = new Source();
    const cache = source.open();
    for (const [key, version] of [
      ['a', 1],
      ['b', 2],
      ['c', 1],
    ] as const) {
      source.set(key, version);
      await source.get(cache, key);
    }
    cache.evictWhere((value) => value.version === 1);
    expect(['a', 'b', 'c'].map((key) => cache.peek(key)?.version)).toEqual([undefined, 2, undefined]);
  });
});

describe('while changes can’t be heard of', () => {
  test('nothing is served from memory and nothing is remembered', async () => {
    const source = new Source();
    const cache = source.open();
    source.set('a', 1);
    await source.get(cache, 'a');
    source.fresh = false;
    source.set('a', 2);
    expect(cache.peek('a')).toBeUndefined();
    expect(await source.get(cache, 'a')).toEqual({ version: 2 });
    source.set('a', 3);
    expect(await source.get(cache, 'a')).toEqual({ version: 3 });
    cache.evictAll();
    source.fresh = true;
    expect(cache.peek('a')).toBeUndefined();
  });

  test('a hundred callers cost two loads: the one under way, and one that begins after they asked', async () => {
    const source = new Source();
    const cache = source.open();
    source.fresh = false;
    source.set('a', 1);
    const first = cache.get('a');
    await settle();
    source.set('a', 2);
    const others = Array.from({ length: 100 }, async () => await cache.get('a'));
    await source.arriveAll();
    expect(await first).toEqual({ version: 1 });
    expect(new Set((await Promise.all(others)).map((value) => value?.version))).toEqual(new Set([2]));
    expect(source.loads).toBe(2);
  });

  test('a failed load doesn’t fail those who wait for the next', async () => {
    const source = new Source();
    const cache = source.open();
    source.fresh = false;
    source.set('a', 1);
    const first = cache.get('a');
    const second = cache.get('a');
    await settle();
    source.pending.splice(0)[0]?.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await source.arriveAll();
    expect(await second).toEqual({ version: 1 });
  });
});

type Step =
  | { do: 'get' | 'tell'; key: string }
  | { do: 'change'; key: string; gone: boolean }
  | { do: 'arrive'; which: number; fails: boolean }
  | { do: 'cut' | 'restore' | 'tellAll' | 'tellWhere' }
  | { do: 'wait'; milliseconds: number };

const key = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), key, gone: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tell' as const), key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('arrive' as const),
      which: fc.nat(5),
      fails: fc.nat(9).map((n) => n === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut', 'restore', 'tellAll', 'tellWhere') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.nat(20_000) }) },
);

/**
 * The source as the test knows it. Every change of a key raises its version; a change to "gone" is a version too. `told` is the
 * version up to which the cache has heard; whoever asks from then on must get at least that one.
 */
class Model {
  readonly source = new Source();
  readonly cache = this.source.open(2);
  readonly versions = new Map<string, { version: number; gone: number[] }>();
  readonly told = new Map<string, number>();
  /** The youngest version that any finished call has returned. */
  readonly seen = new Map<string, number>();
  readonly calls: Promise<void>[] = [];

  latest(of: string): number {
    return this.versions.get(of)?.version ?? 0;
  }

  /** Whoever asks now may not get anything older than this. */
  floor(of: string): number {
    const heard = this.source.fresh ? (this.told.get(of) ?? 0) : this.latest(of);
    return Math.max(heard, this.seen.get(of) ?? 0);
  }

  check(of: string, floor: number, value: Value | undefined): void {
    const { gone } = this.versions.get(of) ?? { gone: [] };
    const youngest = value ? value.version : Math.max(0, ...gone, ...(this.latest(of) === 0 ? [0] : []));
    expect(youngest, `${of} is older than what was known when it was asked for`).toBeGreaterThanOrEqual(floor);
    if (value) this.seen.set(of, Math.max(this.seen.get(of) ?? 0, value.version));
  }

  run(now: Step): void {
    const { source, cache } = this;
    if (now.do === 'get') this.#get(now.key);
    else if (now.do === 'change') this.#change(now.key, now.gone);
    else if (now.do === 'tell') this.#tell([now.key], () => cache.evict(now.key));
    else if (now.do === 'tellAll') this.#tell(['a', 'b', 'c'], () => cache.evictAll());
    else if (now.do === 'tellWhere') this.#tell(['a'], () => cache.evictWhere((_value, of) => of === 'a'));
    else if (now.do === 'cut') source.fresh = false;
    else if (now.do === 'wait') source.time += now.milliseconds;
    else if (now.do === 'arrive') {
      const [load] = source.pending.splice(now.which % Math.max(1, source.pending.length), 1);
      if (now.fails) load?.fail(new Error('away'));
      else load?.arrive();
    } else if (!source.fresh) {
      this.#tell(['a', 'b', 'c'], () => cache.evictAll());
      source.fresh = true;
    }
  }

  #get(of: string): void {
    const floor = this.floor(of);
    const atOnce = this.cache.peek(of);
    if (atOnce) this.check(of, floor, atOnce);
    const call = this.cache.get(of).then(
      (value) => this.check(of, floor, value),
      (error: Error) => expect(error.message).toBe('away'),
    );
    this.calls.push(call);
    call.catch(() => undefined); // looked at in the end
  }

  #change(of: string, gone: boolean): void {
    const entry = this.versions.get(of) ?? { version: 0, gone: [] };
    entry.version += 1;
    this.versions.set(of, entry);
    if (gone) {
      entry.gone.push(entry.version);
      this.source.values.delete(of);
    } else this.source.set(of, entry.version);
  }

  #tell(keys: string[], evict: () => void): void {
    evict();
    for (const of of keys) this.told.set(of, this.latest(of));
  }
}

test('whatever the order of calls, answers, changes and news, nobody gets what was known to be old, and no value goes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const model = new Model();
      for (const now of steps) {
        model.run(now);
        await settle();
        expect(model.cache.size).toBeLessThanOrEqual(2);
      }
      await model.source.arriveAll();
      await Promise.all(model.calls);
      // Once all is told, everybody sees the present.
      model.cache.evictAll();
      for (const of of ['a', 'b', 'c']) {
        expect(await model.source.get(model.cache, of)).toEqual(model.source.values.get(of));
      }
    }),
    { numRuns: 400 },
  );
});
