// The folder of the server's socket: short, new for each start, closed to everybody else.

import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EmbeddedPostgresError, hasCode } from './embedded-postgres-error.ts';
import { STOP_MARK, supervise } from './supervisor.ts';
import type { ServerAccount } from './server-account.ts';

/** Part of the socket's name; nothing listens on a network port. */
export const PORT = 5432;

const LONGEST_FOLDER = 80; // a socket's path ends at 103 (macOS) or 107 bytes, and `/.s.PGSQL.5432` comes on top
const NAME = /^postern-[0-9a-f]{12}$/;

/**
 * Makes a new folder for the server's socket, which nobody but the account (and root) can enter: whoever reaches the socket
 * is the superuser.
 */
export async function makeSocketDirectory(account: ServerAccount): Promise<string> {
  const base = tmpdir();
  const isFit = /^\/[\w./+-]+$/.test(base) && Buffer.byteLength(base) <= LONGEST_FOLDER - 'postern-'.length - 16;
  for (const parent of isFit && base !== '/tmp' ? [base, '/tmp'] : ['/tmp']) {
    const path = join(parent, `postern-${randomBytes(6).toString('hex')}`);
    await ensureSocketDirectory(path, account);
    const probe = supervise(account, ['/bin/sh', '-c', 'cd "$1" && : >probe && rm probe', 'probe', path]);
    probe.stderr.resume();
    if ((await probe.exited).status === 0) return path;
    await rm(path, { recursive: true, force: true });
  }
  const tried = isFit && base !== '/tmp' ? `${base} or /tmp` : '/tmp';
  throw new EmbeddedPostgresError(
    'unsupported',
    `The account ${account.name} can't write to a folder in ${tried}, where the database's socket has to be. ` +
      'Set TMPDIR to a folder with a short name that it can enter.',
  );
}

/** Makes the folder, or checks that the one there is ours: between two runs somebody may have cleaned up. */
export async function ensureSocketDirectory(path: string, account: ServerAccount): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    await chmod(path, 0o700);
    if (account.kind === 'dropped') await chown(path, account.uid, account.gid);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    const found = await lstat(path);
    if (found.isDirectory() && found.uid === account.uid && (found.mode & 0o077) === 0) {
      await rm(join(path, STOP_MARK), { force: true });
      return;
    }
    throw new EmbeddedPostgresError(
      'start_failed',
      `${path} is not the folder that we made for the database's socket.`,
    );
  }
}

/**
 * Removes the socket folder of a server that ended without doing so. Its name comes from the server's lock file: only a
 * folder that looks like ours and belongs to the owner of the data is touched, and in it only what we know.
 */
export async function discardSocketDirectory(path: string, dataPath: string): Promise<void> {
  try {
    const [found, data] = await Promise.all([lstat(path), stat(dataPath)]);
    if (!NAME.test(basename(path)) || !found.isDirectory() || found.uid !== data.uid) return;
    for (const name of [`.s.PGSQL.${PORT}`, `.s.PGSQL.${PORT}.lock`, STOP_MARK]) {
      await rm(join(path, name), { force: true });
    }
    await rmdir(path);
  } catch {
    // a trace in the temporary folder is no reason not to start
  }
}
