// Telling the same thing once in a while although it happens all the time: for log lines and events that others can cause at will.

interface SeldomOptions {
  readonly milliseconds: number;
  /** With more things than these within that time, the oldest count as never told. */
  readonly maxKeys: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

/** True for a thing that was not told within the time; from then on it was. */
export function createSeldom({
  milliseconds,
  maxKeys,
  now = () => performance.now(),
}: SeldomOptions): (key: string) => boolean {
  const told = new Map<string, number>();
  return (key) => {
    const at = now();
    const before = told.get(key);
    if (before !== undefined && at - before < milliseconds) return false;
    // Deleted first, so that the map's order is the order of telling.
    told.delete(key);
    told.set(key, at);
    if (told.size > maxKeys) {
      const oldest = told.keys().next();
      if (!oldest.done) told.delete(oldest.value);
    }
    return true;
  };
}
