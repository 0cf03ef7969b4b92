// A database of one's own for each test file: a copy of the migrated template, made in some 50 ms.

import { Client } from 'pg';
import { inject } from 'vitest';
import type { Change } from '../../src/storage/change.ts';
import { createDataSource } from '../../src/storage/data-source.ts';
import type { DatabaseConnection } from '../../src/storage/data-source.ts';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { createPostgresStorage } from '../../src/storage/postgres-storage.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { TEMPLATE_DATABASE } from './template-database.ts';

export interface TestDatabase {
  readonly connection: EmbeddedConnection;
  /** Runs one statement as superuser on a connection of its own, for arranging and for looking behind the stores. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Cuts every connection to it and removes it. */
  drop(): Promise<void>;
}

export interface TestStorage {
  readonly storage: Storage;
  /** What was reported after commits, in order. */
  readonly changes: Change[];
  close(): Promise<void>;
}

let made = 0;

/** With the schema and the standing data for the issuer http://localhost:3000; `empty` has neither. */
export async function createTestDatabase(kind: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const server = inject('postgres');
  made += 1;
  const database = `test_${process.pid}_${Date.now().toString(36)}_${made}`;
  const template = kind === 'migrated' ? TEMPLATE_DATABASE : 'template0';
  await onServer(server, `CREATE DATABASE ${database} TEMPLATE ${template}`);
  const connection = { ...server, database };
  return {
    connection,
    query: (sql, values) => runQuery(connection, sql, values),
    drop: () => onServer(server, `DROP DATABASE ${database} WITH (FORCE)`),
  };
}

/** The real storage on a database, with what it reports. */
export async function openTestStorage(connection: DatabaseConnection): Promise<TestStorage> {
  const dataSource = createDataSource({ connection, log: { warn: () => undefined } });
  await dataSource.initialize();
  const changes: Change[] = [];
  return {
    storage: createPostgresStorage({ dataSource, onCommitted: (committed) => changes.push(...committed) }),
    changes,
    close: () => dataSource.destroy(),
  };
}

async function onServer(server: EmbeddedConnection, sql: string): Promise<void> {
  await runQuery({ ...server, database: 'postgres' }, sql);
}

async function runQuery<Row extends object>(
  connection: EmbeddedConnection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ ...connection, ssl: false });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
