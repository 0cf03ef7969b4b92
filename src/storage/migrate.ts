// Brings the database to the state this program needs: migrations, the role of tenants, the standing data, one process at a time.
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import type { Log } from '../base/log.ts';
import { findMissingRight } from './account-rights.ts';
import { MIGRATION_LOCK } from './advisory-locks.ts';
import { createMaintenanceDataSource, type DatabaseConnection } from './data-source.ts';
import { isRightMissing } from './database-error.ts';
import { type StartedFor, writeStandingData } from './standing-data.ts';
import { prepareTenantRole } from './tenant-role.ts';

/** The message is for the operator. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface MigrateOptions {
  readonly connection: DatabaseConnection;
  /** Goes into the identifier of the Management API. */
  readonly issuer: string;
  /** A server when absent. */
  readonly startedFor?: StartedFor | undefined;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

const OLDEST_VERSION = 140_000;

/**
 * Waits while another process does the same. Each migration is a transaction: whoever is killed leaves nothing half done.
 *
 * @returns the names of the migrations that were applied
 * @throws MigrationError when the server is too old, the database newer than this program, or a right missing
 */
export async function migrate({
  connection,
  issuer,
  startedFor = 'server',
  log,
}: MigrateOptions): Promise<readonly string[]> {
  const dataSource = createMaintenanceDataSource({ connection, log });
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    try {
      await requireServerVersion(runner);
      // Whatever the operator allows other sessions of this account.
      await runner.query(
        'SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0',
      );
      // It goes with the connection, however that ends.
      await runner.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
      await requireRights(runner);
      const applied = await applyMigrations(dataSource, runner, log);
      await prepareTenantRole(runner, log);
      await writeStandingData(runner, issuer, startedFor);
      return applied;
    } catch (error) {
      throw isRightMissing(error) ? lackOf(error) : error;
    } finally {
      await runner.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

async function requireServerVersion(runner: QueryRunner): Promise<void> {
  const [row] = (await runner.query(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  )) as { number: string; version: string }[];
  if (Number(row?.number) >= OLDEST_VERSION) return;
  throw new MigrationError(
    `The database server is PostgreSQL ${row?.version}. Postern needs PostgreSQL ${OLDEST_VERSION / 10_000} or later.`,
  );
}

async function requireRights(runner: QueryRunner): Promise<void> {
  const missing = await findMissingRight(runner);
  if (missing !== undefined) throw new MigrationError(missing);
}

/** One that was not looked for. */
function lackOf(error: Error): MigrationError {
  return new MigrationError(
    `The database account lacks a right: ${error.message}. It must own the database, or what Postern has made in it.`,
    { cause: error },
  );
}

async function applyMigrations(
  dataSource: DataSource,
  runner: QueryRunner,
  log: Pick<Log, 'info'>,
): Promise<readonly string[]> {
  // On the connection that holds the lock: were that lost, nothing would be applied without it.
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'each';
  await refuseNewerDatabase(dataSource, executor);
  const applied = (await executor.executePendingMigrations()).map((migration) => migration.name);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  return applied;
}

async function refuseNewerDatabase(dataSource: DataSource, executor: MigrationExecutor): Promise<void> {
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const unknown = (await executor.getExecutedMigrations()).find((migration) => !known.has(migration.name));
  if (unknown === undefined) return;
  throw new MigrationError(
    `The database was used by a newer Postern: it has the migration ${unknown.name}, which this version does not know. ` +
      'Start that newer version, or restore a backup from before the upgrade.',
  );
}
