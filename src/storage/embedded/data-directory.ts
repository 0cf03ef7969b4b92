// The files of the database: where they lie, whose they are, and how they are made so that a crash leaves none half-made.

import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, hasCode, messageOf } from './embedded-postgres-error.ts';
import { isAlive } from './live-process.ts';
import { ownIds } from './server-account.ts';
import { supervise } from './supervisor.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerAccount } from './server-account.ts';

export const DATABASE = 'postern';
export const SUPERUSER = 'postern';

/** Trust, because the folder of the socket lets nobody in but us. */
const INITDB_OPTIONS = `-U ${SUPERUSER} -A trust -E UTF8 --wal-segsize=4 --no-instructions`.split(' ');

const run = promisify(execFile);
const ABANDONED_AFTER_MILLISECONDS = 10 * 60_000;
/** Drafts that this very process is making. */
const ownDrafts = new Set<string>();

/** `<dataDirectory>/postgres`; a symbolic link when the data had to be placed elsewhere. */
export function databasePath(dataDirectory: string): string {
  return join(dataDirectory, 'postgres');
}

/** Where the database lies or will lie. A link may lead to a place where nothing has been made yet. */
export async function resolveDatabasePath(dataDirectory: string): Promise<string> {
  const path = databasePath(dataDirectory);
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? path : resolve(dataDirectory, target);
}

/** Makes the folder that holds the database and other files. One that exists is left as it is. */
export async function makeDataDirectory(dataDirectory: string): Promise<void> {
  try {
    const first = await mkdir(dataDirectory, { recursive: true });
    // Passable, not readable, for the account that the server runs as. The umask may have taken that away.
    if (first !== undefined) await chmod(dataDirectory, ownIds().uid === 0 ? 0o711 : 0o700);
  } catch (error) {
    throw dataFault(dataDirectory, error);
  }
}

/**
 * The real folder of the database and the major version that made it, or undefined if there is none yet.
 *
 * @throws EmbeddedPostgresError `data_directory` if something else is in its place or it belongs to someone else
 */
export async function findData(path: string): Promise<{ path: string; major: number } | undefined> {
  try {
    const real = await realpath(path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (real === undefined || (await readdir(real)).length === 0) return undefined;
    await refuseForeignOwner(real);
    const version = (await readFile(join(real, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
    const control = await stat(join(real, 'global', 'pg_control')).catch(() => undefined);
    if (/^\d+$/.test(version) && control !== undefined) return { path: real, major: Number(version) };
  } catch (error) {
    if (hasCode(error, 'EACCES')) await refuseForeignOwner(path);
    throw dataFault(path, error);
  }
  throw new EmbeddedPostgresError(
    'data_directory',
    `${path} is not empty, yet holds no complete PostgreSQL database. It isn't touched, in case it is of value to you: ` +
      'move it away, or start with another POSTERN_DATA_DIR.',
  );
}

async function refuseForeignOwner(path: string): Promise<void> {
  const owner = (await stat(path).catch(() => undefined))?.uid;
  const { uid } = ownIds();
  if (owner === undefined || uid === 0 || owner === uid) return;
  throw new EmbeddedPostgresError(
    'data_directory',
    `The database in ${path} belongs to uid ${owner}, and we run as uid ${uid}. Start as the same user as before, ` +
      `or give the files to this one (\`sudo chown -R ${uid} ${path}\`) while nothing uses them.`,
  );
}

/** Gives an existing database to the account. The folder itself comes last: it tells that all below it is done. */
export async function giveData(path: string, account: ServerAccount): Promise<void> {
  if ((await stat(path)).uid === account.uid || ownIds().uid !== 0) return;
  const inside = (await readdir(path)).map((name) => join(path, name));
  await run('chown', ['-hR', `${account.uid}:${account.gid}`, '--', ...inside]);
  await chown(path, account.uid, account.gid);
}

/**
 * Makes a new database at `path`: in a folder beside it, which gets its name only when complete. If another start made one
 * meanwhile, that one stays.
 */
export async function createData(
  path: string,
  account: ServerAccount,
  binaries: PostgresBinaries,
  durable: boolean,
): Promise<void> {
  await removeAbandoned(path);
  const draft = `${path}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  ownDrafts.add(draft);
  try {
    await mkdir(draft, { mode: 0o700 });
    if (account.kind === 'dropped') await chown(draft, account.uid, account.gid);
    await runInitdb(draft, account, binaries, durable);
    await rename(draft, path);
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw dataFault(path, error);
  } finally {
    ownDrafts.delete(draft);
  }
}

async function runInitdb(
  folder: string,
  account: ServerAccount,
  binaries: PostgresBinaries,
  durable: boolean,
): Promise<void> {
  // Before 17 the locale comes from the system, which may lack C.UTF-8; plain C always exists and sorts the same.
  const locales =
    binaries.major >= 17
      ? [['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']]
      : [['--locale=C', '--lc-ctype=C.UTF-8'], ['--locale=C']];
  let output = '';
  for (const locale of locales) {
    const initdb = supervise(
      account,
      [
        join(binaries.directory, 'initdb'),
        '-D',
        folder,
        ...INITDB_OPTIONS,
        ...(durable ? [] : ['--no-sync']),
        ...locale,
      ],
      { libraryPath: binaries.libraryPath },
    );
    const [written, { status, reason }] = await Promise.all([text(initdb.stderr), initdb.exited]);
    if (status === 0) return;
    output = written.trim() === '' ? reason : written.trim();
    if (!output.includes('invalid locale name')) break;
  }
  const remedy = output.includes('user does not exist')
    ? 'Run under an account that /etc/passwd lists'
    : 'Use a POSTERN_DATA_DIR on a local disk with room';
  throw new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL ${binaries.version} could not make its files for ${folder}, run as ${account.name}:\n${output}\n` +
      `${remedy}, or set DATABASE_URL to another PostgreSQL.`,
  );
}

/** Drafts of starts that died. Another start may be at work right now: a live process's fresh draft is left alone. */
async function removeAbandoned(path: string): Promise<void> {
  const prefix = `${basename(path)}.new-`;
  for (const name of await readdir(dirname(path))) {
    const [, pid] = /^(\d+)-/.exec(name.slice(prefix.length)) ?? [];
    if (!name.startsWith(prefix) || pid === undefined) continue;
    const draft = join(dirname(path), name);
    const mayLive = pid === String(process.pid) ? ownDrafts.has(draft) : isAlive(Number(pid));
    const age = Date.now() - ((await stat(draft).catch(() => undefined))?.mtimeMs ?? 0);
    if (mayLive && age < ABANDONED_AFTER_MILLISECONDS) continue;
    // An initdb that is just being stopped may still write; what is left then goes at the next start.
    await rm(draft, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function dataFault(path: string, error: unknown): EmbeddedPostgresError {
  if (error instanceof EmbeddedPostgresError) return error;
  return new EmbeddedPostgresError(
    'data_directory',
    `The folder ${path} can't be used for the database: ${messageOf(error)}. Correct its permissions, or start with ` +
      'another POSTERN_DATA_DIR.',
    error,
  );
}
