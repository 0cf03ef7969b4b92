// Starts the one PostgreSQL of a test run and stops it at the end. Tests get its address by `inject('postgres')`.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';
import { makeTemplateDatabase } from './template-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** superuser connection to the run's cluster; its database `postern` is empty, `migrated` is the template */
    postgres: EmbeddedConnection;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-test-'));
  await chmod(directory, 0o711); // under root the server runs as somebody else, who has to pass through
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'data'),
    binDirectory: process.env['PG_BIN'],
    durable: false,
    log: { info: () => undefined, warn: console.warn, error: console.error },
  });
  const tearDown = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await makeTemplateDatabase(server.connection);
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide('postgres', server.connection);
  return tearDown;
}
