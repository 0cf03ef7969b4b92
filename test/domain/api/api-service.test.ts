// The rules about APIs, on a real database: who may register them, what stands in the way of a change, who gains and loses by it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Problem } from '../../../src/base/problem.ts';
import { type ApiService, createApiService } from '../../../src/domain/api/api-service.ts';
import { createOpenApiReader } from '../../../src/domain/api/openapi-reader.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../../src/domain/role/role.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../../support/database.ts';
import {
  makeApiToken,
  makeCaller,
  makeClient,
  makeRole,
  makeTenants,
  makeUser,
  reachOf,
  rootCompany,
  type Tenants,
} from '../../support/factories.ts';
import { documentOf } from './documents.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;
let apis: ApiService;
/** Of every test its own. */
let id: string;
let made = 0;

const root = makeCaller();

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
  apis = createApiService({ storage: opened.storage, clock: systemClock, reader: createOpenApiReader() });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(() => {
  made += 1;
  id = `api-${made}`;
});

const register = (rest: object = {}) =>
  apis.create(root, { id, identifier: `https://${id}.test`, name: `API ${made}`, ...rest });

async function refusalOf(attempt: Promise<unknown>): Promise<{ status: number; detail: string; pointers: string[] }> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, detail: error.detail, pointers: error.errors.map(({ pointer }) => pointer) };
}

const events = () =>
  database.query<{ action: string; company_id: string; changes: Record<string, unknown>; details: unknown }>(
    `SELECT action, company_id, changes, details FROM audit_event WHERE target_type = 'api' AND target_id = $1 ORDER BY id`,
    [id],
  );

