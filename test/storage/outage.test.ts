// The database goes away, hangs, throws us out: callers hear `service.unavailable` in time, and everything works again afterwards.
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../src/base/problem.ts';
import type { Storage, Stores } from '../../src/domain/stores.ts';
import { createDataSource } from '../../src/storage/data-source.ts';
import { DatabaseSession } from '../../src/storage/database-session.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createPostgresStorage } from '../../src/storage/postgres-storage.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import type { DatabaseProxy } from '../support/database-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { makeClient, newClient } from '../support/factories.ts';

let database: TestDatabase;
let proxy: DatabaseProxy;
let opened: TestStorage;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  proxy = await startDatabaseProxy(database.connection);
  opened = await openTestStorage({ url: proxy.url });
});

afterEach(async () => {
  await opened.close();
  await proxy.close();
});

const look = (stores: Stores) => stores.companies.find('co_root', null);
const count = (stores: Stores) => stores.attempts.count('outage', 60, new Date());

/** The problem's code, and whether it came in time. No answer at all would take the test's own limit. */
async function refusalOf(promise: Promise<unknown>): Promise<[code: string, retryAfterSeconds: number | undefined]> {
  const error: unknown = await promise.then(
    () => 'no refusal',
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw error;
  return [error.code, error.retryAfterSeconds];
}

const UNAVAILABLE = ['service.unavailable', 2];

async function expectRecovery(): Promise<void> {
  await eventually('it works again', () =>
    opened.storage.write(count).then(
      () => true,
      () => false,
    ),
  );
  expect(await opened.storage.read(look)).toMatchObject({ id: 'co_root' });
}

test('away: reads and writes are refused, and served again afterwards', async () => {
  await opened.storage.read(look);
  await proxy.goAway();
  expect(await refusalOf(opened.storage.read(look))).toEqual(UNAVAILABLE);
  expect(await refusalOf(opened.storage.write(count))).toEqual(UNAVAILABLE);
  await proxy.comeBack();
  await expectRecovery();
});

test('hanging: each of thirty at once is refused before long, and nothing is stuck afterwards', async () => {
  await Promise.all(Array.from({ length: 10 }, () => opened.storage.read(look)));
  proxy.hang();
  const startedAt = performance.now();
  const waits = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      expect(await refusalOf(index % 2 === 0 ? opened.storage.read(look) : opened.storage.write(count))).toEqual(
        UNAVAILABLE,
      );
      return performance.now() - startedAt;
    }),
  );
  // The limits themselves are 1.5 s; a busy machine may wake up late.
  expect(Math.max(...waits)).toBeLessThan(4000);
  await proxy.comeBack();
  await expectRecovery();
});

test('hanging in the middle of a transaction: refused, and nothing of it is stored', async () => {
  const client = newClient();
  const refusal = await refusalOf(
    opened.storage.write(async (stores) => {
      await stores.clients.insert(client);
      proxy.hang();
      await stores.clients.find(client.clientId, null);
    }),
  );
  expect(refusal).toEqual(UNAVAILABLE);
  await proxy.comeBack();
  await expectRecovery();
  expect(await opened.storage.read((stores) => stores.clients.find(client.clientId, null))).toBeUndefined();
  expect(opened.changes).toEqual([]);
});

test('hanging at the commit: whoever asked is not told that it is stored', async () => {
  const client = newClient();
  const refusal = await refusalOf(
    opened.storage.write(async (stores) => {
      await stores.clients.insert(client);
      proxy.hang();
    }),
  );
  expect(refusal).toEqual(UNAVAILABLE);
  expect(opened.changes).toEqual([]);
  await proxy.comeBack();
  await expectRecovery();
});

test('the connection breaks between two statements of a transaction', async () => {
  const refusal = await refusalOf(
    opened.storage.write(async (stores) => {
      await count(stores);
      await proxy.goAway();
      await proxy.comeBack();
      await count(stores);
    }),
  );
  expect(refusal).toEqual(UNAVAILABLE);
  await expectRecovery();
});

test('the administrator ends every session, in use or idle', async () => {
  const idle = Promise.all(Array.from({ length: 5 }, () => opened.storage.read(look)));
  await idle;
  const refusal = await refusalOf(
    opened.storage.write(async (stores) => {
      await count(stores);
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      await count(stores);
    }),
  );
  expect(refusal).toEqual(UNAVAILABLE);
  await expectRecovery();
});

