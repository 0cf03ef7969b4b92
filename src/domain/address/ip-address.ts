// One IP address as a number: read strictly from text, written in its canonical form.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type IpFamily = 4 | 6;

/** `value` is the address as an unsigned integer of 32 (IPv4) or 128 (IPv6) bits in network order. */
export interface IpAddress {
  readonly family: IpFamily;
  readonly value: bigint;
}

/** The greatest `value` of a family; the smallest is 0. */
export const lastAddressValue = { 4: 0xffff_ffffn, 6: (1n << 128n) - 1n } as const;

/** Number of bits in an address of the family. */
export const addressBits = { 4: 32, 6: 128 } as const;

/** The third of the four words of `::ffff:0:0/96`; the first two are 0. */
const MAPPED_WORD = 0xffff;

const [COLON, DOT, ZERO, NINE, A, LOWER_CASE] = [0x3a, 0x2e, 0x30, 0x39, 0x61, 0x20];

/**
 * Reads one complete address and nothing else: four decimal octets without leading zeros, or RFC 4291 §2.2 text
 * without a zone id. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is its IPv4 address; the deprecated
 * IPv4-compatible form `::192.0.2.1` stays IPv6.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const family = isIP(text);
  if (family === 4) return { family: 4, value: BigInt(readOctets(text)) };
  // isIP takes `fe80::1%eth0`: a zone means something on one machine only and can't be compared.
  if (family !== 6 || text.includes('%')) return undefined;
  const groups = readGroups(text);
  const [first, second, third] = [wordAt(groups, 0), wordAt(groups, 2), wordAt(groups, 4)];
  const last = BigInt(wordAt(groups, 6));
  if (first === 0 && second === 0 && third === MAPPED_WORD) return { family: 4, value: last };
  const high = (BigInt(first) << 32n) | BigInt(second);
  return { family: 6, value: (high << 64n) | (BigInt(third) << 32n) | last };
}

/** True for text such as `::ffff:192.0.2.1`: IPv6 notation whose meaning is an IPv4 address. */
export function isIpv4MappedText(text: string): boolean {
  return text.includes(':') && parseIpAddress(text)?.family === 4;
}

/** Dotted decimal for IPv4; for IPv6 the lower-case, shortest form of RFC 5952 §4, always in hexadecimal. */
export function formatIpAddress(address: IpAddress): string {
  if (address.family === 4) {
    const value = Number(address.value);
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((address.value >> shift) & 0xffffn));
  return new ipaddr.IPv6(groups).toRFC5952String();
}

/** `text` has passed isIP. Read by hand because ipaddr.js takes several times as long and this runs at every call. */
function readOctets(text: string): number {
  let value = 0;
  let octet = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      value = value * 256 + octet;
      octet = 0;
    } else octet = octet * 10 + code - ZERO;
  }
  return value * 256 + octet;
}

/**
 * `text` has passed isIP. Not left to ipaddr.js: it reads `::192.0.2.1` as `::ffff:192.0.2.1`, which would let a
 * caller from an unassigned IPv6 block pass as an IPv4 address.
 */
function readGroups(text: string): number[] {
  const groups: number[] = [];
  let gap = -1;
  let group = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) {
      if (at > start) groups.push(group);
      else gap = groups.length;
      group = 0;
      start = at + 1;
    } else if (code === DOT) {
      const tail = readOctets(text.slice(start));
      groups.push(tail >>> 16);
      group = tail & 0xffff;
      break;
    } else group = group * 16 + (code <= NINE ? code - ZERO : (code | LOWER_CASE) - A + 10);
  }
  if (start < text.length) groups.push(group);
  while (groups.length < 8) groups.splice(gap, 0, 0);
  return groups;
}

/** The 32 bits from the group at `index` on. */
function wordAt(groups: readonly number[], index: number): number {
  return (groups[index] ?? 0) * 0x1_0000 + (groups[index + 1] ?? 0);
}
