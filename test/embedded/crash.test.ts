// Deaths of every kind: of the program, of the server, of the shell between them, in the middle of making the files.

import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { install, installedProgram, makeOpenFolder, removeFolder, runProgram } from './installation.ts';
import { groupOf, keptLog, parentOf, postmasterOf, processesIn, query } from './server-processes.ts';

let home: string;
let folder: string;
let data: string;
const servers: EmbeddedPostgres[] = [];
const { log, entries } = keptLog();

async function start(restartDelays?: number[]): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory: data, log, restartDelays });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  home = await makeOpenFolder();
  await install(home, { binaries: true });
});

beforeEach(async () => {
  folder = await makeOpenFolder();
  data = join(folder, 'data');
  entries.length = 0;
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  // The shell that watches looks every 100 ms.
  await eventually('no process is left', () => processesIn(folder).length === 0, 3000);
  await removeFolder(folder);
});

afterAll(async () => {
  await removeFolder(home);
});

describe('kill -9 of the program', () => {
  test('leaves no process and no socket behind, and every acknowledged row is there at the next start', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      const program = await runProgram(home, { do: 'start', dataDirectory: data, durable: true });
      const client = new Client({ ...program.report.connection, ssl: false });
      client.on('error', () => undefined);
      await client.connect();
      await client.query('CREATE TABLE IF NOT EXISTS entry (number int PRIMARY KEY)');
      expect(
        (await client.query('SELECT count(*)::int AS n FROM entry WHERE number < $1', [acknowledged])).rows,
      ).toEqual([{ n: acknowledged }]);
      const untilItDies = async (): Promise<void> => {
        for (;;) {
          await client.query('INSERT INTO entry VALUES ($1) ON CONFLICT DO NOTHING', [acknowledged]);
          if (++acknowledged % 200 === 0) program.process.kill('SIGKILL');
        }
      };
      await expect(untilItDies()).rejects.toThrow();
      await eventually('no process is left', () => processesIn(data).length === 0, 3000);
      await eventually('no socket is left', () => !existsSync(program.report.connection?.host ?? ''), 3000);
    }
    const server = await start();
    const [row] = await query(server.connection, `SELECT count(*)::int AS n FROM entry WHERE number < ${acknowledged}`);
    expect(row).toEqual({ n: acknowledged });
    expect(acknowledged).toBeGreaterThanOrEqual(600);
  });

  test('does not keep an immediate next start back', async () => {
    const program = await runProgram(home, { do: 'start', dataDirectory: data });
    program.process.kill('SIGKILL');
    const server = await start();
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('together with the shell between them leaves a server that the next start stops and replaces', async () => {
    const program = await runProgram(home, { do: 'start', dataDirectory: data });
    const postmaster = await postmasterOf(data);
    const shell = parentOf(postmaster);
    // The shell's other child is the one that reads the pipe.
    for (const pid of processesIn(data).filter((one) => one !== postmaster && parentOf(one) === shell)) {
      process.kill(pid, 'SIGKILL');
    }
    process.kill(shell, 'SIGKILL');
    program.process.kill('SIGKILL');
    const server = await start();
    expect(await postmasterOf(data)).not.toBe(postmaster);
    expect(existsSync(program.report.connection?.host ?? '')).toBe(false);
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('while the next start is looking already is waited for, though the kill takes effect only then', async () => {
    const program = await runProgram(home, { do: 'start', dataDirectory: data });
    const starting = start();
    setTimeout(() => program.process.kill('SIGKILL'), 100);
    expect(await query((await starting).connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('in the middle of making the files leaves nothing that a next start takes for a database', async () => {
    const program = runProgram(home, { do: 'start', dataDirectory: data }).catch(() => undefined);
    await eventually('initdb is at work', async () => {
      const [draft] = (await readdir(data).catch(() => [])).filter((name) => name.startsWith('postgres.new-'));
      return draft !== undefined && existsSync(join(data, draft, 'PG_VERSION'));
    });
    for (const pid of processesIn(installedProgram(home))) process.kill(pid, 'SIGKILL');
    await program;
    expect(existsSync(join(data, 'postgres'))).toBe(false);
    const server = await start();
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await eventually('the half-made files are gone', async () => (await readdir(data)).join() === 'postgres');
  });
});

test('half-made files of a dead process are removed, those of a live one are left to it', async () => {
  await mkdir(join(data, 'postgres.new-3999999-0a0a0a0a/base'), { recursive: true });
  await writeFile(join(data, 'postgres.new-3999999-0a0a0a0a/PG_VERSION'), '18\n');
  await mkdir(join(data, `postgres.new-${process.ppid}-0b0b0b0b`));
  await start();
  expect((await readdir(data)).toSorted()).toEqual(['postgres', `postgres.new-${process.ppid}-0b0b0b0b`]);
});

describe('kill -9 of the server', () => {
  test('is followed by a restart at the same address, where a pool finds it again with every row', async () => {
    const server = await start();
    const pool = new Pool({ ...server.connection, ssl: false, max: 3 });
    pool.on('error', () => undefined);
    try {
      await pool.query('CREATE TABLE kept AS SELECT 42 AS number');
      for (let round = 0; round < 2; round++) {
        const before = await postmasterOf(data);
        process.kill(before, 'SIGKILL');
        const rows = await eventually('the pool answers again', async () => {
          if ((await postmasterOf(data).catch(() => before)) === before) return undefined;
          return await pool.query('SELECT number FROM kept').then(
            (result) => result.rows as unknown[],
            () => undefined,
          );
        });
        expect(rows).toEqual([{ number: 42 }]);
      }
    } finally {
      await pool.end();
    }
  });

  test('by way of the shell is followed by a restart too, and the old server is not left behind', async () => {
    const server = await start();
    const before = await postmasterOf(data);
    process.kill(parentOf(before), 'SIGKILL');
    await eventually('another server answers', async () => {
      if ((await postmasterOf(data).catch(() => before)) === before) return undefined;
      return await query(server.connection, 'SELECT 1').catch(() => undefined);
    });
    await server.stop();
    expect(existsSync(server.connection.host)).toBe(false);
  });

  test('is reported as death when no restart succeeds', async () => {
    const server = await start([10, 20, 30]);
    const control = join(data, 'postgres/global/pg_control');
    await rename(control, `${control}.gone`);
    process.kill(await postmasterOf(data), 'SIGKILL');
    expect(await server.died).toMatch(/could not be started again/);
    await server.stop();
    expect(existsSync(server.connection.host)).toBe(false);
  });

  test('again and again, soon after each restart, is never the end as long as it starts', async () => {
    const server = await start([0, 10, 20]);
    let isGivenUp = false;
    void server.died.then(() => (isGivenUp = true));
    for (let round = 1; round <= 6; round += 1) {
      process.kill(await postmasterOf(data), 'SIGKILL');
      await eventually(
        'it is up again',
        () => entries.filter(({ message }) => message.includes('is up again')).length === round,
      );
    }
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(isGivenUp).toBe(false);
  });

  test('while it is being stopped brings nothing back', async () => {
    const server = await start([0, 0, 0]);
    const postmaster = await postmasterOf(data);
    const stopped = server.stop();
    process.kill(postmaster, 'SIGKILL');
    await stopped;
    await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
  });

  test('whose socket folder somebody has swept away is not needed for a stop', async () => {
    const server = await start();
    await removeFolder(server.connection.host);
    await server.stop();
    expect(entries.filter(({ message }) => message.includes('has died'))).toEqual([]);
    await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
  });

  test('just before a stop does not outlive the stop', async () => {
    const server = await start([0, 0, 0]);
    process.kill(await postmasterOf(data), 'SIGKILL');
    await eventually('the launcher has noticed', () => entries.some(({ message }) => message.includes('has died')));
    await server.stop();
    await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
  });
});

test('an interrupt to the process group of the program, as by Ctrl-C, leaves the server to the program', async () => {
  const program = await runProgram(home, { do: 'start', dataDirectory: data });
  const postmaster = await postmasterOf(data);
  // The terminal signals every process of the foreground group: none of the server's may be in ours.
  expect(groupOf(postmaster)).not.toBe(groupOf(program.process.pid ?? 0));
  expect(groupOf(parentOf(postmaster))).not.toBe(groupOf(program.process.pid ?? 0));
  await program.stop();
});
