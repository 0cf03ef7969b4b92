// Who sends X-Forwarded-For without being a trusted proxy: that is how a misconfigured deployment looks, so it is remembered for the
// system page and told in the log.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';

export interface IgnoredForwardingTally {
  /** Said once in the log. */
  record(peer: string): void;
  /** Latest first. */
  list(): readonly { readonly peer: string; readonly count: number; readonly lastAt: Date }[];
}

/** A misconfigured proxy is one peer or few; forgers are many, and must neither fill the memory nor push it out at once. */
const MAX_PEERS = 20;

export function createIgnoredForwardingTally({ log, clock }: { log: Log; clock: Clock }): IgnoredForwardingTally {
  const peers = new Map<string, { count: number; lastAt: Date }>();
  let isTold = false;
  return {
    record(peer) {
      const known = peers.get(peer);
      if (known) {
        known.count += 1;
        known.lastAt = clock.now();
      } else {
        if (peers.size >= MAX_PEERS) dropSmallest(peers);
        peers.set(peer, { count: 1, lastAt: clock.now() });
      }
      if (isTold) return;
      isTold = true;
      log.warn(
        { peer },
        'X-Forwarded-For came from a peer that is not trusted and is ignored. If this is your proxy, name it in POSTERN_TRUSTED_PROXIES.',
      );
    },
    list: () =>
      [...peers]
        .map(([peer, { count, lastAt }]) => ({ peer, count, lastAt }))
        .sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime()),
  };
}

/** Of those that came least often the one that came first. */
function dropSmallest(peers: Map<string, { count: number }>): void {
  let smallest: { readonly peer: string; readonly count: number } | undefined;
  for (const [peer, { count }] of peers) {
    if (smallest === undefined || count < smallest.count) smallest = { peer, count };
  }
  if (smallest) peers.delete(smallest.peer);
}
