// Tenants for tests: a tree of companies, and what belongs to them, each with sensible values but for those given.

import { randomBase62, randomId } from '../../src/base/random.ts';
import type { Caller, Reach } from '../../src/domain/access/caller.ts';
import type { ApiToken } from '../../src/domain/api-token/api-token.ts';
import { MANAGEMENT_API_ID, MANAGEMENT_PRIVILEGES, privilegeName } from '../../src/domain/api/privilege.ts';
import type { PrivilegeLevel } from '../../src/domain/api/privilege.ts';
import type { Client, ClientSecret } from '../../src/domain/client/client.ts';
import { createClientId, createCredential, credentialHint } from '../../src/domain/client/credential.ts';
import type { Company } from '../../src/domain/company/company.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { nameKey } from '../../src/domain/text.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import type { User } from '../../src/domain/user/user.ts';
import { searchText } from '../../src/storage/search-text.ts';
import type { TestDatabase } from './database.ts';

/** As the standing data has it, but for its times. */
export const rootCompany: Company = {
  id: ROOT_COMPANY_ID,
  name: 'Root',
  parentId: null,
  path: `${ROOT_COMPANY_ID}/`,
  reseller: true,
  status: 'active',
  ipRestriction: { mode: 'off', rules: [] },
  createdAt: new Date(0),
  updatedAt: new Date(0),
  version: 1,
};

/** Below root unless a parent is given, and no reseller. */
export async function makeCompany(database: TestDatabase, given: Partial<Company> = {}): Promise<Company> {
  const id = given.id ?? randomId('co');
  const parent = given.parentId ?? ROOT_COMPANY_ID;
  const [row] = await database.query<{ path: string }>('SELECT path FROM company WHERE id = $1', [parent]);
  if (!row) throw new Error(`there is no company ${parent}`);
  const now = new Date();
  const company: Company = {
    name: `Company ${id}`,
    reseller: false,
    status: 'active',
    ipRestriction: { mode: 'off', rules: [] },
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
    id,
    parentId: parent,
    path: `${row.path}${id}/`,
  };
  await database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version, ip_mode, ip_rules)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      company.id,
      company.name,
      nameKey(company.name),
      company.parentId,
      company.path,
      company.reseller,
      company.status,
      company.createdAt,
      company.updatedAt,
      company.version,
      company.ipRestriction.mode,
      company.ipRestriction.rules,
    ],
  );
  return company;
}

export interface Tenants {
  readonly root: Company;
  /** Below root, with a company of its own. */
  readonly reseller: Company;
  /** Below the reseller. */
  readonly customer: Company;
  /** Below root, beside the reseller. */
  readonly plain: Company;
}

export async function makeTenants(database: TestDatabase): Promise<Tenants> {
  const reseller = await makeCompany(database, { name: 'Reseller Ltd', reseller: true });
  return {
    root: rootCompany,
    reseller,
    customer: await makeCompany(database, { name: 'Customer', parentId: reseller.id }),
    plain: await makeCompany(database, { name: 'Plain' }),
  };
}

/** What a holder of the role Reseller sees, or with `subtree: false` anybody else there. */
export function reachOf(company: Company, subtree = company.reseller): Reach {
  return { companyId: company.id, companyPath: company.path, subtree };
}

/** Holds every privilege of the Management API. */
export function makeCaller(company: Company = rootCompany, given: Partial<Caller> = {}): Caller {
  const isReseller = company.reseller;
  return {
    type: 'system',
    id: 'test',
    name: 'Test',
    companyId: company.id,
    companyName: company.name,
    roleId: isReseller ? RESELLER_ROLE_ID : COMPANY_ADMIN_ROLE_ID,
    roleName: isReseller ? 'Reseller' : 'Company Admin',
    reach: reachOf(company),
    privileges: new Set(MANAGEMENT_PRIVILEGES.map(({ scope }) => privilegeName(MANAGEMENT_API_ID, scope))),
    origin: { requestId: randomBase62(16), ip: '192.0.2.1', userAgent: 'test' },
    ...given,
  };
}

