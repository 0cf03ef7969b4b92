// IP rules compiled once into sorted, merged intervals, so that a call is checked by one binary search.

import { formatIpAddress, lastAddressValue, type IpAddress } from './ip-address.ts';
import { type IpInterval, mergeIntervals } from './ip-intervals.ts';
import type { IpIntervalRule, IpRule } from './ip-rule.ts';

export interface IpMatcher {
  /** An unknown address never passes. */
  allows(address: IpAddress | undefined): boolean;
  /** The text of the first rule, in the order given, that lets the address in. Linear: for explanations. */
  findRule(address: IpAddress | undefined): string | undefined;
  /** What lets addresses in at this moment, in the order of the rules; host names as the addresses that they stand for. */
  listIntervals(): readonly IpIntervalRule[];
  /** The host names among the rules, for which `resolveHost` is asked. */
  readonly hostNames: readonly string[];
}

/**
 * `resolveHost` answers from memory with what a host name stands for now ([] for nothing). It is asked at every check
 * that no interval settles, so that a name that stops resolving closes at once; the cost grows with the number of host
 * rules and their addresses. Without it host rules match nothing. No rules let nobody in. An IPv6 rule that spans the
 * IPv4-mapped block, such as `::/0`, doesn't reach IPv4 callers.
 */
export function compileIpMatcher(
  rules: readonly IpRule[],
  resolveHost: (name: string) => readonly IpAddress[] = () => [],
): IpMatcher {
  const intervals = rules.filter((rule): rule is IpIntervalRule => rule.kind !== 'host');
  const hosts = rules.flatMap((rule) => (rule.kind === 'host' ? [rule.text] : []));
  const isInIpv4 = compileIpv4(mergeIntervals(intervals, 4));
  const isInIpv6 = compileIpv6(mergeIntervals(intervals, 6));
  const isHost = (name: string, address: IpAddress) => resolveHost(name).some((answer) => isSame(answer, address));
  return {
    hostNames: hosts,
    listIntervals() {
      if (hosts.length === 0) return intervals;
      return rules.flatMap((rule) => (rule.kind === 'host' ? resolveHost(rule.text).map(toInterval) : [rule]));
    },
    allows(address) {
      if (address === undefined) return false;
      if (address.family === 4 ? isInIpv4(Number(address.value)) : isInIpv6(address.value)) return true;
      return hosts.some((name) => isHost(name, address));
    },
    findRule(address) {
      if (address === undefined) return undefined;
      return rules.find((rule) => (rule.kind === 'host' ? isHost(rule.text, address) : holds(rule, address)))?.text;
    },
  };
}

function toInterval(address: IpAddress): IpIntervalRule {
  const { family, value } = address;
  return { kind: 'address', family, first: value, last: value, text: formatIpAddress(address) };
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.value === b.value;
}

function holds(rule: IpIntervalRule, address: IpAddress): boolean {
  return rule.family === address.family && rule.first <= address.value && address.value <= rule.last;
}

function compileIpv4(intervals: readonly IpInterval[]): (value: number) => boolean {
  const firsts = Uint32Array.from(intervals, ({ first }) => Number(first));
  const lasts = Uint32Array.from(intervals, ({ last }) => Number(last));
  return (value) => {
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low > 0 && value <= (lasts[low - 1] ?? -1);
  };
}

/** Bounds are kept as four 32-bit words each: comparing numbers allocates nothing, comparing stored bigints would. */
function compileIpv6(intervals: readonly IpInterval[]): (value: bigint) => boolean {
  const firsts = Uint32Array.from(intervals.flatMap(({ first }) => wordsOf(first)));
  const lasts = Uint32Array.from(intervals.flatMap(({ last }) => wordsOf(last)));
  const count = intervals.length;
  return (value) => {
    if (count === 0) return false;
    const words = wordsOf(value);
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(firsts, middle, words) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compareAt(lasts, low - 1, words) >= 0;
  };
}

type Words = readonly [number, number, number, number];

function wordsOf(value: bigint): Words {
  const low = lastAddressValue[4];
  return [
    Number((value >> 96n) & low),
    Number((value >> 64n) & low),
    Number((value >> 32n) & low),
    Number(value & low),
  ];
}

/** Negative, zero or positive as the bound at `index` is below, equal to or above `words`. */
function compareAt(bounds: Uint32Array, index: number, words: Words): number {
  const at = index * 4;
  return (
    (bounds[at] ?? 0) - words[0] ||
    (bounds[at + 1] ?? 0) - words[1] ||
    (bounds[at + 2] ?? 0) - words[2] ||
    (bounds[at + 3] ?? 0) - words[3]
  );
}
