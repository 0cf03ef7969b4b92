// Is a server at work on the data already? PostgreSQL's own lock file `postmaster.pid` tells, but it may be left over from a
// crash, and then its process number may meanwhile be anybody's.

import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { DATABASE, SUPERUSER } from './data-directory.ts';
import { EmbeddedPostgresError, hasCode, messageOf } from './embedded-postgres-error.ts';
import { isAlive, servesData } from './live-process.ts';
import { discardSocketDirectory } from './socket-directory.ts';
import type { EmbeddedLog } from './server-log.ts';

/** Settings for node-postgres: a socket folder as host, no password. */
export interface EmbeddedConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

interface LockFile {
  readonly text: string;
  /** undefined in an empty or mangled file */
  readonly pid: number | undefined;
  readonly dataPath: string;
  readonly socketDirectory: string;
  readonly port: number;
}

type State =
  /** nothing in the way, or nothing that PostgreSQL couldn't see through by itself */
  | { is: 'free' }
  /** the lock file speaks of a process that doesn't work on this data */
  | { is: 'left_over' }
  /** a server that is starting, stopping or hanging */
  | { is: 'silent' }
  | ({ is: 'answering' } & Answer);

interface Answer {
  readonly dataPath: string;
  /** process number of the program that started the server */
  readonly owner: number;
  readonly hasDatabase: boolean;
}

/** A server whose program was killed is gone in a moment; at worst it is killed itself after 10 s. */
const PATIENCE_MILLISECONDS = 12_000;
const ORPHAN_MILLISECONDS = 3000;
/** A program that was killed just now is still there for a moment: whoever sent the signal isn't kept until it has gone. */
const DYING_MILLISECONDS = 500;
const POLL_MILLISECONDS = 50;
const OWNER_PREFIX = 'postern ';

/** The server's name for itself, by which a later start tells whether the program that started it still lives. */
export function clusterName(): string {
  return `${OWNER_PREFIX}${process.pid}`;
}

/**
 * Returns when a server may be started on the data: removes a left-over lock file, waits for a server that is stopping, and
 * stops one whose program has died.
 *
 * @param goneOwner a process number to treat as dead although it lives: our own, after we lost hold of our server
 * @throws EmbeddedPostgresError `already_running`
 */
export async function clearTheWay(dataPath: string, log: EmbeddedLog, goneOwner?: number): Promise<void> {
  const startedAt = performance.now();
  let interrupted = false;
  let last: LockFile | undefined;
  for (;;) {
    const lock = await readLockFile(dataPath);
    const state = await judge(lock, dataPath);
    if (state.is === 'free' || (state.is === 'left_over' && (await removeLeftOver(dataPath, lock, log)))) {
      if (goneOwner === undefined) await discardTraces(lock ?? last, dataPath);
      return;
    }
    last = lock;
    const waited = performance.now() - startedAt;
    if (state.is === 'answering') {
      const orphaned = state.owner === goneOwner || !isAlive(state.owner);
      if (!orphaned && waited > DYING_MILLISECONDS) throw alreadyRunning(dataPath, state.owner);
      if (orphaned && waited > ORPHAN_MILLISECONDS && !interrupted) interrupted = interrupt(lock, log);
    }
    if (waited > PATIENCE_MILLISECONDS) throw alreadyRunning(dataPath, lock?.pid);
    await pause(POLL_MILLISECONDS);
  }
}

/** Waits while a server is starting or stopping; undefined if none is at work. */
export async function findRunningServer(dataPath: string): Promise<EmbeddedConnection | undefined> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < PATIENCE_MILLISECONDS) {
    const lock = await readLockFile(dataPath);
    const state = await judge(lock, dataPath);
    if (lock === undefined || state.is === 'free' || state.is === 'left_over') return undefined;
    if (state.is === 'answering' && state.hasDatabase) {
      return { host: lock.socketDirectory, port: lock.port, user: SUPERUSER, database: DATABASE };
    }
    await pause(POLL_MILLISECONDS);
  }
  return undefined;
}

