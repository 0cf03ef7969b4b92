// As whom the server runs: root gives its rights up, others don't need to; and where the data lies if that account can't
// enter the configured folder. What needs root to arrange is registered only where the tests run as root.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { NOBODY, install, isRoot, makeOpenFolder, removeFolder, runProgram } from './installation.ts';
import type { Identity, RunningProgram } from './installation.ts';
import { postmasterOf, processesIn, query, uidOf } from './server-processes.ts';

let folder: string;
/** For the search path: everything but `unshare`, as in a container that grants no user namespaces. */
let programsFolder: string;
let data: string;
let count = 0;
const programs: RunningProgram[] = [];
const NAMELESS = 54_321;
const SYSTEM = '/var/lib/postern';
const hasNamespaces = spawnSync('unshare', ['--user', '--map-user=65534', 'true']).status === 0;

beforeAll(async () => {
  folder = await makeOpenFolder();
  await install(folder, { binaries: true });
  programsFolder = await makeOpenFolder();
  for (const name of readdirSync('/usr/bin')) {
    if (name !== 'unshare') await symlink(join('/usr/bin', name), join(programsFolder, name));
  }
});

beforeEach(async () => {
  await chmod(folder, 0o755);
  data = join(folder, `data-${count++}`);
});

afterEach(async () => {
  for (const program of programs.splice(0)) await program.stop();
  // The shell that watched over the server ends a moment after it.
  await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
});

afterAll(async () => {
  await removeFolder(folder);
  await removeFolder(programsFolder);
});

async function start(identity: Identity = {}): Promise<RunningProgram> {
  const program = await runProgram(folder, { do: 'start', dataDirectory: data }, identity);
  programs.push(program);
  return program;
}

async function stop(program: RunningProgram): Promise<void> {
  programs.splice(programs.indexOf(program), 1);
  await program.stop();
}

async function accountOf(name: string): Promise<number | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

test('as an ordinary account the server runs as that account and all files are its own', async () => {
  const owner = isRoot ? NOBODY : (process.geteuid?.() ?? 0);
  await mkdir(data);
  if (isRoot) await chown(data, owner, owner);
  const program = await start(isRoot ? { uid: owner, gid: owner } : {});
  expect(program.report.message).toBeUndefined();
  expect(uidOf(await postmasterOf(data))).toBe(owner);
  expect(statSync(join(data, 'postgres')).uid).toBe(owner);
  expect(statSync(program.report.connection?.host ?? '').uid).toBe(owner);
});

