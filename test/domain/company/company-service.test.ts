// The rules about companies, on a real database: a tree that only grows downward, managed from above and never from within.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Problem } from '../../../src/base/problem.ts';
import type { Caller } from '../../../src/domain/access/caller.ts';
import { type CompanyService, createCompanyService } from '../../../src/domain/company/company-service.ts';
import { MAX_COMPANY_DEPTH } from '../../../src/domain/company/company-rules.ts';
import type { CompanySummary } from '../../../src/domain/company/company-store.ts';
import { createClientService } from '../../../src/domain/client/client-service.ts';
import type { Storage } from '../../../src/domain/stores.ts';
import { rootCompany, type TestCaller, toCaller } from '../../api/api-server.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../../support/database.ts';

let database: TestDatabase;
let opened: TestStorage;
let storage: Storage;
let companies: CompanyService;
let root: Caller;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  ({ storage } = opened);
  companies = createCompanyService({ storage, clock: systemClock });
  root = toCaller('root', { company: rootCompany, role: 'reseller' });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

/** Of every test its own: a reseller with a company below it. */
let reseller: CompanySummary;
let below: CompanySummary;
let ofReseller: Caller;

beforeEach(async () => {
  made += 1;
  reseller = await companies.create(root, { name: `Reseller ${made}`, reseller: true });
  below = await companies.create(root, { name: 'Below', parentId: reseller.id });
  ofReseller = callerOf(reseller, 'reseller');
});

function callerOf(company: CompanySummary, role: TestCaller['role'], scopes?: readonly string[]): Caller {
  return toCaller(`of-${company.id}`, { company, role, ...(scopes ? { scopes } : {}) });
}

/** Status, detail and pointers of the refusal. */
async function refusalOf(attempt: Promise<unknown>): Promise<{ status: number; detail: string; pointers: string[] }> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, detail: error.detail, pointers: error.errors.map(({ pointer }) => pointer) };
}

const events = (id: string) =>
  database.query<{ action: string; company_id: string; changes: Record<string, unknown> | null }>(
    'SELECT action, company_id, changes FROM audit_event WHERE target_id = $1 ORDER BY id',
    [id],
  );

describe('create', () => {
  test('makes a company below the caller’s own, with an audit event', async () => {
    const company = await companies.create(ofReseller, { name: 'New' });
    expect(company).toMatchObject({
      name: 'New',
      parentId: reseller.id,
      reseller: false,
      status: 'active',
      version: 1,
    });
    expect(company.path).toBe(`${reseller.path}${company.id}/`);
    expect({ ...(await companies.get(root, company.id)), notices: [] }).toEqual({
      ...company,
      parentName: reseller.name,
    });
    expect(await events(company.id)).toEqual([
      {
        action: 'company.created',
        company_id: company.id,
        changes: {
          name: [null, 'New'],
          parent_id: [null, reseller.id],
          reseller: [null, false],
          status: [null, 'active'],
          ip_restriction: [null, { mode: 'off', rules: [] }],
        },
      },
    ]);
  });

  test('below a company that is no reseller is a 422', async () => {
    const refusal = await refusalOf(companies.create(ofReseller, { name: 'x', parentId: below.id }));
    expect(refusal).toMatchObject({ status: 422, pointers: ['/parent_id'] });
    expect(refusal.detail).toContain('not marked as a reseller');
  });

  test('below a company outside the reach is refused in the words for one that does not exist', async () => {
    const other = await companies.create(root, { name: `Other ${made}`, reseller: true });
    const [foreign, above, unknown] = await Promise.all(
      [other.id, rootCompany.id, 'co_none'].map((parentId) =>
        refusalOf(companies.create(ofReseller, { name: 'x', parentId })),
      ),
    );
    expect(foreign).toEqual({ status: 422, detail: 'There is no such company.', pointers: ['/parent_id'] });
    expect([above, unknown]).toEqual([foreign, foreign]);
  });

  test('without the privilege, or by whoever reaches one company alone, is a 403', async () => {
    const admin = callerOf(reseller, 'company_admin');
    expect((await refusalOf(companies.create(admin, { name: 'x' }))).detail).toContain('companies:write');
    const narrow = callerOf(reseller, 'company_admin', ['companies:read', 'companies:write']);
    expect(await refusalOf(companies.create(narrow, { name: 'x' }))).toMatchObject({ status: 403 });
  });

  test.each(['Below', 'BELOW', 'Ｂｅｌｏｗ', 'bElOw'])('a sibling called %s is a 409 at /name', async (name) => {
    expect(await refusalOf(companies.create(ofReseller, { name }))).toMatchObject({ status: 409, pointers: ['/name'] });
  });

  test('the same name elsewhere in the tree is no conflict', async () => {
    const other = await companies.create(root, { name: `Elsewhere ${made}`, reseller: true });
    expect(await companies.create(root, { name: 'Below', parentId: other.id })).toMatchObject({ name: 'Below' });
  });

  test('of five at once with one name exactly one is made', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => companies.create(ofReseller, { name: 'Twin' })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ status: 409 });
    }
  });

  test('the tree does not grow deeper than it may', async () => {
    let parent = reseller;
    while (parent.path.split('/').length - 1 < MAX_COMPANY_DEPTH) {
      parent = await companies.create(root, { name: 'deeper', parentId: parent.id, reseller: true });
    }
    const refusal = await refusalOf(companies.create(root, { name: 'too deep', parentId: parent.id }));
    expect(refusal).toMatchObject({ status: 422, pointers: ['/parent_id'] });
  });
});

