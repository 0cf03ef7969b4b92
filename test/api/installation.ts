// The Management API on a real database with three companies: root, and Acme and Bolt side by side below it.

import { systemClock } from '../../src/base/clock.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createTestDatabase, openTestStorage, type TestDatabase } from '../support/database.ts';
import { type ApiServer, rootCompany, startApiServer, type TestCaller } from './api-server.ts';

export type TestCompany = TestCaller['company'];

export interface Installation {
  readonly server: ApiServer;
  readonly storage: Storage;
  readonly database: TestDatabase;
  readonly root: TestCompany;
  readonly acme: TestCompany;
  readonly bolt: TestCompany;
  close(): Promise<void>;
}

/** `change` puts something between the services and the storage. */
export async function startInstallation(change: (storage: Storage) => Storage = (same) => same): Promise<Installation> {
  const database = await createTestDatabase();
  const opened = await openTestStorage(database.connection);
  const { close } = opened;
  const storage = change(opened.storage);
  const server = await startApiServer({ storage, clock: systemClock });
  return {
    server,
    storage,
    database,
    root: rootCompany,
    acme: await insertCompany(database, 'co_acme', 'Acme'),
    bolt: await insertCompany(database, 'co_bolt', 'Bolt'),
    async close() {
      await server.close();
      await close();
      await database.drop();
    },
  };
}

/** Directly below root, no reseller. */
async function insertCompany(database: TestDatabase, id: string, name: string): Promise<TestCompany> {
  const company = { id, name, path: `${rootCompany.path}${id}/` };
  await database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     VALUES ($1, $2, lower($2), $3, $4, false, 'active', now(), now(), 1)`,
    [id, name, rootCompany.id, company.path],
  );
  return company;
}
