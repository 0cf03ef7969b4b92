// One IP rule: who may come in. Read strictly from what a person typed, kept in one canonical spelling.

import { explainBadAddress } from './address-fault.ts';
import { isNumericLabel, parseHostName } from './host-name.ts';
import { explainForeignNotation } from './foreign-notation.ts';
import {
  addressBits,
  formatIpAddress,
  isIpv4MappedText,
  lastAddressValue,
  parseIpAddress,
  type IpAddress,
  type IpFamily,
} from './ip-address.ts';
import { splitBlanks } from './rule-entries.ts';

/** `first` and `last` are both inside. `text` is canonical: parseIpRule of it gives the same rule. */
export interface IpIntervalRule {
  readonly kind: 'address' | 'cidr' | 'range';
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  readonly text: string;
}

export interface IpHostRule {
  readonly kind: 'host';
  readonly text: string;
}

export type IpRule = IpIntervalRule | IpHostRule;

/** `notices` say what was changed in storing it, or what it lets in; `detail` says what to write instead. */
export type IpRuleResult =
  | { readonly ok: true; readonly rule: IpRule; readonly notices: readonly string[] }
  | { readonly ok: false; readonly detail: string };

/** UTF-16 units; the longest canonical rule, a host name, has 253. */
export const MAX_RULE_LENGTH = 300;

/** Reads one entry. Spaces around it, and around the dash of a range, don't matter. Never throws. */
export function parseIpRule(entry: string): IpRuleResult {
  const detail = explainUnreadable(entry);
  if (detail !== undefined) return refused(detail);
  const words = splitBlanks(entry);
  const text = words[0] ?? '';
  if (words.length !== 1 || /[,;]/.test(text)) return refused(SEVERAL_ENTRIES);
  const result = parseCompact(text);
  if (!result.ok || result.notices.length > 0 || result.rule.text === text) return result;
  return { ...result, notices: [`${text} is stored as ${result.rule.text}.`] };
}

const SEVERAL_ENTRIES =
  'This entry holds several. Separate entries with commas, spaces or line ends, one address each.';

function refused(detail: string): IpRuleResult {
  return { ok: false, detail };
}

function explainUnreadable(text: string): string | undefined {
  if (/^ *$/.test(text)) return 'This entry is empty. Write an address, or remove the entry or the surplus comma.';
  if (text.length > MAX_RULE_LENGTH) {
    return `This entry has ${text.length} characters; no rule needs more than ${MAX_RULE_LENGTH}. Separate its parts with commas.`;
  }
  // The two joiners are letters' companions in some scripts; domainToASCII knows where they are allowed.
  const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text.replace(/[\u200c\u200d]/g, ''));
  if (hidden === null) return undefined;
  const code = (hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `This entry contains the invisible or control character U+${code}. Type the entry again without it.`;
}

/** The shapes are told apart by marks that only one of them can have: `/`, then `:`, then a number at the end. */
function parseCompact(text: string): IpRuleResult {
  const detail = explainForeignNotation(text);
  if (detail !== undefined) return refused(detail);
  if (text.includes('/')) return parseCidr(text);
  if (text.includes(':')) return parseWithColon(text);
  if (isMeantAsIpv4(text)) return isMeantAsRange(text) ? parseRange(text.split('-')) : parseSingle(text);
  const host = parseHostName(text);
  if (!host.ok) return host;
  // Mapping to ASCII can turn a strange digit into a plain one, and the name into a misspelt address.
  const stored = host.name === text.toLowerCase() ? undefined : parseCompact(host.name);
  if (stored?.ok === false) return stored;
  return { ok: true, rule: { kind: 'host', text: host.name }, notices: host.notices };
}

/** No host name ends in a number (RFC 1123 §2.1), so what does is an address, however misspelt. */
function isMeantAsIpv4(text: string): boolean {
  if (/^[\d.-]+$/.test(text)) return true;
  const labels = text.replace(/\.$/, '').split('.');
  const last = labels.pop() ?? '';
  if (isNumericLabel(last)) return true;
  return labels.length > 0 && /^\d/.test(last) && labels.every((label) => /^\d+$/.test(label));
}

function isMeantAsRange(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return false;
  return /^[\d.-]+$/.test(text) || text.split('-').some((end) => parseIpAddress(end) !== undefined);
}

function parseWithColon(text: string): IpRuleResult {
  if (text.includes('-')) return parseRange(text.split('-'));
  if (parseIpAddress(text) !== undefined) return parseSingle(text);
  const colon = text.indexOf(':');
  const left = text.slice(0, colon);
  const right = text.slice(colon + 1);
  if (!/^\d[\d.]*\.[\d.]*$/.test(left)) return refused(explainBadAddress(text));
  if (!right.includes(':')) return parseRange([left, right]);
  return refused(
    `A colon joins exactly two IPv4 addresses, and ${text} has more in it. Write ranges as a-b with addresses of one family.`,
  );
}

function parseSingle(text: string): IpRuleResult {
  const address = parseIpAddress(text);
  if (address === undefined) return refused(explainBadAddress(text));
  return { ok: true, rule: intervalRule('address', address, address.value), notices: mappedNotices([text]) };
}

