// A whole list of IP rules as pasted or sent, and the IP restriction that is kept of it.

import { MAX_RULE_LENGTH, parseIpRule, type IpRule, type IpRuleResult } from './ip-rule.ts';
import { splitRuleText } from './rule-entries.ts';

export const MAX_IP_RULES = 10_000;
/** Each is looked up over and over, and asked about at every call that no address settles. */
export const MAX_HOST_NAMES = 100;

/** `index` counts the entries as given, from 0, whether or not they became rules. */
export interface IpRuleNotice {
  readonly index: number;
  readonly detail: string;
}

/** `entry` is what was given, cut to the length that a rule can have. */
export interface IpRuleFault {
  readonly index: number;
  readonly entry: string;
  readonly detail: string;
}

export interface IpRuleList {
  readonly rules: readonly IpRule[];
  readonly notices: readonly IpRuleNotice[];
  readonly faults: readonly IpRuleFault[];
}

/**
 * Reads entries in text (separated by commas, spaces or line ends) or one entry per string. A rule that is there
 * already is dropped with a notice. Host names beyond 100 are faults. Reading stops with a fault when rules and faults together pass
 * 10,000, so that a reply stays finite; `rules` are worth saving only when `faults` is empty.
 */
export function parseIpRuleList(entries: string | readonly string[]): IpRuleList {
  const given = typeof entries === 'string' ? splitRuleText(entries) : entries;
  const seen = new Map<string, number>();
  const rules: IpRule[] = [];
  const notices: IpRuleNotice[] = [];
  const faults: IpRuleFault[] = [];
  let hostNames = 0;
  for (const [index, entry] of given.entries()) {
    const parsed = parseIpRule(entry);
    const earlier = parsed.ok ? seen.get(parsed.rule.text) : undefined;
    if (earlier !== undefined && parsed.ok) {
      notices.push({ index, detail: `${parsed.rule.text} is in the list already, as entry ${earlier + 1}.` });
      continue;
    }
    if (rules.length + faults.length === MAX_IP_RULES) {
      faults.push({ index, entry: clip(entry), detail: TOO_MANY });
      break;
    }
    const isHost = parsed.ok && parsed.rule.kind === 'host';
    const result = isHost && hostNames === MAX_HOST_NAMES ? TOO_MANY_HOST_NAMES : parsed;
    if (result.ok) {
      if (isHost) hostNames += 1;
      seen.set(result.rule.text, index);
      rules.push(result.rule);
      notices.push(...result.notices.map((detail) => ({ index, detail })));
    } else faults.push({ index, entry: clip(entry), detail: result.detail });
  }
  return { rules, notices, faults };
}

const TOO_MANY_HOST_NAMES: IpRuleResult = {
  ok: false,
  detail: `A list has at most ${MAX_HOST_NAMES} host names. Name the networks that they stand for, or give several addresses one name.`,
};
const TOO_MANY = 'A list has at most 10,000 rules. Join neighbouring addresses into networks or ranges.';

function clip(entry: string): string {
  return entry.length > MAX_RULE_LENGTH ? `${entry.slice(0, MAX_RULE_LENGTH)}…` : entry;
}

export const ipRestrictionModes = ['off', 'report', 'enforce'] as const;

/** `off` lets every address in, `report` records what `enforce` would refuse. */
export type IpRestrictionMode = (typeof ipRestrictionModes)[number];

/** `rules` are canonical texts; with `off` they are kept for later. */
export interface IpRestriction {
  readonly mode: IpRestrictionMode;
  readonly rules: readonly string[];
}

/** `pointer` is an RFC 6901 JSON pointer into the body of a client. */
export interface PointedDetail {
  readonly pointer: string;
  readonly detail: string;
}

export type IpRestrictionResult =
  | { readonly ok: true; readonly restriction: IpRestriction; readonly notices: readonly PointedDetail[] }
  | { readonly ok: false; readonly faults: readonly PointedDetail[] };

/** All faults at once. A restriction in force with no rule is one: it would read as "everyone" to some. */
export function parseIpRestriction(mode: string, entries: string | readonly string[]): IpRestrictionResult {
  const list = parseIpRuleList(entries);
  const faults: PointedDetail[] = list.faults.map(pointed);
  if (!isIpRestrictionMode(mode)) {
    faults.unshift({ pointer: '/ip_restriction/mode', detail: 'The mode is off, report or enforce.' });
    return { ok: false, faults };
  }
  if (mode !== 'off' && list.rules.length === 0 && faults.length === 0) {
    faults.push({ pointer: '/ip_restriction/rules', detail: EMPTY_LIST });
  }
  if (faults.length > 0) return { ok: false, faults };
  const rules = list.rules.map((rule) => rule.text);
  return { ok: true, restriction: { mode, rules }, notices: list.notices.map(pointed) };
}

const EMPTY_LIST = 'A restriction needs at least one rule. Add an address, or choose to allow all IPs.';

function isIpRestrictionMode(mode: string): mode is IpRestrictionMode {
  return ipRestrictionModes.some((known) => known === mode);
}

function pointed({ index, detail }: IpRuleNotice): PointedDetail {
  return { pointer: `/ip_restriction/rules/${index}`, detail };
}
