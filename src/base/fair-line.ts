// A line of those who wait, from which senders are served in turn: one who sends much waits behind himself, not before the others.

export interface FairLine<T> {
  readonly size: number;
  /** What found no place: this one; or, when its sender has fewer here than another, the other's last. */
  add(item: T, sender: string): T | undefined;
  /** The first of the sender whose turn it is. */
  take(): T | undefined;
  /** Empties it. */
  takeAll(): T[];
}

export function createFairLine<T>(limit: number): FairLine<T> {
  // In the order of their turns; none is empty.
  const senders = new Map<string, T[]>();
  let size = 0;

  const longest = (): T[] | undefined => {
    let found: T[] | undefined;
    for (const items of senders.values()) if (!found || items.length > found.length) found = items;
    return found;
  };

  return {
    get size() {
      return size;
    },
    add(item, sender) {
      const own = senders.get(sender);
      let displaced: T | undefined;
      if (size >= limit) {
        const most = longest();
        // One more than before must still be fewer: nobody gives way to one who then has as many.
        if (!most || most.length <= (own?.length ?? 0) + 1) return item;
        displaced = most.pop();
        size -= 1;
      }
      if (own) own.push(item);
      else senders.set(sender, [item]);
      size += 1;
      return displaced;
    },
    take() {
      const next = senders.entries().next();
      if (next.done) return undefined;
      const [sender, items] = next.value;
      const item = items.shift();
      senders.delete(sender);
      if (items.length > 0) senders.set(sender, items);
      size -= 1;
      return item;
    },
    takeAll() {
      const all = [...senders.values()].flat();
      senders.clear();
      size = 0;
      return all;
    },
  };
}
