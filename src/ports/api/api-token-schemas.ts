// API tokens on the wire: what the Management API shows of them, what may be sent, and examples of both.
import { z } from 'zod';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { privilegesOf } from '../../domain/api-token/api-token-audit.ts';
import { type ApiTokenCreation, apiTokenFields, type ApiTokenPatch } from '../../domain/api-token/api-token-fields.ts';
import { readOnlyFields } from './merge-patch.ts';
import { restrictionInput, restrictionPatch } from './restriction-input.ts';
import { ipRestrictionSchema, noticesSchema } from './schemas.ts';

const text = z.string();
const instant = z.iso.datetime();

export const apiTokenSchema = z
  .strictObject({
    id: text,
    name: text,
    company_id: text.meta({ description: 'The company of its owner.' }),
    client_id: text.nullable().meta({ description: 'The client that it belongs to; null when it is a user’s.' }),
    user_id: text.nullable().meta({ description: 'The user that it belongs to; null when it is a client’s.' }),
    owner: text.meta({ description: 'Name of that client or user.' }),
    api: text.meta({ description: 'Id of the one API that it is for.' }),
    privileges: z
      .array(text)
      .meta({ description: '`<api id>/<scope>`. At every call it can do no more than its owner holds of them then.' }),
    ip_restriction: ipRestrictionSchema,
    hint: text.meta({ description: 'The last four characters of its value.' }),
    expires_at: instant.nullable().meta({ description: 'Null: never.' }),
    created_at: instant,
    updated_at: instant,
    issued_at: instant.meta({ description: 'When the value was made that counts now.' }),
    last_used_at: instant.nullable(),
    last_used_ip: text.nullable(),
  })
  .meta({
    id: 'ApiToken',
    description:
      'An entry of an API token: a static bearer token that acts in the name of a client or a user. Its value is shown once, when it is made.',
  });

export const changedApiTokenSchema = apiTokenSchema
  .extend({ notices: noticesSchema })
  .meta({ id: 'ChangedApiToken', description: 'The API token as it is now.' });

export const createdApiTokenSchema = apiTokenSchema
  .extend({
    api_token: text.meta({
      description: 'The value, `pstt_…`, in this one answer. Store it now; nobody can show it again.',
    }),
    notices: noticesSchema,
  })
  .meta({ id: 'CreatedApiToken', description: 'An API token with its value.' });

const privileges = apiTokenFields.privileges.meta({
  description:
    'All of one API, and all held by the owner. `<api id>/<scope>`; a bare scope such as `audit:read` is the Management API’s.',
});

const expiresAt = apiTokenFields.expiresAt.optional();

export const newApiToken = z
  .strictObject({
    name: apiTokenFields.name,
    client_id: apiTokenFields.clientId
      .optional()
      .meta({ description: 'The client that it belongs to. Without `client_id` and `user_id` it is your own.' }),
    user_id: apiTokenFields.userId
      .optional()
      .meta({ description: 'The user that it belongs to, in place of a client.' }),
    privileges,
    ip_restriction: restrictionInput.optional().meta({
      description: 'Besides the rules of its owner and their company, which hold too. It adds none when absent.',
    }),
    expires_at: expiresAt.meta({ description: 'Never when absent or null.' }),
  })
  .meta({ id: 'NewApiToken', description: 'An API token to be. It stays with its owner.' });

export const apiTokenPatch = z
  .strictObject({
    name: apiTokenFields.name.optional(),
    privileges: privileges.optional(),
    ip_restriction: restrictionPatch,
    expires_at: expiresAt.meta({ description: 'Null: never.' }),
  })
  .meta({
    id: 'ApiTokenPatch',
    description:
      'RFC 7396 merge patch: what is left out stays as it is, a list that is given replaces the whole list, null resets a field to its default.',
  });

export const notInNewApiToken = readOnlyFields(apiTokenSchema, newApiToken);
export const notInApiTokenPatch = readOnlyFields(apiTokenSchema, apiTokenPatch);

export function toApiTokenCreation(body: z.output<typeof newApiToken>): ApiTokenCreation {
  return {
    name: body.name,
    clientId: body.client_id,
    userId: body.user_id,
    privileges: body.privileges,
    ipRestriction: body.ip_restriction,
    expiresAt: body.expires_at,
  };
}

export function toApiTokenPatch(body: z.output<typeof apiTokenPatch>): ApiTokenPatch {
  return {
    name: body.name,
    privileges: body.privileges,
    ipRestriction: body.ip_restriction,
    expiresAt: body.expires_at,
  };
}

export function presentApiToken(token: ApiTokenSummary): z.input<typeof apiTokenSchema> {
  return {
    id: token.id,
    name: token.name,
    company_id: token.companyId,
    client_id: token.ownerType === 'client' ? token.ownerId : null,
    user_id: token.ownerType === 'user' ? token.ownerId : null,
    owner: token.ownerName,
    api: token.apiId,
    privileges: [...privilegesOf(token)],
    ip_restriction: { mode: token.ipRestriction.mode, rules: [...token.ipRestriction.rules] },
    hint: token.hint,
    expires_at: token.expiresAt?.toISOString() ?? null,
    created_at: token.createdAt.toISOString(),
    updated_at: token.updatedAt.toISOString(),
    issued_at: token.issuedAt.toISOString(),
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
    last_used_ip: token.lastUsedIp,
  };
}

const apiToken = {
  id: 'tok_5mXb8RqTz2LnVd0KwJ7s',
  name: 'nightly export',
  company_id: 'co_root',
  client_id: 'pst_9hTq2LmVx0aRk7WcYb3ZuNfE',
  user_id: null,
  owner: 'siem-connector',
  api: 'management',
  privileges: ['management/audit:read'],
  ip_restriction: { mode: 'enforce', rules: ['203.0.113.7'] },
  hint: 'x7Qa',
  expires_at: null,
  created_at: '2026-01-15T09:30:00.000Z',
  updated_at: '2026-01-15T09:30:00.000Z',
  issued_at: '2026-01-15T09:30:00.000Z',
  last_used_at: null,
  last_used_ip: null,
} as const;

// No real token has this form, so that scanners and people do not take it for one.
const plaintext = 'pstt_…shown-once…';

export const apiTokenExamples = {
  apiToken,
  apiTokens: { items: [apiToken], next_cursor: null },
  newApiToken: {
    name: apiToken.name,
    client_id: apiToken.client_id,
    privileges: ['audit:read'],
    ip_restriction: apiToken.ip_restriction,
  },
  created: { ...apiToken, api_token: plaintext, notices: [] },
  patch: { expires_at: '2027-01-15T00:00:00Z' },
  changed: { ...apiToken, expires_at: '2027-01-15T00:00:00.000Z', notices: [] },
} as const;
