// Counts of what happened, by kind. The kinds are named beforehand: what comes from outside can make a number grow, never the list
// of numbers. Counting costs a look into a small map and allocates nothing.

export interface Tally {
  /** One more of a kind; one that was not named counts as `other`. */
  count(kind: string): void;
  /** Every kind with its number, in the order in which they were named, `other` last. */
  read(): ReadonlyMap<string, number>;
}

const OTHER = 'other';

export function createTally(kinds: readonly string[]): Tally {
  const others = { count: 0 };
  const counters = new Map([...kinds.map((kind) => [kind, { count: 0 }] as const), [OTHER, others] as const]);
  return {
    count(kind) {
      (counters.get(kind) ?? others).count += 1;
    },
    read: () => new Map([...counters].map(([kind, { count }]) => [kind, count])),
  };
}
