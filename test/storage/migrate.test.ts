// Migrating: once however many start at once, resumed after an end half-way, refused where it would do harm.

import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrations } from '../../migrations/migrations.ts';
import type { DatabaseConnection } from '../../src/storage/data-source.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { eventually } from '../support/eventually.ts';

const ALL = migrations.map(({ name }) => name);
const log = { info: () => undefined, warn: () => undefined };

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase('empty');
});

afterEach(() => database.drop());

const run = (connection: DatabaseConnection = database.connection) =>
  migrate({ connection, issuer: 'https://auth.example.test', log });

const tables = async () =>
  (
    await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
    )
  ).map(({ name }) => name);

/** Keeps every migrator in the middle of its work: it waits to learn whether there will be such a table. */
async function blockMigrations(): Promise<{ unblock: () => Promise<void> }> {
  const client = new Client({ ...database.connection, ssl: false });
  await client.connect();
  await client.query('BEGIN; CREATE TABLE signing_key (obstacle integer)');
  return { unblock: () => client.end() };
}

const waiting = (event: string) =>
  eventually(`a migrator waits for ${event}`, async () => {
    const [row] = await database.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'postern' AND wait_event_type = 'Lock' AND wait_event = $1`,
      [event],
    );
    return row?.pid;
  });

test('an empty database gets every migration, a migrated one none', async () => {
  expect(await run()).toEqual(ALL);
  expect(await run()).toEqual([]);
  expect(await tables()).toContain('client');
});

test('of five that start at once one migrates, and all find the result', async () => {
  const applied = await Promise.all(Array.from({ length: 5 }, () => run()));
  expect(applied.filter((names) => names.length > 0)).toEqual([ALL]);
  const [row] = await database.query<{ count: number }>('SELECT count(*)::integer AS count FROM migration');
  expect(row).toEqual({ count: ALL.length });
});

test('one that is cut off half-way leaves nothing half done, and the next one resumes', async () => {
  for (let round = 0; round < 3; round += 1) {
    const obstacle = await blockMigrations();
    const cutOff = run().then(
      () => 'done',
      () => 'failed',
    );
    const pid = await waiting('transactionid');
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await cutOff).toBe('failed');
    await obstacle.unblock();
    expect((await tables()).filter((name) => name !== 'migration')).toEqual([]);
  }
  expect(await run()).toEqual(ALL);
});

test('one that waits goes on when the one at work is cut off', async () => {
  const obstacle = await blockMigrations();
  const first = run().catch(() => 'failed');
  const pid = await waiting('transactionid');
  const second = run();
  await waiting('advisory');
  await database.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(await first).toBe('failed');
  await waiting('transactionid');
  await obstacle.unblock();
  expect(await second).toEqual(ALL);
});

describe('is refused', () => {
  test('by a database that a newer version has migrated, before anything is written', async () => {
    await run();
    await database.query(`INSERT INTO migration (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);
    await database.query(`UPDATE role SET name = 'Renamed by a newer version' WHERE id = 'role_reseller'`);
    await expect(run()).rejects.toThrow(
      /used by a newer Postern: it has the migration Later9999999999999.*Start that newer version/,
    );
    const [role] = await database.query(`SELECT name FROM role WHERE id = 'role_reseller'`);
    expect(role).toEqual({ name: 'Renamed by a newer version' });
  });

  test('by a server older than PostgreSQL 14, in words that say so', async () => {
    const [row] = await database.query<{ number: string; version: string }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
    );
    const proxy = await startDatabaseProxy(database.connection);
    proxy.replace(row?.number ?? '', '130022');
    try {
      await expect(run({ url: proxy.url })).rejects.toThrow(
        `The database server is PostgreSQL ${row?.version}. Postern needs PostgreSQL 14 or later.`,
      );
      expect(await tables()).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
});

test('the account’s own time limits do not cut a migration off', async () => {
  await database.query(`ALTER DATABASE ${database.connection.database} SET statement_timeout = '300ms'`);
  const obstacle = await blockMigrations();
  const running = run();
  await waiting('transactionid');
  await eventually('it waits longer than the limit', async () => {
    const [row] = await database.query<{ long: boolean }>(
      `SELECT bool_or(now() - query_start > interval '500 ms') AS long FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event = 'transactionid'`,
    );
    return row?.long;
  });
  await obstacle.unblock();
  expect(await running).toEqual(ALL);
});
