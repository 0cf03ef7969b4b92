// What may be sent about a client: registration and merge patch on the wire, and what they mean to the domain.
import { z } from 'zod';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { clientFields, type ClientPatch, type ClientRegistration } from '../../domain/client/client-fields.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS } from '../../domain/client/client.ts';
import { readOnlyFields, resettable } from './merge-patch.ts';
import { restrictionInput, restrictionPatch } from './restriction-input.ts';
import { clientSchema } from './schemas.ts';

export const registrationSchema = z
  .strictObject({
    name: clientFields.name,
    role_id: clientFields.roleId,
    company_id: clientFields.companyId.optional().meta({ description: 'Your own company when absent.' }),
    description: clientFields.description.optional(),
    status: clientFields.status.optional().meta({ default: 'active' }),
    ip_restriction: restrictionInput.optional().meta({ description: 'All addresses are let in when absent.' }),
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
    ip_restriction: restrictionPatch,
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

export const notInRegistration = readOnlyFields(clientSchema, registrationSchema);
export const notInPatch = readOnlyFields(clientSchema, patchSchema);

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
