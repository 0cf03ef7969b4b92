// That the second wall stands: for every table, for every kind of account, on a server with several databases.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runWithin } from '../../src/domain/access/reach-scope.ts';
import { type EmbeddedConnection, startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase, openTestStorage, type TestDatabase } from '../support/database.ts';
import { dropRole, makeOwnedDatabase } from '../support/owned-database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';
import { fillTenants } from './filled-tenants.ts';

/** Answers what it warned of. */
async function migrateWith(connection: EmbeddedConnection): Promise<string[]> {
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_details: object, text: string) => void warnings.push(text) };
  await migrate({ connection, issuer: TEST_ISSUER, log: log as never });
  return warnings;
}

describe('every table', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  /** What belongs to no company, or is only ever reached by a secret that one has to know. */
  const WITHOUT_POLICIES: Readonly<Record<string, string>> = {
    api: 'of the installation',
    api_company: 'of the installation',
    api_document: 'of the installation',
    api_operation: 'of the installation',
    privilege: 'of the installation',
    signing_key: 'of the installation, sealed',
    attempt: 'counts by keys that are known',
    used_form: 'keys of forms, known to whom they were sent',
    opaque_token: 'found by the hash of a token; the token path alone',
    revoked_token: 'ids of tokens; the token path alone',
    change: 'ids, for processes to forget what they remember',
    migration: 'of the installation',
  };

  test('has policies that hold for its owner too, or a reason', async () => {
    const tables = await database.query<{ name: string; walled: boolean; policies: number }>(
      `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
         (SELECT count(*)::integer FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
       FROM pg_class c
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    );
    const bare = tables.filter(({ walled, policies }) => !walled || policies === 0).map(({ name }) => name);
    expect(bare).toEqual(Object.keys(WITHOUT_POLICIES).toSorted());
  });

  test('that belongs to companies carries their path, also when the path is given or the company changes', async () => {
    const { storage, close } = await openTestStorage(database.connection);
    const tenants = await fillTenants(database, storage);
    await close();
    const { client, foreignCompany } = tenants.names;
    const paths = () =>
      database.query(
        `SELECT c.company_path = co.path AS same FROM client c JOIN company co ON co.id = c.company_id WHERE c.client_id = $1`,
        [client],
      );
    await database.query(`UPDATE client SET company_path = 'co_root/' WHERE client_id = $1`, [client]);
    expect(await paths()).toEqual([{ same: true }]);
    await database.query('UPDATE client SET company_id = $2 WHERE client_id = $1', [client, foreignCompany]);
    expect(await paths()).toEqual([{ same: true }]);
    const moving = database.query(`UPDATE company SET path = 'co_root/elsewhere/' WHERE id = $1`, [foreignCompany]);
    await expect(moving).rejects.toThrow('a company stays where it was made');
  });

  test('is written by triggers and by functions that run as their owner, with names of their own, and not for everybody', async () => {
    const functions = await database.query<{ name: string; config: string[] | null; everybodys: boolean }>(
      `SELECT proname AS name, proconfig AS config, has_function_privilege('public', oid, 'EXECUTE') AS everybodys
       FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1`,
    );
    expect(functions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['append_audit_events', 'is_suspended', 'record_change', 'record_operations_change']),
    );
    for (const { name, config, everybodys } of functions) {
      expect([name, config, everybodys]).toEqual([name, ['search_path=public, pg_temp'], false]);
    }
    // Each trigger that tells a change writes where tenants must not.
    const [telling] = await database.query<{ names: string[] }>(
      `SELECT array_agg(DISTINCT p.proname::text) AS names FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
       WHERE NOT t.tgisinternal AND p.prosrc LIKE '%tell_change%' AND NOT p.prosecdef`,
    );
    expect(telling?.names).toBeNull();
  });
});

describe('an account that passes row-level security by', () => {
  test('and cannot take on the role is warned about, and served; once it has the role, it is held', async () => {
    const database = await makeOwnedDatabase('BYPASSRLS');
    try {
      expect(database.warnings).toEqual([expect.stringContaining('CREATE ROLE postern_tenant NOLOGIN')]);
      const { storage, close } = await openTestStorage(database.connection);
      const tenants = await fillTenants(database, storage);
      const seen = () =>
        runWithin(tenants.reaches.customer, async () => {
          const page = await storage.read((stores) => stores.clients.list({}, { limit: 200 }, null));
          return page.items.length;
        });
      expect(await seen()).toBe(tenants.clientCount);
      await database.query(`GRANT postern_tenant TO ${database.connection.user}`);
      await database.migrate();
      expect(database.warnings).toHaveLength(1);
      expect(await seen()).toBe(2);
      await close();
    } finally {
      await database.drop();
    }
  });
});

describe('a superuser', () => {
  /** One client of the customer's and the shared one. */
  const clientsSeen = async (connection: EmbeddedConnection, database: TestDatabase) => {
    const { storage, close } = await openTestStorage(connection);
    try {
      const tenants = await fillTenants(database, storage);
      return await runWithin(tenants.reaches.customer, async () => {
        const listed = await storage.read((stores) => stores.clients.list({}, { limit: 200 }, null));
        return listed.items.length;
      });
    } finally {
      await close();
    }
  };

  test('that comes to a database of somebody else is held to the policies, and served', async () => {
    const owned = await makeOwnedDatabase();
    try {
      const connection = { ...owned.connection, user: inject('postgres').user };
      const warnings = await migrateWith(connection);
      expect(warnings).toEqual([]);
      expect(await clientsSeen(connection, owned)).toBe(2);
    } finally {
      await owned.drop();
    }
  });

  test('whose tables lie in a schema of its own name is held to the policies, and served', async () => {
    const database = await createTestDatabase('empty');
    const user = 'Chief "of" all';
    const name = '"Chief ""of"" all"';
    try {
      await database.query(`CREATE ROLE ${name} LOGIN SUPERUSER`);
      await database.query(`CREATE SCHEMA AUTHORIZATION ${name}`);
      const connection = { ...database.connection, user };
      expect(await migrateWith(connection)).toEqual([]);
      // For whoever arranges; the chief goes on looking where it did.
      await database.query(`ALTER DATABASE ${connection.database} SET search_path = ${name}, public`);
      await database.query(`ALTER ROLE ${name} SET search_path = "$user", public`);
      expect(await clientsSeen(connection, database)).toBe(2);
    } finally {
      await database.drop();
      await dropRole(name);
    }
  });
});

test('three databases of one server that are migrated at once share the role; tables that come later are granted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-test-'));
  await chmod(directory, 0o711);
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'data'),
    binDirectory: process.env['PG_BIN'],
    durable: false,
    log: quiet,
  });
  const query = async <Row extends object>(database: string, sql: string) => {
    const client = new Client({ ...server.connection, database, ssl: false });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  try {
    const databases = ['one', 'two', 'three'];
    for (const name of databases) await query('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
    const run = (database: string) => migrateWith({ ...server.connection, database });
    expect(await Promise.all(databases.map(run))).toEqual([[], [], []]);
    for (const name of databases) {
      expect(await query(name, 'SELECT second_wall() AS wall')).toEqual([{ wall: 'role' }]);
    }
    await query('one', 'CREATE TABLE later (id integer)');
    await run('one');
    const rights = await query('one', `SELECT has_table_privilege('postern_tenant', 'later', 'INSERT') AS may`);
    expect(rights).toEqual([{ may: true }]);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
