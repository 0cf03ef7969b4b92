// Clients and companies as the token path sees them, read anew at every question: for tests that change them behind its back.

import type { HostNames } from '../../src/domain/address/kept-restriction.ts';
import type { LiveClients } from '../../src/domain/client/live-client.ts';
import type { LiveCompanies } from '../../src/domain/company/live-company.ts';
import { createDataSource, type DatabaseConnection } from '../../src/storage/data-source.ts';
import { createLiveClients } from '../../src/storage/live-clients.ts';
import { createLiveCompanies } from '../../src/storage/live-companies.ts';

export interface LiveReaders {
  readonly liveClients: LiveClients;
  readonly liveCompanies: LiveCompanies;
  close(): Promise<void>;
}

/** A feed that is never fresh: nothing is remembered. */
const feed = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
const log = { warn: () => undefined, error: () => undefined };

export async function openLiveReaders(connection: DatabaseConnection, hosts?: HostNames): Promise<LiveReaders> {
  const dataSource = createDataSource({ connection, log });
  await dataSource.initialize();
  const resolveHost = hosts && ((name: string) => hosts.resolve(name));
  const liveCompanies = createLiveCompanies({ dataSource, feed, log, resolveHost });
  return {
    liveClients: createLiveClients({ dataSource, feed, log, resolveHost, companies: liveCompanies }),
    liveCompanies,
    close: () => dataSource.destroy(),
  };
}