describe('reach', () => {
  test('a reseller sees its own company and those below, and nobody else', async () => {
    const { items } = await companies.list(ofReseller, {}, { limit: 200 });
    expect(items.map(({ id }) => id)).toEqual([below.id, reseller.id]);
    expect(items.at(-1)?.parentName).toBeNull();
    const outside = await refusalOf(companies.get(ofReseller, rootCompany.id));
    expect(outside).toEqual(await refusalOf(companies.get(ofReseller, 'co_none')));
    expect(outside).toMatchObject({ status: 404, detail: 'There is no such company.' });
  });

  test('pages, filters and sorting show each once', async () => {
    for (const name of ['Zeta', 'alpha', 'Ökonom', '100%_']) await companies.create(ofReseller, { name });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await companies.list(ofReseller, { parentId: reseller.id, sort: 'name' }, { limit: 2, cursor });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['100%_', 'alpha', 'Below', 'Zeta', 'Ökonom']);
    const found = async (q: string) =>
      (await companies.list(ofReseller, { q }, { limit: 10 })).items.map((c) => c.name);
    expect(await found('ÖKO')).toEqual(['Ökonom']);
    expect(await found('%_')).toEqual(['100%_']);
    const resellers = await companies.list(ofReseller, { reseller: true }, { limit: 10 });
    expect(resellers.items.map(({ id }) => id)).toEqual([reseller.id]);
  });
});

