// What the Management API shows: one schema per resource, in the words and the case of the wire.
import { z } from 'zod';
import { ipRestrictionModes } from '../../domain/address/ip-rule-list.ts';
import { AUDIT_ACTIONS, type AuditAction } from '../../domain/audit/audit-event.ts';
import { MAX_TOKEN_LIFETIME_SECONDS, MIN_TOKEN_LIFETIME_SECONDS } from '../../domain/client/client.ts';

const instant = z.iso.datetime();
const text = z.string();
const count = z.int().min(0);

/** Keys of a record, as the tuple that an enum wants. */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): [Key, ...Key[]] {
  return Object.keys(record) as [Key, ...Key[]];
}

export const auditActions: [AuditAction, ...AuditAction[]] = keysOf(AUDIT_ACTIONS);

export const ipRestrictionSchema = z
  .strictObject({
    mode: z.enum(ipRestrictionModes),
    rules: z.array(text).meta({ description: 'Addresses, networks and ranges in canonical form.' }),
  })
  .meta({
    id: 'IpRestriction',
    description:
      '`off` lets every address in, `enforce` only those of the rules, `report` records what `enforce` would refuse.',
  });

export const clientSecretSchema = z
  .strictObject({
    id: text,
    hint: text.meta({ description: 'The last four characters of the secret.' }),
    created_at: instant,
    expires_at: instant.nullable(),
    last_used_at: instant.nullable(),
    last_used_ip: text.nullable(),
  })
  .meta({
    id: 'ClientSecret',
    description: 'An entry of a client secret. The secret itself is shown once, when it is made.',
  });

export const clientSchema = z
  .strictObject({
    client_id: text,
    name: text,
    description: text,
    company_id: text,
    role_id: text,
    role: text.meta({ description: 'Name of the role.' }),
    status: z.enum(['active', 'inactive']),
    ip_restriction: ipRestrictionSchema,
    default_api: text.meta({ description: 'The API whose scopes a token request without `resource` asks for first.' }),
    token_lifetime: z
      .int()
      .min(MIN_TOKEN_LIFETIME_SECONDS)
      .max(MAX_TOKEN_LIFETIME_SECONDS)
      .meta({ description: 'Seconds.' }),
    token_format: z.enum(['jwt', 'opaque']),
    auth_method: z.enum(['client_secret']),
    expires_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
    last_used_at: instant.nullable(),
    secrets: z.array(clientSecretSchema),
  })
  .meta({ id: 'Client', description: 'A machine that exchanges its client ID and secret for access tokens.' });

export const noticeSchema = z
  .strictObject({
    pointer: text.meta({ description: 'RFC 6901 pointer into the request body, as it was sent.' }),
    detail: text,
  })
  .meta({ id: 'Notice', description: 'What was changed, or is worth knowing, about a value that was saved.' });

export const noticesSchema = z.array(noticeSchema).meta({
  description:
    'What was changed in saving, and what is worth knowing of it, such as a host name that matches nobody now; usually empty.',
});

const plaintextSecret = text.meta({ description: 'The secret, in this one answer. Store it now.' });

export const changedClientSchema = clientSchema
  .extend({ notices: noticesSchema })
  .meta({ id: 'ChangedClient', description: 'The client as it is now.' });

export const registeredClientSchema = clientSchema
  .extend({ client_secret: plaintextSecret, notices: noticesSchema })
  .meta({ id: 'RegisteredClient', description: 'A new client with its secret.' });

export const createdSecretSchema = clientSecretSchema
  .extend({ client_secret: plaintextSecret })
  .meta({ id: 'CreatedClientSecret', description: 'A new client secret.' });

