// Help with the addresses of a client on the wire: what is asked, and what is answered.
import { z } from 'zod';
import type { CheckedAccess, JudgedSource, SuggestedRules } from '../../domain/client/client-addresses.ts';
import { SOURCE_DAYS } from '../../domain/client/client-sources.ts';
import type { SuggestedRule } from '../../domain/address/suggest-rules.ts';

const text = z.string();
const instant = z.iso.datetime();
const count = z.int().min(0);

const asked = (what: string, max: number) =>
  z.string({ error: `${what} must be text.` }).max(max, { error: `${what} has at most ${max} characters.` });

export const accessQuestionSchema = z
  .strictObject({
    address: asked('Address', 100)
      .nullable()
      .optional()
      .meta({ description: 'From where it would come; your own address when absent. Null: one that cannot be told.' }),
    scope: asked('Scope', 8000).optional().meta({ description: 'As a token request would send it.' }),
    resource: asked('Resource', 2000)
      .optional()
      .meta({ description: 'Identifier of an API, as a token request would send it.' }),
    company_id: asked('Company', 100)
      .min(1, { error: 'There is no such company.' })
      .optional()
      .meta({ description: 'A company below its own, for which it would act.' }),
  })
  .meta({ id: 'AccessQuestion', description: '“Would this client be let in from … asking for …?”' });

export const accessAnswerSchema = z
  .strictObject({
    allowed: z.boolean(),
    reason: text
      .nullable()
      .meta({ description: 'Of the first step that refuses, as the audit log would have it; null when it is let in.' }),
    address: text.nullable().meta({ description: 'The address that was asked about.' }),
    steps: z
      .array(
        z.strictObject({
          name: text.meta({
            description: 'The reason that the audit log would have if this step refused, or `grant`.',
          }),
          question: text,
          verdict: z
            .enum(['passed', 'warned', 'refused'])
            .meta({ description: '`warned`: passes because rules only report.' }),
          explanation: text,
        }),
      )
      .meta({ description: 'All of them, in the order of the decision, also those after a refusal.' }),
  })
  .meta({ id: 'AccessAnswer', description: 'The access decision at this moment, without issuing anything.' });

export const clientSourceSchema = z
  .strictObject({
    address: text,
    first_seen_at: instant,
    last_seen_at: instant,
    uses: count.meta({ description: 'How often it was let in from there.' }),
    refusals: count.meta({ description: 'How often everything was right but the address.' }),
    verdict: z
      .enum(['allowed', 'reported', 'refused'])
      .meta({ description: 'What the rules of its company and its own say to the address now.' }),
    decided_by: z
      .enum(['company', 'client'])
      .nullable()
      .meta({ description: 'Whose rules the verdict comes from; null when all let the address in.' }),
  })
  .meta({ id: 'ClientSource', description: 'An address from which a client was seen.' });

const suggestedRules = z.array(
  z
    .strictObject({
      rule: text,
      seen: count.meta({ description: 'How many of the addresses that were seen it lets in.' }),
      wider: z.boolean().meta({ description: 'It lets in addresses, too, that were not seen.' }),
    })
    .meta({ id: 'SuggestedRule' }),
);

export const suggestionSchema = z
  .strictObject({
    seen: count.meta({ description: 'Addresses from which it was let in since then.' }),
    since: instant,
    exact: suggestedRules.meta({ description: 'The smallest list that lets in just those.' }),
    wider: suggestedRules.meta({
      description: 'With whole networks (/24, /64) where several addresses of one were seen: fewer rules, less strict.',
    }),
  })
  .meta({
    id: 'SuggestedRules',
    description: 'Lists that cover what was seen. Nothing is changed: review and save one.',
  });

export function presentAccess({ allowed, reason, address, steps }: CheckedAccess): z.input<typeof accessAnswerSchema> {
  return { allowed, reason, address, steps: steps.map((step) => ({ ...step })) };
}

export function presentSource(source: JudgedSource): z.input<typeof clientSourceSchema> {
  return {
    address: source.ip,
    first_seen_at: source.firstSeenAt.toISOString(),
    last_seen_at: source.lastSeenAt.toISOString(),
    uses: source.uses,
    refusals: source.refusals,
    verdict: source.verdict,
    decided_by: source.decidedBy,
  };
}

export function presentSuggestion({ seen, since, exact, wider }: SuggestedRules): z.input<typeof suggestionSchema> {
  const present = (each: SuggestedRule) => ({ rule: each.rule, seen: each.seen, wider: each.isWider });
  return { seen, since: since.toISOString(), exact: exact.map(present), wider: wider.map(present) };
}

const source = {
  address: '203.0.113.7',
  first_seen_at: '2026-01-02T06:00:04.000Z',
  last_seen_at: '2026-01-15T09:31:07.000Z',
  uses: 1312,
  refusals: 0,
  verdict: 'allowed',
  decided_by: null,
} as const;

export const clientAddressExamples = {
  question: { address: '198.51.100.23', scope: 'audit:read' },
  answer: {
    allowed: false,
    reason: 'address_refused',
    address: '198.51.100.23',
    steps: [
      { name: 'client_inactive', question: 'Is the client active?', verdict: 'passed', explanation: 'It is active.' },
      {
        name: 'address_refused',
        question: 'Is the address allowed by its own rules?',
        verdict: 'refused',
        explanation: 'No rule lets 198.51.100.23 in. Add it to the list to let it in.',
      },
    ],
  },
  sources: { items: [source], next_cursor: null },
  suggestion: {
    seen: 5,
    since: '2025-12-16T09:31:07.000Z',
    exact: [
      { rule: '192.0.2.4-192.0.2.7', seen: 4, wider: false },
      { rule: source.address, seen: 1, wider: false },
    ],
    wider: [
      { rule: '192.0.2.0/24', seen: 4, wider: true },
      { rule: source.address, seen: 1, wider: false },
    ],
  },
} as const;

export const SOURCES_WINDOW = `the last ${SOURCE_DAYS} days`;
