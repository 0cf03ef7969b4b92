// Slows down guessing at the token endpoint: failures are counted by client ID and address together and by address alone,
// never by client ID alone, so that strangers cannot lock a client out. Kept by each process for itself.

export const FAILURES_PER_CLIENT_AND_ADDRESS = 20;
export const FAILURES_PER_ADDRESS = 200;
const WINDOW_MILLISECONDS = 60_000;
const MAX_KEYS = 100_000;

export interface FailureThrottle {
  /** Counts an attempt before it is evaluated, so that parallel guesses count too; undefined when it may be evaluated. */
  begin(clientId: string, address: string, nowMilliseconds: number): Throttled | undefined;
  /** The attempt was no failure: it does not count. */
  forgive(clientId: string, address: string, nowMilliseconds: number): void;
}

export interface Throttled {
  readonly waitSeconds: number;
  /** Whether nobody was told to wait in this window before: the one time that is worth an audit event. */
  readonly isFirst: boolean;
}

interface Window {
  count: number;
  told: boolean;
  endsAt: number;
}

export function createFailureThrottle(): FailureThrottle {
  const windows = new Map<string, Window>();

  const windowOf = (key: string, now: number): Window => {
    const known = windows.get(key);
    // One that ends later than any can was begun before the clock was set back.
    if (known && known.endsAt > now && known.endsAt <= now + WINDOW_MILLISECONDS) return known;
    const fresh = { count: 0, told: false, endsAt: now + WINDOW_MILLISECONDS };
    // Deleted first, so that the map's order is the order of ending.
    windows.delete(key);
    windows.set(key, fresh);
    return fresh;
  };

  const prune = (now: number) => {
    for (const [key, window] of windows) {
      if (window.endsAt > now && windows.size <= MAX_KEYS) break;
      windows.delete(key);
    }
  };

  return {
    begin(clientId, address, now) {
      prune(now);
      const limits: readonly (readonly [Window, number])[] = [
        [windowOf(pairKey(clientId, address), now), FAILURES_PER_CLIENT_AND_ADDRESS],
        [windowOf(address, now), FAILURES_PER_ADDRESS],
      ];
      const full = limits.filter(([window, limit]) => window.count >= limit);
      if (full.length > 0) {
        const waitMilliseconds = Math.max(...full.map(([window]) => window.endsAt - now));
        const isFirst = full.every(([window]) => !window.told);
        for (const [window] of full) window.told = true;
        return { waitSeconds: Math.max(1, Math.ceil(waitMilliseconds / 1000)), isFirst };
      }
      for (const [window] of limits) window.count += 1;
      return undefined;
    },
    forgive(clientId, address, now) {
      for (const key of [pairKey(clientId, address), address]) {
        const window = windows.get(key);
        if (window && window.endsAt > now && window.count > 0) window.count -= 1;
      }
    },
  };
}

function pairKey(clientId: string, address: string): string {
  return `${address} ${clientId.slice(0, 128)}`;
}
