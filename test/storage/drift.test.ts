// The entities say the same as the migrations.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataSource } from '../../src/storage/data-source.ts';
import { entities } from '../../src/storage/entities/entities.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

async function pendingStatements(): Promise<string[]> {
  const dataSource = createDataSource({ connection: database.connection, log: { warn: () => undefined } });
  await dataSource.initialize();
  try {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  } finally {
    await dataSource.destroy();
  }
}

test('a migrated database needs no change to match the entities', async () => {
  expect(await pendingStatements()).toEqual([]);
});

test('every table has an entity, but those that are reached by hand-written SQL alone', async () => {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
  );
  const known = new Set(entities.map((entity) => entity.options.name));
  expect(tables.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([
    'audit_event',
    'change',
    'migration',
    'opaque_token',
    'opaque_token_default',
  ]);
});

test.each([
  ['a column', 'ALTER TABLE client DROP COLUMN description'],
  ['a unique constraint', 'ALTER TABLE user_account DROP CONSTRAINT user_account_email'],
  ['a check', 'ALTER TABLE client DROP CONSTRAINT client_ip_mode'],
  ['a foreign key', 'ALTER TABLE session DROP CONSTRAINT session_user_id_fkey'],
  ['an index', 'DROP INDEX client_name'],
  ['a partial index', 'DROP INDEX signing_key_current'],
])('%s that is missing is noticed', async (_what, statement) => {
  await database.query(statement);
  expect(await pendingStatements()).not.toEqual([]);
});
