// The audit writer: an event whose promise is kept is stored, many share one statement, and none is lost or told as stored that is not.

import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import { type AuditWriter, createAuditWriter } from '../../src/storage/audit-writer.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { keepLog, openDataSource, someEvent } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
let log: ReturnType<typeof keepLog>;
const writers: AuditWriter[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(() => {
  log = keepLog();
});

afterEach(async () => {
  await Promise.all(writers.splice(0).map(async (writer) => await writer.close()));
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

function openWriter(
  limits: { timeoutMilliseconds?: number; maxBatch?: number; maxWaiting?: number } = {},
): AuditWriter {
  const writer = createAuditWriter({ dataSource, log, ...limits });
  writers.push(writer);
  return writer;
}

interface StoredRow {
  readonly id: string;
  readonly xmin: string;
  readonly request_id: string;
  readonly user_agent: string | null;
  readonly details: unknown;
}

/** In the order of ids. `xmin` is the transaction that stored the row. */
async function stored(prefix: string): Promise<StoredRow[]> {
  return await database.query<StoredRow>(
    `SELECT id::text, xmin::text, request_id, user_agent, details FROM audit_event WHERE request_id LIKE $1 ORDER BY audit_event.id`,
    [`${prefix}%`],
  );
}

function numbered(prefix: string, count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, at) => someEvent({ requestId: `${prefix}${String(at).padStart(6, '0')}` }));
}

async function outcomes(appends: readonly Promise<void>[]): Promise<string[]> {
  const settled = await Promise.allSettled(appends);
  return settled.map((each) => {
    if (each.status === 'fulfilled') return 'stored';
    const reason: unknown = each.reason;
    return reason instanceof Error && 'code' in reason ? String(reason.code) : String(reason);
  });
}

/** Holds the lock that storing takes, as another instance does for a moment. */
async function holdLock(): Promise<Client> {
  const client = new Client({ ...database.connection, ssl: false });
  await client.connect();
  await client.query('BEGIN; SELECT pg_advisory_xact_lock(7096310, 1)');
  return client;
}

describe('appending', () => {
  test('keeps every field', async () => {
    const event = someEvent({
      time: new Date('2026-03-04T05:06:07.089Z'),
      action: 'client.updated',
      outcome: 'failure',
      reason: 'client_inactive',
      actor: { type: 'user', id: 'usr_1', name: 'a@acme.test' },
      target: { type: 'client', id: 'pst_x', name: 'Größe 😀 "quoted" \\' },
      requestId: 'field-1',
      changes: { name: ['old', null], ip: [[1, { deep: true }], 'x'] },
    });
    await openWriter().append(event);
    const rows = await database.query<Record<string, unknown>>(
      `SELECT * FROM audit_event WHERE request_id = 'field-1'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      time: event.time,
      company_id: 'co_root',
      company_path: 'co_root/',
      action: 'client.updated',
      outcome: 'failure',
      reason: 'client_inactive',
      actor_type: 'user',
      actor_id: 'usr_1',
      actor_name: 'a@acme.test',
      target_type: 'client',
      target_id: 'pst_x',
      target_name: 'Größe 😀 "quoted" \\',
      ip: '203.0.113.7',
      user_agent: 'curl/8.5.0',
      changes: { name: ['old', null], ip: [[1, { deep: true }], 'x'] },
      details: { scope: 'clients:read audit:read', api: 'management' },
    });
  });

  test('5,000 events at once stores 5,000 rows in the order of appending, with ten statements', async () => {
    const writer = openWriter();
    const events = numbered('many-', 5000);
    expect(new Set(await outcomes(events.map(async (event) => await writer.append(event))))).toEqual(
      new Set(['stored']),
    );
    const rows = await stored('many-');
    expect(rows.map((row) => row.request_id)).toEqual(events.map((event) => event.requestId));
    expect(new Set(rows.map((row) => row.xmin)).size).toBe(10);
  });

  test('one after the other from many requests loses none and groups what comes together', async () => {
    const writer = openWriter();
    const request = async (name: string): Promise<void> => {
      for (const event of numbered(`flow-${name}-`, 50)) await writer.append(event);
    };
    await Promise.all(Array.from({ length: 16 }, async (_, at) => await request(String(at))));
    const rows = await stored('flow-');
    expect(rows).toHaveLength(800);
    expect(new Set(rows.map((row) => row.request_id)).size).toBe(800);
    expect(new Set(rows.map((row) => row.xmin)).size).toBeLessThan(400);
  });

  test('is kept only when the row can be seen by others', async () => {
    const writer = openWriter();
    const blocker = await holdLock();
    let isKept = false;
    const append = (async () => {
      await writer.append(someEvent({ requestId: 'seen-1' }));
      isKept = true;
    })();
    await eventually('it waits for the lock', async () => {
      const rows = await database.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      return rows.length > 0;
    });
    expect(isKept).toBe(false);
    expect(await stored('seen-')).toHaveLength(0);
    await blocker.query('COMMIT');
    await append;
    expect(await stored('seen-')).toHaveLength(1);
    await blocker.end();
  });

  test('is flushed to disk even where the server does not ask for it', async () => {
    const writer = openWriter();
    await writer.append(someEvent());
    const [server] = await database.query<{ synchronous_commit: string }>('SHOW synchronous_commit');
    expect(server?.synchronous_commit).toBe('off');
    await database.query(
      `CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN NEW.reason := current_setting('synchronous_commit'); RETURN NEW; END $$;
       CREATE TRIGGER note_commit BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION note_commit()`,
    );
    await writer.append(someEvent({ requestId: 'flush-1' }));
    await database.query('DROP TRIGGER note_commit ON audit_event');
    const rows = await database.query(`SELECT reason FROM audit_event WHERE request_id = 'flush-1'`);
    expect(rows).toEqual([{ reason: 'on' }]);
  });
});

describe('an event that PostgreSQL would not take', () => {
  test('for a NUL or half a surrogate pair is stored with U+FFFD in its place', async () => {
    const writer = openWriter();
    await writer.append(
      someEvent({ requestId: 'odd-1', userAgent: 'a\0b\ud800c😀', details: { 'te\\u0000xt': '\udfff\\u0000' } }),
    );
    expect(await stored('odd-')).toMatchObject([
      { user_agent: 'a\ufffdb\ufffdc😀', details: { 'te\\u0000xt': '\ufffd\\u0000' } },
    ]);
  });

  test('for its length is cut', async () => {
    const writer = openWriter();
    const long = '😀x'.repeat(50_000);
    await writer.append(
      someEvent({ requestId: 'long-1', actor: { type: 'client', id: long, name: long }, userAgent: long }),
    );
    expect(await stored('long-')).toHaveLength(1);
  });

  test('fails alone: the others of its statement are stored', async () => {
    const writer = openWriter();
    const events = numbered('poison-', 300);
    const poison = someEvent({ requestId: 'poison-x', time: new Date(8.64e15) });
    const appends = [...events.slice(0, 77), poison, ...events.slice(77)].map(
      async (event) => await writer.append(event),
    );
    const results = await outcomes(appends);
    expect(results[77]).toBe('service.unavailable');
    expect(results.filter((result) => result === 'stored')).toHaveLength(300);
    expect((await stored('poison-')).map((row) => row.request_id)).toEqual(events.map((event) => event.requestId));
    expect(log.messages).toEqual(['an audit event cannot be stored; what it tells of was refused']);
    await writer.append(someEvent());
  });

  test('cannot even be written down: it alone is refused', async () => {
    const writer = openWriter();
    const results = await outcomes([
      writer.append(someEvent({ time: new Date(Number.NaN) })),
      writer.append(someEvent({ requestId: 'fine-1' })),
    ]);
    expect(results[0]).not.toBe('stored');
    expect(results[1]).toBe('stored');
  });
});

describe('when storing fails', () => {
  test('every event of the statement and every one that waits is refused, none stored, and the next is stored again', async () => {
    const writer = openWriter({ maxBatch: 10 });
    const blocker = await holdLock();
    const results = outcomes(numbered('fail-', 35).map(async (event) => await writer.append(event)));
    await eventually('it waits for the lock', async () => {
      const rows = await database.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
      );
      const [row] = rows;
      return row && (await database.query('SELECT pg_terminate_backend($1)', [row.pid]));
    });
    expect(new Set(await results)).toEqual(new Set(['service.unavailable']));
    await blocker.query('COMMIT');
    await blocker.end();
    expect(await stored('fail-')).toHaveLength(0);
    await writer.append(someEvent({ requestId: 'after-1' }));
    expect(await stored('after-')).toHaveLength(1);
    expect(log.messages).toEqual([
      'audit events cannot be stored; nothing is issued until they can',
      'audit events are stored again',
    ]);
  });

  test('because the database hangs, everybody is refused when the time is over', async () => {
    const writer = openWriter({ timeoutMilliseconds: 300 });
    const blocker = await holdLock();
    expect(new Set(await outcomes(numbered('hang-', 20).map(async (event) => await writer.append(event))))).toEqual(
      new Set(['service.unavailable']),
    );
    await blocker.query('COMMIT');
    await blocker.end();
    await writer.append(someEvent({ requestId: 'again-1' }));
    expect(await stored('again-')).toHaveLength(1);
  });

  test('because the queue is full, who comes then is refused and the others are stored', async () => {
    const writer = openWriter({ maxWaiting: 50 });
    const results = await outcomes(numbered('full-', 60).map(async (event) => await writer.append(event)));
    expect(results.filter((result) => result === 'stored')).toHaveLength(50);
    expect(results.slice(50)).toEqual(Array.from({ length: 10 }, () => 'service.unavailable'));
    expect(await stored('full-')).toHaveLength(50);
  });
});

test('closing stores what was appended before and refuses what comes after', async () => {
  const writer = openWriter({ maxBatch: 10 });
  const results = outcomes(numbered('close-', 95).map(async (event) => await writer.append(event)));
  await writer.close();
  expect(new Set(await results)).toEqual(new Set(['stored']));
  await expect(writer.append(someEvent())).rejects.toMatchObject({ code: 'service.unavailable' });
});