describe('create', () => {
  test('registers an API that is available to no company, with an audit event in the root company’s log', async () => {
    const { api, notices } = await register({
      privileges: [{ scope: 'orders:read', description: 'See orders' }, { scope: 'x' }],
    });
    expect(api).toMatchObject({ id, availableTo: [], docsPrivate: false, unknownOperations: 'refuse', version: 1 });
    expect(api.privileges).toEqual([
      { scope: 'orders:read', group: 'orders', description: 'See orders', level: 'company', operations: 0 },
      { scope: 'x', group: 'General', description: '', level: 'company', operations: 0 },
    ]);
    expect(notices).toEqual([]);
    expect(await apis.listAvailable(root)).not.toContainEqual(expect.objectContaining({ id }));
    expect(await events()).toMatchObject([
      {
        action: 'api.created',
        company_id: 'co_root',
        changes: {
          identifier: [null, `https://${id}.test`],
          privileges: [null, ['orders:read (company, orders): See orders', 'x (company, General)']],
        },
      },
    ]);
  });

  test('keeps the identifier in the one spelling of RFC 3986, and says so', async () => {
    const { api, notices } = await register({ identifier: ` HTTPS://${id}.Test/Path/ ` });
    expect(api.identifier).toBe(`https://${id}.test/Path/`);
    expect(notices).toEqual([
      { pointer: '/identifier', detail: `Stored as https://${id}.test/Path/: this is what tokens carry.` },
    ]);
    expect(await refusalOf(apis.update(root, id, { identifier: 'no URI' }))).toMatchObject({
      status: 422,
      pointers: ['/identifier'],
    });
  });

  test('needs apis:write', async () => {
    const reader = makeCaller(rootCompany, { privileges: new Set(['management/apis:read']) });
    expect(await refusalOf(apis.create(reader, { id, identifier: 'urn:a', name: 'A' }))).toMatchObject({ status: 403 });
  });

  test.each([
    ['id', () => ({}), '/id'],
    ['identifier', () => ({ id: `${id}-b`, name: 'Other' }), '/identifier'],
    ['name, whatever its case', () => ({ id: `${id}-b`, identifier: 'urn:b', name: `api ${made}` }), '/name'],
  ])('refuses a taken %s', async (_name, other, pointer) => {
    await register();
    expect(await refusalOf(register(other()))).toMatchObject({ status: 409, pointers: [pointer] });
  });

  test('refuses the identifier of the Management API', async () => {
    const refusal = await refusalOf(register({ identifier: 'http://localhost:3000/api' }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/identifier'] });
  });

  test('refuses a scope that stands there twice and a company that does not exist, and keeps nothing', async () => {
    const twice = await refusalOf(register({ privileges: [{ scope: 'a' }, { scope: 'b' }, { scope: 'a' }] }));
    expect(twice).toMatchObject({ status: 422, pointers: ['/privileges/2/scope'] });
    const nowhere = await refusalOf(register({ availableTo: [tenants.plain.id, 'co_nothing'] }));
    expect(nowhere).toMatchObject({ status: 422, pointers: ['/available_to/1'] });
    expect(await refusalOf(apis.get(root, id))).toMatchObject({ status: 404 });
    expect(await events()).toEqual([]);
  });
});

describe('update', () => {
  test('replaces what is given, raises the version, and tells old and new', async () => {
    await register({ privileges: [{ scope: 'a' }, { scope: 'b' }] });
    const { api, notices } = await apis.update(root, id, {
      identifier: 'urn:moved:a',
      privileges: [{ scope: 'c' }, { scope: 'a', level: 'reseller' }],
      unknownOperations: 'allow',
    });
    expect(api).toMatchObject({
      identifier: 'urn:moved:a',
      unknownOperations: 'allow',
      version: 2,
      name: `API ${made}`,
    });
    expect(api.privileges.map(({ scope, level }) => [scope, level])).toEqual([
      ['c', 'company'],
      ['a', 'reseller'],
    ]);
    expect(notices).toEqual([{ pointer: '/identifier', detail: expect.stringContaining('keep no scope') }]);
    expect((await events())[1]).toMatchObject({
      action: 'api.updated',
      changes: {
        identifier: [`https://${id}.test`, 'urn:moved:a'],
        unknown_operations: ['refuse', 'allow'],
        privileges: [
          ['a (company, General)', 'b (company, General)'],
          ['c (company, General)', 'a (reseller, General)'],
        ],
      },
    });
  });

  test('of nothing writes nothing', async () => {
    await register({ privileges: [{ scope: 'a' }] });
    const { api } = await apis.update(root, id, { privileges: [{ scope: 'a' }], availableTo: [] });
    expect(api.version).toBe(1);
    expect(await events()).toHaveLength(1);
  });

  test('with a version that is not the stored one is refused', async () => {
    await register();
    expect(await refusalOf(apis.update(root, id, { name: 'X' }, 7))).toMatchObject({ status: 412 });
  });

  test('a privilege that a role holds is not taken out; the refusal names the role', async () => {
    await register({ availableTo: 'all', privileges: [{ scope: 'a' }, { scope: 'b' }] });
    await makeRole(database, { name: `Reader ${made}`, companyId: tenants.plain.id, privileges: [`${id}/a`] });
    const refusal = await refusalOf(apis.update(root, id, { privileges: [{ scope: 'b' }] }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/privileges'] });
    expect(refusal.detail).toBe(`a is held by the role Reader ${made}. Take it out there first.`);
    // One that does not reach the role’s company gets no name.
    const confined = makeCaller(rootCompany, { reach: reachOf(rootCompany, false) });
    const unnamed = await refusalOf(apis.update(confined, id, { privileges: [{ scope: 'b' }] }));
    expect(unnamed.detail).toBe('a is held by 1 role beyond your reach. Take it out there first.');
    expect((await apis.get(root, id)).privileges).toHaveLength(2);
  });

  test('the Management API is neither changed nor deleted nor imported into', async () => {
    const source = JSON.stringify(documentOf({ '/a': { get: {} } }));
    for (const attempt of [
      () => apis.update(root, 'management', { name: 'Mine' }),
      () => apis.delete(root, 'management'),
      () => apis.import(root, 'management', source, { dryRun: false }),
      () => apis.import(root, 'management', source, { dryRun: true }),
    ]) {
      expect(await refusalOf(attempt())).toMatchObject({ status: 409, detail: expect.stringContaining('built in') });
    }
  });
});

describe('availability', () => {
  test('chosen companies and those below them can use it; who gains at once is told', async () => {
    await register({ privileges: [{ scope: 'a' }] });
    await makeClient(opened.storage, { companyId: tenants.customer.id, roleId: COMPANY_ADMIN_ROLE_ID });
    await makeUser(opened.storage, { companyId: tenants.reseller.id, roleId: RESELLER_ROLE_ID });
    const { api, notices } = await apis.update(root, id, { availableTo: [tenants.reseller.id] });
    expect(api.availableTo).toEqual([tenants.reseller.id]);
    expect(notices).toEqual([
      {
        pointer: '/available_to',
        detail:
          'Holders of Reseller and Company Admin in Reseller Ltd and all below get its 1 privilege at once, as far as its level allows (1 client and 1 user now).',
      },
    ]);
    const available = async (companyId: string) =>
      (await apis.listAvailable(root, companyId)).some((each) => each.id === id);
    expect(await available(tenants.customer.id)).toBe(true);
    expect(await available(tenants.plain.id)).toBe(false);
  });

  test('taking it away is allowed, and the answer says who loses', async () => {
    await register({ availableTo: 'all', privileges: [{ scope: 'a' }] });
    const roleId = await makeRole(database, { companyId: tenants.plain.id, privileges: [`${id}/a`] });
    await makeClient(opened.storage, { name: `lost ${made}`, companyId: tenants.plain.id, roleId, defaultApi: id });
    const { notices } = await apis.update(root, id, { availableTo: [tenants.reseller.id] });
    expect(notices.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^\d+ clients? and \d+ users? lose their privileges on API \d+ at once\.$/),
      `API ${made} stays the default API of the client lost ${made}, to whom it is not available any more.`,
    ]);
  });

  test('who reaches the root company alone names no other, and leaves those of others as they are', async () => {
    await register({ availableTo: [tenants.plain.id] });
    const confined = makeCaller(rootCompany, { reach: reachOf(rootCompany, false) });
    expect((await apis.get(confined, id)).availableTo).toEqual([]);
    const named = await refusalOf(apis.update(confined, id, { availableTo: [tenants.plain.id] }));
    expect(named).toMatchObject({ status: 422, pointers: ['/available_to/0'] });
    expect(await refusalOf(apis.update(confined, id, { availableTo: 'all' }))).toMatchObject({ status: 403 });
    expect((await apis.update(confined, id, { availableTo: ['co_root'] })).api.availableTo).toEqual(['co_root']);
    expect((await apis.get(root, id)).availableTo).toEqual([tenants.plain.id, 'co_root'].sort());
  });

  test('what is available is told to everybody of a company, and of no company beyond reach', async () => {
    await register({ availableTo: [tenants.plain.id] });
    const nobody = makeCaller(tenants.plain, { privileges: new Set() });
    expect(await apis.listAvailable(nobody)).toContainEqual({
      id,
      identifier: `https://${id}.test`,
      name: `API ${made}`,
    });
    expect(await refusalOf(apis.listAvailable(nobody, tenants.customer.id))).toMatchObject({ status: 404 });
  });
});

describe('delete', () => {
  test('takes everything with it, with an audit event', async () => {
    await register({ availableTo: [tenants.plain.id], privileges: [{ scope: 'a' }] });
    await apis.import(root, id, JSON.stringify(documentOf({ '/a': { get: {} } })), { dryRun: false });
    await apis.delete(root, id);
    expect(await refusalOf(apis.get(root, id))).toMatchObject({ status: 404 });
    expect((await events()).at(-1)).toMatchObject({ action: 'api.deleted', changes: { name: [`API ${made}`, null] } });
  });

  test('is refused while roles hold its privileges or clients have it as their default', async () => {
    await register({ availableTo: 'all', privileges: [{ scope: 'a' }] });
    await makeRole(database, { name: `Holder ${made}`, companyId: tenants.plain.id, privileges: [`${id}/a`] });
    await makeClient(opened.storage, { name: `default ${made}`, defaultApi: id });
    expect(await refusalOf(apis.delete(root, id))).toMatchObject({
      status: 409,
      detail: `API ${made} is in use and cannot be deleted: its privileges are held by the role Holder ${made}; it is the default API of the client default ${made}.`,
    });
  });

  test('is refused while API tokens are for it, expired ones too', async () => {
    await register({ availableTo: 'all', privileges: [{ scope: 'a' }] });
    const client = await makeClient(opened.storage);
    const given = { apiId: id, scopes: ['a'] };
    const refused = (which: string) => ({
      status: 409,
      detail: `API ${made} is in use and cannot be deleted: ${which} for it.`,
    });
    await makeApiToken(opened.storage, client, { ...given, name: 'nightly', expiresAt: new Date(0) });
    expect(await refusalOf(apis.delete(root, id))).toMatchObject(refused('the API token nightly is'));
    await makeApiToken(opened.storage, client, { ...given, name: 'hourly' });
    expect(await refusalOf(apis.delete(root, id))).toMatchObject(refused('the API tokens hourly, nightly are'));
    await opened.storage.write((stores) => stores.clients.delete(client.clientId));
    await apis.delete(root, id);
  });
});

describe('import', () => {
  const pets = { get: { tags: ['pets'] }, put: { tags: ['pets'] } };
  const first = JSON.stringify(documentOf({ '/pets': pets, '/toys': { get: { tags: ['toys'] } } }));
  const second = JSON.stringify(
    documentOf({ '/pets': pets, '/pets/{id}': { get: { tags: ['pets'] } }, '/food': { get: { tags: ['food'] } } }),
  );
  const scopesOf = (list: readonly { scope: string }[]) => list.map(({ scope }) => scope);

  test('shows first and changes nothing, then does just that', async () => {
    await register({ privileges: [{ scope: 'by-hand' }] });
    const shown = await apis.import(root, id, first, { dryRun: true });
    expect(scopesOf(shown.added)).toEqual(['pets:read', 'pets:write', 'toys:read']);
    expect(shown).toMatchObject({ changed: [], removed: [], kept: [], unchanged: 0, title: 'Pets', operationCount: 3 });
    expect(shown.notices).toContainEqual({ pointer: '', detail: expect.stringContaining(`/docs/${id}`) });
    expect(await apis.get(root, id)).toMatchObject({ version: 1, importedAt: null });
    const done = await apis.import(root, id, first, { dryRun: false });
    expect(scopesOf(done.added)).toEqual(scopesOf(shown.added));
    expect(done.api).toMatchObject({ version: 2, importedAt: expect.any(Date) });
    expect(done.api.privileges.map(({ scope, operations }) => [scope, operations])).toEqual([
      ['pets:read', 1],
      ['pets:write', 1],
      ['toys:read', 1],
      ['by-hand', 0],
    ]);
    const again = await apis.import(root, id, first, { dryRun: true });
    expect(again).toMatchObject({ added: [], changed: [], removed: [], kept: [], unchanged: 3 });
  });

  test('another description adds, changes and removes, and keeps the level that was set', async () => {
    await register();
    await apis.import(root, id, first, { dryRun: false });
    const { api: before } = await apis.import(root, id, first, { dryRun: true });
    const raised = before.privileges.map(({ operations: _, ...each }) => ({ ...each, level: 'reseller' as const }));
    await apis.update(root, id, { privileges: raised });
    const done = await apis.import(root, id, second, { dryRun: false });
    expect([
      scopesOf(done.added),
      done.changed.map(({ after }) => after.scope),
      scopesOf(done.removed),
      done.unchanged,
    ]).toEqual([['food:read'], ['pets:read'], ['toys:read'], 1]);
    expect(done.api.privileges.map(({ scope, level, operations }) => [scope, level, operations])).toEqual([
      ['pets:read', 'reseller', 2],
      ['pets:write', 'reseller', 1],
      ['food:read', 'company', 1],
    ]);
    expect((await events()).at(-1)).toMatchObject({
      action: 'api.imported',
      changes: {
        privileges_added: [null, ['food:read']],
        privileges_changed: [null, ['pets:read']],
        privileges_removed: [['toys:read'], null],
      },
      details: {
        description: 'Pets 1',
        operations: '4',
        added: '1',
        changed: '1',
        removed: '1',
        kept: '0',
        unchanged: '1',
      },
    });
  });

  test('a privilege that a role holds stays, covering nothing, and is named with the role', async () => {
    await register({ availableTo: 'all' });
    await apis.import(root, id, first, { dryRun: false });
    await makeRole(database, { name: `Toys ${made}`, companyId: tenants.plain.id, privileges: [`${id}/toys:read`] });
    const done = await apis.import(root, id, second, { dryRun: false });
    expect(done.removed).toEqual([]);
    expect(done.kept).toMatchObject([{ scope: 'toys:read', heldBy: `the role Toys ${made}` }]);
    expect(done.api.privileges.at(-1)).toMatchObject({ scope: 'toys:read', operations: 0 });
    // Nobody is surprised later either: it counts as made by hand from now on.
    expect(await apis.import(root, id, second, { dryRun: true })).toMatchObject({
      removed: [],
      kept: [],
      unchanged: 3,
    });
  });

  test('into an API that companies use says who gets the new privileges at once', async () => {
    await register({ availableTo: [tenants.plain.id] });
    const { notices } = await apis.import(root, id, first, { dryRun: true });
    expect(notices[0]?.detail).toContain(
      'Holders of Reseller and Company Admin in Plain and all below get the 3 new privileges',
    );
  });

  test('what comes from the description is not taken out by hand', async () => {
    await register();
    await apis.import(root, id, first, { dryRun: false });
    const refusal = await refusalOf(apis.update(root, id, { privileges: [{ scope: 'pets:read' }] }));
    expect(refusal).toMatchObject({ status: 409, pointers: ['/privileges', '/privileges'] });
    expect(refusal.detail).toBe('pets:write comes from the imported description. Import one without it instead.');
  });

  test('needs apis:write, an API, and the version that was seen', async () => {
    await register();
    const reader = makeCaller(rootCompany, { privileges: new Set(['management/apis:read']) });
    expect(await refusalOf(apis.import(reader, id, first, { dryRun: true }))).toMatchObject({ status: 403 });
    expect(await refusalOf(apis.import(root, 'nothing', 'no document', { dryRun: true }))).toMatchObject({
      status: 404,
    });
    const stale = apis.import(root, id, first, { dryRun: false, ifVersion: 7 });
    expect(await refusalOf(stale)).toMatchObject({ status: 412 });
  });

  test('a description that cannot be read leaves everything as it was', async () => {
    await register();
    await apis.import(root, id, first, { dryRun: false });
    const broken = documentOf({ '/ok': { get: {} }, 'no slash': { get: {} } });
    const refusal = await refusalOf(apis.import(root, id, JSON.stringify(broken), { dryRun: false }));
    expect(refusal).toMatchObject({ status: 422, pointers: ['/paths/no slash'] });
    expect(await apis.get(root, id)).toMatchObject({ version: 2, privileges: { length: 3 } });
  });
});
