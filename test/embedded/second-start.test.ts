// One server at a time on one folder: a running one is found, a left-over lock file is not mistaken for one.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { install, makeOpenFolder, removeFolder, runProgram } from './installation.ts';
import type { RunningProgram } from './installation.ts';
import { keptLog, query } from './server-processes.ts';

let folder: string;
let data: string;
let lockFile: string;
const servers: EmbeddedPostgres[] = [];
const programs: RunningProgram[] = [];
const strangers: ChildProcess[] = [];
const { log, entries } = keptLog();

async function start(dataDirectory: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory, durable: false, log });
  servers.push(server);
  return server;
}

/** Some live process that has nothing to do with the database. */
function stranger(command: string, ...args: string[]): number {
  const child = spawn(command, args, { cwd: '/', stdio: 'ignore' });
  strangers.push(child);
  return child.pid ?? 0;
}

async function startProgram(): Promise<RunningProgram> {
  const program = await runProgram(folder, { do: 'start', dataDirectory: data });
  programs.push(program);
  return program;
}

beforeAll(async () => {
  folder = await makeOpenFolder();
  data = join(folder, 'data');
  lockFile = join(data, 'postgres/postmaster.pid');
  await install(folder, { binaries: true });
  await (await start(data)).stop();
});

beforeEach(() => {
  entries.length = 0;
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const program of programs.splice(0)) await program.stop();
  for (const child of strangers.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  await removeFolder(folder);
});

describe('while another program runs the server', () => {
  test('a start is refused within a second and names the process', async () => {
    const running = await startProgram();
    const startedAt = performance.now();
    await expect(start(data)).rejects.toMatchObject({
      name: 'EmbeddedPostgresError',
      fault: 'already_running',
      message: expect.stringContaining(`in use by process ${running.process.pid}`),
    });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(await query(running.report.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('the command line finds it and can work with it', async () => {
    const running = await startProgram();
    const found = await findRunningEmbeddedPostgres(data);
    expect(found).toEqual(running.report.connection);
    expect(await query(found, 'SELECT current_database() AS name')).toEqual([{ name: 'postern' }]);
  });
});

describe('while no server runs', () => {
  test('the command line finds none, be the folder used, unused or missing', async () => {
    expect(await findRunningEmbeddedPostgres(data)).toBeUndefined();
    expect(await findRunningEmbeddedPostgres(join(folder, 'missing'))).toBeUndefined();
    await mkdir(join(folder, 'unused'));
    expect(await findRunningEmbeddedPostgres(join(folder, 'unused'))).toBeUndefined();
  });

  test.each([
    ['the number of a live process that is no PostgreSQL', () => `${stranger('sleep', '600')}\n/x\n1\n5432\n/tmp\n\n`],
    ['the number of a dead process', () => '3999999\n/x\n1\n5432\n/tmp\n\n'],
    ['nothing', () => ''],
    ['no number', () => 'x\ny\n'],
    ['the number of every process', () => '-1\n/x\n1\n5432\n/tmp\n\n'],
  ])('a left-over lock file with %s does not keep a start back', async (_, text) => {
    await writeFile(lockFile, text());
    expect(await findRunningEmbeddedPostgres(data)).toBeUndefined();
    const server = await start(data);
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await findRunningEmbeddedPostgres(data))?.host).toBe(server.connection.host);
  });

  test('a left-over lock file with the number of the PostgreSQL of another folder does not keep a start back', async () => {
    const other = await start(join(folder, 'other'));
    const text = await readFile(join(folder, 'other/postgres/postmaster.pid'), 'utf8');
    await writeFile(lockFile, text);
    expect(await findRunningEmbeddedPostgres(data)).toBeUndefined();
    const server = await start(data);
    expect(await query(other.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await query(server.connection, `SELECT current_setting('data_directory') AS path`)).toEqual([
      { path: join(data, 'postgres') },
    ]);
  });
});

test('a PostgreSQL that does not answer is not taken for a left-over lock file', async () => {
  // A program by the name of postgres that stands in the data, as a server that hangs would.
  const impostor = join(folder, 'bin/postgres');
  await mkdir(dirname(impostor), { recursive: true });
  copyFileSync('/bin/sleep', impostor);
  await chmod(impostor, 0o755);
  const child = spawn(impostor, ['600'], { cwd: join(data, 'postgres'), stdio: 'ignore' });
  strangers.push(child);
  const text = `${child.pid}\n/x\n1\n5432\n/nowhere\n\n`;
  await writeFile(lockFile, text);
  await expect(start(data)).rejects.toMatchObject({
    fault: 'already_running',
    message: expect.stringContaining(`process ${child.pid}`),
  });
  expect(await readFile(lockFile, 'utf8')).toBe(text);
});

test('a server in another container, whose processes we do not see, keeps a start back', async () => {
  // What remains visible between containers that share a volume is the lock on the file.
  await writeFile(lockFile, '');
  const holder = spawn('flock', [join(data, 'postgres/postern.lock'), 'sh', '-c', 'echo held; exec sleep 600'], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  try {
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(start(data)).rejects.toMatchObject({
      fault: 'already_running',
      message: expect.stringContaining('perhaps in another container'),
    });
  } finally {
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
  }
});