async function judge(lock: LockFile | undefined, dataPath: string): Promise<State> {
  if (lock === undefined) return { is: 'free' };
  if (lock.pid === undefined) return { is: 'left_over' };
  // The lock file of a dead process PostgreSQL judges itself: it also looks for backends left behind.
  if (!isAlive(lock.pid)) return { is: 'free' };
  if ((await servesData(lock.pid, dataPath)) === 'no') return { is: 'left_over' };
  const answer = await ask(lock);
  if (answer === undefined) return { is: 'silent' };
  return answer.dataPath === dataPath ? { is: 'answering', ...answer } : { is: 'left_over' };
}

/** In a copy of a folder whose server was running, the lock file names the socket of that other, perhaps live server. */
async function discardTraces(lock: LockFile | undefined, dataPath: string): Promise<void> {
  if (lock?.dataPath === dataPath) await discardSocketDirectory(lock.socketDirectory, dataPath);
}

export function alreadyRunning(dataPath: string, pid: number | undefined): EmbeddedPostgresError {
  const by = pid === undefined ? 'by another process, perhaps in another container' : `by process ${pid}`;
  return new EmbeddedPostgresError(
    'already_running',
    `The database in ${dataPath} is in use ${by}: Postern seems to be running already. ` +
      'Stop it first, or start this one with another POSTERN_DATA_DIR and PORT.',
  );
}

/**
 * Removes the lock file if it still says the same after a moment: an empty one may belong to a server that is just
 * writing it.
 */
async function removeLeftOver(dataPath: string, lock: LockFile | undefined, log: EmbeddedLog): Promise<boolean> {
  await pause(POLL_MILLISECONDS * 4);
  const now = await readLockFile(dataPath);
  if (now === undefined) return true;
  if (now.text !== lock?.text) return false;
  await unlink(join(dataPath, 'postmaster.pid'));
  log.info({ pid: lock.pid }, 'removed the lock file that a crashed database had left');
  return true;
}

function interrupt(lock: LockFile | undefined, log: EmbeddedLog): true {
  log.warn({ pid: lock?.pid }, 'stopping a database whose program has died');
  try {
    if (lock?.pid !== undefined) process.kill(lock.pid, 'SIGINT');
  } catch {
    // gone in this moment, or not ours: the time limit decides
  }
  return true;
}

async function readLockFile(dataPath: string): Promise<LockFile | undefined> {
  try {
    const text = await readFile(join(dataPath, 'postmaster.pid'), 'utf8');
    const [pid = '', path = '', , port = '', socketDirectory = ''] = text.split('\n');
    return {
      text,
      pid: /^[1-9]\d{0,9}$/.test(pid.trim()) ? Number(pid) : undefined,
      dataPath: path,
      port: Number(port),
      socketDirectory: socketDirectory.trim(),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new EmbeddedPostgresError(
      'data_directory',
      `The database in ${dataPath} can't be looked at: ${messageOf(error)}. Run this as the user who started the server.`,
      error,
    );
  }
}

async function ask(lock: LockFile): Promise<Answer | undefined> {
  // An empty name would make the driver try TCP.
  if (!lock.socketDirectory.startsWith('/') || !(lock.port > 0)) return undefined;
  const connection = { host: lock.socketDirectory, port: lock.port, user: SUPERUSER, database: 'postgres' };
  return await withClient(connection, async (client) => {
    const { rows } = await client.query<{ path: string; name: string; ready: boolean }>(
      `SELECT current_setting('data_directory') AS path, current_setting('cluster_name') AS name,
              EXISTS (SELECT FROM pg_database WHERE datname = $1) AS ready`,
      [DATABASE],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const owner = row.name.startsWith(OWNER_PREFIX) ? Number(row.name.slice(OWNER_PREFIX.length)) : lock.pid;
    return { dataPath: row.path, owner: owner ?? 0, hasDatabase: row.ready };
  }).catch(() => undefined);
}

/** Connects, does the work, disconnects. TLS settings in the environment are meant for other servers. */
export async function withClient<T>(connection: EmbeddedConnection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...connection, ssl: false, connectionTimeoutMillis: 5000, query_timeout: 10_000 });
  client.on('error', () => undefined); // the call that is under way fails as well
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