export const roleSchema = z
  .strictObject({
    id: text,
    name: text,
    description: text,
    kind: z.enum(['standard', 'custom']),
    company_id: text.nullable().meta({ description: 'The company it belongs to; null for the standard roles.' }),
    privileges: z
      .array(text)
      .meta({ description: '`<api id>/<scope>`; for a standard role what it holds in your company.' }),
    available_to: z
      .union([z.literal('all'), z.array(text)])
      .meta({ description: 'Ids of the companies below the owner that may use it; `all` for the standard roles.' }),
    client_count: count,
    user_count: count,
  })
  .meta({ id: 'Role', description: 'A named set of privileges.' });

export const privilegeLevels = ['company', 'reseller', 'root'] as const;

export const privilegeSchema = z
  .strictObject({
    name: text.meta({ description: '`<api id>/<scope>`, as roles list it.' }),
    api: text.meta({ description: 'Id of the API.' }),
    scope: text.meta({ description: 'The OAuth scope value.' }),
    group: text,
    description: text,
    level: z.enum(privilegeLevels).meta({ description: 'Which of the standard roles hold it.' }),
  })
  .meta({ id: 'Privilege', description: 'One permission of one API.' });

const party = z
  .strictObject({ type: text, id: text, name: text.nullable().meta({ description: 'As it was at that time.' }) })
  .meta({ id: 'AuditParty' });

export const auditEventSchema = z
  .strictObject({
    id: text.meta({ description: 'Grows in the order of storing.' }),
    time: instant,
    company_id: text.nullable(),
    action: z.enum(auditActions),
    outcome: z.enum(['success', 'failure']),
    reason: text.nullable().meta({ description: 'Why something was refused, such as `client_inactive`.' }),
    actor: party,
    target: party.nullable(),
    ip: text.nullable(),
    user_agent: text.nullable(),
    request_id: text.nullable().meta({ description: '`X-Request-Id`, and the reference in a refusal.' }),
    changes: z
      .record(text, z.tuple([z.unknown(), z.unknown()]))
      .nullable()
      .meta({ description: 'Old and new value by field. Never secrets.' }),
    details: z
      .record(text, text)
      .nullable()
      .meta({ description: 'Further facts, such as the scope of an issued token.' }),
  })
  .meta({ id: 'AuditEvent', description: 'Who did what to what, from where, with what outcome.' });

export const meSchema = z
  .strictObject({
    type: z.enum(['client', 'user']).meta({ description: 'Who the token belongs to.' }),
    client_id: text.optional().meta({ description: 'Of a client.' }),
    user_id: text.optional().meta({ description: 'Of a user.' }),
    api_token: z
      .strictObject({ id: text, name: text, hint: text })
      .optional()
      .meta({ description: 'The API token of this call; absent for an access token.' }),
    company: z.strictObject({ id: text, name: text }),
    role: text,
    scope: text.meta({ description: 'What this token may do right now, separated by spaces.' }),
    token: z.strictObject({ expires_at: instant.nullable() }),
    ip: z.strictObject({
      address: text.nullable().meta({ description: 'Your address as Postern sees it.' }),
      allowed: z.boolean(),
      mode: z.enum(ipRestrictionModes),
    }),
    secret: z.strictObject({ hint: text, expires_at: instant.nullable() }).nullable(),
  })
  .meta({ id: 'Me', description: 'The caller of this request.' });

export const problemSchema = z
  .strictObject({
    type: text.meta({ description: '`urn:postern:problem:` and a stable code.' }),
    title: text,
    status: z.int(),
    detail: text.meta({ description: 'What went wrong and what to do.' }),
    instance: text.meta({ description: '`urn:request:` and the `X-Request-Id` of this answer.' }),
    errors: z
      .array(
        z.strictObject({
          pointer: text.meta({
            description: 'RFC 6901 pointer into the body, or `/query/<name>` for a query parameter.',
          }),
          detail: text,
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

/** A page of a list: `next_cursor` null when it is the last. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .strictObject({
      items: z.array(item),
      next_cursor: text.nullable().meta({ description: 'Send it as `cursor` for the next page; null after the last.' }),
    })
    .meta({ id });
}
