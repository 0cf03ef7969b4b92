// Which roles a company can choose, what they grant there, and the catalogue of privileges.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { PrivilegeLevel } from '../../src/domain/api/privilege.ts';
import type { Company } from '../../src/domain/company/company.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { makeApi, makeClient, makeRole, makeTenants, makeUser, reachOf } from '../support/factories.ts';
import type { Tenants } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;
let helpdesk: string;
let shared: string;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
  await makeApi(database, {
    id: 'billing',
    availableTo: [tenants.reseller.id],
    privileges: [{ scope: 'z:read' }, { scope: 'a:read' }, { scope: 'all:write', level: 'reseller' }],
  });
  await makeApi(database, { id: 'nowhere', availableTo: [], privileges: [{ scope: 'x' }] });
  helpdesk = await makeRole(database, {
    name: 'Helpdesk',
    description: 'Looks after Wörter',
    companyId: tenants.plain.id,
    privileges: ['management/clients:read', 'management/keys:write', 'billing/a:read'],
  });
  shared = await makeRole(database, {
    name: 'Shared',
    companyId: tenants.reseller.id,
    privileges: ['billing/a:read', 'billing/all:write', 'management/companies:read', 'nowhere/x'],
    availableTo: [tenants.customer.id],
  });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const management = (...levels: PrivilegeLevel[]) =>
  MANAGEMENT_PRIVILEGES.filter(({ level }) => levels.includes(level)).map(({ scope }) => `management/${scope}`);

const granted = (roleId: string, company: Company) =>
  opened.storage.read((stores) => stores.roles.privilegesOf(roleId, company.id));

describe('what a role grants', () => {
  test('Reseller: all levels at the root company, two at a reseller, of the APIs available there', async () => {
    expect(await granted('role_reseller', tenants.root)).toEqual(management('company', 'reseller', 'root'));
    expect(await granted('role_reseller', tenants.reseller)).toEqual([
      'billing/z:read',
      'billing/a:read',
      'billing/all:write',
      ...management('company', 'reseller'),
    ]);
  });

  test('Company Admin: the company level alone, wherever it is held', async () => {
    for (const company of [tenants.root, tenants.plain]) {
      expect(await granted('role_company_admin', company)).toEqual(management('company'));
    }
    expect(await granted('role_company_admin', tenants.reseller)).toEqual([
      'billing/z:read',
      'billing/a:read',
      ...management('company'),
    ]);
  });

  test('an API made available to a company is available to all below it', async () => {
    expect(await granted('role_company_admin', tenants.customer)).toContain('billing/a:read');
    expect(await granted('role_company_admin', tenants.plain)).not.toContain('billing/a:read');
  });

  test('a custom role: what it names, less what the company’s level or APIs do not allow', async () => {
    expect(await granted(helpdesk, tenants.plain)).toEqual(['management/clients:read']);
    expect(await granted(shared, tenants.reseller)).toEqual([
      'billing/a:read',
      'billing/all:write',
      'management/companies:read',
    ]);
    expect(await granted(shared, tenants.customer)).toEqual(['billing/a:read']);
  });

  test('an unknown role or company: nothing', async () => {
    expect(await granted('role_none', tenants.root)).toEqual([]);
    expect(await granted('role_reseller', { ...tenants.root, id: 'co_none' })).toEqual([]);
  });
});

describe('what a company can choose', () => {
  const choosable = async (company: Company) =>
    (await opened.storage.read((stores) => stores.roles.listChoosable(company.id))).map(({ name }) => name);

  test('the standard roles first, Reseller only where there are companies below; its own; those made available', async () => {
    expect(await choosable(tenants.root)).toEqual(['Company Admin', 'Reseller']);
    expect(await choosable(tenants.reseller)).toEqual(['Company Admin', 'Reseller', 'Shared']);
    expect(await choosable(tenants.customer)).toEqual(['Company Admin', 'Shared']);
    expect(await choosable(tenants.plain)).toEqual(['Company Admin', 'Helpdesk']);
  });

  test('one by one the same, with what it grants there', async () => {
    for (const company of [tenants.root, tenants.reseller, tenants.customer, tenants.plain]) {
      const names = await choosable(company);
      for (const [roleId, name] of [
        ['role_reseller', 'Reseller'],
        ['role_company_admin', 'Company Admin'],
        [helpdesk, 'Helpdesk'],
        [shared, 'Shared'],
      ] as const) {
        const role = await opened.storage.read((stores) => stores.roles.findChoosable(roleId, company.id));
        expect(role, `${name} at ${company.name}`).toEqual(
          names.includes(name) ? { id: roleId, name, privileges: await granted(roleId, company) } : undefined,
        );
      }
    }
  });
});

