// Live API tokens: what is read of one, and that a change never leaves the old picture behind.

import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';
import type { LiveApiToken, LiveApiTokens } from '../../src/domain/api-token/live-api-token.ts';
import type { Client } from '../../src/domain/client/client.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import type { User } from '../../src/domain/user/user.ts';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveApiTokens } from '../../src/storage/live-api-tokens.ts';
import { poolOf } from '../../src/storage/pool.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeApi, makeApiToken, makeClient, makeUser, newApiToken, type TestApiToken } from '../support/factories.ts';
import { keepLog, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let opened: TestStorage;
let dataSource: DataSource;
let feed: ChangeFeed;
let tokens: LiveApiTokens;
let client: Client;
let user: User;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  dataSource = await openDataSource(database.connection);
  await makeApi(database, { id: 'orders', privileges: [{ scope: 'orders:read' }, { scope: 'orders:write' }] });
});

beforeEach(async () => {
  await openReader();
  client = await makeClient(opened.storage);
  user = await makeUser(opened.storage);
});

afterEach(async () => {
  await feed.close();
});

afterAll(async () => {
  await dataSource.destroy();
  await opened.close();
  await database.drop();
});

async function openReader(): Promise<void> {
  feed = await openFeed(dataSource);
  tokens = createLiveApiTokens({ dataSource, feed, log: keepLog() });
}

/** From here on nothing is told of what was done before. */
async function reopenReader(): Promise<void> {
  await feed.close();
  await openReader();
}

/** How often a statement is sent while the work runs. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  let statements = 0;
  const count = () => (statements += 1);
  poolOf(dataSource).on('acquire', count);
  await work();
  poolOf(dataSource).off('acquire', count);
  return statements;
}

/** Stored, and in memory. */
async function makeKnown(owner: Client | User, given: Parameters<typeof newApiToken>[1] = {}): Promise<TestApiToken> {
  const token = await makeApiToken(opened.storage, owner, given);
  await reopenReader();
  await remembered(token.tokenHash, () => true);
  return token;
}

/** As soon as memory shows it; fails when it never does. */
async function remembered(hash: string, isThere: (token: LiveApiToken) => boolean): Promise<LiveApiToken> {
  return await eventually(
    'it is seen, and remembered',
    async () => {
      await tokens.find(hash);
      const token = tokens.peek(hash);
      return token && isThere(token) ? token : undefined;
    },
    2000,
  );
}

describe('a live API token', () => {
  test('of a client holds what the token path decides on', async () => {
    const token = await makeApiToken(opened.storage, client, {
      name: 'Nightly “export”',
      apiId: 'orders',
      scopes: ['orders:write', 'orders:read'],
      ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24', '2001:db8::1'] },
      expiresAt: new Date('2031-01-02T03:04:05.678Z'),
      issuedAt: new Date('2030-01-02T03:04:05.678Z'),
    });
    const live = await tokens.find(opaqueTokenHash(token.value));
    const { ipMatcher, ...rest } = live ?? {};
    expect(rest).toEqual({
      id: token.id,
      name: 'Nightly “export”',
      ownerType: 'client',
      ownerId: client.clientId,
      hint: token.value.slice(-4),
      apiId: 'orders',
      identifier: 'https://orders.example.test',
      scopes: ['orders:write', 'orders:read'],
      ipMode: 'enforce',
      issuedAt: token.issuedAt,
      expiresAt: token.expiresAt,
    });
    expect(ipMatcher?.allows(parseIpAddress('192.0.2.77'))).toBe(true);
    expect(ipMatcher?.allows(parseIpAddress('2001:db8::1'))).toBe(true);
    expect(ipMatcher?.allows(parseIpAddress('192.0.3.1'))).toBe(false);
  });

  test('of a user names that user', async () => {
    const { tokenHash } = await makeApiToken(opened.storage, user);
    expect(await tokens.find(tokenHash)).toMatchObject({
      ownerType: 'user',
      ownerId: user.id,
      apiId: 'management',
      ipMode: 'off',
      expiresAt: null,
    });
  });

  test('with a rule that nobody can read lets nobody in by it, and says so', async () => {
    const log = keepLog();
    const watched = createLiveApiTokens({ dataSource, feed, log });
    const ipRestriction = { mode: 'enforce', rules: ['1.2.3', '192.0.2.1'] } as const;
    const { tokenHash } = await makeApiToken(opened.storage, client, { ipRestriction });
    const live = await watched.find(tokenHash);
    expect(live?.ipMatcher.allows(parseIpAddress('192.0.2.1'))).toBe(true);
    expect(live?.ipMatcher.allows(parseIpAddress('1.2.3.4'))).toBe(false);
    expect(log.messages).toEqual(['stored IP rules cannot be read']);
  });

  test('with a host name in its rules follows what the name stands for', async () => {
    const address = parseIpAddress('192.0.2.9');
    const stands = address ? [address] : [];
    const resolving = createLiveApiTokens({ dataSource, feed, log: keepLog(), resolveHost: () => stands });
    const ipRestriction = { mode: 'enforce', rules: ['siem.example.com'] } as const;
    const live = await resolving.find((await makeApiToken(opened.storage, client, { ipRestriction })).tokenHash);
    expect(live?.ipMatcher.allows(address)).toBe(true);
    stands.length = 0;
    expect(live?.ipMatcher.allows(address)).toBe(false);
  });
});

