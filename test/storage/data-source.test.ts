// How the database is reached: limits on every connection, TLS as the URL says, and lost connections that hurt nobody.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings, createDataSource } from '../../src/storage/data-source.ts';
import type { DatabaseConnection } from '../../src/storage/data-source.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { eventually } from '../support/eventually.ts';

let database: TestDatabase;
const warnings: string[] = [];
const log = { warn: (_fields: object | string, message?: string) => void warnings.push(message ?? '') };

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

async function withDataSource<T>(
  connection: DatabaseConnection,
  work: (query: <Row>(sql: string) => Promise<Row[]>) => Promise<T>,
): Promise<T> {
  const dataSource = createDataSource({ connection, log });
  await dataSource.initialize();
  try {
    return await work((sql) => dataSource.query(sql));
  } finally {
    await dataSource.destroy();
  }
}

test('every connection says who it is and has limits', async () => {
  await withDataSource(database.connection, async (query) => {
    const settings = await query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name IN
       ('application_name', 'statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    expect(settings).toEqual([
      { name: 'application_name', setting: 'postern' },
      { name: 'idle_in_transaction_session_timeout', setting: '10000' },
      { name: 'statement_timeout', setting: '1100' },
    ]);
  });
});

test('there are ten at most unless more are asked for', async () => {
  await withDataSource(database.connection, async (query) => {
    const pids = await Promise.all(
      Array.from({ length: 30 }, () => query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.02)')),
    );
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(10);
  });
});

test('an idle connection that is lost is logged, and the next statement gets another', async () => {
  await withDataSource(database.connection, async (query) => {
    const [before] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.query('SELECT pg_terminate_backend($1)', [before?.pid]);
    await eventually('it is logged', () => warnings.includes('a database connection was lost'));
    const [after] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(after?.pid).not.toBe(before?.pid);
  });
});

test('a URL that asks for TLS is not served without', async () => {
  const proxy = await startDatabaseProxy(database.connection);
  try {
    const asking = withDataSource({ url: `${proxy.url}?sslmode=require` }, (query) => query('SELECT 1'));
    await expect(asking).rejects.toThrow('The server does not support SSL connections');
    expect(await withDataSource({ url: proxy.url }, (query) => query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  } finally {
    await proxy.close();
  }
});

describe('sslmode', () => {
  const urlOf = (url: string) => clientSettings({ url }).connectionString;

  test('require and verify-ca mean a verified certificate, without a warning', () => {
    expect(urlOf('postgres://u:p@h/d?sslmode=require')).toBe('postgres://u:p@h/d?sslmode=verify-full');
    expect(urlOf('postgres://u:p@h/d?a=b&sslmode=verify-ca&c=d')).toBe(
      'postgres://u:p@h/d?a=b&sslmode=verify-full&c=d',
    );
  });

  test.each([
    'postgres://u:p@h/d',
    'postgres://u:p@h/d?sslmode=disable',
    'postgres://u:p@h/d?sslmode=no-verify',
    'postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.pem',
    'postgres://u:p@h/d?uselibpqcompat=true&sslmode=require',
    'postgres://u:sslmode=require@h/d',
  ])('%s stays as it is', (url) => {
    expect(urlOf(url)).toBe(url);
  });
});
