// The clock, passed down so that tests can hold it still and move it.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Seconds since 1970, rounded down: the NumericDate of RFC 7519 §2. */
export function toNumericDate(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
