// Last uses: written a moment later, only forward, and without anybody taking them for a change.

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BufferedUseRecorder, createUseRecorder } from '../../src/storage/use-recorder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { insertClient, insertSecret, keepLog, openDataSource } from './live-parts.ts';

let database: TestDatabase;
let dataSource: DataSource;
let log: ReturnType<typeof keepLog>;
let clientId: string;
let secretId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.connection);
});

beforeEach(async () => {
  log = keepLog();
  clientId = await insertClient(database.query);
  secretId = await insertSecret(database.query, clientId);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

function openRecorder(options: { intervalMilliseconds?: number; maxEntries?: number } = {}): BufferedUseRecorder {
  return createUseRecorder({ dataSource, log, ...options });
}

async function uses(): Promise<{ client: Date | null; secret: Date | null; ip: string | null; version: number }> {
  const rows = await database.query<Awaited<ReturnType<typeof uses>>>(
    `SELECT c.last_used_at AS client, s.last_used_at AS secret, s.last_used_ip AS ip, c.version
     FROM client c JOIN client_secret s USING (client_id) WHERE s.id = $1`,
    [secretId],
  );
  const [row] = rows;
  if (!row) throw new Error('the client is gone');
  return row;
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

test('a use is written in the background, the latest of several', async () => {
  const recorder = openRecorder({ intervalMilliseconds: 50 });
  recorder.record({ clientId, secretId, at: at(1), ip: '192.0.2.1' });
  recorder.record({ clientId, secretId, at: at(3), ip: '192.0.2.3' });
  recorder.record({ clientId, secretId, at: at(2), ip: '192.0.2.2' });
  const written = await eventually('it is written', async () => ((await uses()).client ? await uses() : undefined));
  expect(written).toEqual({ client: at(3), secret: at(3), ip: '192.0.2.3', version: 1 });
  recorder.record({ clientId, secretId, at: at(4), ip: null });
  await eventually('the next is written too', async () => (await uses()).client?.getTime() === at(4).getTime());
  expect(await uses()).toMatchObject({ secret: at(4), ip: null });
  await recorder.close();
});

test('a use that is older than what is stored changes nothing', async () => {
  const [first, second] = [openRecorder(), openRecorder()];
  first.record({ clientId, secretId, at: at(9), ip: '192.0.2.9' });
  second.record({ clientId, secretId, at: at(5), ip: '192.0.2.5' });
  await first.close();
  await second.close();
  expect(await uses()).toMatchObject({ client: at(9), secret: at(9), ip: '192.0.2.9' });
});

test('a use without a secret is the client’s alone', async () => {
  const recorder = openRecorder();
  recorder.record({ clientId, secretId: null, at: at(1), ip: '192.0.2.1' });
  await recorder.close();
  expect(await uses()).toEqual({ client: at(1), secret: null, ip: null, version: 1 });
});

test('a use raises no version and is told to nobody', async () => {
  const before = await database.query('SELECT seq FROM change');
  const recorder = openRecorder();
  recorder.record({ clientId, secretId, at: at(1), ip: '192.0.2.1' });
  await recorder.close();
  expect((await uses()).client).toEqual(at(1));
  expect((await uses()).version).toBe(1);
  expect(await database.query('SELECT seq FROM change')).toEqual(before);
});

test('uses of a client or a secret that is gone are dropped, the others are written', async () => {
  const recorder = openRecorder();
  recorder.record({ clientId: `pst_${'g'.repeat(24)}`, secretId: 'sec_gone', at: at(1), ip: null });
  recorder.record({ clientId, secretId: 'sec_gone', at: at(1), ip: null });
  await recorder.close();
  expect(await uses()).toMatchObject({ client: at(1), secret: null });
  expect(log.messages).toEqual([]);
});

test('another client’s id beside a secret does not touch the secret', async () => {
  const other = await insertClient(database.query);
  const recorder = openRecorder();
  recorder.record({ clientId: other, secretId, at: at(1), ip: '192.0.2.1' });
  await recorder.close();
  expect(await uses()).toMatchObject({ client: null, secret: null });
});

test('uses that could not be written are kept, and written with those that came meanwhile', async () => {
  const recorder = openRecorder({ intervalMilliseconds: 30 });
  await database.query('ALTER TABLE client_secret RENAME TO client_secret_away');
  recorder.record({ clientId, secretId, at: at(2), ip: '192.0.2.2' });
  await eventually('it has failed', () => log.messages.length > 0);
  recorder.record({ clientId, secretId, at: at(1), ip: '192.0.2.1' });
  await database.query('ALTER TABLE client_secret_away RENAME TO client_secret');
  await eventually('it is written', async () => (await uses()).client !== null);
  expect(await uses()).toMatchObject({ client: at(2), secret: at(2), ip: '192.0.2.2' });
  expect(log.messages).toEqual(['last uses cannot be written; trying again', 'last uses are written again']);
  await recorder.close();
});

test('more clients than one statement takes are all written by the end', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => await insertClient(database.query)));
  const made = Array.from({ length: 1200 }, (_, index) => `pst_${String(index).padStart(24, 'c')}`);
  const recorder = openRecorder();
  for (const id of [...made, ...ids]) recorder.record({ clientId: id, secretId: null, at: at(7), ip: null });
  await recorder.close();
  const rows = await database.query('SELECT 1 FROM client WHERE client_id = ANY ($1) AND last_used_at = $2', [
    ids,
    at(7),
  ]);
  expect(rows).toHaveLength(20);
});

test('two instances that write the same clients in different order both succeed', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, async () => await insertClient(database.query)));
  const [one, two] = [openRecorder(), openRecorder()];
  for (const id of ids) one.record({ clientId: id, secretId: null, at: at(1), ip: null });
  for (const id of ids.toReversed()) two.record({ clientId: id, secretId: null, at: at(2), ip: null });
  await Promise.all([one.close(), two.close()]);
  expect(log.messages).toEqual([]);
  const rows = await database.query('SELECT 1 FROM client WHERE client_id = ANY ($1) AND last_used_at = $2', [
    ids,
    at(2),
  ]);
  expect(rows).toHaveLength(50);
});
