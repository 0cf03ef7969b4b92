// One run of the database server, from the spawn to its end: its settings, and how we know it is up.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { clusterName } from './running-server.ts';
import { ServerLog } from './server-log.ts';
import { PORT } from './socket-directory.ts';
import { LOCK_HELD, supervise } from './supervisor.ts';
import type { Placement } from './placement.ts';
import type { EmbeddedLog } from './server-log.ts';
import type { Exit, Supervised } from './supervisor.ts';

export interface ServerRun {
  /** Resolves with the reason when the server has ended, whoever ended it. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** A start that may well succeed in a moment: the processes of a crashed server are still ending. */
export class StillBusyError extends Error {}

const READY_WITHIN_MILLISECONDS = 120_000;
const STOP_WITHIN_MILLISECONDS = 17_000;

/** @throws StillBusyError or EmbeddedPostgresError `start_failed` */
export async function runServer(
  placement: Placement,
  socketDirectory: string,
  options: { durable: boolean; log: EmbeddedLog },
): Promise<ServerRun> {
  const { account, binaries, path } = placement;
  const program = join(binaries.directory, 'postgres');
  const settings = serverSettings(binaries.major, options.durable).flatMap((setting) => ['-c', setting]);
  const server = supervise(account, [program, '-D', path, '-k', socketDirectory, ...settings], {
    libraryPath: binaries.libraryPath,
    lockFile: join(path, 'postern.lock'),
    scrapDirectory: socketDirectory,
  });
  const output = new ServerLog(server.stderr, options.log);
  const failure = await Promise.race([output.ready.then(() => undefined), server.exited, timeLimit()]);
  if (failure !== undefined) {
    await stopServer(server);
    // Processes that a killed server leaves may hold the pipe for longer than it is worth waiting.
    await Promise.race([output.ended, after(300)]);
    throw startFault(placement, failure, output.tail());
  }
  return {
    ended: server.exited.then(({ reason }) => reason),
    stop: async () => {
      output.expectStop();
      await stopServer(server);
      await rm(socketDirectory, { recursive: true, force: true });
    },
  };
}

async function stopServer(server: Supervised): Promise<void> {
  server.letGo();
  const stopped = await Promise.race([server.exited, after(STOP_WITHIN_MILLISECONDS)]);
  if (stopped !== undefined) return;
  server.kill();
  await server.exited;
}

function startFault({ account, binaries, path }: Placement, exit: Exit, output: string): Error {
  const isBusy = exit.status === LOCK_HELD || output.includes('shared memory block');
  if (isBusy) return new StillBusyError(output);
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL ${binaries.version}, run as ${account.name}, did not start on ${path} (${exit.reason})` +
      `${output === '' ? '.' : `:\n${output}`}\nCorrect what it complains of, or set DATABASE_URL to another PostgreSQL.`,
  );
}

/** For a laptop or a small server: some ten connections of one program, a few megabytes of memory, no TCP at all. */
function serverSettings(major: number, durable: boolean): string[] {
  return [
    'listen_addresses=',
    `port=${PORT}`,
    'unix_socket_permissions=0700',
    `cluster_name=${clusterName()}`,
    'shared_buffers=32MB',
    'jit=off',
    'min_wal_size=32MB',
    'max_wal_size=256MB',
    // After a crash, one order to the file system in place of one for each of a thousand files: tenths of a second, not seconds.
    ...(process.platform === 'linux' && major >= 14 ? ['recovery_init_sync_method=syncfs'] : []),
    ...(major >= 18 ? ['io_method=sync'] : []), // spares three worker processes
    'timezone=UTC',
    // The log goes through us. Terse and without statements: those may hold personal data.
    'logging_collector=off',
    'log_destination=stderr',
    'log_line_prefix=',
    'lc_messages=C',
    'log_error_verbosity=terse',
    'log_min_error_statement=panic',
    'log_checkpoints=off',
    ...(durable
      ? ['max_connections=40', 'fsync=on', 'full_page_writes=on', 'synchronous_commit=on']
      : ['max_connections=200', 'fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
  ];
}

async function timeLimit(): Promise<Exit> {
  await after(READY_WITHIN_MILLISECONDS);
  return { status: undefined, reason: `not ready within ${READY_WITHIN_MILLISECONDS / 1000} s` };
}

/** A wait that doesn't keep the program alive. */
async function after(milliseconds: number): Promise<undefined> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
  return undefined;
}
