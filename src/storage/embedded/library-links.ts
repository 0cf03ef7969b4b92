// The shared-library links that the npm package of PostgreSQL needs. npm drops symbolic links when it packs a package,
// and the package's own install script that would restore them doesn't run under `ignore-scripts`.

import { lstat, mkdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { hasCode } from './embedded-postgres-error.ts';

interface Link {
  /** absolute path that must exist */
  readonly path: string;
  /** absolute path of the library that it stands for */
  readonly library: string;
}

/**
 * Makes every missing link of the package whose `native` folder is given. Where the package can't be written to (installed
 * by root, or a read-only image), the links are made in `spareDirectory` instead.
 *
 * @returns the search path for libraries, when the spare folder had to be used
 */
export async function ensureLibraryLinks(native: string, spareDirectory: string): Promise<string | undefined> {
  const missing = await missingLinks(native);
  if (missing.length === 0) return undefined;
  try {
    for (const link of missing) await makeLink(link.path, relative(dirname(link.path), link.library));
    return undefined;
  } catch (error) {
    // The dynamic loader of macOS drops its library path on the way through /bin/sh, so that a spare folder is no help.
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS') || process.platform !== 'linux') throw error;
  }
  await mkdir(spareDirectory, { recursive: true });
  for (const link of missing) await makeLink(join(spareDirectory, basename(link.path)), link.library);
  // The linked libraries look for their neighbours where the link is.
  return `${spareDirectory}:${join(native, 'lib')}`;
}

async function missingLinks(native: string): Promise<Link[]> {
  const listed: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'));
  if (!Array.isArray(listed)) return [];
  // The list is written from above the folder, whose name may be another one in a copy.
  const inside = (listedPath: string): string => join(native, listedPath.replace(/^native\//, ''));
  const missing: Link[] = [];
  for (const entry of listed as { source: string; target: string }[]) {
    const link = { path: inside(entry.target), library: inside(entry.source) };
    const present = await lstat(link.path).catch(() => undefined);
    if (present === undefined) missing.push(link);
  }
  return missing;
}

async function makeLink(path: string, target: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    // Another start made it a moment ago, or it is a spare link left by a package that lay elsewhere.
    if ((await readlink(path)) === target) return;
    await rm(path);
    await symlink(target, path);
  }
}
