// What every installation has from its first start on.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

const start = (issuer = TEST_ISSUER, startedFor?: 'command') =>
  migrate({
    connection: database.connection,
    issuer,
    startedFor,
    log: { info: () => undefined, warn: () => undefined },
  });

const changes = () => database.query<{ topic: string; key: string }>('SELECT topic, key FROM change ORDER BY seq');

const versions = () =>
  database.query(`SELECT id, version FROM role UNION ALL SELECT id, version FROM api UNION ALL SELECT id, version FROM company
                  ORDER BY 1`);

test('the root company, the standard roles, the Management API with its privileges in their order', async () => {
  expect(await database.query('SELECT id, name, path, reseller, status, parent_id FROM company')).toEqual([
    { id: 'co_root', name: 'Root', path: 'co_root/', reseller: true, status: 'active', parent_id: null },
  ]);
  expect(await database.query('SELECT id, name, kind, company_id FROM role ORDER BY id')).toEqual([
    { id: 'role_company_admin', name: 'Company Admin', kind: 'standard', company_id: null },
    { id: 'role_reseller', name: 'Reseller', kind: 'standard', company_id: null },
  ]);
  expect(await database.query('SELECT id, identifier, built_in, available_to_all FROM api')).toEqual([
    { id: 'management', identifier: `${TEST_ISSUER}/api`, built_in: true, available_to_all: true },
  ]);
  expect(await database.query('SELECT scope, group_name, description, level FROM privilege ORDER BY position')).toEqual(
    MANAGEMENT_PRIVILEGES.map(({ scope, group, description, level }) => ({
      scope,
      group_name: group,
      description,
      level,
    })),
  );
});

test('another start writes nothing and tells no change, also two at once', async () => {
  const before = [await changes(), await versions()];
  await Promise.all([start(), start()]);
  expect([await changes(), await versions()]).toEqual(before);
});

test('a new issuer moves the identifier of the Management API and tells that change alone', async () => {
  const before = await changes();
  await start('https://auth.example.test');
  expect(await database.query('SELECT identifier, version FROM api')).toEqual([
    { identifier: 'https://auth.example.test/api', version: 2 },
  ]);
  expect((await changes()).slice(before.length)).toEqual([{ topic: 'api', key: 'management' }]);
});

test('a command with another issuer leaves it where the server has it, and mends the rest all the same', async () => {
  await database.query(`UPDATE api SET name = 'Ours', name_key = 'ours'`);
  await start('http://localhost:3000/elsewhere', 'command');
  expect(await database.query('SELECT identifier, name FROM api')).toEqual([
    { identifier: `${TEST_ISSUER}/api`, name: 'Postern Management API' },
  ]);
  const before = await changes();
  await start('http://localhost:3000/elsewhere', 'command');
  expect(await changes()).toEqual(before);
});

test('what an upgrade brings is added, and what was changed by hand mended', async () => {
  await database.query(`DELETE FROM privilege WHERE scope = 'audit:read'`);
  await database.query(`UPDATE privilege SET level = 'company' WHERE scope = 'keys:write'`);
  await database.query(`UPDATE role SET name = 'Boss', name_key = 'boss' WHERE id = 'role_reseller'`);
  await start();
  expect(
    await database.query(
      `SELECT scope, level FROM privilege WHERE scope IN ('audit:read', 'keys:write') ORDER BY scope`,
    ),
  ).toEqual([
    { scope: 'audit:read', level: 'company' },
    { scope: 'keys:write', level: 'root' },
  ]);
  expect(await database.query(`SELECT name, version FROM role WHERE id = 'role_reseller'`)).toEqual([
    { name: 'Reseller', version: 2 },
  ]);
});

test('the name that the operator gave the root company stays', async () => {
  await database.query(`UPDATE company SET name = 'Example Corp', name_key = 'example corp'`);
  await start();
  expect(await database.query('SELECT name FROM company')).toEqual([{ name: 'Example Corp' }]);
});
