// The audit log: what goes in comes out, nothing is changed or lost, and readers who follow it miss nothing.

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent, NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import type { AuditFilter } from '../../src/domain/stores.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { makeCompany, makeTenants, reachOf, rootCompany } from '../support/factories.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';

let database: TestDatabase;
let opened: TestStorage;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

function event(given: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    time: new Date('2025-06-01T12:00:00.123Z'),
    companyId: 'co_root',
    action: 'client.created',
    outcome: 'success',
    reason: null,
    actor: { type: 'user', id: 'usr_ada', name: 'ada@example.test' },
    target: { type: 'client', id: 'pst_target', name: 'siem' },
    ip: '192.0.2.1',
    userAgent: 'curl/8',
    requestId: 'req-1',
    changes: { name: [null, 'siem'], rules: [['a'], []] },
    details: { scope: 'a b' },
    ...given,
  };
}

const append = (...events: NewAuditEvent[]) => opened.storage.write((stores) => stores.audit.append(...events));

const list = (filter: AuditFilter, order: 'asc' | 'desc' = 'desc', limit = 200, cursor?: string) =>
  opened.storage.read((stores) => stores.audit.list(filter, { order, limit, cursor }, reachOf(rootCompany)));

const ids = (events: readonly AuditEvent[]) => events.map(({ id }) => Number(id));

