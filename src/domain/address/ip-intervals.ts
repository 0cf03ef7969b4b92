// Sets of addresses as intervals of numbers: joined, cut with each other, written as rules.

import { addressBits, formatIpAddress, type IpFamily } from './ip-address.ts';

/** `first` and `last` are both inside. */
export interface IpInterval {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** Those of one family, sorted by first, none touching its neighbour. */
export function mergeIntervals(intervals: readonly IpInterval[], family: IpFamily): IpInterval[] {
  const sorted = intervals
    .filter((interval) => interval.family === family)
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: { family: IpFamily; first: bigint; last: bigint }[] = [];
  for (const { first, last } of sorted) {
    const before = merged.at(-1);
    if (before === undefined || first > before.last + 1n) merged.push({ family, first, last });
    else if (last > before.last) before.last = last;
  }
  return merged;
}

/** What lies in both, IPv4 first. */
export function intersectIntervals(left: readonly IpInterval[], right: readonly IpInterval[]): IpInterval[] {
  return ([4, 6] as const).flatMap((family) =>
    intersectMerged(mergeIntervals(left, family), mergeIntervals(right, family)),
  );
}

function intersectMerged(left: readonly IpInterval[], right: readonly IpInterval[]): IpInterval[] {
  const both: IpInterval[] = [];
  let [atLeft, atRight] = [0, 0];
  for (;;) {
    const [a, b] = [left[atLeft], right[atRight]];
    if (!a || !b) return both;
    const first = a.first > b.first ? a.first : b.first;
    const last = a.last < b.last ? a.last : b.last;
    if (first <= last) both.push({ family: a.family, first, last });
    if (a.last < b.last) atLeft += 1;
    else atRight += 1;
  }
}

/** The canonical text of the rule that lets in exactly these addresses: an address, a network, or a range where it is none. */
export function formatInterval({ family, first, last }: IpInterval): string {
  const start = formatIpAddress({ family, value: first });
  if (first === last) return start;
  const size = last - first + 1n;
  const isNetwork = (size & (size - 1n)) === 0n && first % size === 0n;
  if (!isNetwork) return `${start}-${formatIpAddress({ family, value: last })}`;
  return `${start}/${addressBits[family] - (size.toString(2).length - 1)}`;
}