if (isRoot) {
  describe('as root', () => {
    test('the server runs as postgres, else as nobody, and only its own folders change owner', async () => {
      await mkdir(data);
      await writeFile(join(data, 'key'), 'secret', { mode: 0o600 });
      const program = await start();
      const expected = (await accountOf('postgres')) ?? (await accountOf('nobody'));
      expect(uidOf(await postmasterOf(data))).toBe(expected);
      expect(statSync(join(data, 'postgres')).uid).toBe(expected);
      expect(statSync(program.report.connection?.host ?? '').uid).toBe(expected);
      expect([data, join(data, 'key'), folder].map((path) => statSync(path).uid)).toEqual([0, 0, 0]);
    });

    test('no server process keeps a group of root', async () => {
      await start();
      const status = await readFile(`/proc/${await postmasterOf(data)}/status`, 'utf8');
      expect(/^Groups:(.*)$/m.exec(status)?.[1]?.trim()).toBe('');
      expect(/^Gid:\s+(.*)$/m.exec(status)?.[1]?.split('\t')).not.toContain('0');
    });

    test('under a umask of 077 the server still gets through the folder that is made for it', async () => {
      const before = process.umask(0o077);
      try {
        const program = await start();
        expect(program.report.log.find(({ message }) => message === 'embedded database started')?.fields).toMatchObject(
          {
            path: join(data, 'postgres'),
          },
        );
        expect(uidOf(await postmasterOf(data))).not.toBe(0);
      } finally {
        process.umask(before);
      }
    });

    test('data that another account made is given to the one that the server runs as', async () => {
      await mkdir(data);
      await chown(data, NOBODY, NOBODY);
      const asNobody = await start({ uid: NOBODY, gid: NOBODY });
      await query(asNobody.report.connection, 'CREATE TABLE kept AS SELECT 1 AS number');
      await stop(asNobody);
      const asRoot = await start();
      expect(await query(asRoot.report.connection, 'SELECT number FROM kept')).toEqual([{ number: 1 }]);
    });

    test('data that root made is refused to an ordinary account, with both named', async () => {
      await stop(await start());
      await chown(data, NOBODY, NOBODY);
      const { report } = await start({ uid: NOBODY, gid: NOBODY });
      expect(report).toMatchObject({
        fault: 'data_directory',
        message: expect.stringMatching(/belongs to uid \d+, and we run as uid 65534/),
      });
    });

    test('the running server of root can not be taken over by the command line of an ordinary account', async () => {
      const running = await start();
      const order = { do: 'find-running', dataDirectory: data } as const;
      const asNobody = await runProgram(folder, order, { uid: NOBODY, gid: NOBODY });
      expect(asNobody.report).toMatchObject({ fault: 'data_directory' });
      const asRoot = await runProgram(folder, order);
      expect(asRoot.report.connection).toEqual(running.report.connection);
    });
  });

  describe('as root, in a clone under a closed home', () => {
    beforeEach(async () => {
      await chmod(folder, 0o700);
    });

    if (hasNamespaces) {
      test('the server runs in a user namespace and the data stay in the clone, owned by root', async () => {
        const program = await start();
        expect(program.report.message).toBeUndefined();
        expect(await query(program.report.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
        const namespace = await readlink(`/proc/${await postmasterOf(data)}/ns/user`);
        expect(namespace).not.toBe(await readlink('/proc/self/ns/user'));
        expect(lstatSync(join(data, 'postgres')).isDirectory()).toBe(true);
        expect(statSync(join(data, 'postgres')).uid).toBe(0);
      });

      test('data made elsewhere by a server with an account of its own are taken along', async () => {
        await chmod(folder, 0o755);
        const open = await start();
        await query(open.report.connection, 'CREATE TABLE kept AS SELECT 1 AS number');
        await stop(open);
        await chmod(folder, 0o700);
        const closed = await start();
        expect(await query(closed.report.connection, 'SELECT number FROM kept')).toEqual([{ number: 1 }]);
      });
    }

    describe('without user namespaces', () => {
      let place = '';
      const before = new Set(existsSync(SYSTEM) ? readdirSync(SYSTEM) : []);

      afterEach(async () => {
        for (const program of programs.splice(0)) await program.stop();
        if (place !== '') await rm(place, { recursive: true, force: true });
        place = '';
      });

      afterAll(async () => {
        for (const name of existsSync(SYSTEM) ? readdirSync(SYSTEM) : []) {
          if (name.startsWith('postgresql-') && !before.has(name)) await rm(join(SYSTEM, name), { recursive: true });
        }
        await rmdir(SYSTEM).catch(() => undefined); // unless it holds somebody else's
      });

      /** The folder of this test under /var/lib/postern; other installations may have theirs beside it. */
      async function startElsewhere(): Promise<RunningProgram> {
        const program = await start({ env: { PATH: programsFolder } });
        place = existsSync(join(data, 'postgres')) ? dirname(await realpath(join(data, 'postgres'))) : '';
        return program;
      }

      test('data and programs are placed under /var/lib/postern, linked, and found again', async () => {
        const first = await startElsewhere();
        expect(first.report.message).toBeUndefined();
        expect(place).toMatch(/^\/var\/lib\/postern\/[0-9a-f]{16}$/);
        expect(lstatSync(join(data, 'postgres')).isSymbolicLink()).toBe(true);
        expect(uidOf(await postmasterOf(data))).not.toBe(0);
        expect(first.report.log.some(({ level, message }) => level === 'warn' && message.includes('elsewhere'))).toBe(
          true,
        );
        await query(first.report.connection, 'CREATE TABLE kept AS SELECT 1 AS number');
        await stop(first);
        const second = await startElsewhere();
        expect(await query(second.report.connection, 'SELECT number FROM kept')).toEqual([{ number: 1 }]);
        const found = await runProgram(folder, { do: 'find-running', dataDirectory: data });
        expect(found.report.connection).toEqual(second.report.connection);
      });

      test('after the data folder was deleted a new database is made and the old one kept aside', async () => {
        const first = await startElsewhere();
        await query(first.report.connection, 'CREATE TABLE kept AS SELECT 1 AS number');
        await stop(first);
        await rm(data, { recursive: true });
        const second = await startElsewhere();
        await expect(query(second.report.connection, 'SELECT number FROM kept')).rejects.toThrow(/does not exist/);
        expect(readdirSync(place).filter((name) => name.startsWith('postgres.unlinked-'))).toHaveLength(1);
      });

      test('existing data that the account can not reach are not moved: the message says what to do', async () => {
        await chmod(folder, 0o755);
        await stop(await start());
        await chmod(folder, 0o700);
        const { report } = await startElsewhere();
        place = ''; // it lies in the test's own folder
        expect(report).toMatchObject({
          fault: 'data_directory',
          message: expect.stringMatching(/can't enter .*POSTERN_DATA_DIR/s),
        });
        expect(lstatSync(join(data, 'postgres')).isDirectory()).toBe(true);
      });
    });
  });

  if (hasNamespaces) {
    test('an account without a name, as containers have it, gets one for the server', async () => {
      await mkdir(data);
      await chown(data, NAMELESS, NAMELESS);
      const program = await start({ uid: NAMELESS, gid: NAMELESS });
      expect(program.report.message).toBeUndefined();
      expect(statSync(join(data, 'postgres')).uid).toBe(NAMELESS);
      expect(await query(program.report.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  }

  test('an account without a name and without user namespaces is told what PostgreSQL misses', async () => {
    await mkdir(data);
    await chown(data, NAMELESS, NAMELESS);
    const { report } = await start({ uid: NAMELESS, gid: NAMELESS, env: { PATH: programsFolder } });
    expect(report).toMatchObject({
      fault: 'start_failed',
      message: expect.stringMatching(/user does not exist.*account that \/etc\/passwd lists.*DATABASE_URL/s),
    });
    expect(readdirSync(data)).toEqual([]);
  });
}

test('a clone that was moved finds its data', async () => {
  const first = await start();
  await query(first.report.connection, 'CREATE TABLE kept AS SELECT 1 AS number');
  await stop(first);
  const moved = join(folder, 'moved');
  await rename(data, moved);
  data = moved;
  const second = await start();
  expect(await query(second.report.connection, 'SELECT number FROM kept')).toEqual([{ number: 1 }]);
});
