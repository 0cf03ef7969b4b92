// Opens the database for a process: migrated, with its standing data, and with everything that reads and writes it put together.
import type { DataSource } from 'typeorm';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { unavailable } from '../base/problem.ts';
import type { IpAddress } from '../domain/address/ip-address.ts';
import type { LiveApiTokens, LiveUsers } from '../domain/api-token/live-api-token.ts';
import type { LiveApis } from '../domain/api/live-api.ts';
import type { AuditLog } from '../domain/audit/audit-event.ts';
import type { LiveClients } from '../domain/client/live-client.ts';
import type { LiveCompanies } from '../domain/company/live-company.ts';
import type { Storage, UseRecorder } from '../domain/stores.ts';
import type { DatabaseFacts } from '../domain/system/system-service.ts';
import type { LiveTokens } from '../domain/token/token-inspector.ts';
import { type AuditWriterFigures, createAuditWriter } from './audit-writer.ts';
import { openChangeFeed } from './change-feed.ts';
import { createDataSource, type DatabaseConnection } from './data-source.ts';
import { readDatabaseFacts } from './database-facts.ts';
import { DatabaseSession } from './database-session.ts';
import { createFormGuard, type FormGuard } from './form-guard.ts';
import { listHostNamesInRules } from './host-names-in-rules.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createLiveApiTokens } from './live-api-tokens.ts';
import { createLiveApis } from './live-apis.ts';
import { createLiveClients } from './live-clients.ts';
import { createLiveCompanies } from './live-companies.ts';
import { createLiveTokens } from './live-tokens.ts';
import { createLiveUsers } from './live-users.ts';
import { migrate } from './migrate.ts';
import { poolOf } from './pool.ts';
import { createPostgresStorage } from './postgres-storage.ts';
import { lineOf } from './session-line.ts';
import type { StartedFor } from './standing-data.ts';
import { createUseRecorder } from './use-recorder.ts';

export interface OpenDatabaseOptions {
  readonly connection: DatabaseConnection;
  readonly issuer: string;
  /** A server when absent; a command leaves alone what only a server may change. */
  readonly startedFor?: StartedFor | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** Connections for requests; a few more are opened beside the pool. */
  readonly poolSize?: number | undefined;
  /** What a host name in an IP rule stands for now; without it such rules let nobody in. */
  readonly resolveHost?: ((name: string) => readonly IpAddress[]) | undefined;
}

export interface Database {
  readonly storage: Storage;
  readonly liveClients: LiveClients;
  readonly liveCompanies: LiveCompanies;
  readonly liveTokens: LiveTokens;
  readonly liveApiTokens: LiveApiTokens;
  readonly liveUsers: LiveUsers;
  readonly liveApis: LiveApis;
  readonly auditLog: AuditLog;
  readonly useRecorder: UseRecorder;
  readonly formGuard: FormGuard;
  /** Calls whenever signing keys changed or may have, so that the key ring is read anew. */
  onSigningKeyChange(listener: () => void): void;
  /** Whether changes made by other processes are being heard of. */
  isFresh(): boolean;
  /** Rejects when the database does not answer within two seconds. */
  check(): Promise<void>;
  /** What the server tells of itself. */
  facts(): Promise<DatabaseFacts>;
  /** Of IP rules in force. */
  listHostNames(): Promise<readonly string[]>;
  /** As they are now; asks nobody. */
  figures(): DatabaseFigures;
  /** Stores waiting audit events and uses first. */
  close(): Promise<void>;
}

/** How this process gets on with the database. */
export interface DatabaseFigures {
  readonly audit: AuditWriterFigures;
  readonly feed: { readonly isFresh: boolean; readonly ageMilliseconds: number };
  /** Connections of the pool, and who waits for one. */
  readonly pool: { readonly busy: number; readonly idle: number; readonly waiting: number };
}

const CHECK_MILLISECONDS = 2000;

/** @throws MigrationError when the database cannot be used by this program, and what the driver throws when it is not there */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { connection, issuer, startedFor, log, poolSize } = options;
  await migrate({ connection, issuer, startedFor, log });
  const dataSource = createDataSource({ connection, log, poolSize });
  await dataSource.initialize();
  try {
    return await assemble(dataSource, options);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function assemble(dataSource: DataSource, options: OpenDatabaseOptions): Promise<Database> {
  const { log, clock, resolveHost } = options;
  const feed = await openChangeFeed({ dataSource, log });
  const auditWriter = createAuditWriter({ dataSource, log });
  const useRecorder = createUseRecorder({ dataSource, log });
  const housekeeping = startHousekeeping({ dataSource, log, clock });
  const liveCompanies = createLiveCompanies({ dataSource, feed, log, resolveHost });
  return {
    storage: createPostgresStorage({ dataSource, onCommitted: (changes) => feed.apply(changes) }),
    liveClients: createLiveClients({ dataSource, feed, log, resolveHost, companies: liveCompanies }),
    liveCompanies,
    liveTokens: createLiveTokens({ dataSource, feed, log }),
    liveApiTokens: createLiveApiTokens({ dataSource, feed, log, resolveHost }),
    liveUsers: createLiveUsers({ dataSource, feed, companies: liveCompanies }),
    liveApis: createLiveApis({ dataSource, feed }),
    auditLog: auditWriter,
    useRecorder,
    formGuard: createFormGuard({ dataSource }),
    onSigningKeyChange(listener) {
      feed.subscribe((change) => {
        if (change.topic === 'signing_key') listener();
      });
      feed.onGap(listener);
    },
    isFresh: () => feed.isFresh(),
    check: () => check(dataSource),
    facts: () => readDatabaseFacts(dataSource),
    listHostNames: () => listHostNamesInRules(dataSource),
    figures() {
      const { totalCount, idleCount, waitingCount } = poolOf(dataSource);
      return {
        audit: auditWriter.figures,
        feed: { isFresh: feed.isFresh(), ageMilliseconds: feed.ageMilliseconds() },
        pool: { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount + lineOf(dataSource).waiting },
      };
    },
    async close() {
      await Promise.all([auditWriter.close(), useRecorder.close(), housekeeping.close()]);
      await feed.close();
      await dataSource.destroy();
    },
  };
}

async function check(dataSource: DataSource): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('the database did not answer in time')), CHECK_MILLISECONDS);
  });
  try {
    await Promise.race([ask(dataSource), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(dataSource: DataSource): Promise<void> {
  const session = await DatabaseSession.openUrgent(dataSource);
  try {
    await session.query('SELECT 1');
  } finally {
    await session.release();
  }
}
