// The database from which every test file copies its own.

import { Client } from 'pg';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { migrate } from '../../src/storage/migrate.ts';

export const TEMPLATE_DATABASE = 'migrated';
export const TEST_ISSUER = 'http://localhost:3000';

/** Nobody is connected to it afterwards: PostgreSQL copies none that is in use. */
export async function makeTemplateDatabase(server: EmbeddedConnection): Promise<void> {
  const client = new Client({ ...server, database: 'postgres', ssl: false });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE} TEMPLATE template0`);
  } finally {
    await client.end();
  }
  await migrate({
    connection: { ...server, database: TEMPLATE_DATABASE },
    issuer: TEST_ISSUER,
    log: { info: () => undefined, warn: console.warn },
  });
}