describe('update', () => {
  test('changes the name, raises the version, and tells old and new', async () => {
    const after = await companies.update(ofReseller, below.id, { name: 'Renamed' }, 1);
    expect(after).toMatchObject({ name: 'Renamed', version: 2 });
    expect((await events(below.id)).at(-1)).toMatchObject({
      action: 'company.updated',
      changes: { name: ['Below', 'Renamed'] },
    });
    expect(await refusalOf(companies.update(ofReseller, below.id, { name: 'x' }, 1))).toMatchObject({ status: 412 });
  });

  test('nothing changed makes no event and leaves the version', async () => {
    expect(await companies.update(ofReseller, below.id, { name: 'Below' })).toMatchObject({ version: 1 });
    expect(await events(below.id)).toHaveLength(1);
  });

  test('one’s own company is left to those above; root may be renamed by its own', async () => {
    for (const patch of [{ name: 'x' }, { reseller: false }, { status: 'suspended' }] as const) {
      expect(await refusalOf(companies.update(ofReseller, reseller.id, patch))).toMatchObject({ status: 403 });
    }
    expect(await companies.update(root, rootCompany.id, { name: 'Platform' })).toMatchObject({ name: 'Platform' });
    for (const patch of [{ reseller: false }, { status: 'suspended' }] as const) {
      expect(await refusalOf(companies.update(root, rootCompany.id, patch))).toMatchObject({ status: 403 });
    }
  });

  test('a reseller with companies below or holders of the role Reseller stays one; emptied it can be made plain', async () => {
    const clients = createClientService({ storage, clock: systemClock, hasher: { hash: async () => 'hash' } });
    const fields = { name: 'job', roleId: 'role_reseller', companyId: reseller.id };
    const { client } = await clients.register(root, fields);
    const refusal = await refusalOf(companies.update(root, reseller.id, { reseller: false }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/reseller'] });
    expect(refusal.detail).toContain('1 company below it, 1 holder of the role Reseller');
    await clients.delete(root, client.clientId);
    await companies.delete(root, below.id);
    expect(await companies.update(root, reseller.id, { reseller: false })).toMatchObject({ reseller: false });
  });

  test('whoever lacks a privilege that a reseller gains cannot make one', async () => {
    const weak = toCaller('weak', { company: reseller, role: 'reseller', scopes: ['companies:write'] });
    const refusal = await refusalOf(companies.update(weak, below.id, { reseller: true }));
    expect(refusal).toMatchObject({ status: 403 });
    expect(refusal.detail).toContain('management/companies:read');
    expect(await companies.update(ofReseller, below.id, { reseller: true })).toMatchObject({ reseller: true });
  });
});

describe('suspend and reactivate', () => {
  test('a company below is suspended with all below it, and let in again', async () => {
    await companies.suspend(root, reseller.id);
    expect(await companies.get(root, below.id)).toMatchObject({ status: 'active', isSuspended: true });
    await companies.reactivate(root, reseller.id);
    expect(await companies.get(root, below.id)).toMatchObject({ isSuspended: false });
    expect((await events(reseller.id)).map(({ action }) => action)).toEqual([
      'company.created',
      'company.suspended',
      'company.reactivated',
    ]);
  });

  test('not one’s own', async () => {
    expect(await refusalOf(companies.suspend(ofReseller, reseller.id))).toMatchObject({ status: 403 });
  });
});

describe('delete', () => {
  test('an empty company is gone, and the log of the one above says so', async () => {
    await companies.delete(ofReseller, below.id);
    expect(await refusalOf(companies.get(root, below.id))).toMatchObject({ status: 404 });
    expect((await events(below.id)).at(-1)).toMatchObject({ action: 'company.deleted', company_id: reseller.id });
  });

  test('one that is not empty is a 409 that says what is in the way, and stays', async () => {
    const clients = createClientService({ storage, clock: systemClock, hasher: { hash: async () => 'hash' } });
    for (const name of ['one', 'two']) {
      await clients.register(root, { name, roleId: 'role_company_admin', companyId: reseller.id });
    }
    const refusal = await refusalOf(companies.delete(root, reseller.id));
    expect(refusal).toMatchObject({ status: 409 });
    expect(refusal.detail).toContain('(1 company, 2 clients)');
    expect(await companies.get(root, reseller.id)).toMatchObject({ id: reseller.id });
  });

  test('one’s own, root, and what lies outside are refused', async () => {
    expect(await refusalOf(companies.delete(ofReseller, reseller.id))).toMatchObject({ status: 403 });
    expect(await refusalOf(companies.delete(root, rootCompany.id))).toMatchObject({ status: 403 });
    const other = await companies.create(root, { name: `Apart ${made}` });
    expect(await refusalOf(companies.delete(ofReseller, other.id))).toMatchObject({ status: 404 });
  });

  test('while somebody registers a client in it, one of the two is refused and nothing is left hanging', async () => {
    const clients = createClientService({ storage, clock: systemClock, hasher: { hash: async () => 'hash' } });
    const fields = { name: 'late', roleId: 'role_company_admin', companyId: below.id };
    const results = await Promise.allSettled([companies.delete(root, below.id), clients.register(root, fields)]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect([409, 422]).toContain((result.reason as Problem).status);
    }
  });
});
