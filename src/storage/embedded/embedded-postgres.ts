// The embedded database: a real PostgreSQL that this program starts, keeps running and stops. Start reading here.

import { join, resolve } from 'node:path';
import { findBinaries } from './binaries.ts';
import { createData, databasePath, findData, giveData, makeDataDirectory } from './data-directory.ts';
import { EmbeddedPostgresError, OTHER_DATABASE } from './embedded-postgres-error.ts';
import { KeptServer } from './kept-server.ts';
import { choosePlacement, preparePlace } from './placement.ts';
import { clearTheWay, findRunningServer } from './running-server.ts';
import type { Placement } from './placement.ts';
import type { EmbeddedConnection } from './running-server.ts';
import type { EmbeddedLog } from './server-log.ts';

export type { EmbeddedConnection } from './running-server.ts';
export type { EmbeddedLog } from './server-log.ts';

export interface EmbeddedPostgres {
  /** Stays the same when the server is restarted, so that a pool finds it again. */
  readonly connection: EmbeddedConnection;
  /** Resolves with the reason when the server has died and could not be brought back. */
  readonly died: Promise<string>;
  /** Stops the server and waits for its end; what was acknowledged is kept. May be called more than once. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Holds the folder `postgres` of the database, and other files that aren't ours. Made if it doesn't exist. */
  readonly dataDirectory: string;
  readonly log: EmbeddedLog;
  /** The only folder to take PostgreSQL's programs from (`PG_BIN`); without it they are looked for. */
  readonly binDirectory?: string | undefined;
  /** false: nothing is flushed to disk, and there are more connections. For tests only. */
  readonly durable?: boolean;
  /** Milliseconds to wait before each try to bring a dead server back; about half a minute in all by default. */
  readonly restartDelays?: readonly number[] | undefined;
}

/**
 * Makes the database if there is none yet, and starts its server. The server ends with this process, however it ends.
 *
 * @throws EmbeddedPostgresError whose message is for the user
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, durable = true } = options;
  const startedAt = performance.now();
  const { placement, isNew } = await prepare(options, durable);
  const server = await KeptServer.start(placement, { durable, log, restartDelays: options.restartDelays });
  log.info(
    {
      version: placement.binaries.version,
      path: placement.path,
      account: placement.account.name,
      new: isNew,
      milliseconds: Math.round(performance.now() - startedAt),
    },
    'embedded database started',
  );
  return server;
}

/**
 * The server that another process runs for this data directory, for the command line. Waits while it is starting.
 *
 * @returns undefined if there is none
 * @throws EmbeddedPostgresError `data_directory` if the data is somebody else's
 */
export async function findRunningEmbeddedPostgres(dataDirectory: string): Promise<EmbeddedConnection | undefined> {
  if (process.platform === 'win32') return undefined;
  const found = await findData(databasePath(resolve(dataDirectory)));
  return found === undefined ? undefined : await findRunningServer(found.path);
}

async function prepare(options: EmbeddedOptions, durable: boolean): Promise<{ placement: Placement; isNew: boolean }> {
  refuseUnsupported(options.dataDirectory);
  const { log } = options;
  const dataDirectory = resolve(options.dataDirectory);
  await makeDataDirectory(dataDirectory);
  const found = await findData(databasePath(dataDirectory));
  // Before anything is touched: the files may be in use.
  if (found !== undefined) await clearTheWay(found.path, log);
  const binaries = await findBinaries({
    binDirectory: options.binDirectory,
    major: found?.major,
    dataPath: databasePath(dataDirectory),
    spareDirectory: join(dataDirectory, 'postgres-libraries'),
  });
  const placement = await choosePlacement(dataDirectory, found, binaries, log);
  if (found === undefined) {
    await preparePlace(dataDirectory, placement.path, log);
    await createData(placement.path, placement.account, placement.binaries, durable);
  } else {
    await giveData(found.path, placement.account);
  }
  return { placement, isNew: found === undefined };
}

function refuseUnsupported(dataDirectory: string): void {
  if (process.platform === 'win32') {
    throw new EmbeddedPostgresError(
      'unsupported',
      `The embedded database doesn't run on Windows itself. Use WSL, ${OTHER_DATABASE}.`,
    );
  }
  if (/[\0\n\r]/.test(dataDirectory)) {
    throw new EmbeddedPostgresError(
      'data_directory',
      'The name of the data directory holds a line break or a NUL byte.',
    );
  }
}
