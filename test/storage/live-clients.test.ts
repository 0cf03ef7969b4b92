// Live clients: what is read of one, and that a change never leaves the old picture behind, nor brings it back.

import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { LiveClients } from '../../src/domain/client/live-client.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveClients } from '../../src/storage/live-clients.ts';
import { createLiveCompanies } from '../../src/storage/live-companies.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { insert, insertClient, insertCompany, insertSecret, keepLog, openDataSource, openFeed } from './live-parts.ts';

const ROOT = { id: 'co_root', path: 'co_root/' };

let database: TestDatabase;
let dataSource: DataSource;
let feed: ChangeFeed;
let clients: LiveClients;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(async () => {
  feed = await openFeed(dataSource);
  clients = openClients();
});

afterEach(async () => {
  await feed.close();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

function openClients(given: Partial<Omit<Parameters<typeof createLiveClients>[0], 'companies'>> = {}): LiveClients {
  const parts = { dataSource, feed, log: keepLog(), ...given };
  return createLiveClients({ ...parts, companies: createLiveCompanies(parts) });
}

/** How often anybody has looked into the table of clients. */
async function clientScans(): Promise<number> {
  const rows = await database.query<{ scans: string }>(
    `SELECT pg_stat_force_next_flush(), (seq_scan + idx_scan)::text AS scans FROM pg_stat_user_tables WHERE relname = 'client'`,
  );
  return Number(rows[0]?.scans);
}

describe('a live client', () => {
  test('holds what the token path decides on', async () => {
    const expiresAt = new Date('2031-01-02T03:04:05.678Z');
    const clientId = await insertClient(database.query, {
      name: 'SIEM “reader”',
      status: 'inactive',
      ip_mode: 'enforce',
      ip_rules: ['192.0.2.0/24', '2001:db8::1'],
      token_lifetime_seconds: 600,
      token_format: 'opaque',
      expires_at: expiresAt,
      token_generation: 7,
    });
    const later = await insertSecret(database.query, clientId, {
      slot: 2,
      created_at: new Date('2026-02-01'),
      hint: 'late',
    });
    const first = await insertSecret(database.query, clientId, {
      created_at: new Date('2026-01-01'),
      hint: 'frst',
      hash: '$2b$10$x',
      expires_at: expiresAt,
    });
    const client = await clients.find(clientId);
    expect(client).toMatchObject({
      clientId,
      name: 'SIEM “reader”',
      status: 'inactive',
      expiresAt,
      companyId: 'co_root',
      companyName: 'Root',
      companySuspended: false,
      reach: { companyId: 'co_root', companyPath: 'co_root/', subtree: false },
      roleId: 'role_company_admin',
      roleName: 'Company Admin',
      defaultApi: 'management',
      tokenLifetimeSeconds: 600,
      tokenFormat: 'opaque',
      tokenGeneration: 7,
      ipMode: 'enforce',
      secrets: [
        { id: first, hint: 'frst', hash: '$2b$10$x', expiresAt },
        { id: later, hint: 'late', expiresAt: null },
      ],
    });
    expect(client?.ipMatcher.allows(parseIpAddress('192.0.2.77'))).toBe(true);
    expect(client?.ipMatcher.allows(parseIpAddress('2001:db8::1'))).toBe(true);
    expect(client?.ipMatcher.allows(parseIpAddress('192.0.3.1'))).toBe(false);
    expect(clients.peek(clientId)).toBe(client);
  });

  test('holds the grants of its role in its company, in the order of the catalogue', async () => {
    const clientId = await insertClient(database.query);
    const client = await clients.find(clientId);
    expect([...(client?.grants.values() ?? [])]).toEqual([
      {
        id: 'management',
        identifier: 'http://localhost:3000/api',
        name: 'Postern Management API',
        scopes: MANAGEMENT_PRIVILEGES.filter(({ level }) => level === 'company').map(({ scope }) => scope),
      },
    ]);
  });

  test('with the role Reseller reaches the companies below, and at the root holds everything', async () => {
    const clientId = await insertClient(database.query, { role_id: 'role_reseller' });
    const client = await clients.find(clientId);
    expect(client?.reach).toEqual({ companyId: 'co_root', companyPath: 'co_root/', subtree: true });
    expect(client?.grants.get('management')?.scopes).toEqual(MANAGEMENT_PRIVILEGES.map(({ scope }) => scope));
  });

  test('without privileges and secrets has none, and is there', async () => {
    await insert(database.query, 'role', {
      id: 'role_empty',
      name: 'Empty',
      name_key: 'empty',
      search_text: 'empty',
      description: '',
      kind: 'custom',
      company_id: 'co_root',
      created_at: new Date(),
      updated_at: new Date(),
      version: 1,
    });
    const client = await clients.find(await insertClient(database.query, { role_id: 'role_empty' }));
    expect(client?.grants.size).toBe(0);
    expect(client?.secrets).toEqual([]);
  });

  test('with a rule that nobody can read lets nobody in by it', async () => {
    const log = keepLog();
    const watched = openClients({ log });
    const clientId = await insertClient(database.query, { ip_mode: 'enforce', ip_rules: ['1.2.3', '192.0.2.1'] });
    const client = await watched.find(clientId);
    expect(client?.ipMatcher.allows(parseIpAddress('192.0.2.1'))).toBe(true);
    expect(client?.ipMatcher.allows(parseIpAddress('1.2.3.4'))).toBe(false);
    expect(log.messages).toEqual(['stored IP rules cannot be read']);
  });

  test('with a host name in its rules follows what the name stands for', async () => {
    const stands = new Map([['siem.example.com', '192.0.2.9']]);
    const resolveHost = (name: string) => {
      const address = parseIpAddress(stands.get(name) ?? '');
      return address ? [address] : [];
    };
    const resolving = openClients({ log: keepLog(), resolveHost });
    const clientId = await insertClient(database.query, { ip_mode: 'enforce', ip_rules: ['siem.example.com'] });
    const client = await resolving.find(clientId);
    expect(client?.ipMatcher.allows(parseIpAddress('192.0.2.9'))).toBe(true);
    stands.clear();
    expect(client?.ipMatcher.allows(parseIpAddress('192.0.2.9'))).toBe(false);
  });

  test('is not looked for under an id that cannot be one', async () => {
    const before = await clientScans();
    for (const id of [
      '',
      'pst_',
      'pst_short',
      `pst_${'a'.repeat(101)}`,
      `pst_${'a'.repeat(19)}\0`,
      `pst_${'é'.repeat(24)}`,
    ]) {
      expect(await clients.find(id)).toBeUndefined();
    }
    expect(await clientScans()).toBe(before);
  });

  test('that does not exist is undefined, and found once it is there', async () => {
    const clientId = `pst_${'z'.repeat(24)}`;
    expect(await clients.find(clientId)).toBeUndefined();
    await insertClient(database.query, { client_id: clientId });
    await eventually('it is found', async () => (await clients.find(clientId)) !== undefined, 2000);
  });
});

describe('a change by another connection', () => {
  const cases: [string, (clientId: string) => Promise<unknown>, Record<string, unknown>][] = [
    [
      'of the status',
      (id) => database.query(`UPDATE client SET status = 'inactive', version = version + 1 WHERE client_id = $1`, [id]),
      { status: 'inactive' },
    ],
    [
      'of the company’s name',
      () => database.query(`UPDATE company SET name = 'Acme' WHERE id = 'co_live'`),
      { companyName: 'Acme' },
    ],
    [
      'that suspends a company above',
      () => database.query(`UPDATE company SET status = 'suspended' WHERE id = 'co_above'`),
      { companySuspended: true },
    ],
    [
      'of the role’s name',
      () => database.query(`UPDATE role SET name = 'Renamed' WHERE id = 'role_live'`),
      { roleName: 'Renamed' },
    ],
    [
      'that deletes the secret',
      (id) => database.query('DELETE FROM client_secret WHERE client_id = $1', [id]),
      { secrets: [] },
    ],
  ];
  let clientId: string;

  beforeAll(async () => {
    const path = await insertCompany(database.query, 'co_above', ROOT);
    await insertCompany(database.query, 'co_live', { id: 'co_above', path });
    await insert(database.query, 'role', {
      id: 'role_live',
      name: 'Live',
      name_key: 'live',
      search_text: 'live',
      description: '',
      kind: 'custom',
      company_id: 'co_live',
      created_at: new Date(),
      updated_at: new Date(),
      version: 1,
    });
    clientId = await insertClient(database.query, { company_id: 'co_live', role_id: 'role_live' });
    await insertSecret(database.query, clientId);
  });

  test.each(cases)('%s is seen by the token path', async (_name, change, seen) => {
    expect(await clients.find(clientId)).not.toMatchObject(seen);
    await change(clientId);
    await eventually(
      'it is seen',
      async () => {
        expect(clients.peek(clientId) ?? (await clients.find(clientId))).toBeDefined();
        return Object.keys(seen).every((name) => {
          const client: unknown = clients.peek(clientId);
          const value: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, name) : undefined;
          return JSON.stringify(value) === JSON.stringify(seen[name]);
        });
      },
      2000,
    );
  });

  test('of a role’s privileges is seen as grants', async () => {
    expect((await clients.find(clientId))?.grants.size).toBe(0);
    await insert(database.query, 'role_privilege', { role_id: 'role_live', api_id: 'management', scope: 'audit:read' });
    const scopes = async () => (await clients.find(clientId))?.grants.get('management')?.scopes;
    await eventually('it is seen', async () => (await scopes())?.join() === 'audit:read', 2000);
  });

  test('of what an API offers is seen by all its clients', async () => {
    await database.query(`UPDATE api SET name = 'Gate' WHERE id = 'management'`);
    const name = async () => (await clients.find(clientId))?.grants.get('management')?.name;
    await eventually('it is seen', async () => (await name()) === 'Gate', 2000);
    expect(clients.peek(clientId)?.grants.get('management')?.name).toBe('Gate');
  });

  test('that deletes it leaves nothing', async () => {
    const gone = await insertClient(database.query);
    await insertSecret(database.query, gone);
    expect(await clients.find(gone)).toBeDefined();
    await database.query('DELETE FROM client WHERE client_id = $1', [gone]);
    await eventually('it is gone', async () => (await clients.find(gone)) === undefined, 2000);
    expect(clients.peek(gone)).toBeUndefined();
  });
});

describe('reading', () => {
  test('costs no query once it is remembered', async () => {
    const clientId = await insertClient(database.query);
    await eventually('its insertion is over', async () => {
      await clients.find(clientId);
      return clients.peek(clientId) !== undefined;
    });
    const before = await clientScans();
    for (let round = 0; round < 100; round++) expect(await clients.find(clientId)).toBeDefined();
    expect(await clientScans()).toBe(before);
  });

  test('of a thousand clients at once takes a handful of statements', async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `pst_${String(at).padStart(24, 'b')}`);
    await database.query(
      `INSERT INTO client SELECT (jsonb_populate_record(c, jsonb_build_object('client_id', i.id))).*
       FROM client c, unnest($1::text[]) AS i (id) WHERE c.client_id = (SELECT min(client_id) FROM client WHERE client_id LIKE 'pst_0%')`,
      [ids],
    );
    await feed.close();
    feed = await openFeed(dataSource);
    clients = openClients();
    let statements = 0;
    poolOf(dataSource).on('acquire', () => {
      statements += 1;
    });
    const found = await Promise.all(ids.map(async (id) => await clients.find(id)));
    expect(statements).toBeLessThanOrEqual(10);
    expect(found.map((client) => client?.clientId)).toEqual(ids);
    expect(ids.every((id) => clients.peek(id) !== undefined)).toBe(true);
    // Whoever holds the same role in the same company shares what it grants.
    expect(new Set(found.map((client) => client?.grants)).size).toBe(1);
  });

  test('while the database cannot answer is unavailable, never a verdict', async () => {
    const clientId = await insertClient(database.query);
    const broken = await openDataSource(database.connection, 1);
    const other = openClients({ dataSource: broken, feed: neverFresh });
    expect(await other.find(clientId)).toBeDefined();
    await broken.destroy();
    await expect(other.find(clientId)).rejects.toMatchObject({ code: 'service.unavailable' });
  });

  test('without a fresh feed asks the database each time', async () => {
    const clientId = await insertClient(database.query);
    const cautious = openClients({ feed: neverFresh });
    expect(await cautious.find(clientId)).toMatchObject({ tokenGeneration: 0 });
    expect(cautious.peek(clientId)).toBeUndefined();
    await database.query('UPDATE client SET token_generation = 1 WHERE client_id = $1', [clientId]);
    expect(await cautious.find(clientId)).toMatchObject({ tokenGeneration: 1 });
  });

  test('after this process changed a client never shows the old one again, whatever was under way', async () => {
    const clientId = await insertClient(database.query);
    let committed = 0;
    const work = { isOver: false };
    const faults: string[] = [];
    const read = async (): Promise<void> => {
      let last = 0;
      while (!work.isOver) {
        const known = committed;
        const seen = (clients.peek(clientId) ?? (await clients.find(clientId)))?.tokenGeneration ?? -1;
        if (seen < known || seen < last) faults.push(`saw ${seen} after ${Math.max(known, last)}`);
        last = seen;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const readers = Array.from({ length: 8 }, read);
    for (let generation = 1; generation <= 200; generation++) {
      await dataSource.query('UPDATE client SET token_generation = $2 WHERE client_id = $1', [clientId, generation]);
      feed.apply([{ topic: 'client', key: clientId }]);
      committed = generation;
    }
    work.isOver = true;
    await Promise.all(readers);
    expect(faults).toEqual([]);
  });
});

const neverFresh = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