describe('append', () => {
  test('what goes in comes out, with an id that grows', async () => {
    const events = [
      event({ requestId: 'in-out' }),
      event({ requestId: 'in-out', target: null, changes: null, details: null, companyId: null, reason: 'why' }),
    ];
    await append(...events);
    const { items } = await list({ requestId: 'in-out' }, 'asc');
    expect(items.map(({ id: _, ...rest }) => rest)).toEqual(events);
    expect(ids(items)[1]).toBe((ids(items)[0] ?? 0) + 1);
    const [first] = items;
    expect(await opened.storage.read((stores) => stores.audit.find(first?.id ?? '', reachOf(rootCompany)))).toEqual(
      first,
    );
  });

  test('keeps the order in which events were given, and none is nothing', async () => {
    await append(...Array.from({ length: 50 }, (_, index) => event({ requestId: 'order', reason: String(index) })));
    await append();
    const { items } = await list({ requestId: 'order' }, 'asc');
    expect(items.map(({ reason }) => Number(reason))).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  test('is undone with its transaction', async () => {
    const failure = opened.storage.write(async (stores) => {
      await stores.audit.append(event({ requestId: 'undone' }));
      throw new Error('no');
    });
    await expect(failure).rejects.toThrow('no');
    expect((await list({ requestId: 'undone' })).items).toEqual([]);
  });

  test('takes every naughty string in every field that strangers fill, whatever its length', async () => {
    for (const text of [...naughtyStrings.map((each) => each.text), 'x'.repeat(100_000), '\ud800', 'a\0b']) {
      const party = { type: 'client', id: text, name: text };
      await append(
        event({
          requestId: 'naughty',
          actor: party,
          target: party,
          reason: 'naughty',
          userAgent: text,
          changes: { name: [text, text] },
          details: { text },
        }),
      );
    }
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM audit_event WHERE reason = 'naughty'`,
    );
    expect(row?.count).toBe(naughtyStrings.length + 3);
  });
});

describe('the database refuses', () => {
  test.each([
    ['to change an event', 'UPDATE audit_event SET reason = $$nothing happened$$'],
    ['to delete an event', 'DELETE FROM audit_event WHERE id = (SELECT min(id) FROM audit_event)'],
    ['to empty the log', 'TRUNCATE audit_event'],
    ['an id of one’s own choice', 'INSERT INTO audit_event (id) VALUES (1)'],
    [
      'an outcome that is none',
      `SELECT append_audit_events('[{"time": "2025-01-01", "action": "a", "outcome": "maybe", "actor_type": "t", "actor_id": "i"}]')`,
    ],
  ])('%s, even to a superuser', async (_what, statement) => {
    await append(event());
    const before = await database.query('SELECT * FROM audit_event ORDER BY id');
    await expect(database.query(statement)).rejects.toThrow(/append-only|non-DEFAULT value|audit_event_outcome/);
    expect(await database.query('SELECT * FROM audit_event ORDER BY id')).toEqual(before);
  });
});

describe('filters', () => {
  test('each picks what it names', async () => {
    const [company] = [await makeCompany(database)];
    const time = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
    const base = { companyId: company.id, target: null, changes: null, details: null, requestId: null };
    await append(
      event({ ...base, time: time(1), reason: 'one', actor: { type: 'client', id: 'pst_x', name: 'Zoë' } }),
      event({ ...base, time: time(2), reason: 'two', target: { type: 'client', id: 'pst_x', name: 'Zoë' } }),
      event({ ...base, time: time(3), reason: 'three', outcome: 'failure', requestId: 'r-3', ip: '198.51.100.7' }),
      event({
        ...base,
        time: time(4),
        reason: 'four',
        action: 'client.deleted',
        actor: { type: 'user', id: 'pst_x', name: null },
      }),
    );
    const reasons = async (filter: AuditFilter) => {
      const reach = reachOf(company);
      const answers = await Promise.all(
        (['asc', 'desc'] as const).map((order) =>
          opened.storage.read((stores) => stores.audit.list(filter, { order, limit: 200 }, reach)),
        ),
      );
      const [up, down] = answers.map(({ items }) => items.map(({ reason }) => reason));
      expect(down?.toReversed()).toEqual(up);
      return up;
    };
    expect(await reasons({})).toEqual(['one', 'two', 'three', 'four']);
    expect(await reasons({ action: 'client.deleted' })).toEqual(['four']);
    expect(await reasons({ outcome: 'failure' })).toEqual(['three']);
    expect(await reasons({ reason: 'two' })).toEqual(['two']);
    expect(await reasons({ actorId: 'pst_x' })).toEqual(['one', 'four']);
    expect(await reasons({ targetId: 'pst_x' })).toEqual(['two']);
    expect(await reasons({ clientId: 'pst_x' })).toEqual(['one', 'two']);
    expect(await reasons({ requestId: 'r-3' })).toEqual(['three']);
    expect(await reasons({ from: time(2) })).toEqual(['two', 'three', 'four']);
    expect(await reasons({ to: time(2) })).toEqual(['one']);
    expect(await reasons({ from: time(2), to: time(4) })).toEqual(['two', 'three']);
    expect(await reasons({ q: 'ZOË' })).toEqual(['one', 'two']);
    expect(await reasons({ q: 'T_X' })).toEqual(['one', 'two', 'four']);
    expect(await reasons({ q: 'hre' })).toEqual(['three']);
    expect(await reasons({ q: '100.7' })).toEqual(['three']);
    expect(await reasons({ q: 'client.del' })).toEqual(['four']);
    expect(await reasons({ q: '%' })).toEqual([]);
    expect(await reasons({ q: 'ada', outcome: 'success' })).toEqual(['two']);
  });
});

test('q finds a whole id, such as the reference of a refusal, wherever it stands, and still what only looks like one', async () => {
  const [reference, clientId] = ['0123456789abcdef0123456789abcdef', 'pst_0123456789ABCDEFGHIJ'];
  const [base, mere] = [{ target: null, changes: null, details: null }, 'fedcba9876543210fedcba9876543210'];
  await append(
    event({ ...base, requestId: reference, reason: 'a' }),
    event({ ...base, actor: { type: 'client', id: clientId, name: null }, reason: 'b' }),
    event({ ...base, target: { type: 'client', id: clientId, name: null }, reason: 'c' }),
    event({ ...base, actor: { type: 'client', id: 'x', name: `named ${mere}` }, reason: 'd' }),
  );
  const reasons = async (q: string) => (await list({ q }, 'asc')).items.map(({ reason }) => reason);
  expect(await reasons(reference)).toEqual(['a']);
  expect(await reasons(clientId)).toEqual(['b', 'c']);
  expect(await reasons(clientId.slice(0, -1))).toEqual(['b', 'c']);
  expect(await reasons(mere)).toEqual(['d']);
});

describe('pages', () => {
  test('newest first end with null; the same in pages of any size, whatever is added meanwhile', async () => {
    const requestId = 'pages-desc';
    await append(...Array.from({ length: 11 }, () => event({ requestId })));
    const whole = ids((await list({ requestId })).items);
    expect(whole).toEqual(whole.toSorted((a, b) => b - a));
    for (const limit of [1, 3, 10, 11, 12]) {
      const seen: number[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list({ requestId }, 'desc', limit, cursor ?? undefined);
        seen.push(...ids(page.items));
        cursor = page.nextCursor;
        await append(event({ requestId: 'meanwhile' }));
      } while (cursor !== null);
      expect(seen).toEqual(whole);
    }
  });

  test('oldest first never end: the cursor brings what comes next, once', async () => {
    const requestId = 'pages-asc';
    const start = await list({ requestId }, 'asc');
    expect(start.items).toEqual([]);
    let cursor = start.nextCursor;
    const seen: number[] = [];
    const follow = async () => {
      expect(cursor).not.toBeNull();
      const page = await list({ requestId }, 'asc', 4, cursor ?? undefined);
      seen.push(...ids(page.items));
      cursor = page.nextCursor;
      return page.items.length;
    };
    await append(...Array.from({ length: 9 }, () => event({ requestId })));
    expect([await follow(), await follow(), await follow(), await follow()]).toEqual([4, 4, 1, 0]);
    await append(event({ requestId: 'another' }));
    expect(await follow()).toBe(0);
    await append(event({ requestId }));
    expect(await follow()).toBe(1);
    expect(new Set(seen).size).toBe(10);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('an empty log has a cursor to follow', async () => {
    const empty = await createTestDatabase();
    const other = await openTestStorage(empty.connection);
    try {
      const ask = (order: 'asc' | 'desc', cursor?: string) =>
        other.storage.read((stores) => stores.audit.list({}, { order, limit: 10, cursor }, reachOf(rootCompany)));
      expect(await ask('desc')).toEqual({ items: [], nextCursor: null });
      const first = await ask('asc');
      expect(first).toEqual({ items: [], nextCursor: expect.any(String) });
      await other.storage.write((stores) => stores.audit.append(event()));
      expect((await ask('asc', first.nextCursor ?? '')).items).toHaveLength(1);
    } finally {
      await other.close();
      await empty.drop();
    }
  });

  test('a follower misses nothing of writers that take turns: ids appear in their order', async () => {
    const requestId = 'race';
    let cursor = (await list({ requestId }, 'asc')).nextCursor ?? undefined;
    const seen: number[] = [];
    let writing = true;
    const follow = (async () => {
      for (;;) {
        const last = !writing;
        const page = await list({ requestId }, 'asc', 50, cursor);
        seen.push(...ids(page.items));
        cursor = page.nextCursor ?? undefined;
        if (last && page.items.length === 0) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let count = 0; count < 20; count += 1) {
          await opened.storage.write(async (stores) => {
            await stores.audit.append(event({ requestId }));
            // Others want to store theirs while this one is not committed yet.
            await stores.companies.find('co_root', null);
          });
        }
      }),
    );
    writing = false;
    await follow;
    expect(seen).toHaveLength(100);
    expect(new Set(seen).size).toBe(100);
  });

  test('a reader who looks while an older event is being stored does not pass it by', async () => {
    const requestId = 'slow-writer';
    const slow = new Client({ ...database.connection, ssl: false });
    await slow.connect();
    try {
      await slow.query('BEGIN');
      const record = {
        time: new Date(),
        action: 'token.issued',
        outcome: 'success',
        actor_type: 't',
        actor_id: 'slow',
      };
      await slow.query('SELECT append_audit_events($1)', [JSON.stringify([{ ...record, request_id: requestId }])]);
      const quick = append(event({ requestId }));
      const before = await list({ requestId }, 'asc');
      expect(before.items).toEqual([]);
      await slow.query('COMMIT');
      await quick;
      const after = await list({ requestId }, 'asc', 10, before.nextCursor ?? undefined);
      expect(after.items.map(({ actor }) => actor.id)).toEqual(['slow', 'usr_ada']);
    } finally {
      await slow.end();
    }
  });
});

test('events of a company are found under the tree as it was when they happened', async () => {
  const { reseller, customer } = await makeTenants(database);
  await append(event({ companyId: customer.id, requestId: 'tree' }));
  const page = await opened.storage.read((stores) =>
    stores.audit.list({ requestId: 'tree' }, { order: 'desc', limit: 10 }, reachOf(reseller)),
  );
  expect(page.items).toHaveLength(1);
});