test('a row that somebody holds for too long: refused, and the connection is good again', async () => {
  const { clientId } = await makeClient(opened.storage);
  let refusal: unknown;
  await opened.storage.write(async (stores) => {
    await stores.clients.findForUpdate(clientId, null);
    refusal = await refusalOf(opened.storage.write((others) => others.clients.findForUpdate(clientId, null)));
  });
  expect(refusal).toEqual(UNAVAILABLE);
  await expectRecovery();
});

describe('too many connections', () => {
  test('at the server', async () => {
    await database.query(`CREATE ROLE crowded LOGIN CONNECTION LIMIT 1`);
    await database.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO crowded`);
    const dataSource = createDataSource({
      connection: { ...database.connection, user: 'crowded' },
      log: { warn: () => undefined },
    });
    await dataSource.initialize();
    try {
      const crowded = createPostgresStorage({ dataSource, onCommitted: () => undefined });
      await crowded.read(async (stores) => {
        await look(stores);
        expect(await refusalOf(crowded.read(look))).toEqual(UNAVAILABLE);
      });
      expect(await crowded.read(look)).toMatchObject({ id: 'co_root' });
    } finally {
      await dataSource.destroy();
      await database.query(`DROP OWNED BY crowded; DROP ROLE crowded`);
    }
  });

  test('in the pool: whoever waits longer than 1.5 s for a free one is refused', async () => {
    const dataSource = createDataSource({
      connection: database.connection,
      log: { warn: () => undefined },
      poolSize: 1,
    });
    await dataSource.initialize();
    try {
      const small = createPostgresStorage({ dataSource, onCommitted: () => undefined });
      await small.read(async (stores) => {
        await look(stores);
        expect(await refusalOf(small.read(look))).toEqual(UNAVAILABLE);
      });
      expect(await small.read(look)).toMatchObject({ id: 'co_root' });
    } finally {
      await dataSource.destroy();
    }
  });
});

describe('a burst', () => {
  const single = async <T>(work: (storage: Storage, dataSource: DataSource) => Promise<T>): Promise<T> => {
    const dataSource = createDataSource({
      connection: { url: proxy.url },
      log: { warn: () => undefined },
      poolSize: 1,
    });
    await dataSource.initialize();
    try {
      return await work(createPostgresStorage({ dataSource, onCommitted: () => undefined }), dataSource);
    } finally {
      await dataSource.destroy();
    }
  };
  /** Takes its place and a quarter of a second. */
  const slowly = (storage: Storage) =>
    storage.write(async (stores) => {
      await count(stores);
      await pause(250);
    });

  test('is worked off although the last waits longer than 1.5 s, as long as one after the other gets done', async () => {
    await single(async (storage) => {
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: 10 }, () => slowly(storage)));
      expect(performance.now() - startedAt).toBeGreaterThan(2_000);
    });
  });

  test('is refused from five seconds on, and what came first is served', async () => {
    await single(async (storage) => {
      const ends = await Promise.allSettled(Array.from({ length: 30 }, () => slowly(storage)));
      const refused = ends.filter(({ status }) => status === 'rejected');
      expect(ends[0]?.status).toBe('fulfilled');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(25);
      expect(await storage.read(look)).toMatchObject({ id: 'co_root' });
    });
  });

  test('of which nothing gets done any more is refused before long', async () => {
    await single(async (storage) => {
      const ends = Array.from({ length: 20 }, () => refusalOf(slowly(storage)).catch(() => 'stored'));
      await ends[0];
      proxy.hang();
      const hungAt = performance.now();
      expect((await Promise.all(ends)).filter((end) => end !== 'stored').length).toBeGreaterThan(10);
      expect(performance.now() - hungAt).toBeLessThan(4_000);
      await proxy.comeBack();
      await eventually('it works again', () => storage.read(look).catch(() => undefined));
    });
  });

  test('lets the token path and the question whether the database is there past it', async () => {
    await single(async (storage, dataSource) => {
      const order: string[] = [];
      const crowd = Array.from({ length: 8 }, async (_, at) => {
        await slowly(storage);
        order.push(`write ${at}`);
      });
      const urgent = DatabaseSession.openUrgent(dataSource).then(async (session) => {
        await session.query('SELECT 1');
        await session.release();
        order.push('check');
      });
      const statement = poolOf(dataSource)
        .query('SELECT 1')
        .then(() => order.push('token path'));
      await Promise.all([...crowd, urgent, statement]);
      expect(order.slice(0, 4)).toEqual(expect.arrayContaining(['check', 'token path']));
    });
  });
});

test('a fault of ours is not taken for an absent database', async () => {
  await expect(opened.storage.read(() => Promise.reject(new TypeError('undefined is not a function')))).rejects.toThrow(
    TypeError,
  );
});
