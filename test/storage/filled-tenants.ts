// Tenants of which each has one of everything, for tests of who sees what.

import type { Reach } from '../../src/domain/access/caller.ts';
import type { Company } from '../../src/domain/company/company.ts';
import type { Storage } from '../../src/domain/stores.ts';
import type { TestDatabase } from '../support/database.ts';
import {
  makeApiToken,
  makeClient,
  makeRole,
  makeTenants,
  makeUser,
  newSecret,
  reachOf,
  type Tenants,
} from '../support/factories.ts';

/** With all below it: `reseller`. Its own company alone: the others. */
export type Who = 'reseller' | 'resellerAlone' | 'customer' | 'plain' | 'rootAlone';

export interface FilledTenants {
  readonly companies: Tenants;
  readonly reaches: Readonly<Record<Who, Reach>>;
  readonly everything: Reach;
  /** Ids of the companies within reach. */
  readonly reached: Readonly<Record<Who, readonly string[]>>;
  /** Ids of the custom roles that are seen, and of those among them that others made. */
  readonly rolesSeen: Readonly<Record<Who, readonly string[]>>;
  readonly rolesOfOthers: Readonly<Record<Who, readonly string[]>>;
  /** From where the customer stands. */
  readonly names: {
    readonly company: string;
    readonly client: string;
    readonly user: string;
    readonly role: string;
    /** Of root, made available to the customer, and held there. */
    readonly availableRole: string;
    readonly foreignCompany: string;
    readonly foreignClient: string;
    readonly foreignUser: string;
    /** Of the client, and of the foreign one. */
    readonly apiToken: string;
    readonly foreignApiToken: string;
    readonly foreignRole: string;
  };
  readonly clientCount: number;
}

/** With an SQL expression for the company that a row belongs to; `set` changes nothing of importance. `isKept`: others refer to it. */
export const TABLES: readonly { table: string; key: string; owner: string; set: string; isKept?: boolean }[] = [
  { table: 'company', key: 'id', owner: 'id', set: `name = name || '!'`, isKept: true },
  { table: 'client', key: 'client_id', owner: 'company_id', set: `name = 'x'` },
  {
    table: 'client_secret',
    key: 'id',
    owner: '(SELECT company_id FROM client c WHERE c.client_id = client_secret.client_id)',
    set: `hash = 'x'`,
  },
  {
    table: 'client_source',
    key: 'client_id',
    owner: '(SELECT company_id FROM client c WHERE c.client_id = client_source.client_id)',
    set: 'uses = 7',
  },
  { table: 'user_account', key: 'id', owner: 'company_id', set: `name = 'x'` },
  {
    table: 'session',
    key: 'id',
    owner: '(SELECT company_id FROM user_account u WHERE u.id = session.user_id)',
    set: `ip = 'x'`,
  },
  {
    table: 'one_time_link',
    key: 'token_hash',
    owner: '(SELECT company_id FROM user_account u WHERE u.id = one_time_link.user_id)',
    set: 'expires_at = now()',
  },
  { table: 'api_token', key: 'id', owner: 'company_id', set: `name = 'x'` },
  { table: 'audit_event', key: 'id', owner: 'company_id', set: '' },
];

export async function fillTenants(database: TestDatabase, storage: Storage): Promise<FilledTenants> {
  const companies = await makeTenants(database);
  const { root, reseller, customer, plain } = companies;
  const all = [root, reseller, customer, plain];
  for (const company of all) await fillCompany(database, storage, company);
  const shared = await makeRole(database, {
    id: 'role_shared',
    companyId: root.id,
    privileges: ['management/clients:read'],
    availableTo: [customer.id],
  });
  await makeClient(storage, { clientId: 'pst_shared', companyId: customer.id, roleId: shared });
  const role = (company: Company) => `role_of_${company.id}`;
  return {
    companies,
    reaches: {
      reseller: reachOf(reseller, true),
      resellerAlone: reachOf(reseller, false),
      customer: reachOf(customer, false),
      plain: reachOf(plain, false),
      rootAlone: reachOf(root, false),
    },
    everything: reachOf(root, true),
    reached: {
      reseller: [reseller.id, customer.id],
      resellerAlone: [reseller.id],
      customer: [customer.id],
      plain: [plain.id],
      rootAlone: [root.id],
    },
    rolesSeen: {
      reseller: [role(reseller), role(customer), shared],
      resellerAlone: [role(reseller)],
      customer: [role(customer), shared],
      plain: [role(plain)],
      rootAlone: [role(root), shared],
    },
    rolesOfOthers: { reseller: [shared], resellerAlone: [], customer: [shared], plain: [], rootAlone: [] },
    names: {
      company: customer.id,
      client: `pst_of_${customer.id}`,
      user: `usr_of_${customer.id}`,
      role: role(customer),
      availableRole: shared,
      foreignCompany: plain.id,
      foreignClient: `pst_of_${plain.id}`,
      foreignUser: `usr_of_${plain.id}`,
      apiToken: `tok_of_pst_of_${customer.id}`,
      foreignApiToken: `tok_of_pst_of_${plain.id}`,
      foreignRole: role(plain),
    },
    clientCount: all.length + 1,
  };
}

async function fillCompany(database: TestDatabase, storage: Storage, { id: companyId }: Company): Promise<void> {
  const client = await makeClient(storage, { clientId: `pst_of_${companyId}`, companyId });
  const { clientId } = client;
  const user = await makeUser(storage, { id: `usr_of_${companyId}`, companyId });
  await makeApiToken(storage, client, { id: `tok_of_${clientId}` });
  await makeApiToken(storage, user, { id: `tok_of_${user.id}` });
  await makeRole(database, { id: `role_of_${companyId}`, companyId, privileges: ['management/clients:read'] });
  const now = new Date();
  await storage.write(async (stores) => {
    await stores.clients.insertSecret(newSecret(clientId));
    await stores.sessions.insert({
      id: `ses_of_${companyId}`,
      tokenHash: `session of ${companyId}`,
      userId: user.id,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now,
      ip: null,
      userAgent: null,
      actingCompanyId: null,
    });
    const tokenHash = `link of ${companyId}`;
    await stores.links.insert({ tokenHash, kind: 'invitation', userId: user.id, expiresAt: now });
    await stores.audit.append({
      time: now,
      companyId,
      action: 'client.created',
      outcome: 'success',
      reason: null,
      actor: { type: 'system', id: 'test', name: null },
      target: { type: 'client', id: clientId, name: null },
      ip: null,
      userAgent: null,
      requestId: `request-${companyId}`,
      changes: null,
      details: null,
    });
  });
  await database.query(
    `INSERT INTO client_source (client_id, ip, first_seen_at, last_seen_at, uses, refusals)
     VALUES ($1, '192.0.2.1', now(), now(), 1, 0)`,
    [clientId],
  );
}
