// The step to API tokens in a database that is in use: what is there stays as it is, and is told and walled from then on.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/migrations.ts';
import { createMaintenanceDataSource } from '../../src/storage/data-source.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase, openTestStorage, type TestDatabase } from '../support/database.ts';
import { makeApiToken } from '../support/factories.ts';

const log = { info: () => undefined, warn: () => undefined };
const PLACE = migrations.findIndex(({ name }) => name.startsWith('ApiTokens'));

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase('empty');
});

afterEach(() => database.drop());

/** As a release before API tokens left it, with everything that such a release writes at a start but the standing data. */
async function migrateToBefore(): Promise<void> {
  const { options } = createMaintenanceDataSource({ connection: database.connection, log });
  const former = await new DataSource({ ...options, migrations: migrations.slice(0, PLACE) }).initialize();
  try {
    expect(await former.runMigrations()).toHaveLength(PLACE);
  } finally {
    await former.destroy();
  }
}

async function fillBefore(): Promise<void> {
  const times = `now(), now(), 1`;
  await database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     VALUES ('co_root', 'Root', 'root', NULL, 'co_root/', true, 'active', ${times}),
       ('co_below', 'Below', 'below', 'co_root', 'co_root/co_below/', false, 'active', ${times})`,
  );
  await database.query(
    `INSERT INTO role (id, name, name_key, search_text, description, kind, company_id, created_at, updated_at, version)
     VALUES ('role_company_admin', 'Company Admin', 'company admin', 'company admin', '', 'standard', NULL, ${times})`,
  );
  await database.query(
    `INSERT INTO api (id, identifier, name, name_key, description, built_in, available_to_all, created_at, updated_at, version)
     VALUES ('management', 'https://auth.example.test/api', 'M', 'm', '', true, true, ${times})`,
  );
  await database.query(
    `INSERT INTO client (client_id, name, name_key, search_text, description, company_id, role_id, status, ip_mode, ip_rules,
       default_api, token_lifetime_seconds, token_format, auth_method, token_generation, created_at, updated_at, version)
     VALUES ('pst_old', 'old', 'old', 'old', '', 'co_below', 'role_company_admin', 'active', 'off', '{}', 'management', 60,
       'jwt', 'client_secret', 0, ${times})`,
  );
  await database.query(
    `INSERT INTO user_account (id, email, email_key, name, company_id, role_id, status, created_at, updated_at, version)
     VALUES ('usr_old', 'old@example.test', 'old@example.test', 'Old', 'co_below', 'role_company_admin', 'active', ${times})`,
  );
}

test('clients and users that were there get tokens, are told when they change, and keep all that they had', async () => {
  await migrateToBefore();
  await fillBefore();
  const rows = () =>
    database.query(`SELECT to_jsonb(c) AS client, to_jsonb(u) AS "user" FROM client c, user_account u`);
  const before = await rows();
  const applied = await migrate({ connection: database.connection, issuer: 'https://auth.example.test', log });
  expect(applied[0]).toBe('ApiTokens1764000000006');
  expect(await rows()).toEqual(before);

  const { storage, changes, close } = await openTestStorage(database.connection);
  try {
    const reach = { companyId: 'co_below', companyPath: 'co_root/co_below/', subtree: false };
    const [client, user] = await storage.read(async (stores) => [
      await stores.clients.find('pst_old', null),
      await stores.users.find('usr_old'),
    ]);
    if (!client || !user) throw new Error('they are gone');
    for (const owner of [client, user]) {
      const { id } = await makeApiToken(storage, owner);
      expect(await storage.read((stores) => stores.apiTokens.find(id, reach))).toMatchObject({ companyId: 'co_below' });
      expect(changes).toContainEqual({ topic: 'api_token', key: id });
    }
    await storage.write((stores) => stores.users.update({ ...user, name: 'Renamed', companyId: 'co_root' }));
    expect(changes).toContainEqual({ topic: 'user', key: 'usr_old' });
    const listed = await storage.read((stores) => stores.apiTokens.list({ userId: 'usr_old' }, { limit: 5 }, null));
    expect(listed.items).toMatchObject([{ companyId: 'co_root', ownerName: 'Renamed' }]);
  } finally {
    await close();
  }
  const [walled] = await database.query(
    `SELECT relrowsecurity AND relforcerowsecurity AS walled, has_table_privilege('postern_tenant', oid, 'INSERT') AS granted
     FROM pg_class WHERE relname = 'api_token'`,
  );
  expect(walled).toEqual({ walled: true, granted: true });
});

test('what an older Postern writes beside a newer one is told all the same', async () => {
  await migrateToBefore();
  await fillBefore();
  await migrate({ connection: database.connection, issuer: 'https://auth.example.test', log });
  await database.query('DELETE FROM change');
  // As before the step: nothing of this mentions tokens.
  await database.query(`UPDATE user_account SET status = 'inactive', version = version + 1 WHERE id = 'usr_old'`);
  await database.query(`UPDATE user_account SET last_sign_in_at = now() WHERE id = 'usr_old'`);
  await database.query(`DELETE FROM user_account WHERE id = 'usr_old'`);
  const told = { topic: 'user', key: 'usr_old' };
  expect(await database.query('SELECT topic, key FROM change ORDER BY seq')).toEqual([told, told]);
});
