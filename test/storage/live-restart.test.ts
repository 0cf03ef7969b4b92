// The database goes away and comes back: nobody gets a wrong answer meanwhile, and everything works again by itself.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChangeFeed } from '../../src/storage/change-feed.ts';
import { createAuditWriter } from '../../src/storage/audit-writer.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { createLiveClients } from '../../src/storage/live-clients.ts';
import { createLiveCompanies } from '../../src/storage/live-companies.ts';
import { createLiveTokens } from '../../src/storage/live-tokens.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { postmasterOf } from '../embedded/server-processes.ts';
import { eventually } from '../support/eventually.ts';
import { insert, insertClient, keepLog, openDataSource, someEvent } from './live-parts.ts';

/** Longer than the feed stays fresh without a look. */
const OUTAGE_MILLISECONDS = 2500;

let directory: string;
let server: EmbeddedPostgres;
let dataSource: DataSource;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-restart-'));
  await chmod(directory, 0o711);
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  server = await startEmbeddedPostgres({
    dataDirectory: directory,
    binDirectory: process.env['PG_BIN'],
    durable: false,
    log: quiet,
    restartDelays: Array.from({ length: 10 }, () => OUTAGE_MILLISECONDS),
  });
  await migrate({ connection: server.connection, issuer: 'http://localhost:3000', log: quiet });
  dataSource = await openDataSource(server.connection);
});

afterAll(async () => {
  await dataSource.destroy();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ ...server.connection, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** What a call came to: its value, or the code of its problem. */
async function outcomeOf<T>(call: () => T | Promise<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function isAnswering(): Promise<boolean> {
  return (await outcomeOf(async () => (await query('SELECT 1')).length)) === 1;
}

test('an immediate stop of the server leads to 503 and no verdict, and all is right again after its start', async () => {
  const log = keepLog();
  const feed = await openChangeFeed({ dataSource, log });
  const companies = createLiveCompanies({ dataSource, feed, log });
  const clients = createLiveClients({ dataSource, feed, log, companies });
  const tokens = createLiveTokens({ dataSource, feed, log });
  const audit = createAuditWriter({ dataSource, log });
  let gaps = 0;
  feed.onGap(() => {
    gaps += 1;
  });
  const clientId = await insertClient(query);
  const revokedJti = `0-${'r'.repeat(22)}`;
  await insert(query, 'revoked_token', {
    jti: revokedJti,
    client_id: clientId,
    expires_at: new Date(Date.now() + 3_600_000),
  });
  expect(await clients.find(clientId)).toBeDefined();
  await audit.append(someEvent({ requestId: 'before' }));

  for (let round = 0; round < 2; round++) {
    const gapsBefore = gaps;
    process.kill(await postmasterOf(directory), 'SIGQUIT');
    await eventually('the feed is no longer fresh', () => !feed.isFresh(), 2500);
    expect(clients.peek(clientId)).toBeUndefined();
    expect(await outcomeOf(async () => await clients.find(clientId))).toBe('service.unavailable');
    expect(await outcomeOf(async () => await audit.append(someEvent({ requestId: `during-${round}` })))).toBe(
      'service.unavailable',
    );
    // A known revocation holds; about any other token nothing is claimed.
    expect(await outcomeOf(() => tokens.isRevoked(revokedJti))).toBe(true);
    expect(await outcomeOf(() => tokens.isRevoked(`0-${'n'.repeat(22)}`))).toBe('service.unavailable');

    await eventually('the server answers', isAnswering, 20_000);
    await eventually('the feed is fresh again', () => feed.isFresh(), 3000);
    // Another server may have taken its place: nothing from before is trusted.
    expect(gaps).toBe(gapsBefore + 1);
    await eventually(
      'clients are read',
      async () => (await outcomeOf(async () => await clients.find(clientId))) !== 'service.unavailable',
      3000,
    );
    await eventually(
      'events are stored',
      async () =>
        (await outcomeOf(async () => await audit.append(someEvent({ requestId: `after-${round}` })))) === undefined,
      3000,
    );
    await query('UPDATE client SET token_generation = $2 WHERE client_id = $1', [clientId, round + 1]);
    await eventually(
      'changes are heard',
      async () => (await clients.find(clientId))?.tokenGeneration === round + 1,
      2000,
    );
    await eventually('revocations are complete', () => tokens.isRevoked(`0-${'n'.repeat(22)}`) === false, 3000);
    expect(tokens.isRevoked(revokedJti)).toBe(true);
  }

  expect(await query(`SELECT request_id FROM audit_event WHERE request_id LIKE 'during-%'`)).toEqual([]);
  expect(log.messages.filter((message) => message === 'the change feed is back')).toHaveLength(2);
  await audit.close();
  await feed.close();
}, 60_000);

test('a feed that is opened while the server is away becomes fresh when it is there', async () => {
  process.kill(await postmasterOf(directory), 'SIGQUIT');
  await eventually('the server is away', async () => !(await isAnswering()));
  const feed = await openChangeFeed({ dataSource, log: keepLog() });
  let gaps = 0;
  feed.onGap(() => {
    gaps += 1;
  });
  expect(feed.isFresh()).toBe(false);
  await eventually('it is fresh', () => feed.isFresh(), 20_000);
  expect(gaps).toBe(1);
  await feed.close();
}, 60_000);