describe('a role as it is shown', () => {
  const find = (roleId: string, company: Company) =>
    opened.storage.read((stores) => stores.roles.find(roleId, reachOf(company)));

  test('a standard one holds what it grants in the company of whoever asks', async () => {
    expect((await find('role_reseller', tenants.reseller))?.privileges).toEqual(
      await granted('role_reseller', tenants.reseller),
    );
    expect((await find('role_company_admin', tenants.plain))?.privileges).toEqual(management('company'));
    expect(await find('role_company_admin', tenants.plain)).toMatchObject({
      kind: 'standard',
      companyId: null,
      companyName: null,
      availableTo: [],
    });
  });

  test('a custom one holds what it names', async () => {
    expect(await find(helpdesk, tenants.plain)).toMatchObject({
      name: 'Helpdesk',
      kind: 'custom',
      companyName: 'Plain',
      privileges: ['billing/a:read', 'management/clients:read', 'management/keys:write'],
    });
  });

  test('one made available is seen where it is, with no other company’s name beside', async () => {
    expect((await find(shared, tenants.reseller))?.availableTo).toEqual([tenants.customer.id]);
    expect(await find(shared, tenants.customer)).toMatchObject({ name: 'Shared', availableTo: [tenants.customer.id] });
    expect(await find(shared, tenants.plain)).toBeUndefined();
    expect(await find(helpdesk, tenants.customer)).toBeUndefined();
  });

  test('counts its holders within reach', async () => {
    await makeClient(opened.storage, { roleId: shared, companyId: tenants.customer.id });
    await makeClient(opened.storage, { roleId: shared, companyId: tenants.reseller.id });
    await makeUser(opened.storage, { roleId: shared, companyId: tenants.reseller.id });
    expect(await find(shared, tenants.reseller)).toMatchObject({ clientCount: 2, userCount: 1 });
    expect(await find(shared, tenants.customer)).toMatchObject({ clientCount: 1, userCount: 0 });
    expect(await find(shared, tenants.root)).toMatchObject({ clientCount: 2, userCount: 1 });
  });
});

describe('the list of roles', () => {
  const list = async (filter: { q?: string; kind?: string }, company: Company, limit = 200) => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await opened.storage.read((stores) =>
        stores.roles.list(filter, { limit, cursor }, reachOf(company)),
      );
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return names;
  };

  test('newest first, the same in pages of any size', async () => {
    const whole = await list({}, tenants.root);
    expect(whole.slice(0, 2)).toEqual(['Shared', 'Helpdesk']);
    expect(whole.slice(2).toSorted()).toEqual(['Company Admin', 'Reseller']);
    for (const limit of [1, 2, 3]) expect(await list({}, tenants.root, limit)).toEqual(whole);
  });

  test('by kind, and by text within name or description', async () => {
    expect(await list({ kind: 'custom' }, tenants.root)).toEqual(['Shared', 'Helpdesk']);
    expect(await list({ kind: 'standard', q: 'ADMIN' }, tenants.root)).toEqual(['Company Admin']);
    expect(await list({ q: 'WÖRTER' }, tenants.plain)).toEqual(['Helpdesk']);
    expect(await list({ q: '%' }, tenants.root)).toEqual([]);
    expect(await list({ kind: 'other' }, tenants.root)).toEqual([]);
  });
});

describe('the catalogue', () => {
  const list = async (filter: { q?: string; api?: string }, company: Company, limit = 200) => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await opened.storage.read((stores) => stores.privileges.list(filter, { limit, cursor }, company.id));
      names.push(...page.items.map(({ apiId, scope }) => `${apiId}/${scope}`));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return names;
  };

  test('holds the privileges of the APIs available to the company, by API, group and scope, in pages of any size', async () => {
    const whole = await list({}, tenants.customer);
    expect(whole.slice(0, 3)).toEqual(['billing/a:read', 'billing/all:write', 'billing/z:read']);
    expect(whole).toHaveLength(3 + MANAGEMENT_PRIVILEGES.length);
    for (const limit of [1, 2, 5, 19, 20]) expect(await list({}, tenants.customer, limit)).toEqual(whole);
    expect(await list({}, tenants.plain)).toHaveLength(MANAGEMENT_PRIVILEGES.length);
  });

  test('by API, and by text within scope, group or description', async () => {
    expect(await list({ api: 'billing' }, tenants.reseller)).toHaveLength(3);
    expect(await list({ api: 'billing' }, tenants.plain)).toEqual([]);
    expect(await list({ q: 'SIGNING' }, tenants.root)).toEqual(['management/keys:read', 'management/keys:write']);
    expect(await list({ q: 'keys:' }, tenants.root)).toEqual(['management/keys:read', 'management/keys:write']);
    expect(await list({ q: 'secrets’' }, tenants.root)).toEqual(['management/clients:read']);
    expect(await list({ q: '_' }, tenants.root)).toEqual([]);
  });

  test('knows whether an API is there for a company', async () => {
    const isAvailable = (api: string, company: Company) =>
      opened.storage.read((stores) => stores.privileges.isApiAvailable(api, company.id));
    expect(await isAvailable('management', tenants.plain)).toBe(true);
    expect(await isAvailable('billing', tenants.customer)).toBe(true);
    expect(await isAvailable('billing', tenants.plain)).toBe(false);
    expect(await isAvailable('nowhere', tenants.root)).toBe(false);
    expect(await isAvailable('none', tenants.root)).toBe(false);
  });
});
