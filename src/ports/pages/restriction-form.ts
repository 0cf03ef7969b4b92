// The IP restriction as forms have it: a mode and a list in text.
import { splitRuleText } from '../../domain/address/rule-entries.ts';
import { type IpRestrictionMode, parseIpRestriction } from '../../domain/address/ip-rule-list.ts';
import type { FormFaults } from './form.ts';

const MAX_LISTED = 50;

/** The restriction, or undefined and a fault for each bad entry. */
export function checkRestriction(
  faults: FormFaults,
  { ip_mode: mode, ip_rules: text }: { ip_mode: string; ip_rules: string },
): { readonly mode: IpRestrictionMode; readonly rules: string[] } | undefined {
  const entries = splitRuleText(text);
  const result = parseIpRestriction(mode, entries);
  if (result.ok) return { mode: mode as IpRestrictionMode, rules: entries };
  for (const { pointer, detail } of result.faults.slice(0, MAX_LISTED)) {
    faults.add(restrictionFieldOf(pointer) ?? 'form', atEntry(pointer, detail, entries));
  }
  const left = result.faults.length - MAX_LISTED;
  if (left > 0) faults.add('ip_rules', `And ${left.toLocaleString('en')} more entries like these.`);
  return undefined;
}

/** Names the entry where its fault does not quote it. */
function atEntry(pointer: string, detail: string, entries: readonly string[]): string {
  const index = Number(/\/rules\/(\d+)$/.exec(pointer)?.[1] ?? -1);
  const entry = entries[index];
  if (entry === undefined || (entry !== '' && detail.includes(entry))) return detail;
  return `Entry ${index + 1}${entry === '' ? '' : ` (${clipped(entry)})`}: ${detail}`;
}

function clipped(entry: string): string {
  return entry.length > 60 ? `${entry.slice(0, 60)}…` : entry;
}

/** The field in which what the pointer names is typed; undefined for what is no part of a restriction. */
export function restrictionFieldOf(pointer: string): 'ip_mode' | 'ip_rules' | undefined {
  if (pointer === '/ip_restriction/mode') return 'ip_mode';
  return pointer.startsWith('/ip_restriction') ? 'ip_rules' : undefined;
}
