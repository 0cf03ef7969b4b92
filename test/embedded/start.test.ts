// The ordinary life of the embedded database: made, started, stopped, started again; and folders that it can't use.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { NOBODY, isRoot, makeOpenFolder, removeFolder } from './installation.ts';
import { keptLog, postmasterOf, processesIn, query, uidOf } from './server-processes.ts';

let folder: string;
let servers: EmbeddedPostgres[];

beforeEach(async () => {
  folder = await makeOpenFolder();
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  await removeFolder(folder);
});

async function start(dataDirectory: string, durable = false): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory, durable, log: keptLog().log });
  servers.push(server);
  return server;
}

test('a second start on the same folder finds what the first one stored', async () => {
  const data = join(folder, 'not', 'there', 'yet');
  const first = await start(data, true);
  await query(first.connection, `CREATE TABLE kept AS SELECT 'yes' AS word`);
  await first.stop();
  const second = await start(data, true);
  expect(await query(second.connection, 'SELECT word FROM kept')).toEqual([{ word: 'yes' }]);
});

test('the server flushes to disk, listens on no network, stays small and knows Unicode', async () => {
  const { connection } = await start(join(folder, 'data'), true);
  const names =
    'fsync full_page_writes synchronous_commit autovacuum jit listen_addresses shared_buffers max_connections ' +
    'wal_segment_size server_encoding TimeZone';
  const columns = names
    .split(' ')
    .map((name) => `current_setting('${name}') AS "${name}"`)
    .join(', ');
  expect(await query(connection, `SELECT ${columns}, current_user AS "user", upper('é') AS upper`)).toEqual([
    {
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      autovacuum: 'on',
      jit: 'off',
      listen_addresses: '',
      shared_buffers: '32MB',
      max_connections: '40',
      wal_segment_size: '4MB',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
      user: 'postern',
      upper: 'É',
    },
  ]);
  const [sorting] = await query(connection, `SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,B,a,A}'::text[]) x`);
  expect(sorting).toEqual({ string_agg: 'ABab' });
});

test('nobody but us and the server can enter the folder of the socket', async () => {
  const { connection } = await start(join(folder, 'data'));
  const found = await stat(connection.host);
  expect(found.mode & 0o777).toBe(0o700);
  expect(found.uid).toBe(uidOf(await postmasterOf(join(folder, 'data'))));
  expect((await stat(join(connection.host, `.s.PGSQL.${connection.port}`))).mode & 0o777).toBe(0o700);
  if (isRoot) {
    const stranger = spawnSync('ls', [connection.host], { uid: NOBODY - 1, gid: NOBODY - 1 });
    expect(stranger.status).not.toBe(0);
  }
});

test('the path of the socket stays short under a long TMPDIR', async () => {
  const before = process.env['TMPDIR'];
  const long = join(folder, 'x'.repeat(90));
  await mkdir(long);
  process.env['TMPDIR'] = long;
  try {
    const { connection } = await start(join(folder, 'data'));
    expect(connection.host.length).toBeLessThan(86);
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('after stop no process, socket folder or lock file is left, and a second stop does no harm', async () => {
  const data = join(folder, 'data');
  const server = await start(data);
  expect(processesIn(data).length).toBeGreaterThan(3);
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
  expect(existsSync(server.connection.host)).toBe(false);
  expect(existsSync(join(data, 'postgres/postmaster.pid'))).toBe(false);
});

test('stop does not wait for clients that hold a transaction open', async () => {
  const server = await start(join(folder, 'data'));
  const client = new Client({ ...server.connection, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  const refused = expect(client.query('SELECT pg_sleep(600)')).rejects.toThrow(/terminat/);
  const startedAt = performance.now();
  await Promise.all([server.stop(), refused]);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('of two starts at the same moment on a new folder one wins and the other says so', async () => {
  const data = join(folder, 'data');
  const results = await Promise.allSettled([start(data), start(data)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { fault: 'already_running' } });
  expect(await query(servers[0]?.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await readdir(data)).toEqual(['postgres']);
});

test('blanks, quotes, dollars and letters of any script may stand in the path', async () => {
  const { connection } = await start(join(folder, `a b'c"d$HOME\`e;f é 数`));
  expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

describe('a folder that can not be used', () => {
  test('a file in its place is named', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(start(join(folder, 'file'))).rejects.toMatchObject({
      fault: 'data_directory',
      message: expect.stringMatching(/file.*POSTERN_DATA_DIR/s),
    });
  });

  test('a file in the place of the database is named', async () => {
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data/postgres'), '');
    await expect(start(join(folder, 'data'))).rejects.toMatchObject({ fault: 'data_directory' });
  });

  test('files that are no database are left untouched', async () => {
    await mkdir(join(folder, 'data/postgres'), { recursive: true });
    await writeFile(join(folder, 'data/postgres/thesis.txt'), 'years of work');
    await expect(start(join(folder, 'data'))).rejects.toMatchObject({
      fault: 'data_directory',
      message: expect.stringContaining('holds no complete PostgreSQL database'),
    });
    expect(await readdir(join(folder, 'data/postgres'))).toEqual(['thesis.txt']);
  });

  test('an empty folder in the place of the database is used', async () => {
    await mkdir(join(folder, 'data/postgres'), { recursive: true });
    const { connection } = await start(join(folder, 'data'));
    expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a line break in its name is refused', async () => {
    await expect(start(join(folder, 'a\nb'))).rejects.toMatchObject({ fault: 'data_directory' });
  });

  test('what PostgreSQL itself complains of at its start is part of the message', async () => {
    const data = join(folder, 'data');
    await (await start(data)).stop();
    await writeFile(join(data, 'postgres/postgresql.auto.conf'), 'no_such_setting = 1\n');
    const startedAt = performance.now();
    await expect(start(data)).rejects.toMatchObject({
      fault: 'start_failed',
      message: expect.stringContaining('no_such_setting'),
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await eventually('no process is left', () => processesIn(data).length === 0, 5_000);
  });
});

test('the PostgreSQL of the test run answers and spares itself the flushing', async () => {
  expect(await query(inject('postgres'), `SELECT current_setting('fsync') AS fsync`)).toEqual([{ fsync: 'off' }]);
});
