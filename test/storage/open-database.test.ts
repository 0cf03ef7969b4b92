// The database as a process opens it: everything put together, and closed without losing what was waiting.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { makeClient, newSecret } from '../support/factories.ts';
import { TEST_ISSUER } from '../support/template-database.ts';

const clock: Clock = { now: () => new Date() };
const log = createLog('silent');

let database: TestDatabase;
const opened: Database[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  await database.drop();
});

async function open(connection: Parameters<typeof openDatabase>[0]['connection'] = database.connection) {
  const one = await openDatabase({ connection, issuer: TEST_ISSUER, log, clock });
  opened.push(one);
  return one;
}

const event = (requestId: string) => ({
  time: new Date(),
  companyId: null,
  action: 'token.refused' as const,
  outcome: 'failure' as const,
  reason: 'unknown_client',
  actor: { type: 'client', id: 'pst_x', name: null },
  target: null,
  ip: null,
  userAgent: null,
  requestId,
  changes: null,
  details: null,
});

test('an empty database is ready for use once it is opened', async () => {
  const empty = await createTestDatabase('empty');
  try {
    const one = await openDatabase({ connection: empty.connection, issuer: TEST_ISSUER, log, clock });
    await one.check();
    expect(await one.storage.read((stores) => stores.companies.find('co_root', null))).toMatchObject({ name: 'Root' });
    await one.close();
  } finally {
    await empty.drop();
  }
});

test('a change is seen at once in its own process, and soon in another', async () => {
  const [mine, theirs] = [await open(), await open()];
  const { clientId } = await makeClient(mine.storage);
  for (const one of [mine, theirs]) expect((await one.liveClients.find(clientId))?.status).toBe('active');
  await mine.storage.write(async (stores) => {
    const client = await stores.clients.findForUpdate(clientId, null);
    if (client) await stores.clients.update({ ...client, status: 'inactive' });
  });
  expect((await mine.liveClients.find(clientId))?.status).toBe('inactive');
  await eventually('the other process sees it', async () => {
    return (await theirs.liveClients.find(clientId))?.status === 'inactive';
  });
});

test('a new signing key is told to every process', async () => {
  const [mine, theirs] = [await open(), await open()];
  let told = 0;
  theirs.onSigningKeyChange(() => {
    told += 1;
  });
  await mine.storage.write((stores) =>
    stores.signingKeys.insert({
      kid: 'next',
      algorithm: 'ES256',
      status: 'next',
      publicJwk: {},
      sealedPrivateKey: Buffer.alloc(1),
      createdAt: new Date(),
    }),
  );
  await eventually('it is told', () => told > 0);
});

test('closing stores the audit events and the uses that wait', async () => {
  const one = await open();
  const { clientId } = await makeClient(one.storage);
  const secret = newSecret(clientId);
  await one.storage.write((stores) => stores.clients.insertSecret(secret));
  const at = new Date('2025-01-01T00:00:00.000Z');
  one.useRecorder.record({ clientId, secretId: secret.id, at, ip: '192.0.2.1' });
  const appended = one.auditLog.append(event('closing'));
  opened.splice(0);
  await one.close();
  await appended;
  expect(await database.query(`SELECT request_id FROM audit_event WHERE request_id = 'closing'`)).toHaveLength(1);
  expect(await database.query('SELECT last_used_at, last_used_ip FROM client_secret')).toEqual([
    { last_used_at: at, last_used_ip: '192.0.2.1' },
  ]);
});

test('closed, it leaves no connection behind', async () => {
  const one = await open();
  await Promise.all([
    ...Array.from({ length: 12 }, () => one.storage.read((stores) => stores.companies.find('co_root', null))),
    one.auditLog.append(event('connections')),
  ]);
  opened.splice(0);
  await one.close();
  await eventually('no connection is left', async () => {
    const rows = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'postern'`,
    );
    return rows.length === 0;
  });
});

test('check tells whether the database answers, and does so again after an outage', async () => {
  const proxy = await startDatabaseProxy(database.connection);
  try {
    const one = await open({ url: proxy.url });
    await one.check();
    proxy.hang();
    await expect(one.check()).rejects.toMatchObject({ code: 'service.unavailable' });
    await proxy.comeBack();
    await eventually('it answers again', () =>
      one.check().then(
        () => true,
        () => false,
      ),
    );
    await proxy.goAway();
    await expect(one.check()).rejects.toMatchObject({ code: 'service.unavailable' });
    await proxy.comeBack();
  } finally {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await proxy.close();
  }
});
