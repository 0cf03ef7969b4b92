// Clients in the database: what is found, in which order, by whom, and that two who change one wait for each other.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../src/base/problem.ts';
import type { Client } from '../../src/domain/client/client.ts';
import type { ClientFilter, ClientSort } from '../../src/domain/stores.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeClient, makeRole, makeTenants, newClient, newSecret, reachOf, rootCompany } from '../support/factories.ts';
import type { Tenants } from '../support/factories.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(() => database.query('DELETE FROM client'));

const find = (clientId: string) => opened.storage.read((stores) => stores.clients.find(clientId, null));

async function names(filter: ClientFilter, limit = 50): Promise<string[]> {
  const page = await opened.storage.read((stores) => stores.clients.list(filter, { limit }, reachOf(rootCompany)));
  return page.items.map(({ name }) => name);
}

async function walk(
  filter: ClientFilter,
  limit: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await opened.storage.read((stores) => stores.clients.list(filter, { limit, cursor }, null));
    expect(page.items.length).toBeLessThanOrEqual(limit);
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
    await between();
  } while (cursor !== undefined);
  return seen;
}

describe('a client', () => {
  test('comes back as it was stored, with the names of its company and role', async () => {
    const client = newClient({
      name: 'Ünïcode 🦔',
      description: 'two\nlines',
      companyId: tenants.plain.id,
      status: 'inactive',
      ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24', '2001:db8::1', 'host.example.test'] },
      tokenLifetimeSeconds: 60,
      tokenFormat: 'opaque',
      expiresAt: new Date('2099-12-31T23:59:59.999Z'),
      tokenGeneration: 7,
      createdAt: new Date('2024-02-29T12:00:00.123Z'),
      updatedAt: new Date('2024-02-29T12:00:00.124Z'),
      version: 3,
    });
    await makeClient(opened.storage, client);
    expect(await find(client.clientId)).toEqual({
      ...client,
      companyName: 'Plain',
      roleName: 'Company Admin',
      lastUsedAt: null,
      secrets: [],
    });
  });

  test('changed: every field is written, the version raised by one, the creation kept', async () => {
    const client = await makeClient(opened.storage);
    const roleId = await makeRole(database, { companyId: 'co_root', name: 'Other role' });
    const changed: Client = {
      ...client,
      name: 'new',
      description: 'new',
      companyId: tenants.plain.id,
      roleId,
      status: 'inactive',
      ipRestriction: { mode: 'report', rules: ['192.0.2.1'] },
      tokenLifetimeSeconds: 3600,
      tokenFormat: 'opaque',
      expiresAt: new Date('2099-01-01T00:00:00.000Z'),
      tokenGeneration: 1,
      updatedAt: new Date('2031-01-01T00:00:00.000Z'),
      createdAt: new Date('2001-01-01T00:00:00.000Z'),
      version: 99,
    };
    await opened.storage.write((stores) => stores.clients.update(changed));
    expect(await find(client.clientId)).toMatchObject({
      ...changed,
      createdAt: client.createdAt,
      version: client.version + 1,
      roleName: 'Other role',
    });
    expect(await names({ q: 'new' })).toEqual(['new']);
  });

  test('deleted: gone with its secrets, told as a change', async () => {
    const { clientId } = await makeClient(opened.storage);
    await opened.storage.write((stores) => stores.clients.insertSecret(newSecret(clientId)));
    opened.changes.length = 0;
    await opened.storage.write((stores) => stores.clients.delete(clientId));
    expect(await find(clientId)).toBeUndefined();
    expect(await database.query('SELECT FROM client_secret')).toEqual([]);
    expect(opened.changes).toContainEqual({ topic: 'client', key: clientId });
  });
});

describe('secrets', () => {
  test('are shown oldest first, without their hashes', async () => {
    const { clientId } = await makeClient(opened.storage);
    const [first, second] = [
      newSecret(clientId, { createdAt: new Date('2025-01-01T00:00:00.000Z'), expiresAt: new Date('2099-01-01') }),
      newSecret(clientId, { createdAt: new Date('2025-01-02T00:00:00.000Z') }),
    ];
    await opened.storage.write(async (stores) => {
      await stores.clients.insertSecret(second);
      await stores.clients.insertSecret(first);
    });
    expect((await find(clientId))?.secrets).toEqual(
      [first, second].map(({ id, hint, createdAt, expiresAt }) => ({
        id,
        hint,
        createdAt,
        expiresAt,
        lastUsedAt: null,
        lastUsedIp: null,
      })),
    );
  });

  test('a third is refused by the database itself, until one of the two is gone', async () => {
    const { clientId } = await makeClient(opened.storage);
    const [first, second, third] = [newSecret(clientId), newSecret(clientId), newSecret(clientId)];
    const insert = (secret: typeof first) => opened.storage.write((stores) => stores.clients.insertSecret(secret));
    await insert(first);
    await insert(second);
    await expect(insert(third)).rejects.toMatchObject({ code: 'resource.conflict' });
    await opened.storage.write((stores) => stores.clients.deleteSecret(clientId, first.id));
    await insert(third);
    expect((await find(clientId))?.secrets.map(({ id }) => id).toSorted()).toEqual([second.id, third.id].toSorted());
  });

  test('two of one client never share their hint', async () => {
    const { clientId } = await makeClient(opened.storage);
    const insert = (hint: string) =>
      opened.storage.write((stores) => stores.clients.insertSecret(newSecret(clientId, { hint })));
    await insert('x7Qa');
    await expect(insert('x7Qa')).rejects.toMatchObject({ code: 'resource.conflict' });
  });

  test('of another client are not deleted', async () => {
    const [mine, other] = [await makeClient(opened.storage), await makeClient(opened.storage)];
    const secret = newSecret(other.clientId);
    await opened.storage.write((stores) => stores.clients.insertSecret(secret));
    await opened.storage.write((stores) => stores.clients.deleteSecret(mine.clientId, secret.id));
    expect((await find(other.clientId))?.secrets).toHaveLength(1);
  });
});

