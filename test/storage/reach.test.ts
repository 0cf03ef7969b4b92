// Who sees what: every kind of caller against every kind of company, for everything that has one.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reach } from '../../src/domain/access/caller.ts';
import type { Company } from '../../src/domain/company/company.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { makeClient, makeCompany, makeRole, reachOf, rootCompany } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;

/** Ids that would be mistaken for each other by a prefix without its end, or by `_` as a wildcard. */
const COMPANIES = ['co_root', 'co_a', 'co_a_child', 'co_a_grandchild', 'co_ab', 'coXa'] as const;
type CompanyId = (typeof COMPANIES)[number];
const companies = new Map<CompanyId, Company>();
const clientOf = new Map<CompanyId, string>();
const roleOf = new Map<CompanyId, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  companies.set('co_root', rootCompany);
  companies.set('co_a', await makeCompany(database, { id: 'co_a', reseller: true }));
  companies.set('co_a_child', await makeCompany(database, { id: 'co_a_child', parentId: 'co_a', reseller: true }));
  companies.set('co_a_grandchild', await makeCompany(database, { id: 'co_a_grandchild', parentId: 'co_a_child' }));
  companies.set('co_ab', await makeCompany(database, { id: 'co_ab', reseller: true }));
  companies.set('coXa', await makeCompany(database, { id: 'coXa', reseller: true }));
  for (const id of COMPANIES) {
    clientOf.set(id, (await makeClient(opened.storage, { name: id, companyId: id })).clientId);
    roleOf.set(id, await makeRole(database, { name: id, companyId: id }));
    await appendEvent(id);
  }
  await appendEvent(null);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

async function appendEvent(companyId: string | null): Promise<void> {
  await opened.storage.write((stores) =>
    stores.audit.append({
      time: new Date(),
      companyId,
      action: 'token.refused',
      outcome: 'failure',
      reason: null,
      actor: { type: 'client', id: companyId ?? 'nobody', name: null },
      target: null,
      ip: null,
      userAgent: null,
      requestId: null,
      changes: null,
      details: null,
    }),
  );
}

function companyNamed(id: CompanyId): Company {
  const company = companies.get(id);
  if (!company) throw new Error(id);
  return company;
}

/** `-` sees its company alone, `+` all below it too. */
const SEEN: readonly [who: CompanyId, subtree: boolean, what: readonly CompanyId[]][] = [
  ['co_root', true, COMPANIES],
  ['co_root', false, ['co_root']],
  ['co_a', true, ['co_a', 'co_a_child', 'co_a_grandchild']],
  ['co_a', false, ['co_a']],
  ['co_a_child', true, ['co_a_child', 'co_a_grandchild']],
  ['co_a_grandchild', false, ['co_a_grandchild']],
  ['co_a_grandchild', true, ['co_a_grandchild']],
  ['co_ab', true, ['co_ab']],
  ['coXa', true, ['coXa']],
];

describe.each(SEEN)('from %s (with all below it: %s)', (who, subtree, expected) => {
  const reach = (): Reach => reachOf(companyNamed(who), subtree);
  const seen = async (look: (id: CompanyId) => Promise<unknown>): Promise<CompanyId[]> => {
    const visible: CompanyId[] = [];
    for (const id of COMPANIES) if (await look(id)) visible.push(id);
    return visible;
  };

  test('companies', async () => {
    expect(await seen((id) => opened.storage.read((stores) => stores.companies.find(id, reach())))).toEqual(expected);
  });

  test('clients, one by one, to be changed, listed and counted', async () => {
    const one = (id: CompanyId) => clientOf.get(id) ?? '';
    expect(await seen((id) => opened.storage.read((stores) => stores.clients.find(one(id), reach())))).toEqual(
      expected,
    );
    expect(
      await seen((id) => opened.storage.write((stores) => stores.clients.findForUpdate(one(id), reach()))),
    ).toEqual(expected);
    for (const sort of ['created_at', 'name', 'last_used_at'] as const) {
      const page = await opened.storage.read((stores) => stores.clients.list({ sort }, { limit: 200 }, reach()));
      expect(page.items.map(({ companyId }) => companyId).toSorted()).toEqual(expected.toSorted());
    }
    const counted = await opened.storage.read((stores) => stores.clients.count(reach()));
    expect(counted).toEqual({ active: expected.length, inactive: 0 });
  });

  test('custom roles, one by one and listed', async () => {
    expect(
      await seen((id) => opened.storage.read((stores) => stores.roles.find(roleOf.get(id) ?? '', reach()))),
    ).toEqual(expected);
    const page = await opened.storage.read((stores) => stores.roles.list({ kind: 'custom' }, { limit: 200 }, reach()));
    expect(page.items.map(({ companyId }) => companyId).toSorted()).toEqual(expected.toSorted());
  });

  test('holders of standard roles', async () => {
    const role = await opened.storage.read((stores) => stores.roles.find('role_company_admin', reach()));
    expect(role?.clientCount).toBe(expected.length);
  });

  test('audit events; those of no company only with everything in reach', async () => {
    const seesAll = who === 'co_root' && subtree;
    for (const order of ['asc', 'desc'] as const) {
      const page = await opened.storage.read((stores) =>
        stores.audit.list({ action: 'token.refused' }, { limit: 200, order }, reach()),
      );
      const companiesSeen = page.items.map(({ companyId }) => companyId);
      expect(new Set(companiesSeen)).toEqual(new Set([...expected, ...(seesAll ? [null] : [])]));
    }
    const everything = await database.query<{ id: string; company_id: string | null }>(
      'SELECT id, company_id FROM audit_event ORDER BY id',
    );
    for (const { id, company_id } of everything) {
      const event = await opened.storage.read((stores) => stores.audit.find(id, reach()));
      const isExpected = company_id === null ? seesAll : expected.some((each) => each === company_id);
      expect(event !== undefined, `event of ${company_id}`).toBe(isExpected);
    }
  });
});

test('the system sees everything', async () => {
  const page = await opened.storage.read((stores) => stores.clients.list({}, { limit: 200 }, null));
  expect(page.items).toHaveLength(COMPANIES.length);
  expect(await opened.storage.read((stores) => stores.companies.find('co_a_grandchild', null))).toEqual(
    companyNamed('co_a_grandchild'),
  );
});
