// What may be sent about a client: registration and merge patch on the wire, and what they mean to the domain.
import { z } from 'zod';
import { MAX_IP_RULES, parseIpRestriction } from '../../domain/address/ip-rule-list.ts';
import { parseIpRule } from '../../domain/address/ip-rule.ts';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { clientFields, type ClientPatch, type ClientRegistration } from '../../domain/client/client-fields.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS } from '../../domain/client/client.ts';
import { clientSchema } from './schemas.ts';

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

const { mode } = clientFields.ipRestriction.shape;

const notAnObject = { error: 'IP restriction must be an object with mode and rules.' };

const restriction = z.strictObject({ mode, rules: rules.default([]) }, notAnObject).superRefine((given, context) => {
  const parsed = parseIpRestriction(given.mode, given.rules);
  if (parsed.ok) return;
  // What concerns single rules has been said above.
  for (const { detail } of parsed.faults.filter(({ pointer }) => pointer === '/ip_restriction/rules')) {
    context.addIssue({ code: 'custom', message: detail, path: ['rules'] });
  }
});

/** RFC 7396: null takes a value away, and what is left is the default. */
function resettable<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema
    .nullable()
    .transform((value) => (value === null ? fallback : value))
    .optional();
}

export const registrationSchema = z
  .strictObject({
    name: clientFields.name,
    role_id: clientFields.roleId,
    company_id: clientFields.companyId.optional().meta({ description: 'Your own company when absent.' }),
    description: clientFields.description.optional(),
    status: clientFields.status.optional().meta({ default: 'active' }),
    ip_restriction: restriction.optional().meta({ description: 'All addresses are let in when absent.' }),
    default_api: clientFields.defaultApi.optional().meta({ default: MANAGEMENT_API_ID }),
    token_lifetime: clientFields.tokenLifetimeSeconds
      .optional()
      .meta({ default: DEFAULT_TOKEN_LIFETIME_SECONDS, description: 'Seconds.' }),
    token_format: clientFields.tokenFormat.optional().meta({ default: 'jwt' }),
    auth_method: clientFields.authMethod.optional().meta({ default: 'client_secret' }),
    expires_at: clientFields.expiresAt.optional(),
  })
  .meta({ id: 'ClientRegistration', description: 'A client to be.' });

export const patchSchema = z
  .strictObject({
    name: clientFields.name.optional(),
    role_id: clientFields.roleId.optional(),
    description: resettable(clientFields.description, ''),
    // Null would let a paused client in again, and hardly on purpose.
    status: clientFields.status.optional(),
    ip_restriction: resettable(
      z.strictObject({ mode: resettable(mode, 'off'), rules: resettable(rules, []) }, notAnObject),
      { mode: 'off', rules: [] },
    ).meta({ description: 'A part that is left out stays as it is; null lets every address in.' }),
    default_api: resettable(clientFields.defaultApi, MANAGEMENT_API_ID),
    token_lifetime: resettable(clientFields.tokenLifetimeSeconds, DEFAULT_TOKEN_LIFETIME_SECONDS),
    token_format: resettable(clientFields.tokenFormat, 'jwt'),
    auth_method: resettable(clientFields.authMethod, 'client_secret'),
    expires_at: clientFields.expiresAt.optional(),
  })
  .meta({
    id: 'ClientPatch',
    description: 'RFC 7396 merge patch: what is left out stays as it is, null resets a field to its default.',
  });

export const newSecretSchema = z
  .strictObject({ expires_at: clientFields.expiresAt.optional().meta({ description: 'Never when absent or null.' }) })
  .meta({ id: 'NewClientSecret' });

/** What a client shows but the schema does not take. */
export function readOnlyFields(schema: z.ZodObject): readonly string[] {
  return Object.keys(clientSchema.shape).filter((field) => !(field in schema.shape));
}

export function toRegistration(body: z.output<typeof registrationSchema>): ClientRegistration {
  return {
    name: body.name,
    roleId: body.role_id,
    companyId: body.company_id,
    description: body.description,
    status: body.status,
    ipRestriction: body.ip_restriction,
    defaultApi: body.default_api,
    tokenLifetimeSeconds: body.token_lifetime,
    tokenFormat: body.token_format,
    authMethod: body.auth_method,
    expiresAt: body.expires_at,
  };
}

export function toPatch(body: z.output<typeof patchSchema>): ClientPatch {
  return {
    name: body.name,
    roleId: body.role_id,
    description: body.description,
    status: body.status,
    ipRestriction: body.ip_restriction,
    defaultApi: body.default_api,
    tokenLifetimeSeconds: body.token_lifetime,
    tokenFormat: body.token_format,
    authMethod: body.auth_method,
    expiresAt: body.expires_at,
  };
}
