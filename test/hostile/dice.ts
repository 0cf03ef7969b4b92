// Chance that can be repeated: the same seed throws the same numbers.

export interface Dice {
  /** A whole number from 0 to one below. */
  below(sides: number): number;
  pick<T>(from: readonly T[]): T;
  /** True once in so many times. */
  once(inTimes: number): boolean;
}

/** Small and good enough: https://prng.di.unimi.it/splitmix64.c cut to 32 bits. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const below = (sides: number) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % sides;
  };
  return {
    below,
    pick(from) {
      const at = below(from.length);
      const picked = from[at];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    once: (inTimes) => below(inTimes) === 0,
  };
}
