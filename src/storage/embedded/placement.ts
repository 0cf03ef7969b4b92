// Decides under which account the server runs and where its files lie. Normally both are plain; a start by root from a
// folder that other accounts can't enter (a clone under /root) is what makes this a decision.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, rmdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { databasePath, resolveDatabasePath } from './data-directory.ts';
import { EmbeddedPostgresError, OTHER_DATABASE, hasCode } from './embedded-postgres-error.ts';
import { ensureLibraryLinks } from './library-links.ts';
import { listAccounts, ownIds } from './server-account.ts';
import { supervise } from './supervisor.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerAccount } from './server-account.ts';
import type { EmbeddedLog } from './server-log.ts';

export interface Placement {
  readonly account: ServerAccount;
  readonly binaries: PostgresBinaries;
  /** where the database lies or is to be made */
  readonly path: string;
}

/** Used only if no account can enter the configured folder: accounts of the system always can pass here. */
const SYSTEM_DIRECTORY = '/var/lib/postern';
const run = promisify(execFile);

/** @throws EmbeddedPostgresError `unsupported` or `data_directory` when there is no way */
export async function choosePlacement(
  dataDirectory: string,
  found: { path: string } | undefined,
  binaries: PostgresBinaries,
  log: EmbeddedLog,
): Promise<Placement> {
  const path = found?.path ?? (await resolveDatabasePath(dataDirectory));
  const accounts = await listAccounts();
  for (const account of accounts) {
    if (await canUse(account, dirname(path), binaries)) return { account, binaries, path };
  }
  const dropped = accounts.find(({ kind }) => kind === 'dropped');
  if (dropped === undefined) throw noAccount(dirname(path));
  const elsewhere = found === undefined ? await makeSystemFolder(dataDirectory) : dirname(path);
  if (!(await canUse(dropped, elsewhere))) throw outOfReach(path, dropped);
  const reachable = (await canUse(dropped, elsewhere, binaries)) ? binaries : await copyBinaries(binaries, dropped);
  if (found !== undefined) return { account: dropped, binaries: reachable, path };
  log.warn(
    { dataDirectory, place: elsewhere, account: dropped.name },
    'the database account cannot enter the data folder: the database is placed elsewhere and linked from there',
  );
  return { account: dropped, binaries: reachable, path: join(elsewhere, 'postgres') };
}

/**
 * Tries for real whether the account can pass through the folder and run the programs. The kernel answers, not mode bits:
 * there may be access lists, a security module, or no user namespaces.
 */
async function canUse(account: ServerAccount, folder: string, binaries?: PostgresBinaries): Promise<boolean> {
  const command = binaries === undefined ? 'cd "$1"' : 'cd "$1" && exec "$2" --version';
  const program = join(binaries?.directory ?? '/', 'postgres');
  const probe = supervise(account, ['/bin/sh', '-c', command, 'probe', folder, program], {
    libraryPath: binaries?.libraryPath,
  });
  probe.stderr.resume();
  return (await probe.exited).status === 0;
}

/**
 * Readies the place for a database that doesn't exist yet. One placed elsewhere is linked from the data directory, before
 * it is made: data without a link is then always data that somebody has taken leave of by deleting the link.
 */
export async function preparePlace(dataDirectory: string, path: string, log: EmbeddedLog): Promise<void> {
  const link = databasePath(dataDirectory);
  if (path === (await resolveDatabasePath(dataDirectory))) return;
  if ((await stat(path).catch(() => undefined)) !== undefined) {
    const aside = `${path}.unlinked-${randomBytes(4).toString('hex')}`;
    await rename(path, aside);
    log.warn({ dataDirectory, kept: aside }, 'an earlier database of a deleted data folder was kept aside');
  }
  await rmdir(link).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
  await symlink(path, link);
}

/** A folder under the system's own, the same one for the same data directory. */
async function makeSystemFolder(dataDirectory: string): Promise<string> {
  const folder = join(SYSTEM_DIRECTORY, createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16));
  for (const one of [SYSTEM_DIRECTORY, folder]) {
    await mkdir(one, { recursive: true });
    await chmod(one, 0o711);
  }
  return folder;
}

/** Only the npm package can be copied as a whole; programs from elsewhere belong to a tree that we don't know. */
async function copyBinaries(binaries: PostgresBinaries, account: ServerAccount): Promise<PostgresBinaries> {
  const { packageDirectory, version } = binaries;
  if (packageDirectory === undefined) {
    throw new EmbeddedPostgresError(
      'unsupported',
      `We run as root, PostgreSQL refuses root, and the account ${account.name} can't run the programs in ` +
        `${binaries.directory}. Move them to a folder that every account can enter, or ${OTHER_DATABASE}.`,
    );
  }
  const copy = join(SYSTEM_DIRECTORY, `postgresql-${version}`);
  const copied = { directory: join(copy, 'bin'), version, major: binaries.major, packageDirectory: copy };
  if ((await stat(copy).catch(() => undefined)) !== undefined) return copied;
  const draft = `${copy}.new-${randomBytes(4).toString('hex')}`;
  try {
    await run('cp', ['-R', packageDirectory, draft]);
    await ensureLibraryLinks(draft, draft);
    await run('chmod', ['-R', 'a+rX,go-w', draft]);
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  return copied;
}

function noAccount(folder: string): EmbeddedPostgresError {
  if (ownIds().uid !== 0) {
    return new EmbeddedPostgresError(
      'data_directory',
      `The embedded database can't be run in ${folder}: the folder can't be entered, or not by a PostgreSQL program. ` +
        `Start with another POSTERN_DATA_DIR, or ${OTHER_DATABASE}.`,
    );
  }
  return new EmbeddedPostgresError(
    'unsupported',
    `We run as root, and PostgreSQL refuses root. For ${folder} neither an account \`postgres\` or \`nobody\` nor a user ` +
      `namespace could take its place. Start as another user than root, or ${OTHER_DATABASE}.`,
  );
}

function outOfReach(path: string, account: ServerAccount): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_directory',
    `We run as root, PostgreSQL refuses root, and the account ${account.name} can't enter ${dirname(path)}. Move the data ` +
      'to a folder that every account can pass through and set POSTERN_DATA_DIR to it, or start as the user who owns it.',
  );
}
