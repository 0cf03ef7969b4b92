// Revocations and opaque tokens as the token path sees them.

import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeFeed } from '../../src/storage/change-feed.ts';
import { createLiveTokens } from '../../src/storage/live-tokens.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type FeedOptions, insert, keepLog, openDataSource, openFeed } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
const feeds: ChangeFeed[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

afterEach(async () => {
  await Promise.all(feeds.splice(0).map(async (feed) => await feed.close()));
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function openTokens(options: FeedOptions & { maxRevoked?: number } = {}) {
  const feed = await openFeed(dataSource, options);
  feeds.push(feed);
  const tokens = createLiveTokens({ dataSource, feed, log: keepLog(), maxRevoked: options.maxRevoked });
  return { feed, tokens };
}

function newJti(): string {
  return `0-${randomBytes(11).toString('hex')}`;
}

async function revoke(jti: string): Promise<string> {
  await insert(database.query, 'revoked_token', {
    jti,
    client_id: 'pst_000000000000000000000000',
    expires_at: new Date(Date.now() + 3_600_000),
  });
  return jti;
}

async function isLoaded(tokens: ReturnType<typeof createLiveTokens>): Promise<void> {
  await eventually('the revoked tokens are loaded', () => tokens.isRevoked(newJti()) === false);
}

describe('a revoked token', () => {
  test('from before the start is known at once, without a promise', async () => {
    const jti = await revoke(newJti());
    const { tokens } = await openTokens();
    await isLoaded(tokens);
    expect(tokens.isRevoked(jti)).toBe(true);
  });

  test('is known before the loading is over', async () => {
    const jti = await revoke(newJti());
    const { tokens } = await openTokens();
    expect(await tokens.isRevoked(jti)).toBe(true);
    expect(await tokens.isRevoked(newJti())).toBe(false);
  });

  test('by another instance is known through the feed', async () => {
    const { tokens } = await openTokens();
    await isLoaded(tokens);
    const jti = newJti();
    expect(tokens.isRevoked(jti)).toBe(false);
    await revoke(jti);
    await eventually('it is known', () => tokens.isRevoked(jti) === true, 2000);
  });

  test('by another instance is known without notifications', async () => {
    const { tokens } = await openTokens({ listen: false });
    await isLoaded(tokens);
    const jti = newJti();
    expect(tokens.isRevoked(jti)).toBe(false);
    await revoke(jti);
    await eventually('it is known', () => tokens.isRevoked(jti) === true, 2000);
  });

  test('by this instance is known before apply returns', async () => {
    const { feed, tokens } = await openTokens();
    await isLoaded(tokens);
    const jti = newJti();
    feed.apply([{ topic: 'revoked_token', key: jti }]);
    expect(tokens.isRevoked(jti)).toBe(true);
  });

  test('is asked for while the feed is not fresh', async () => {
    const { feed, tokens } = await openTokens();
    await isLoaded(tokens);
    await feed.close();
    const jti = newJti();
    expect(await tokens.isRevoked(jti)).toBe(false);
    await revoke(jti);
    expect(await tokens.isRevoked(jti)).toBe(true);
  });

  test('is found when there are too many to keep, also after it was asked for as good', async () => {
    await Promise.all(Array.from({ length: 5 }, async () => await revoke(newJti())));
    const { tokens } = await openTokens({ maxRevoked: 3 });
    const jti = newJti();
    expect(await tokens.isRevoked(jti)).toBe(false);
    await eventually('the answer is remembered', () => tokens.isRevoked(jti) === false);
    await revoke(jti);
    await eventually('it is known', async () => await tokens.isRevoked(jti), 2000);
    await eventually('that is remembered too', () => tokens.isRevoked(jti) === true);
  });

  test('is unavailable, never good, when it is neither known nor can be asked for', async () => {
    const broken = await openDataSource(database.connection, 1);
    const never = { isFresh: () => false, subscribe: () => undefined, onGap: () => undefined };
    const tokens = createLiveTokens({ dataSource: broken, feed: never, log: keepLog() });
    expect(await tokens.isRevoked(newJti())).toBe(false);
    await broken.destroy();
    await expect(tokens.isRevoked(newJti())).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});

describe('an opaque token', () => {
  const row = {
    token_hash: 'hash-one',
    jti: '0-abcdefghijklmnopqrstuv',
    client_id: 'pst_000000000000000000000000',
    company_id: 'co_root',
    audience: 'http://localhost:3000/api',
    scope: 'clients:read',
    issued_at: new Date('2026-01-01T00:00:00Z'),
    expires_at: new Date('2026-01-02T00:00:00Z'),
  };

  test('is read as it was stored, and then from memory', async () => {
    await insert(database.query, 'opaque_token', row);
    const { tokens } = await openTokens();
    const token = {
      tokenHash: 'hash-one',
      jti: row.jti,
      clientId: row.client_id,
      companyId: row.company_id,
      audience: row.audience,
      scope: row.scope,
      issuedAt: row.issued_at,
      expiresAt: row.expires_at,
    };
    expect(await tokens.findOpaque('hash-one')).toEqual(token);
    expect(tokens.findOpaque('hash-one')).toEqual(token);
  });

  test('that was never stored is undefined', async () => {
    const { tokens } = await openTokens();
    expect(await tokens.findOpaque('hash-none')).toBeUndefined();
  });

  test('is unavailable when the database is too slow', async () => {
    const { tokens } = await openTokens();
    const blocker = new Client({ ...database.connection, ssl: false });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE opaque_token IN ACCESS EXCLUSIVE MODE');
    await expect(tokens.findOpaque('hash-slow')).rejects.toMatchObject({ code: 'service.unavailable' });
    await blocker.query('ROLLBACK');
    await blocker.end();
    expect(await tokens.findOpaque('hash-slow')).toBeUndefined();
  });
});