export function newClient(given: Partial<Client> = {}): Client {
  const now = new Date();
  return {
    clientId: createClientId(),
    name: 'client',
    description: '',
    companyId: ROOT_COMPANY_ID,
    roleId: COMPANY_ADMIN_ROLE_ID,
    status: 'active',
    ipRestriction: { mode: 'off', rules: [] },
    defaultApi: MANAGEMENT_API_ID,
    tokenLifetimeSeconds: 86_400,
    tokenFormat: 'jwt',
    authMethod: 'client_secret',
    expiresAt: null,
    tokenGeneration: 0,
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export async function makeClient(storage: Storage, given: Partial<Client> = {}): Promise<Client> {
  const client = newClient(given);
  await storage.write((stores) => stores.clients.insert(client));
  return client;
}

/** `hash` is no hash of anything unless one is given. */
export function newSecret(clientId: string, given: Partial<ClientSecret> = {}): ClientSecret {
  return {
    id: randomId('sec'),
    clientId,
    hint: randomBase62(4),
    hash: `not a hash ${randomBase62(8)}`,
    createdAt: new Date(),
    expiresAt: null,
    ...given,
  };
}

export function newUser(given: Partial<User> = {}): User {
  const now = new Date();
  const id = given.id ?? randomId('usr');
  return {
    id,
    email: `${id}@example.test`,
    name: 'User',
    companyId: ROOT_COMPANY_ID,
    roleId: COMPANY_ADMIN_ROLE_ID,
    status: 'active',
    ipExempt: false,
    passwordHash: null,
    lastSignInAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export async function makeUser(storage: Storage, given: Partial<User> = {}): Promise<User> {
  const user = newUser(given);
  await storage.write((stores) => stores.users.insert(user));
  return user;
}

/** With the value that is shown once. */
export interface TestApiToken extends ApiToken {
  readonly value: string;
}

/** For the Management API, to read clients; of a client or a user that is there. */
export function newApiToken(owner: Client | User, given: Partial<ApiToken> = {}): TestApiToken {
  const now = new Date();
  const value = createCredential('pstt_');
  return {
    id: randomId('tok'),
    name: 'token',
    ...('clientId' in owner
      ? { ownerType: 'client' as const, ownerId: owner.clientId }
      : { ownerType: 'user' as const, ownerId: owner.id }),
    companyId: owner.companyId,
    apiId: MANAGEMENT_API_ID,
    scopes: ['clients:read'],
    ipRestriction: { mode: 'off', rules: [] },
    tokenHash: opaqueTokenHash(value),
    hint: credentialHint(value),
    expiresAt: null,
    createdAt: now,
    updatedAt: now,
    issuedAt: now,
    version: 1,
    ...given,
    value,
  };
}

export async function makeApiToken(
  storage: Storage,
  owner: Client | User,
  given: Partial<ApiToken> = {},
): Promise<TestApiToken> {
  const token = newApiToken(owner, given);
  await storage.write((stores) => stores.apiTokens.insert(token));
  return token;
}

interface NewRole {
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
  readonly companyId: string;
  /** `<api id>/<scope>` */
  readonly privileges?: readonly string[];
  readonly availableTo?: readonly string[];
}

/** A custom role; answers its id. */
export async function makeRole(database: TestDatabase, given: NewRole): Promise<string> {
  const { id = randomId('role'), description = '', companyId, privileges = [], availableTo = [] } = given;
  const name = given.name ?? `Role ${id}`;
  await database.query(
    `INSERT INTO role (id, name, name_key, search_text, description, kind, company_id, created_at, updated_at, version)
     VALUES ($1, $2, $3, $4, $5, 'custom', $6, now(), now(), 1)`,
    [id, name, nameKey(name), searchText(name, description), description, companyId],
  );
  await database.query(
    `INSERT INTO role_privilege (role_id, api_id, scope)
     SELECT $1, split_part(p, '/', 1), substr(p, position('/' IN p) + 1) FROM unnest($2::text[]) p`,
    [id, privileges],
  );
  await database.query('INSERT INTO role_company (role_id, company_id) SELECT $1, unnest($2::text[])', [
    id,
    availableTo,
  ]);
  return id;
}

interface NewApi {
  readonly id: string;
  readonly availableTo?: 'all' | readonly string[];
  readonly privileges: readonly { readonly scope: string; readonly level?: PrivilegeLevel }[];
}

/** Identifier: https://<id>.example.test */
export async function makeApi(database: TestDatabase, { id, availableTo = 'all', privileges }: NewApi): Promise<void> {
  await database.query(
    `INSERT INTO api (id, identifier, name, name_key, description, built_in, available_to_all, created_at, updated_at, version)
     VALUES ($1, $2, $1, $1, '', false, $3, now(), now(), 1)`,
    [id, `https://${id}.example.test`, availableTo === 'all'],
  );
  await database.query(
    `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
     SELECT $1, scope, 'Group', 'Do ' || scope, level, n FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS p (scope, level, n)`,
    [id, privileges.map(({ scope }) => scope), privileges.map(({ level = 'company' }) => level)],
  );
  if (availableTo !== 'all') {
    await database.query('INSERT INTO api_company (api_id, company_id) SELECT $1, unnest($2::text[])', [
      id,
      availableTo,
    ]);
  }
}
