// Which PostgreSQL programs are used, what the npm package of them needs, and what is said when none fit.

import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import {
  NOBODY,
  PLATFORM_PACKAGE,
  ROOT,
  install,
  installedBinaries,
  isRoot,
  makeOpenFolder,
  removeFolder,
  runProgram,
} from './installation.ts';
import { keptLog, query } from './server-processes.ts';

const PACKAGED = join(ROOT, 'node_modules', PLATFORM_PACKAGE, 'native/bin');
const DEBIAN_15 = '/usr/lib/postgresql/15/bin';
let folder: string;
let data: string;
const servers: EmbeddedPostgres[] = [];

beforeEach(async () => {
  folder = await makeOpenFolder();
  data = join(folder, 'data');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await removeFolder(folder);
});

async function start(binDirectory?: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory: data, durable: false, binDirectory, log: keptLog().log });
  servers.push(server);
  return server;
}

async function majorOf(server: EmbeddedPostgres): Promise<number> {
  const [row] = await query(server.connection, `SELECT current_setting('server_version_num')::int / 10000 AS major`);
  return Number(row?.['major']);
}

/** Programs that only tell a version, as an old or foreign PostgreSQL would be met with. */
async function makePrograms(script: string): Promise<string> {
  const directory = join(folder, 'programs');
  await mkdir(directory);
  for (const name of ['postgres', 'initdb']) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return directory;
}

describe('a new folder', () => {
  test('gets the version of the npm package, whatever else is installed', async () => {
    expect(await majorOf(await start())).toBe(18);
  });

  test('gets the version in PG_BIN if that is set', async () => {
    const server = await start(PACKAGED);
    expect(await majorOf(server)).toBe(18);
  });

  test.each([
    ['that is missing', async () => join(folder, 'nowhere'), 'no `postgres`'],
    [
      'with programs older than 14',
      async () => await makePrograms('echo "postgres (PostgreSQL) 13.2"'),
      'older than 14',
    ],
    [
      'with programs that do not run here',
      async () => await makePrograms('echo no such library >&2; exit 127'),
      'no such',
    ],
    ['with programs that are something else', async () => await makePrograms('echo hello'), 'unknown version: hello'],
  ])('is refused for a PG_BIN %s, and nothing else is tried', async (_, directory, reason) => {
    await expect(start(await directory())).rejects.toMatchObject({
      fault: 'no_binaries',
      message: expect.stringMatching(new RegExp(`PG_BIN.*${reason}.*DATABASE_URL.*docker compose`, 's')),
    });
    expect(existsSync(join(data, 'postgres'))).toBe(false);
  });
});

describe('an existing database', () => {
  test('of a major version that no programs are there for is refused with both versions named', async () => {
    await (await start()).stop();
    await writeFile(join(data, 'postgres/PG_VERSION'), '12\n');
    await expect(start()).rejects.toMatchObject({
      fault: 'version_mismatch',
      message: expect.stringMatching(/made by PostgreSQL 12, and only PostgreSQL 18.*PG_BIN/s),
    });
    expect(await readFile(join(data, 'postgres/PG_VERSION'), 'utf8')).toBe('12\n');
  });

  if (existsSync(DEBIAN_15)) {
    test('of an older major version is opened by the distribution’s programs of that version', async () => {
      const first = await start(DEBIAN_15);
      expect(await majorOf(first)).toBe(15);
      expect(await query(first.connection, `SELECT upper('é') AS upper`)).toEqual([{ upper: 'É' }]);
      await first.stop();
      expect(await majorOf(await start())).toBe(15);
    });

    test('of another version than the programs in PG_BIN is refused', async () => {
      await (await start(DEBIAN_15)).stop();
      await expect(start(PACKAGED)).rejects.toMatchObject({ fault: 'version_mismatch' });
    });
  }
});

describe('in an installation of its own', () => {
  let home: string;
  let libraries: string;

  beforeAll(async () => {
    home = await makeOpenFolder();
    await install(home, { binaries: true });
    libraries = join(installedBinaries(home), 'lib');
  });

  afterAll(async () => {
    await removeFolder(home);
  });

  async function removeLinks(): Promise<string[]> {
    const links = readdirSync(libraries).filter((name) => lstatSync(join(libraries, name)).isSymbolicLink());
    for (const name of links) await rm(join(libraries, name));
    return links;
  }

  test('the links that npm dropped from the package are made, relative, and the server starts', async () => {
    expect((await removeLinks()).length).toBeGreaterThan(10);
    const program = await runProgram(home, { do: 'start', dataDirectory: data });
    expect(await query(program.report.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await program.stop();
    const listed = JSON.parse(await readFile(join(libraries, '../pg-symlinks.json'), 'utf8')) as { target: string }[];
    for (const { target } of listed) {
      expect(existsSync(join(libraries, '../..', target)), target).toBe(true);
      expect(readlinkSync(join(libraries, '../..', target))).not.toContain('/');
    }
  });

  test('a package that can not be written to gets its links beside the data', async () => {
    await removeLinks();
    if (!isRoot) await chmod(libraries, 0o555);
    await mkdir(data);
    if (isRoot) await chown(data, NOBODY, NOBODY);
    try {
      const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
      const program = await runProgram(home, { do: 'start', dataDirectory: data }, identity);
      expect(program.report.message).toBeUndefined();
      expect(await query(program.report.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await program.stop();
      expect(readdirSync(join(data, 'postgres-libraries'))).not.toHaveLength(0);
      expect(readdirSync(libraries).some((name) => lstatSync(join(libraries, name)).isSymbolicLink())).toBe(false);
    } finally {
      await chmod(libraries, 0o755);
    }
  });

  test('without the package the search path is searched', async () => {
    await install(folder, { binaries: false });
    const order = { do: 'find-binaries', dataDirectory: data } as const;
    const { report } = await runProgram(folder, order, { env: { PATH: `relative:${PACKAGED}:/usr/bin:/bin` } });
    expect(report.binaries?.directory).toBe(PACKAGED);
  });

  test('without any programs the message names DATABASE_URL and docker compose', async () => {
    await install(folder, { binaries: false });
    const order = { do: 'find-binaries', dataDirectory: data } as const;
    const { report } = await runProgram(folder, order, { env: { PATH: '/usr/sbin' } });
    expect(report).toMatchObject({
      fault: 'no_binaries',
      message: expect.stringMatching(/No PostgreSQL programs.*DATABASE_URL.*docker compose/s),
    });
  });

  test('a package that lost its programs is named with the reason', async () => {
    await install(folder, { binaries: true });
    await rm(join(installedBinaries(folder), 'bin/initdb'));
    const order = { do: 'find-binaries', dataDirectory: data } as const;
    const { report } = await runProgram(folder, order, { env: { PATH: '/usr/sbin' } });
    expect(report.message).toContain(`${installedBinaries(folder)}/bin: there is no \`initdb\``);
  });
});
