// APIs on a real database: pages of them, and what an import of the largest size asks of it.

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportedDescription } from '../../src/domain/api/api-store.ts';
import type { Api, ApiPrivilege } from '../../src/domain/api/api.ts';
import type { ApiOperation } from '../../src/domain/api/operation-matcher.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import {
  makeApi,
  makeCompany,
  makeRole,
  makeTenants,
  reachOf,
  rootCompany,
  type Tenants,
} from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const everywhere = reachOf(rootCompany);

function newApi(id: string, given: Partial<Api> = {}): Api {
  return {
    id,
    identifier: `https://${id}.test`,
    name: id,
    description: '',
    builtIn: false,
    availableTo: [],
    docsPrivate: false,
    unknownOperations: 'refuse',
    importedAt: null,
    createdAt: new Date(),
    updatedAt: new Date(),
    version: 1,
    ...given,
  };
}

const insert = (api: Api) => opened.storage.write((stores) => stores.apis.insert(api));

function privileges(count: number, first = 0): ApiPrivilege[] {
  return Array.from({ length: count }, (_, index) => ({
    scope: `s${first + index}:read`,
    group: 'Group',
    description: 'Some words that say what it is for',
    level: 'company',
  }));
}

const descriptionOf = (
  operations: readonly ApiOperation[],
  rest: Partial<ImportedDescription> = {},
): ImportedDescription => ({
  document: gzipSync('{}'),
  operations,
  basePaths: ['/v1'],
  serverOrigins: ['https://x.test'],
  importedAt: new Date('2026-03-01T10:00:00Z'),
  ...rest,
});

describe('list', () => {
  test('shows pages newest first, found by id, identifier or name, with what lies within reach alone', async () => {
    const at = (minute: number) => new Date(`2030-01-01T00:0${minute}:00Z`);
    await insert(newApi('list-a', { createdAt: at(1), name: 'Ärger', identifier: 'urn:Example:A' }));
    await insert(newApi('list-b', { createdAt: at(2) }));
    await insert(newApi('list-c', { createdAt: at(2) }));
    await opened.storage.write((stores) => stores.apis.writeAvailability('list-a', [tenants.plain.id, 'co_root']));
    const list = (q: string, limit: number, cursor?: string) =>
      opened.storage.read((stores) => stores.apis.list({ q }, { limit, cursor }, everywhere));
    const first = await list('list-', 2);
    const second = await list('list-', 2, first.nextCursor ?? '');
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['list-c', 'list-b', 'list-a']);
    expect(second.nextCursor).toBeNull();
    for (const q of ['ÄRGER', 'urn:example:a', 'LIST-A']) {
      expect((await list(q, 9)).items.map(({ id }) => id)).toEqual(['list-a']);
    }
    expect((await list('%', 9)).items).toEqual([]);
    expect(second.items[0]?.availableTo).toEqual(['co_root', tenants.plain.id].sort());
    const confined = await opened.storage.read((stores) => stores.apis.find('list-a', reachOf(tenants.plain, false)));
    expect(confined?.availableTo).toEqual([tenants.plain.id]);
  });

  test('a page ends early rather than carry more than 20,000 privileges, and goes on with the next', async () => {
    for (const id of ['big-1', 'big-2', 'big-3']) {
      await insert(newApi(id, { createdAt: new Date('2031-01-01T00:00:00Z') }));
      await opened.storage.write((stores) => stores.apis.writePrivileges(id, privileges(8000)));
    }
    const first = await opened.storage.read((stores) => stores.apis.list({ q: 'big-' }, { limit: 10 }, everywhere));
    expect(first.items.map(({ id, privileges: { length } }) => [id, length])).toEqual([
      ['big-3', 8000],
      ['big-2', 8000],
    ]);
    const page = { limit: 10, cursor: first.nextCursor ?? '' };
    const second = await opened.storage.read((stores) => stores.apis.list({ q: 'big-' }, page, everywhere));
    expect([second.items.map(({ id }) => id), second.nextCursor]).toEqual([['big-1'], null]);
  });
});

