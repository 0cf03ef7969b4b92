// What may be sent as the IP restriction of a client or a company.
import { z } from 'zod';
import { MAX_IP_RULES, parseIpRestriction } from '../../domain/address/ip-rule-list.ts';
import { parseIpRule } from '../../domain/address/ip-rule.ts';
import { ipRestrictionField } from '../../domain/address/restriction-change.ts';
import { resettable } from './merge-patch.ts';

// The rules are read here too, although the service does it again, so that their faults come together with all others.
const rule = z.string({ error: 'A rule must be text.' }).superRefine((entry, context) => {
  const parsed = parseIpRule(entry);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.detail });
});

// Counted before they are read: a body full of wrong ones would take a second to find fault with.
const rules = z
  .array(z.unknown(), { error: 'Rules must be a list of texts.' })
  .max(MAX_IP_RULES, { error: `A list has at most ${MAX_IP_RULES.toLocaleString('en')} rules.` })
  .pipe(z.array(rule))
  .meta({ type: 'array', items: { type: 'string' }, maxItems: MAX_IP_RULES });

const { mode } = ipRestrictionField.shape;

const notAnObject = { error: 'IP restriction must be an object with mode and rules.' };

export const restrictionInput = z
  .strictObject({ mode, rules: rules.default([]) }, notAnObject)
  .superRefine((given, context) => {
    const parsed = parseIpRestriction(given.mode, given.rules);
    if (parsed.ok) return;
    // What concerns single rules has been said above.
    for (const { detail } of parsed.faults.filter(({ pointer }) => pointer === '/ip_restriction/rules')) {
      context.addIssue({ code: 'custom', message: detail, path: ['rules'] });
    }
  });

export const restrictionPatch = resettable(
  z.strictObject({ mode: resettable(mode, 'off'), rules: resettable(rules, []) }, notAnObject),
  { mode: 'off', rules: [] },
).meta({ description: 'A part that is left out stays as it is; null lets every address in.' });
