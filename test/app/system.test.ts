// What the system tells of itself over the Management API: put together from a real database and real requests.

import type { z } from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { createSystemReader } from '../../src/app/system-state.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import { createIgnoredForwardingTally } from '../../src/ports/http/ignored-forwarding.ts';
import { systemSchema } from '../../src/ports/api/system-route.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { migrations } from '../../migrations/migrations.ts';
import { type ApiServer, call, rootCompany, startApiServer } from '../api/api-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const log = createLog('silent');
const clock = systemClock;
const issuer = 'http://localhost:3000';
const ignored = createIgnoredForwardingTally({ log, clock });

let testDatabase: TestDatabase;
let database: Database;
let server: ApiServer;

const open = () => openDatabase({ connection: testDatabase.connection, issuer, log, clock, poolSize: 2 });

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await open();
  const settings = readSettings({ POSTERN_TRUSTED_PROXIES: '10.0.0.0/24', POSTERN_DNS_SERVERS: '192.0.2.53' });
  const readSystem = createSystemReader({ settings, database, ignored, clock });
  server = await startApiServer({ storage: database.storage, clock, ignored, readSystem });
  server.login('root', { company: rootCompany, role: 'reseller' });
});

afterAll(async () => {
  await server.close();
  await database.close();
  await testDatabase.drop();
});

async function readSystem(headers: Record<string, string> = {}): Promise<z.output<typeof systemSchema>> {
  const answer = await call(server, 'GET', '/api/v1/system', { token: 'root', headers });
  expect(answer.status, answer.text).toBe(200);
  return systemSchema.parse(answer.json);
}

test('GET /api/v1/system › names versions, the database and its migrations, the feed and the settings', async () => {
  const system = await readSystem();
  const [row] = await testDatabase.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  expect(system).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node_version: process.versions.node,
    issuer,
    database: { version: row?.version, embedded: true, processes: 1 },
    change_feed: { fresh: true },
    trusted_proxies: ['10.0.0.0/24'],
    dns_servers: ['192.0.2.53'],
  });
  expect(system.database.migrations).toEqual(migrations.map(({ name }) => name));
  expect(system.database.size_bytes).toBeGreaterThan(1_000_000);
  expect(system.change_feed.age_ms).toBeLessThan(1500);
});

test('GET /api/v1/system › counts the processes that share the database', async () => {
  const other = await open();
  expect((await readSystem()).database.processes).toBe(2);
  await other.close();
  await eventually('one is left', async () => (await readSystem()).database.processes === 1);
});

test('GET /api/v1/system › tells who sends X-Forwarded-For without being a trusted proxy, and how often', async () => {
  expect((await readSystem()).ignored_forwarding).toEqual([]);
  await readSystem({ 'X-Forwarded-For': '203.0.113.9' });
  const { ignored_forwarding: told } = await readSystem({ 'X-Forwarded-For': '203.0.113.9' });
  expect(told).toEqual([{ peer: '127.0.0.1', count: 2, last_at: expect.any(String) }]);
});

test('GET /api/v1/system › needs system:read, which only the root company’s Resellers have', async () => {
  const acme = { id: 'co_acme', name: 'Acme', path: 'co_root/co_acme/' };
  server.login('reseller', { company: acme, role: 'reseller' });
  server.login('admin', { company: rootCompany, role: 'company_admin' });
  for (const token of ['reseller', 'admin']) {
    expect((await call(server, 'GET', '/api/v1/system', { token })).status).toBe(403);
  }
});

test('of many peers that forge the header those that come most often stay in view', () => {
  const tally = createIgnoredForwardingTally({ log, clock });
  tally.record('10.0.0.7');
  tally.record('10.0.0.7');
  for (let at = 0; at < 1000; at++) tally.record(`203.0.113.${at}`);
  expect(tally.list()).toHaveLength(20);
  expect(tally.list()).toContainEqual({ peer: '10.0.0.7', count: 2, lastAt: expect.any(Date) });
});
