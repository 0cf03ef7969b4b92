// The connection pool: how the database is reached, and how long anyone waits for it.
import { DataSource, type Logger } from 'typeorm';
import type { ClientConfig } from 'pg';
import type { Log } from '../base/log.ts';
import { migrations } from '../../migrations/migrations.ts';
import type { EmbeddedConnection } from './embedded/embedded-postgres.ts';
import { entities } from './entities/entities.ts';
import { STANDSTILL_MILLISECONDS } from './session-line.ts';

/** A URL as PostgreSQL's own programs take it, or the socket of the embedded server. */
export type DatabaseConnection = { readonly url: string } | EmbeddedConnection;

interface DataSourceOptions {
  readonly connection: DatabaseConnection;
  readonly log: Pick<Log, 'warn'>;
  readonly poolSize?: number | undefined;
}

/**
 * A request is answered 503 within two seconds while the database is away or hangs: at most 1.5 s until there is a connection
 * (STANDSTILL_MILLISECONDS), or 1.3 s until there is an answer on one that seemed good. The server gives up earlier than we do, so
 * that the connection can be kept, and later than it looks for deadlocks (1 s), which are worth another try.
 */
const STATEMENT_MILLISECONDS = 1100;
const ANSWER_MILLISECONDS = 1300;
const IDLE_IN_TRANSACTION_MILLISECONDS = 10_000;
const IDLE_CONNECTION_MILLISECONDS = 60_000;
const DEFAULT_POOL_SIZE = 10;

/** The pool of a running server. Call `initialize()` before use. */
export function createDataSource({ connection, log, poolSize = DEFAULT_POOL_SIZE }: DataSourceOptions): DataSource {
  return assemble(log, {
    ...clientSettings(connection),
    max: poolSize,
    idleTimeoutMillis: IDLE_CONNECTION_MILLISECONDS,
    connectionTimeoutMillis: STANDSTILL_MILLISECONDS,
    query_timeout: ANSWER_MILLISECONDS,
    statement_timeout: STATEMENT_MILLISECONDS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MILLISECONDS,
  });
}

/** One connection for work that may take long and that no request waits for: migrations. */
export function createMaintenanceDataSource({ connection, log }: DataSourceOptions): DataSource {
  return assemble(log, { ...clientSettings(connection), max: 1, connectionTimeoutMillis: 10_000 });
}

const nothing = () => undefined;
/** TypeORM's own writes to standard output, not in JSON, and would write the values of statements. What fails is thrown anyway. */
const SILENT: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};

function assemble(log: Pick<Log, 'warn'>, extra: object): DataSource {
  return new DataSource({
    type: 'postgres',
    entities,
    migrations,
    migrationsTableName: 'migration',
    installExtensions: false,
    logger: SILENT,
    // An idle connection broke; the pool has thrown it away already and will open another.
    poolErrorHandler: (err: unknown) => log.warn({ err }, 'a database connection was lost'),
    extra,
  });
}

/** What node-postgres needs to reach the database; also for connections outside the pool. */
export function clientSettings(connection: DatabaseConnection): ClientConfig {
  const shared = { application_name: 'postern', keepAlive: true };
  return 'url' in connection
    ? { ...shared, connectionString: withStrictTls(connection.url) }
    : // TLS settings in the environment are meant for other servers.
      { ...shared, ...connection, ssl: false };
}

/**
 * node-postgres takes `sslmode=require` and `verify-ca` for `verify-full` and prints a warning about it; written out, it is silent.
 * `uselibpqcompat=true` in the URL gives them their weaker meaning.
 */
function withStrictTls(url: string): string {
  if (/[?&]uselibpqcompat=/i.test(url)) return url;
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full');
}