describe('findForUpdate', () => {
  test('makes the next one wait, who then sees what the first did', async () => {
    const { clientId } = await makeClient(opened.storage);
    let second: Promise<number | undefined> | undefined;
    await opened.storage.write(async (stores) => {
      await stores.clients.findForUpdate(clientId, null);
      second = opened.storage.write(async (others) => {
        const client = await others.clients.findForUpdate(clientId, null);
        return client?.secrets.length;
      });
      await eventually('the second waits', async () => {
        const rows = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
      await stores.clients.insertSecret(newSecret(clientId));
    });
    expect(await second).toBe(1);
  });

  test('ten at once raise a counter ten times', async () => {
    const { clientId } = await makeClient(opened.storage);
    await Promise.all(
      Array.from({ length: 10 }, () =>
        opened.storage.write(async (stores) => {
          const client = await stores.clients.findForUpdate(clientId, null);
          if (client) await stores.clients.update({ ...client, tokenGeneration: client.tokenGeneration + 1 });
        }),
      ),
    );
    expect(await find(clientId)).toMatchObject({ tokenGeneration: 10, version: 11 });
  });

  test('finds nothing outside the reach, and locks nothing there', async () => {
    const { clientId } = await makeClient(opened.storage, { companyId: tenants.customer.id });
    await opened.storage.write(async (stores) => {
      expect(await stores.clients.findForUpdate(clientId, reachOf(tenants.plain))).toBeUndefined();
      expect(await opened.storage.write((others) => others.clients.findForUpdate(clientId, null))).toBeDefined();
    });
  });
});

describe('list', () => {
  const at = (day: number) => new Date(Date.UTC(2025, 0, day));

  async function makeSeveral(): Promise<void> {
    // In pairs of the same moment, so that the client ID has to decide.
    for (const [index, name] of ['delta', 'Alpha', 'charlie', 'Bravo', 'echo', 'alpha', 'Delta', 'foxtrot'].entries()) {
      await makeClient(opened.storage, { name, createdAt: at(1 + Math.floor(index / 2)) });
    }
    await database.query(
      `UPDATE client SET last_used_at = created_at + interval '1 year' WHERE name IN ('delta', 'Bravo', 'foxtrot')`,
    );
  }

  const EXPECTED: Record<ClientSort, (seen: string[]) => void> = {
    created_at: (seen) => {
      const days = [
        ['foxtrot', 'Delta'],
        ['alpha', 'echo'],
        ['Bravo', 'charlie'],
        ['Alpha', 'delta'],
      ];
      expect([0, 2, 4, 6].map((from) => seen.slice(from, from + 2).toSorted())).toEqual(
        days.map((day) => day.toSorted()),
      );
    },
    name: (seen) => {
      expect(seen.map((name) => name.toLowerCase())).toEqual([
        'alpha',
        'alpha',
        'bravo',
        'charlie',
        'delta',
        'delta',
        'echo',
        'foxtrot',
      ]);
    },
    last_used_at: (seen) => {
      expect(seen.slice(0, 3)).toEqual(['foxtrot', 'Bravo', 'delta']);
    },
  };

  test.each(['created_at', 'name', 'last_used_at'] as const)('by %s: the same in pages of any size', async (sort) => {
    await makeSeveral();
    const whole = await walk({ sort }, 200);
    expect(whole).toHaveLength(8);
    EXPECTED[sort](whole);
    for (const limit of [1, 2, 3, 7, 8]) expect(await walk({ sort }, limit)).toEqual(whole);
  });

  test('is by creation when nothing else is asked', async () => {
    await makeSeveral();
    expect(await walk({}, 3)).toEqual(await walk({ sort: 'created_at' }, 200));
  });

  test('what is added or deleted while one turns pages neither repeats nor hides what was there', async () => {
    await makeSeveral();
    const before = await walk({}, 200);
    let day = 20;
    const seen = await walk({}, 2, async () => {
      await makeClient(opened.storage, { name: `later ${day}`, createdAt: at((day += 1)) });
    });
    expect(seen).toEqual(before);
    const [gone] = await database.query<{ name: string }>(`SELECT name FROM client WHERE name = 'Bravo'`);
    const again: string[] = await walk({ sort: 'name' }, 3, () =>
      database.query('DELETE FROM client WHERE name = $1', [gone?.name]),
    );
    expect(again.filter((name) => !name.startsWith('later'))).toEqual(expect.arrayContaining(['charlie', 'echo']));
    expect(new Set(again).size).toBe(again.length);
  });

  test('the last page says that it is the last, also when it is full', async () => {
    await makeSeveral();
    const page = await opened.storage.read((stores) => stores.clients.list({}, { limit: 8 }, null));
    expect([page.items.length, page.nextCursor]).toEqual([8, null]);
  });

  test('filters by status, role, company and exact name, together too', async () => {
    const roleId = await makeRole(database, { companyId: 'co_root' });
    await makeClient(opened.storage, { name: 'one', status: 'inactive' });
    await makeClient(opened.storage, { name: 'two', roleId });
    await makeClient(opened.storage, { name: 'three', companyId: tenants.plain.id, status: 'inactive' });
    expect(await names({ status: 'inactive' })).toEqual(['three', 'one']);
    expect(await names({ roleId })).toEqual(['two']);
    expect(await names({ companyId: tenants.plain.id })).toEqual(['three']);
    expect(await names({ status: 'inactive', companyId: 'co_root' })).toEqual(['one']);
    expect(await names({ name: 'two' })).toEqual(['two']);
    expect(await names({ name: 'TWO' })).toEqual([]);
    expect(await names({ name: 'tw' })).toEqual([]);
    expect(await names({ roleId: 'role_none' })).toEqual([]);
  });

  test('names of the greatest length have cursors short enough for a URL, and lose nothing', async () => {
    const long = ['𠀀'.repeat(200), `${'𠀀'.repeat(199)}a`, 'ﷺ'.repeat(200), 'z'.repeat(200)];
    for (const name of long) await makeClient(opened.storage, { name });
    const page = await opened.storage.read((stores) => stores.clients.list({ sort: 'name' }, { limit: 1 }, null));
    expect(page.nextCursor?.length).toBeLessThanOrEqual(1000);
    expect((await walk({ sort: 'name' }, 1)).toSorted()).toEqual(long.toSorted());
    for (const name of long) expect(await names({ name })).toEqual([name]);
  });
});

describe('q', () => {
  test('is text within name or description, or the beginning of the client ID, in any case', async () => {
    const { clientId } = await makeClient(opened.storage, { name: 'SIEM Connector', description: 'Ships Über-Logs' });
    await makeClient(opened.storage, { name: 'other' });
    for (const q of ['siem', 'CONN', 'm c', 'über', 'ÜBER', 'ships', clientId, clientId.slice(0, 9).toUpperCase()]) {
      expect(await names({ q }), q).toEqual(['SIEM Connector']);
    }
    for (const q of ['siemconnector', clientId.slice(4), `${clientId}x`]) expect(await names({ q }), q).toEqual([]);
    expect(await names({ q: 'pst_' })).toHaveLength(2);
  });

  test('finds what looks the same but is composed or spaced out differently', async () => {
    await makeClient(opened.storage, { name: 'Café ＡＢＣ' });
    for (const q of ['cafe\u0301', 'CAFÉ', 'abc', 'ＡＢＣ']) expect(await names({ q }), q).toEqual(['Café ＡＢＣ']);
  });

  test.each(['%', '_', '\\', '100%', 'a_b', '\\%', "'", '"', '$1', '.*', "' OR '1'='1", 'x\\'])(
    '%s stands for itself',
    async (q) => {
      await makeClient(opened.storage, { name: 'nothing special' });
      await makeClient(opened.storage, { name: `before ${q} after` });
      expect(await names({ q })).toEqual([`before ${q} after`]);
    },
  );

  test('every naughty string finds the client that has it in its name or is refused as text, and nothing breaks', async () => {
    const texts = naughtyStrings.map(({ text }) => text);
    for (const text of texts) {
      const found = await names({ q: text, name: text }).catch((error: unknown) => error);
      if (found instanceof Problem) expect(found.code).toBe('request.invalid');
      else expect(found).toEqual([]);
    }
    const storable = texts.filter((text) => !/[\0\p{Cs}]/u.test(text));
    await opened.storage.write(async (stores) => {
      for (const name of storable) await stores.clients.insert(newClient({ name }));
    });
    for (const text of new Set(storable)) expect(await names({ q: text, name: text }, 200), text).toContain(text);
  });
});

describe('count', () => {
  test('counts by status within the reach', async () => {
    await makeClient(opened.storage, { companyId: tenants.customer.id });
    await makeClient(opened.storage, { companyId: tenants.customer.id, status: 'inactive' });
    await makeClient(opened.storage, { companyId: tenants.plain.id });
    const count = (company: Tenants['root']) => opened.storage.read((stores) => stores.clients.count(reachOf(company)));
    expect(await count(tenants.root)).toEqual({ active: 2, inactive: 1 });
    expect(await count(tenants.reseller)).toEqual({ active: 1, inactive: 1 });
    expect(await count(tenants.plain)).toEqual({ active: 1, inactive: 0 });
  });
});
