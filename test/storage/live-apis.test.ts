// Live APIs: what the gate knows of one, by id and by identifier, and that a change never leaves the old picture behind.

import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LiveApis } from '../../src/domain/api/live-api.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveApis } from '../../src/storage/live-apis.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeApi } from '../support/factories.ts';
import { insert, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
let feed: ChangeFeed;
let apis: LiveApis;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(async () => {
  feed = await openFeed(dataSource);
  apis = createLiveApis({ dataSource, feed });
});

afterEach(async () => {
  await feed.close();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function addOperation(apiId: string, method: string, path: string, scopes: readonly string[][]): Promise<void> {
  await insert(database.query, 'api_operation', {
    api_id: apiId,
    method,
    path,
    many_segments: [],
    scopes: JSON.stringify(scopes),
  });
}

describe('a live API', () => {
  test('is found by id and by identifier, with its operations', async () => {
    await makeApi(database, { id: 'tickets', privileges: [{ scope: 'read' }, { scope: 'write' }] });
    await addOperation('tickets', 'GET', '/tickets/{id}', [['read'], ['write']]);
    const api = await apis.find('tickets');
    expect(api).toMatchObject({
      id: 'tickets',
      identifier: 'https://tickets.example.test',
      name: 'tickets',
      unknownOperations: 'refuse',
      hasOperations: true,
    });
    expect(api?.matcher.find('GET', '/tickets/7')?.scopes).toEqual([['read'], ['write']]);
    expect(api?.matcher.find('POST', '/tickets/7')).toBeUndefined();
    expect(await apis.find('https://tickets.example.test')).toMatchObject({ id: 'tickets' });
    expect(apis.peek('tickets')).toBe(api);
    expect(apis.peek('https://tickets.example.test')?.id).toBe('tickets');
  });

  test('without an imported description says so', async () => {
    expect(await apis.find('management')).toMatchObject({ id: 'management', hasOperations: false });
  });

  test('that does not exist is undefined, and nothing is asked for a name that cannot be one', async () => {
    let statements = 0;
    const count = () => (statements += 1);
    poolOf(dataSource).on('acquire', count);
    for (const name of ['a\0b', 'x'.repeat(2001)]) expect(await apis.find(name)).toBeUndefined();
    expect(statements).toBe(0);
    expect(await apis.find('nothing')).toBeUndefined();
    poolOf(dataSource).off('acquire', count);
  });
});

describe('a change by another connection is seen by id and by identifier', () => {
  test.each([
    [
      'of what happens to unknown operations',
      (id: string) => database.query(`UPDATE api SET unknown_operations = 'allow' WHERE id = $1`, [id]),
      { unknownOperations: 'allow' },
    ],
    [
      'of the name',
      (id: string) => database.query(`UPDATE api SET name = 'Renamed ' || id WHERE id = $1`, [id]),
      { name: expect.stringMatching(/^Renamed/) },
    ],
    ['of its operations', (id: string) => addOperation(id, 'GET', '/new', [['read']]), { hasOperations: true }],
  ])('%s', async (what, change, expected) => {
    const id = `api-${what.length}`;
    await makeApi(database, { id, privileges: [{ scope: 'read' }] });
    const names = [id, `https://${id}.example.test`];
    for (const name of names) expect(await apis.find(name)).not.toMatchObject(expected);
    await change(id);
    for (const name of names) {
      await eventually('it is seen', async () => {
        const api = await apis.find(name);
        return api !== undefined && matches(api, expected);
      });
    }
  });

  test('also one that deletes it or moves its identifier', async () => {
    await makeApi(database, { id: 'moving', privileges: [] });
    expect(await apis.find('https://moving.example.test')).toBeDefined();
    await database.query(`UPDATE api SET identifier = 'urn:moved' WHERE id = 'moving'`);
    await eventually('the old one is gone', async () => !(await apis.find('https://moving.example.test')), 2000);
    expect(await apis.find('urn:moved')).toMatchObject({ id: 'moving' });
    await database.query(`DELETE FROM api WHERE id = 'moving'`);
    await eventually('it is gone', async () => !(await apis.find('urn:moved')) && !(await apis.find('moving')), 2000);
  });
});

function matches(actual: object, expected: object): boolean {
  try {
    expect(actual).toMatchObject(expected);
    return true;
  } catch {
    return false;
  }
}
