// Answers of the API read by the schemas of their contracts, so that tests speak of fields that exist.

import { z } from 'zod';
import { apiTokenSchema, changedApiTokenSchema, createdApiTokenSchema } from '../../src/ports/api/api-token-schemas.ts';
import { apiImportSchema, apiSchema, changedApiSchema } from '../../src/ports/api/api-schemas.ts';
import {
  auditEventSchema,
  changedClientSchema,
  clientSchema,
  createdSecretSchema,
  meSchema,
  privilegeSchema,
  problemSchema,
  registeredClientSchema,
  roleSchema,
} from '../../src/ports/api/schemas.ts';
import {
  changedCompanySchema,
  companySchema,
  invitedUserSchema,
  userSchema,
} from '../../src/ports/api/tenant-schemas.ts';
import type { Answer } from './api-server.ts';

/** Fails with the whole answer when it is not what the schema says. */
function reader<Schema extends z.ZodType>(schema: Schema): (answer: Answer) => z.output<Schema> {
  return (answer) => {
    const result = schema.safeParse(answer.json);
    if (result.success) return result.data;
    throw new Error(`${answer.status} ${answer.text}\n${z.prettifyError(result.error)}`);
  };
}

function pageReader<Item extends z.ZodType>(item: Item) {
  return reader(z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() }));
}

export type Client = z.output<typeof clientSchema>;
export type RegisteredClient = z.output<typeof registeredClientSchema>;

export const asClient = reader(clientSchema);
export const asRegistered = reader(registeredClientSchema);
export const asChanged = reader(changedClientSchema);
export const asClients = pageReader(clientSchema);
export const asSecret = reader(createdSecretSchema);
export const asCompany = reader(companySchema);
export const asChangedCompany = reader(changedCompanySchema);
export const asCompanies = pageReader(companySchema);
export const asUser = reader(userSchema);
export const asInvited = reader(invitedUserSchema);
export const asUsers = pageReader(userSchema);
export const asRole = reader(roleSchema);
export const asRoles = pageReader(roleSchema);
export const asPrivileges = pageReader(privilegeSchema);
export const asEvent = reader(auditEventSchema);
export const asEvents = pageReader(auditEventSchema);
export const asApi = reader(apiSchema);
export const asChangedApi = reader(changedApiSchema);
export const asApis = pageReader(apiSchema);
export const asApiToken = reader(apiTokenSchema);
export const asChangedApiToken = reader(changedApiTokenSchema);
export const asCreatedApiToken = reader(createdApiTokenSchema);
export const asApiTokens = pageReader(apiTokenSchema);
export const asImport = reader(apiImportSchema);
export const asMe = reader(meSchema);
export const asProblem = reader(problemSchema);

/** The pointers of a 422, in their order. */
export function pointersOf(answer: Answer): string[] {
  return (asProblem(answer).errors ?? []).map(({ pointer }) => pointer);
}

/** A registered client as every later answer shows it. */
export function withoutSecret({ client_secret: _secret, notices: _notices, ...client }: RegisteredClient): Client {
  return client;
}