describe('writing', () => {
  test('an import of the largest size is on disk in seconds, each statement in time, and told in a few changes', async () => {
    await insert(newApi('huge'));
    const scopes = privileges(5000);
    const operations = Array.from({ length: 20_000 }, (_, index): ApiOperation => ({
      method: index % 2 === 0 ? 'GET' : 'POST',
      path: `/resources/{id}/parts/${index}`,
      manySegments: [],
      scopes: [[`s${index % 5000}:read`], [`s${(index + 1) % 5000}:read`, `s${index % 5000}:read`]],
    }));
    // What the largest description of 20 MB comes to when it is compressed: JSON shrinks to a quarter at least.
    const document = Buffer.alloc(5 * 1024 * 1024, 0);
    for (let at = 0; at < document.length; at += 4) document.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
    opened.changes.length = 0;
    const startedAt = performance.now();
    await opened.storage.write(async (stores) => {
      await stores.apis.writePrivileges('huge', scopes);
      await stores.apis.writeDescription('huge', descriptionOf(operations, { document }));
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(opened.changes.length).toBeLessThan(30);
    expect(new Set(opened.changes.map(({ topic, key }) => `${topic} ${key}`))).toEqual(new Set(['api huge']));
    const stored = await opened.storage.read(async ({ apis }) => ({
      api: await apis.find('huge', everywhere),
      operations: await apis.operationsOf('huge'),
      document: await apis.findDocument('huge'),
    }));
    expect(stored.api?.privileges.length).toBe(5000);
    expect(stored.api?.privileges.every(({ operations: count }) => count === 8)).toBe(true);
    expect(stored.operations).toHaveLength(20_000);
    expect(stored.operations.find(({ path }) => path.endsWith('/7'))).toEqual(operations[7]);
    expect(stored.document?.equals(document)).toBe(true);
    // Again, with everything there already.
    await opened.storage.write(async (stores) => {
      await stores.apis.writePrivileges('huge', scopes.slice(1));
      await stores.apis.writeDescription('huge', descriptionOf(operations.slice(0, 3)));
    });
    expect(await opened.storage.read(({ apis }) => apis.operationsOf('huge'))).toHaveLength(3);
  });

  test('privileges that stay the same are not written, and their order follows the list', async () => {
    await insert(newApi('order'));
    const list = privileges(3);
    await opened.storage.write((stores) => stores.apis.writePrivileges('order', list));
    opened.changes.length = 0;
    await opened.storage.write((stores) => stores.apis.writePrivileges('order', list));
    const before = await database.query<{ xmin: string }>(`SELECT DISTINCT xmin FROM privilege WHERE api_id = 'order'`);
    expect(before).toHaveLength(1);
    await opened.storage.write((stores) => stores.apis.writePrivileges('order', list.toReversed()));
    const scopes = await opened.storage.read((stores) => stores.apis.privilegesOf('order'));
    expect(scopes.map(({ scope }) => scope)).toEqual(['s2:read', 's1:read', 's0:read']);
  });

  test('a privilege that a role holds is not deleted even behind the rules', async () => {
    await makeApi(database, { id: 'held', privileges: [{ scope: 'a' }] });
    await makeRole(database, { companyId: tenants.plain.id, privileges: ['held/a'] });
    await expect(opened.storage.write((stores) => stores.apis.writePrivileges('held', []))).rejects.toMatchObject({
      code: 'resource.conflict',
    });
  });

  test('the companies to which it is available are replaced as a whole', async () => {
    await insert(newApi('wide'));
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => (await makeCompany(database, { name: `Wide ${index}` })).id),
    );
    const write = (availableTo: 'all' | string[]) =>
      opened.storage.write((stores) => stores.apis.writeAvailability('wide', availableTo));
    const read = async () => (await opened.storage.read((stores) => stores.apis.find('wide', everywhere)))?.availableTo;
    await write(ids);
    expect(await read()).toEqual(ids.toSorted());
    await write(ids.slice(5));
    expect(await read()).toEqual(ids.slice(5).toSorted());
    await write('all');
    expect(await read()).toBe('all');
    await write([]);
    expect(await read()).toEqual([]);
  });
});

describe('descriptions', () => {
  test('are listed by name; the private ones only when asked for', async () => {
    for (const [id, isPrivate] of [
      ['docs-b', false],
      ['docs-a', true],
      ['docs-none', false],
    ] as const) {
      await insert(newApi(id, { docsPrivate: isPrivate }));
      if (id !== 'docs-none')
        await opened.storage.write((stores) => stores.apis.writeDescription(id, descriptionOf([])));
    }
    const listed = async (withPrivate: boolean) =>
      (await opened.storage.read((stores) => stores.apis.listPublished({ withPrivate, limit: 100 })))
        .map(({ id }) => id)
        .filter((id) => id.startsWith('docs-'));
    expect(await listed(false)).toEqual(['docs-b']);
    expect(await listed(true)).toEqual(['docs-a', 'docs-b']);
    const found = await opened.storage.read((stores) => stores.apis.findPublished('docs-a'));
    expect(found).toMatchObject({ docsPrivate: true, serverOrigins: ['https://x.test'], operationCount: 0 });
    expect(await opened.storage.read((stores) => stores.apis.findPublished('docs-none'))).toBeUndefined();
  });
});
