// Where the database comes from: the one that DATABASE_URL names, or an embedded one that lives and dies with us.
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from '../storage/embedded/embedded-postgres.ts';

export interface DatabaseSource {
  readonly connection: DatabaseConnection;
  /** Resolves with the reason when the embedded database has died for good. */
  readonly died: Promise<string>;
  /** Stops what was started here. */
  stop(): Promise<void>;
}

/** For a database that starts at the same time as we do, on a slow machine. */
const PATIENCE_MILLISECONDS = 30_000;
const RETRY_MILLISECONDS = 500;
const NEVER = new Promise<string>(() => undefined);

/** @throws DatabaseUnreachableError or EmbeddedPostgresError, whose messages are for the operator */
export async function startDatabase(settings: Settings, log: Log): Promise<DatabaseSource> {
  if (settings.databaseUrl === undefined) {
    return await startEmbeddedPostgres({
      dataDirectory: settings.dataDirectory,
      binDirectory: settings.postgresBinDirectory,
      log,
    });
  }
  const connection = { url: settings.databaseUrl };
  await waitForDatabase(connection, log);
  return outside(connection);
}

/** For a command: the database of the running server if there is one, and no waiting. */
export async function borrowDatabase(settings: Settings, log: Log): Promise<DatabaseSource> {
  if (settings.databaseUrl !== undefined) {
    const connection = { url: settings.databaseUrl };
    const { probeDatabase } = await import('../storage/database-probe.ts');
    await probeDatabase(connection);
    return outside(connection);
  }
  const running = await findRunningEmbeddedPostgres(settings.dataDirectory);
  return running ? outside(running) : await startDatabase(settings, log);
}

function outside(connection: DatabaseConnection): DatabaseSource {
  return { connection, died: NEVER, stop: () => Promise.resolve() };
}

/** Goes on while waiting may help, and tells once why it waits. */
export async function waitForDatabase(
  connection: DatabaseConnection,
  log: Pick<Log, 'warn'>,
  patienceMilliseconds = PATIENCE_MILLISECONDS,
): Promise<void> {
  // Here, not above: with the embedded database a start does without these modules until it is running.
  const { DatabaseUnreachableError, probeDatabase } = await import('../storage/database-probe.ts');
  const until = performance.now() + patienceMilliseconds;
  let told = '';
  for (;;) {
    try {
      await probeDatabase(connection);
      return;
    } catch (error) {
      if (!(error instanceof DatabaseUnreachableError)) throw error;
      if (!error.isPassing || performance.now() > until) throw error;
      if (error.message !== told) log.warn({ seconds: patienceMilliseconds / 1000 }, `${error.message} Trying again.`);
      told = error.message;
      await pause(RETRY_MILLISECONDS);
    }
  }
}
