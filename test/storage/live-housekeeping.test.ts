// Housekeeping: partitions ahead of time, an end to what is over, by one instance at a time.

import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Housekeeping, startHousekeeping } from '../../src/storage/housekeeping.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { insert, keepLog, openDataSource } from './live-parts.ts';

const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;

let database: TestDatabase;
let dataSource: DataSource;
let log: ReturnType<typeof keepLog>;
const started: Housekeeping[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
  log = keepLog();
});

afterEach(async () => {
  await Promise.all(started.splice(0).map(async (housekeeping) => await housekeeping.close()));
  await dataSource.destroy();
  await database.drop();
});

function start(now?: Date): Housekeeping {
  const clock = now && { now: () => now };
  const housekeeping = startHousekeeping({ dataSource, log, ...(clock && { clock }) });
  started.push(housekeeping);
  return housekeeping;
}

function nameOf(day: Date): string {
  return `opaque_token_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
}

async function partitions(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'opaque_token'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function insertToken(hash: string, expiresAt: Date): Promise<void> {
  await insert(database.query, 'opaque_token', {
    token_hash: hash,
    jti: `0-${hash}`,
    client_id: 'pst_x',
    company_id: 'co_root',
    audience: 'a',
    scope: 's',
    issued_at: new Date(),
    expires_at: expiresAt,
  });
}

async function holderOf(hash: string): Promise<string | undefined> {
  const rows = await database.query<{ name: string }>(
    'SELECT tableoid::regclass::text AS name FROM opaque_token WHERE token_hash = $1',
    [hash],
  );
  return rows[0]?.name;
}

async function keys(table: string, column: string): Promise<unknown[]> {
  const rows = await database.query<{ key: unknown }>(`SELECT ${column} AS key FROM ${table} ORDER BY 1`);
  return rows.map(({ key }) => key);
}

describe('partitions of opaque tokens', () => {
  test('are there for today and three days more, and stay the same in the next round', async () => {
    const now = new Date();
    const housekeeping = start(now);
    await housekeeping.run();
    const expected = [0, 1, 2, 3].map((days) => nameOf(new Date(now.getTime() + days * DAY)));
    expect(await partitions()).toEqual([...expected, 'opaque_token_default'].sort());
    await housekeeping.run();
    expect(await partitions()).toHaveLength(5);
    await insertToken('new', new Date(now.getTime() + DAY));
    expect(await holderOf('new')).toBe(expected[1]);
    expect(log.messages).toEqual([]);
  });

  test('take over what the default one has taken meanwhile', async () => {
    const now = new Date();
    const expiresAt = new Date(now.getTime() + DAY);
    await insertToken('early', expiresAt);
    await insertToken('far', new Date(now.getTime() + 30 * DAY));
    expect(await holderOf('early')).toBe('opaque_token_default');
    await start(now).run();
    expect(await holderOf('early')).toBe(nameOf(expiresAt));
    expect(await holderOf('far')).toBe('opaque_token_default');
    expect(log.messages).toEqual([]);
  });

  test('are made while tokens are issued and looked up, and no token is missed', async () => {
    const now = new Date();
    const client = new Client({ ...database.connection, ssl: false });
    await client.connect();
    const work = { isOver: false };
    const faults: string[] = [];
    const busy = (async () => {
      for (let turn = 0; !work.isOver; turn++) {
        const hash = `busy-${turn}`;
        const expiresAt = new Date(now.getTime() + (turn % 3) * DAY);
        await client.query(`INSERT INTO opaque_token VALUES ($1, $1, 'pst_x', 'co_root', 'a', 's', now(), $2)`, [
          hash,
          expiresAt,
        ]);
        const { rowCount } = await client.query('SELECT 1 FROM opaque_token WHERE token_hash = $1', [
          `busy-${turn >> 1}`,
        ]);
        if (rowCount !== 1) faults.push(hash);
      }
    })();
    await start(now).run();
    work.isOver = true;
    await busy;
    await client.end();
    expect(faults).toEqual([]);
    expect(await partitions()).toHaveLength(5);
  });

  test('go when all their tokens have been over for a day', async () => {
    const now = new Date();
    const make = async (daysAgo: number): Promise<string> => {
      const from = new Date(Math.floor(now.getTime() / DAY - daysAgo) * DAY);
      const to = new Date(from.getTime() + DAY);
      await database.query(
        `CREATE TABLE ${nameOf(from)} PARTITION OF opaque_token FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`,
      );
      return nameOf(from);
    };
    const [old, older, kept] = [await make(2), await make(40), await make(1)];
    await start(now).run();
    const left = await partitions();
    expect(left).not.toContain(old);
    expect(left).not.toContain(older);
    expect(left).toContain(kept);
  });

  test('that cannot be made for a lock do not keep the rest from being done', async () => {
    const blocker = new Client({ ...database.connection, ssl: false });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE opaque_token IN ACCESS SHARE MODE');
    await insert(database.query, 'used_form', { key: 'old', used_at: new Date(Date.now() - 3 * DAY) });
    const housekeeping = start();
    await housekeeping.run();
    expect(log.messages).toEqual(['partitions could not be made']);
    expect(await keys('used_form', 'key')).toEqual([]);
    await blocker.query('ROLLBACK');
    await blocker.end();
    await housekeeping.run();
    expect(await partitions()).toHaveLength(5);
  });
});

describe('rows', () => {
  test('whose time is over go, the others stay', async () => {
    const now = Date.now();
    const ago = (milliseconds: number) => new Date(now - milliseconds);
    await insert(database.query, 'user_account', {
      id: 'usr_1',
      email: 'a@b.test',
      email_key: 'a@b.test',
      name: 'A',
      company_id: 'co_root',
      role_id: 'role_reseller',
      status: 'active',
      created_at: new Date(),
      updated_at: new Date(),
      version: 1,
    });
    for (const [key, end] of [
      ['old', ago(HOUR)],
      ['live', ago(-HOUR)],
    ] as const) {
      await insert(database.query, 'session', {
        id: key,
        token_hash: key,
        user_id: 'usr_1',
        created_at: ago(DAY),
        last_seen_at: ago(DAY),
        expires_at: end,
      });
      await insert(database.query, 'one_time_link', {
        token_hash: key,
        kind: 'invitation',
        user_id: 'usr_1',
        expires_at: end,
      });
      await insert(database.query, 'attempt', { key, attempts: 1, window_ends_at: end });
    }
    for (const [jti, end] of [
      ['old', ago(2 * DAY)],
      ['expired', ago(HOUR)],
      ['live', ago(-HOUR)],
    ] as const) {
      await insert(database.query, 'revoked_token', { jti, client_id: 'pst_x', expires_at: end });
    }
    for (const [key, usedAt] of [
      ['old', ago(3 * DAY)],
      ['new', ago(DAY)],
    ] as const) {
      await insert(database.query, 'used_form', { key, used_at: usedAt });
    }
    await insertToken('old', ago(2 * DAY));
    await insertToken('live', ago(-40 * DAY));
    await database.query('DELETE FROM change');
    await insert(database.query, 'change', { topic: 'client', key: 'old', at: ago(2 * HOUR) });
    await insert(database.query, 'change', { topic: 'client', key: 'new', at: ago(HOUR / 2) });
    await start().run();
    expect(await keys('session', 'id')).toEqual(['live']);
    expect(await keys('one_time_link', 'token_hash')).toEqual(['live']);
    expect(await keys('attempt', 'key')).toEqual(['live']);
    expect(await keys('revoked_token', 'jti')).toEqual(['expired', 'live']);
    expect(await keys('used_form', 'key')).toEqual(['new']);
    expect(await keys('opaque_token', 'token_hash')).toEqual(['live']);
    expect(await keys('change', 'key')).toEqual(['new']);
    expect(log.messages).toEqual([]);
  });

  test('stay when only our clock says that they are over', async () => {
    await insert(database.query, 'revoked_token', {
      jti: 'live',
      client_id: 'pst_x',
      expires_at: new Date(Date.now() + DAY),
    });
    await start(new Date(Date.now() + 3650 * DAY)).run();
    expect(await keys('revoked_token', 'jti')).toEqual(['live']);
  });

  test('go in batches, all of them', async () => {
    await database.query(
      `INSERT INTO change (topic, key, at) SELECT 'client', 'k' || n, now() - interval '2 hours' FROM generate_series(1, 12345) n`,
    );
    await start().run();
    expect(await database.query('SELECT 1 FROM change WHERE key LIKE $1', ['k%'])).toEqual([]);
  });
});

test('of several instances one does it, and the others leave it at that', async () => {
  const instances = Array.from({ length: 4 }, () => start());
  await Promise.all(instances.map(async (housekeeping) => await housekeeping.run()));
  expect(await partitions()).toHaveLength(5);
  expect(log.messages).toEqual([]);
});

test('while another instance is at it nothing is done, and afterwards it is', async () => {
  const other = new Client({ ...database.connection, ssl: false });
  await other.connect();
  await other.query('SELECT pg_advisory_lock(7096310, 3)');
  const housekeeping = start();
  await housekeeping.run();
  expect(await partitions()).toEqual(['opaque_token_default']);
  await other.end();
  await eventually('it is done', async () => {
    await housekeeping.run();
    return (await partitions()).length === 5;
  });
});

test('closing ends a round under way', async () => {
  const blocker = new Client({ ...database.connection, ssl: false });
  await blocker.connect();
  await blocker.query('BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE');
  const housekeeping = start();
  await eventually('it waits for the lock', async () => {
    const rows = await database.query(`SELECT 1 FROM pg_locks WHERE relation = 'session'::regclass AND NOT granted`);
    return rows.length > 0;
  });
  await housekeeping.close();
  await blocker.end();
  expect(log.messages).toEqual([]);
});
