// The form guard: one of all who send a form goes on.

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFormGuard } from '../../src/storage/form-guard.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openDataSource } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

test('of twenty who claim a key at once, on two instances, one gets it', async () => {
  const other = await openDataSource(database.connection);
  const guards = [createFormGuard({ dataSource }), createFormGuard({ dataSource: other })];
  const claims = Array.from({ length: 10 }, () => guards.map(async (guard) => await guard.claim('form:usr_1:a')));
  const results = await Promise.all(claims.flat());
  expect(results.filter((isFirst) => isFirst)).toHaveLength(1);
  await other.destroy();
});

test('a key that was given back can be claimed again, once', async () => {
  const guard = createFormGuard({ dataSource });
  expect(await guard.claim('form:usr_1:b')).toBe(true);
  await guard.release('form:usr_1:b');
  expect(await guard.claim('form:usr_1:b')).toBe(true);
  expect(await guard.claim('form:usr_1:b')).toBe(false);
});

test('without a database it is unavailable, neither claimed nor refused', async () => {
  const broken = await openDataSource(database.connection);
  const guard = createFormGuard({ dataSource: broken });
  await broken.destroy();
  await expect(guard.claim('form:usr_1:c')).rejects.toMatchObject({ code: 'service.unavailable' });
  await expect(guard.release('form:usr_1:c')).rejects.toMatchObject({ code: 'service.unavailable' });
});
