// What may be sent as an IP restriction, and what is kept of it.
import { z } from 'zod';
import { invalid } from '../../base/problem.ts';
import { type IpRestriction, ipRestrictionModes, parseIpRestriction, type PointedDetail } from './ip-rule-list.ts';

export const ipRestrictionField = z.strictObject({
  mode: z.enum(ipRestrictionModes, { error: 'Mode must be off, report or enforce.' }),
  rules: z.array(z.string({ error: 'A rule must be text.' }), { error: 'Rules must be a list of texts.' }).default([]),
});

/** What is left out stays, so that a mode can be switched without sending the list again. */
export interface IpRestrictionPatch {
  readonly mode?: IpRestriction['mode'] | undefined;
  readonly rules?: IpRestriction['rules'] | undefined;
}

/** Where a notice about the restriction as a whole points to: a part that was sent, since a pointer leads into what was sent. */
export function placeInPatch({ mode, rules }: IpRestrictionPatch): string {
  if (rules !== undefined) return '/ip_restriction/rules';
  return mode === undefined ? '/ip_restriction' : '/ip_restriction/mode';
}

export interface CheckedRestriction {
  /** In canonical form. */
  readonly restriction: IpRestriction;
  /** What was changed in saving. */
  readonly notices: readonly PointedDetail[];
}

/** Where nothing restricts yet. */
export const NO_RESTRICTION: IpRestriction = { mode: 'off', rules: [] };

/** 422 with a pointer for each rule that is none. */
export function changeRestriction(before: IpRestriction, patch: IpRestrictionPatch | undefined): CheckedRestriction {
  if (!patch) return { restriction: before, notices: [] };
  const parsed = parseIpRestriction(patch.mode ?? before.mode, patch.rules ?? before.rules);
  if (!parsed.ok) throw invalid(parsed.faults);
  return { restriction: parsed.restriction, notices: parsed.notices };
}

export function isSameRestriction(a: IpRestriction, b: IpRestriction): boolean {
  return a.mode === b.mode && a.rules.length === b.rules.length && a.rules.every((rule, at) => rule === b.rules[at]);
}
