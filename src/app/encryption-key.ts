// The key that seals signing keys at rest: from the settings, or a file in the data directory that is made once.
import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SECRET_BOX_KEY_BYTES } from '../base/secret-box.ts';
import type { Settings } from '../config/settings.ts';
import { databasePath, makeDataDirectory } from '../storage/embedded/data-directory.ts';
import { StartFault } from './start-fault.ts';

export function encryptionKeyPath(dataDirectory: string): string {
  return join(dataDirectory, 'encryption-key');
}

/**
 * Makes the file before there is a database, so that one without the other means that the key was lost: a new one would open
 * nothing.
 *
 * @throws StartFault
 */
export async function loadEncryptionKey(settings: Settings): Promise<Buffer> {
  if (settings.encryptionKey) return settings.encryptionKey;
  const { dataDirectory } = settings;
  const path = encryptionKeyPath(dataDirectory);
  const kept = await readKey(path);
  if (kept) return kept;
  if (await holdsDatabase(dataDirectory)) {
    throw new StartFault(
      `${path} is missing, but there is a database that was made with it. Put the file back, or set POSTERN_ENCRYPTION_KEY ` +
        'to the key that was used.',
    );
  }
  await makeDataDirectory(dataDirectory);
  await makeKey(path);
  const made = await readKey(path);
  if (!made) throw new StartFault(`${path} can't be made. Correct the permissions of the data directory.`);
  return made;
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    throw new StartFault(`${path} can't be read (${code}). Run as the user who started Postern first.`, error);
  }
  const key = Buffer.from(text, 'base64');
  if (key.length === SECRET_BOX_KEY_BYTES && key.toString('base64') === text) return key;
  throw new StartFault(`${path} is damaged: it should hold 32 bytes in base64. Put back a copy of it.`);
}

async function holdsDatabase(dataDirectory: string): Promise<boolean> {
  const entries = await readdir(databasePath(dataDirectory)).catch(() => []);
  return entries.length > 0;
}

/** Under its name only when it is on disk in full; of two at once the first one stays. */
async function makeKey(path: string): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(SECRET_BOX_KEY_BYTES).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EEXIST') {
      throw new StartFault(`${path} can't be made (${code}). Correct the permissions of the data directory.`, error);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
