// The smallest list of rules that lets in the addresses that were seen: exactly those, or, where many come from one network, all of it.

import { addressBits, type IpAddress, type IpFamily } from './ip-address.ts';
import { formatInterval } from './ip-intervals.ts';

export interface SuggestedRule {
  /** Canonical, as a list stores it. */
  readonly rule: string;
  /** How many of the addresses that were seen it lets in. */
  readonly seen: number;
  /** Lets in addresses, too, that were not seen. */
  readonly isWider: boolean;
}

/** A network that is suggested as a whole once so many of its addresses were seen. */
interface Widening {
  readonly prefix: number;
  readonly from: number;
}

/** Within an IPv6 network of 64 bits a machine changes its address as it likes (RFC 8981), so two of them tell as much as many. */
export const WIDENINGS: Readonly<Record<IpFamily, Widening>> = {
  4: { prefix: 24, from: 4 },
  6: { prefix: 64, from: 2 },
};

interface Run {
  readonly family: IpFamily;
  readonly first: bigint;
  last: bigint;
  seen: number;
}

/**
 * `exact`: no address that was not seen is let in, and no list of fewer rules does the same, since neighbours are joined into networks
 * or ranges. `wider`: networks of which several addresses were seen are suggested as a whole. Of an address that is there twice one
 * counts. IPv4 first, then by number.
 */
export function suggestRules(
  seen: readonly IpAddress[],
  breadth: 'exact' | 'wider' = 'exact',
): readonly SuggestedRule[] {
  const runs = sortedRuns(seen);
  return joined(breadth === 'wider' ? widened(runs) : runs).map((run) => ({
    rule: formatInterval(run),
    seen: run.seen,
    isWider: run.last - run.first + 1n > BigInt(run.seen),
  }));
}

/** One for each address. */
function sortedRuns(seen: readonly IpAddress[]): Run[] {
  const distinct = new Map(seen.map((address) => [`${address.family} ${address.value}`, address]));
  return [...distinct.values()]
    .sort((a, b) => a.family - b.family || (a.value < b.value ? -1 : 1))
    .map(({ family, value }) => ({ family, first: value, last: value, seen: 1 }));
}

function widened(addresses: readonly Run[]): Run[] {
  const networks = new Map<string, Run[]>();
  for (const run of addresses) {
    const key = `${run.family} ${run.first >> hostBits(run.family)}`;
    networks.set(key, [...(networks.get(key) ?? []), run]);
  }
  return [...networks.values()].flatMap((runs) => {
    const [one] = runs;
    if (!one || runs.length < WIDENINGS[one.family].from) return runs;
    const { family, first } = one;
    const bits = hostBits(family);
    const start = (first >> bits) << bits;
    return [{ family, first: start, last: start + (1n << bits) - 1n, seen: runs.length }];
  });
}

function hostBits(family: IpFamily): bigint {
  return BigInt(addressBits[family] - WIDENINGS[family].prefix);
}

/** Those that touch become one. */
function joined(sorted: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const run of sorted) {
    const before = runs.at(-1);
    if (before?.family === run.family && before.last + 1n === run.first) {
      before.last = run.last;
      before.seen += run.seen;
    } else runs.push({ ...run });
  }
  return runs;
}