function parseCidr(text: string): IpRuleResult {
  const slash = text.indexOf('/');
  const left = text.slice(0, slash);
  const network = parseIpAddress(left);
  if (network === undefined) return refused(explainBadNetwork(left));
  const mapped = isIpv4MappedText(left);
  const prefixText = text.slice(slash + 1);
  const bits = addressBits[mapped ? 6 : network.family];
  const detail = explainBadPrefix(left, prefixText, bits);
  if (detail !== undefined) return refused(detail);
  if (mapped && Number(prefixText) < 96) {
    return refused(
      `${left} is the IPv4 address ${formatIpAddress(network)}; in this notation its prefix is 96 to 128. Write ${formatIpAddress(network)} with a prefix of 0 to 32.`,
    );
  }
  const length = Number(prefixText) - (mapped ? 96 : 0);
  const size = 1n << BigInt(addressBits[network.family] - length);
  const start = { family: network.family, value: network.value - (network.value % size) };
  const kind = size === 1n ? 'address' : 'cidr';
  const rule = intervalRule(kind, start, start.value + size - 1n, length);
  const notices = mappedNotices([left]);
  if (start.value !== network.value) {
    notices.push(`${text} has bits set beyond its prefix; it is stored as ${rule.text}.`);
  } else if (kind === 'address') notices.push(`${text} is a single address; it is stored as ${rule.text}.`);
  return { ok: true, rule, notices: [...notices, ...widthNotices(rule)] };
}

const RANGE_WITH_PREFIX = 'A range and a prefix length exclude each other. Write either a-b or a/length.';

function explainBadNetwork(left: string): string {
  if (left === '') return 'There is no address before the slash. Write a network such as 192.0.2.0/24.';
  if (left.includes('-')) return RANGE_WITH_PREFIX;
  if (left.includes(':') || isMeantAsIpv4(left)) return explainBadAddress(left);
  return `${left} is no address, so it can't have a prefix length. Write a host name without the slash and what follows.`;
}

function explainBadPrefix(left: string, prefix: string, bits: number): string | undefined {
  const written = `Write it as a number from 0 to ${bits}`;
  if (prefix === '') return `The prefix length after the slash is missing. ${written}.`;
  if (/-.*[.:]/.test(prefix)) return RANGE_WITH_PREFIX;
  if (!/^\d+$/.test(prefix)) return `${prefix} is no prefix length. ${written}, such as ${left}/${bits - 8}.`;
  if (prefix.length > 1 && prefix.startsWith('0')) return `The prefix length ${prefix} has leading zeros. Remove them.`;
  if (prefix.length > 3 || Number(prefix) > bits) return `The prefix length ${prefix} is out of range. ${written}.`;
  return undefined;
}

function parseRange(ends: readonly string[]): IpRuleResult {
  const [left = '', right = ''] = ends;
  if (ends.length !== 2) return refused('A range has exactly one dash. Write its first and last address as a-b.');
  if (left === '' || right === '') return refused('A range needs both ends. Write its first and last address as a-b.');
  const first = parseIpAddress(left);
  if (first === undefined) return refused(explainBadAddress(left));
  const last = parseIpAddress(right);
  if (last === undefined) return refused(explainBadEnd(left, right, first));
  if (first.family !== last.family) {
    return refused(`A range can't go from ${describe(first)} to ${describe(last)}. Write one range for each family.`);
  }
  if (first.value > last.value) {
    return refused(
      `The range runs backwards. Write ${formatIpAddress(last)}-${formatIpAddress(first)} if that is meant.`,
    );
  }
  const kind = first.value === last.value ? 'address' : 'range';
  const rule = intervalRule(kind, first, last.value);
  const notices = mappedNotices([left, right]);
  if (kind === 'address') notices.push(`The range ${left}-${right} is a single address; it is stored as ${rule.text}.`);
  return { ok: true, rule, notices: [...notices, ...widthNotices(rule)] };
}

function explainBadEnd(left: string, right: string, first: IpAddress): string {
  if (first.family !== 4 || !/^\d{1,3}$/.test(right)) return explainBadAddress(right);
  const full = left.slice(0, left.lastIndexOf('.') + 1) + right;
  return `${right} is only the last octet. Write both ends of the range in full: ${left}-${full}.`;
}

function describe(address: IpAddress): string {
  return `the IPv${address.family} address ${formatIpAddress(address)}`;
}

function mappedNotices(texts: readonly string[]): string[] {
  return texts.filter(isIpv4MappedText).map((text) => {
    const address = parseIpAddress(text);
    return `${text} is the IPv4 address ${address === undefined ? text : formatIpAddress(address)} and is stored so.`;
  });
}

function widthNotices(rule: IpIntervalRule): string[] {
  const all = rule.first === 0n && rule.last === lastAddressValue[rule.family];
  return all ? [`${rule.text} lets every IPv${rule.family} address in.`] : [];
}

function intervalRule(kind: IpIntervalRule['kind'], start: IpAddress, last: bigint, prefixLength = 0): IpIntervalRule {
  const { family, value: first } = start;
  const text = formatIpAddress(start);
  if (kind === 'cidr') return { kind, family, first, last, text: `${text}/${prefixLength}` };
  if (kind === 'range')
    return { kind, family, first, last, text: `${text}-${formatIpAddress({ family, value: last })}` };
  return { kind, family, first, last, text };
}