describe('looking for one', () => {
  test('costs no query for what cannot be a hash', async () => {
    const statements = await statementsOf(async () => {
      for (const hash of [
        '',
        'a'.repeat(42),
        'a'.repeat(44),
        `${'a'.repeat(42)}=`,
        `${'a'.repeat(42)}\0`,
        'é'.repeat(43),
      ]) {
        expect(await tokens.find(hash)).toBeUndefined();
      }
    });
    expect(statements).toBe(0);
  });

  test('costs no query once it is remembered', async () => {
    const { tokenHash } = await makeKnown(client);
    const statements = await statementsOf(async () => {
      for (let round = 0; round < 100; round++) expect(await tokens.find(tokenHash)).toBe(tokens.peek(tokenHash));
    });
    expect(statements).toBe(0);
  });

  test('again and again for one that does not exist costs one query, and it is found once it is there', async () => {
    await reopenReader();
    const token = newApiToken(client);
    const statements = await statementsOf(async () => {
      for (let round = 0; round < 50; round++) expect(await tokens.find(token.tokenHash)).toBeUndefined();
    });
    expect(statements).toBe(1);
    await opened.storage.write((stores) => stores.apiTokens.insert(token));
    await remembered(token.tokenHash, ({ id }) => id === token.id);
  });

  test('for many at once takes a handful of statements', async () => {
    const made = Array.from({ length: 300 }, () => newApiToken(client));
    await opened.storage.write(async (stores) => {
      for (const token of made) await stores.apiTokens.insert(token);
    });
    let found: readonly (LiveApiToken | undefined)[] = [];
    const statements = await statementsOf(async () => {
      found = await Promise.all(made.map(({ tokenHash }) => tokens.find(tokenHash)));
    });
    expect(found.map((token) => token?.id)).toEqual(made.map(({ id }) => id));
    expect(statements).toBeLessThanOrEqual(5);
  });

  test('while the database cannot answer is unavailable, never a verdict; without a fresh feed it is asked each time', async () => {
    const token = await makeApiToken(opened.storage, client);
    const broken = await openDataSource(database.connection, 1);
    const neverFresh = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
    const cautious = createLiveApiTokens({ dataSource: broken, feed: neverFresh, log: keepLog() });
    expect(await cautious.find(token.tokenHash)).toMatchObject({ name: 'token' });
    expect(cautious.peek(token.tokenHash)).toBeUndefined();
    await database.query(`UPDATE api_token SET name = 'renamed' WHERE id = $1`, [token.id]);
    expect(await cautious.find(token.tokenHash)).toMatchObject({ name: 'renamed' });
    await broken.destroy();
    await expect(cautious.find(token.tokenHash)).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});

describe('a change by another connection is seen:', () => {
  test.each<[string, string, Partial<LiveApiToken>]>([
    ['its name', `name = 'renamed'`, { name: 'renamed' }],
    ['its privileges', `scopes = '{audit:read}'`, { scopes: ['audit:read'] }],
    ['its IP restriction', `ip_mode = 'report', ip_rules = '{192.0.2.1}'`, { ipMode: 'report' }],
    ['its expiry', `expires_at = '2031-01-01T00:00:00Z'`, { expiresAt: new Date('2031-01-01T00:00:00Z') }],
    ['that it never expires any more', 'expires_at = NULL', { expiresAt: null }],
  ])('%s', async (_what, set, seen) => {
    const { id, tokenHash } = await makeKnown(client, { expiresAt: new Date('2030-01-01T00:00:00Z') });
    expect(tokens.peek(tokenHash)).not.toMatchObject(seen);
    await database.query(`UPDATE api_token SET ${set} WHERE id = $1`, [id]);
    const now = await remembered(tokenHash, (token) => {
      const pairs = Object.entries(seen);
      return pairs.every(([name, value]) => JSON.stringify(Reflect.get(token, name)) === JSON.stringify(value));
    });
    expect(now).toMatchObject(seen);
  });

  test('the identifier of its API', async () => {
    await makeApi(database, { id: 'moving', privileges: [{ scope: 'a' }] });
    const { tokenHash } = await makeKnown(client, { apiId: 'moving', scopes: ['a'] });
    await database.query(`UPDATE api SET identifier = 'https://moved.test' WHERE id = 'moving'`);
    const moved = await remembered(tokenHash, ({ identifier }) => identifier !== 'https://moving.example.test');
    expect(moved.identifier).toBe('https://moved.test');
  });

  test('another value: the old one is nobody’s, the new one is its', async () => {
    const old = await makeKnown(client);
    const fresh = newApiToken(client);
    await database.query('UPDATE api_token SET token_hash = $2, issued_at = now() WHERE id = $1', [
      old.id,
      fresh.tokenHash,
    ]);
    await eventually('the old value is dead', async () => (await tokens.find(old.tokenHash)) === undefined, 2000);
    expect(tokens.peek(old.tokenHash)).toBeUndefined();
    await remembered(fresh.tokenHash, ({ id }) => id === old.id);
  });

  test.each<[string, (token: TestApiToken) => Promise<unknown>]>([
    ['that it is deleted', ({ id }) => database.query('DELETE FROM api_token WHERE id = $1', [id])],
    [
      'that its client is deleted',
      ({ ownerId }) => database.query('DELETE FROM client WHERE client_id = $1', [ownerId]),
    ],
  ])('%s', async (_what, change) => {
    const token = await makeKnown(client);
    await change(token);
    await eventually('it is gone', async () => (await tokens.find(token.tokenHash)) === undefined, 2000);
    expect(tokens.peek(token.tokenHash)).toBeUndefined();
  });

  test('that its user is deleted', async () => {
    const { tokenHash } = await makeKnown(user);
    await database.query('DELETE FROM user_account WHERE id = $1', [user.id]);
    await eventually('it is gone', async () => (await tokens.find(tokenHash)) === undefined, 2000);
  });

  test('and others stay in memory, as does one that is merely used', async () => {
    const changed = await makeApiToken(opened.storage, client);
    const used = await makeKnown(client);
    await remembered(changed.tokenHash, () => true);
    const before = tokens.peek(used.tokenHash);
    await database.query('UPDATE api_token SET last_used_at = now() WHERE id = $1', [used.id]);
    await database.query(`UPDATE api_token SET name = 'renamed' WHERE id = $1`, [changed.id]);
    await remembered(changed.tokenHash, ({ name }) => name === 'renamed');
    expect(tokens.peek(used.tokenHash)).toBe(before);
  });
});
