// What the change feed tells, how soon, and when it no longer vouches for what it has not told.

import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Change } from '../../src/storage/change.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type FeedOptions, insertClient, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
const opened: ChangeFeed[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (feed) => await feed.close()));
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function follow(options: FeedOptions = {}) {
  const feed = await openFeed(dataSource, options);
  opened.push(feed);
  const heard: Change[] = [];
  let gaps = 0;
  feed.subscribe((change) => heard.push(change));
  feed.onGap(() => {
    gaps += 1;
  });
  const hasHeard = (key: string) => heard.some((change) => change.key === key);
  return { feed, heard, hasHeard, gaps: () => gaps };
}

async function connect(): Promise<Client> {
  const client = new Client({ ...database.connection, ssl: false });
  await client.connect();
  return client;
}

/** The connections of feeds: nobody else asks for snapshots. */
async function cutFeedConnections(): Promise<number> {
  const cut = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE '%pg_current_snapshot%' OR query LIKE 'LISTEN%')`,
  );
  return cut.length;
}

function touch(clientId: string): Promise<object[]> {
  return database.query('UPDATE client SET version = version + 1 WHERE client_id = $1', [clientId]);
}

describe('a change', () => {
  test('that another connection commits is heard by its notification, before anyone looks', async () => {
    const { hasHeard, heard } = await follow({ pollMilliseconds: 60_000 });
    const other = await connect();
    for (let round = 0; round < 50; round++) {
      const clientId = await insertClient(database.query);
      await eventually('the insert is heard', () => hasHeard(clientId));
      heard.length = 0;
      await other.query('UPDATE client SET version = version + 1 WHERE client_id = $1', [clientId]);
      await eventually('the update is heard', () => hasHeard(clientId));
      expect(heard).toEqual([{ topic: 'client', key: clientId }]);
    }
    await other.end();
  });

  test('is found within two seconds by looking alone when there are no notifications', async () => {
    const { hasHeard, heard } = await follow({ listen: false });
    const clientId = await insertClient(database.query);
    await eventually('the insert is found', () => hasHeard(clientId), 2000);
    heard.length = 0;
    await touch(clientId);
    await eventually('the update is found', () => hasHeard(clientId), 2000);
    expect(heard).toEqual([{ topic: 'client', key: clientId }]);
  });

  test('is told once by looking, however long another transaction keeps running', async () => {
    const runs = await connect();
    await runs.query('BEGIN; SELECT pg_current_xact_id()');
    const { hasHeard, heard } = await follow({ listen: false });
    const first = await insertClient(database.query);
    await eventually('the first is found', () => hasHeard(first));
    const second = await insertClient(database.query);
    await eventually('the second is found', () => hasHeard(second));
    expect(heard.map(({ key }) => key)).toEqual([first, second]);
    await runs.query('ROLLBACK');
    await runs.end();
  });

  test('of a transaction that commits long after others is not missed', async () => {
    const slow = await connect();
    const slowId = await insertClient(database.query);
    const { hasHeard, heard } = await follow({ listen: false });
    await slow.query('BEGIN');
    await slow.query('UPDATE client SET version = version + 1 WHERE client_id = $1', [slowId]);
    for (let round = 0; round < 3; round++) {
      const quickId = await insertClient(database.query);
      await eventually('a quick one is found', () => hasHeard(quickId));
    }
    expect(heard.map(({ key }) => key)).not.toContain(slowId);
    await slow.query('COMMIT');
    await eventually('the slow one is found', () => hasHeard(slowId), 2000);
    await slow.end();
  });

  test('within a subtransaction is found too', async () => {
    const clientId = await insertClient(database.query);
    const { hasHeard, heard } = await follow({ listen: false });
    const other = await connect();
    await other.query('BEGIN; SAVEPOINT inner_one');
    await other.query('UPDATE client SET version = version + 1 WHERE client_id = $1', [clientId]);
    expect(heard).toEqual([]);
    await other.query('RELEASE SAVEPOINT inner_one; COMMIT');
    await eventually('the update is found', () => hasHeard(clientId), 2000);
    expect(heard).toEqual([{ topic: 'client', key: clientId }]);
    await other.end();
  });

  test('of this process is told before apply returns, each once', async () => {
    const { feed, heard } = await follow();
    const change: Change = { topic: 'role', key: 'role_x' };
    feed.apply([change, change]);
    expect(heard).toEqual([change]);
  });

  test('reaches the other listeners when one of them throws', async () => {
    const { feed } = await follow();
    const heard: string[] = [];
    feed.subscribe(() => {
      throw new Error('broken');
    });
    feed.subscribe(({ key }) => heard.push(key));
    feed.apply([{ topic: 'client', key: 'pst_1' }]);
    expect(heard).toEqual(['pst_1']);
  });

  test('that comes with more than a thousand others counts as a gap', async () => {
    const { gaps, heard } = await follow({ listen: false });
    const before = gaps();
    await database.query(`SELECT tell_change('client', 'pst_' || n) FROM generate_series(1, 1001) n`);
    await eventually('everything is forgotten', () => gaps() > before);
    expect(heard).toEqual([]);
  });
});

describe('a feed whose connection is cut', () => {
  test('finds what was committed meanwhile, without a gap', async () => {
    const { feed, hasHeard, gaps } = await follow();
    const clientId = await insertClient(database.query);
    await eventually('the insert is heard', () => hasHeard(clientId));
    const before = gaps();
    for (let round = 0; round < 5; round++) {
      expect(await cutFeedConnections()).toBeGreaterThan(0);
      const nextId = await insertClient(database.query);
      await eventually('it is heard all the same', () => hasHeard(nextId), 2000);
    }
    expect(feed.isFresh()).toBe(true);
    expect(gaps()).toBe(before);
  });

  test('hears notifications again on its next connection, before anyone looks', async () => {
    const { feed, hasHeard } = await follow({ pollMilliseconds: 60_000 });
    expect(await cutFeedConnections()).toBe(1);
    const missedId = await insertClient(database.query);
    await eventually('the first look of the next connection finds it', () => hasHeard(missedId));
    expect(feed.isFresh()).toBe(true);
    const clientId = await insertClient(database.query);
    await eventually('the insert is heard', () => hasHeard(clientId));
  });
});

describe('freshness', () => {
  test('ends when looking hangs, and comes back only after what was missed was told', async () => {
    const { feed, hasHeard, heard } = await follow({ listen: false });
    const clientId = await insertClient(database.query);
    await eventually('the insert is found', () => hasHeard(clientId));
    heard.length = 0;
    expect(feed.isFresh()).toBe(true);
    const blocker = await connect();
    await blocker.query('BEGIN; LOCK TABLE change IN ACCESS EXCLUSIVE MODE');
    await blocker.query('UPDATE client SET version = version + 1 WHERE client_id = $1', [clientId]);
    await eventually('it is no longer fresh', () => !feed.isFresh(), 2500);
    await blocker.query('COMMIT');
    const told = await eventually('it is fresh again', () => feed.isFresh() && { before: hasHeard(clientId) }, 3000);
    expect(told).toEqual({ before: true });
    await blocker.end();
  });

  test('ends with the feed', async () => {
    const { feed } = await follow();
    expect(feed.isFresh()).toBe(true);
    await feed.close();
    expect(feed.isFresh()).toBe(false);
  });
});
