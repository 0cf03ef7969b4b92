// A database of an account that is no superuser, as managed servers give it.

import { Client } from 'pg';
import { inject } from 'vitest';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { TEST_ISSUER } from './template-database.ts';

export interface OwnedDatabase extends TestDatabase {
  /** What migrating warned of. */
  readonly warnings: readonly string[];
  /** Once more, as every start does. */
  migrate(): Promise<void>;
}

let made = 0;

/** Migrated by its owner. `attributes` as in CREATE ROLE. */
export async function makeOwnedDatabase(attributes = ''): Promise<OwnedDatabase> {
  const database = await createTestDatabase('empty');
  made += 1;
  const user = `owner_${process.pid}_${made}`;
  await database.query(`CREATE ROLE ${user} LOGIN NOSUPERUSER ${attributes}`);
  await database.query(`ALTER DATABASE ${database.connection.database} OWNER TO ${user}`);
  const connection = { ...database.connection, user };
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_details: object, text: string) => void warnings.push(text) };
  const run = async () => void (await migrate({ connection, issuer: TEST_ISSUER, log: log as never }));
  await run();
  return {
    ...database,
    connection,
    warnings,
    migrate: run,
    async drop() {
      await database.drop();
      await dropRole(user);
    },
  };
}

/** Of the server; by its name as SQL has it. */
export async function dropRole(user: string): Promise<void> {
  const server: EmbeddedConnection = inject('postgres');
  const client = new Client({ ...server, database: 'postgres', ssl: false });
  await client.connect();
  try {
    await client.query(`DROP ROLE ${user}`);
  } finally {
    await client.end();
  }
}
