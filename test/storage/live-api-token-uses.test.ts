// Uses of API tokens: written a moment later beside those of their client, or alone when they are a user's, and in nobody's way.

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../src/domain/client/client.ts';
import type { User } from '../../src/domain/user/user.ts';
import { GatheredUses } from '../../src/storage/gathered-uses.ts';
import { type BufferedUseRecorder, createUseRecorder } from '../../src/storage/use-recorder.ts';
import { createTestDatabase, openTestStorage, type TestDatabase, type TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  makeApiToken,
  makeClient,
  makeTenants,
  makeUser,
  type TestApiToken,
  type Tenants,
} from '../support/factories.ts';
import { keepLog, openDataSource } from './live-parts.ts';

let database: TestDatabase;
let opened: TestStorage;
let dataSource: DataSource;
let tenants: Tenants;
let log: ReturnType<typeof keepLog>;
let client: Client;
let user: User;
let ofClient: TestApiToken;
let ofUser: TestApiToken;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  dataSource = await openDataSource(database.connection);
  tenants = await makeTenants(database);
});

beforeEach(async () => {
  log = keepLog();
  client = await makeClient(opened.storage);
  user = await makeUser(opened.storage);
  ofClient = await makeApiToken(opened.storage, client);
  ofUser = await makeApiToken(opened.storage, user);
});

afterAll(async () => {
  await dataSource.destroy();
  await opened.close();
  await database.drop();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const openRecorder = (intervalMilliseconds?: number): BufferedUseRecorder =>
  createUseRecorder({ dataSource, log, intervalMilliseconds });

type Use = Parameters<BufferedUseRecorder['record']>[0];

const byClient = (second: number, ip: string | null = `192.0.2.${second}`): Use => ({
  clientId: client.clientId,
  secretId: null,
  apiTokenId: ofClient.id,
  at: at(second),
  ip,
});
const byUser = (second: number, ip: string | null = `192.0.2.${second}`): Use => ({
  clientId: null,
  secretId: null,
  apiTokenId: ofUser.id,
  at: at(second),
  ip,
});

/** When and from where, in the order of the tokens. */
async function usesOf(...tokens: TestApiToken[]): Promise<[Date | null, string | null][]> {
  const rows = await database.query<{ at: Date | null; ip: string | null }>(
    `SELECT t.last_used_at AS at, t.last_used_ip AS ip FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, place)
     JOIN api_token t USING (id) ORDER BY asked.place`,
    [tokens.map(({ id }) => id)],
  );
  return rows.map((row) => [row.at, row.ip]);
}

async function lastUseOfClient(): Promise<Date | null | undefined> {
  const rows = await database.query<{ at: Date | null }>('SELECT last_used_at AS at FROM client WHERE client_id = $1', [
    client.clientId,
  ]);
  return rows[0]?.at;
}

test('the latest of several is written in the background, of clients’ and users’ tokens alike', async () => {
  const recorder = openRecorder(50);
  for (const second of [1, 3, 2]) {
    recorder.record(byClient(second));
    recorder.record(byUser(second));
  }
  await eventually('both are written', async () => (await usesOf(ofClient, ofUser)).every(([used]) => used !== null));
  const last = [at(3), '192.0.2.3'];
  expect(await usesOf(ofClient, ofUser)).toEqual([last, last]);
  recorder.record(byUser(4, null));
  await eventually('the next one too', async () => (await usesOf(ofUser))[0]?.[0]?.getTime() === at(4).getTime());
  expect(await usesOf(ofUser)).toEqual([[at(4), null]]);
  await recorder.close();
});

test('a use of a client’s token is one of the client too, from the same address', async () => {
  const recorder = openRecorder();
  recorder.record(byClient(5));
  await recorder.close();
  expect(await lastUseOfClient()).toEqual(at(5));
  const sources = await database.query('SELECT ip, uses::integer FROM client_source WHERE client_id = $1', [
    client.clientId,
  ]);
  expect(sources).toEqual([{ ip: '192.0.2.5', uses: 1 }]);
});

test('a refusal is a source of the client, and no use of any token', async () => {
  const recorder = openRecorder();
  recorder.recordRefusal(byClient(1));
  recorder.recordRefusal(byUser(1));
  await recorder.close();
  expect(await usesOf(ofClient, ofUser)).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(await lastUseOfClient()).toBeNull();
  const sources = await database.query('SELECT refusals::integer FROM client_source WHERE client_id = $1', [
    client.clientId,
  ]);
  expect(sources).toEqual([{ refusals: 1 }]);
});

test('an older use changes nothing, and none raises a version or is told to anybody', async () => {
  const told = () => database.query('SELECT seq FROM change');
  const before = await told();
  const [first, second] = [openRecorder(), openRecorder()];
  for (const use of [byClient(9), byUser(9)]) first.record(use);
  for (const use of [byClient(5), byUser(5)]) second.record(use);
  await first.close();
  await second.close();
  const last = [at(9), '192.0.2.9'];
  expect(await usesOf(ofClient, ofUser)).toEqual([last, last]);
  expect(await told()).toEqual(before);
  expect(await database.query('SELECT DISTINCT version FROM api_token')).toEqual([{ version: 1 }]);
});

test('a token beside somebody else’s name, and one that is gone, are not touched; the others are written', async () => {
  const recorder = openRecorder();
  recorder.record({ ...byClient(1), apiTokenId: ofUser.id });
  recorder.record({ ...byUser(1), apiTokenId: 'tok_gone' });
  recorder.record({ ...byUser(1), apiTokenId: ofClient.id });
  const other = await makeApiToken(opened.storage, user);
  recorder.record({ ...byUser(2), apiTokenId: other.id });
  await recorder.close();
  expect((await usesOf(ofClient, ofUser, other)).map(([used]) => used)).toEqual([null, null, at(2)]);
  expect(await lastUseOfClient()).toEqual(at(1));
  expect(log.messages).toEqual([]);
});

test('uses that could not be written are kept, and written with those that came meanwhile, each once', async () => {
  const recorder = openRecorder(30);
  await database.query('ALTER TABLE api_token RENAME TO api_token_away');
  for (const use of [byClient(2), byUser(2)]) recorder.record(use);
  await eventually('it has failed', () => log.messages.length > 0);
  for (const use of [byClient(1), byUser(1)]) recorder.record(use);
  await database.query('ALTER TABLE api_token_away RENAME TO api_token');
  await eventually('both are written', async () => (await usesOf(ofClient, ofUser)).every(([used]) => used !== null));
  const last = [at(2), '192.0.2.2'];
  expect(await usesOf(ofClient, ofUser)).toEqual([last, last]);
  expect(log.messages).toEqual(['last uses cannot be written; trying again', 'last uses are written again']);
  await recorder.close();
  const rows = await database.query('SELECT sum(uses)::integer AS uses FROM client_source WHERE client_id = $1', [
    client.clientId,
  ]);
  expect(rows).toEqual([{ uses: 2 }]);
});

test('writers in different order, moves and deletions never wait for each other in a circle', async () => {
  const { storage } = opened;
  const users = await Promise.all(Array.from({ length: 20 }, () => makeUser(storage)));
  const clients = await Promise.all(Array.from({ length: 20 }, () => makeClient(storage)));
  const uses: Use[] = [];
  for (const owner of [...users, ...clients, ...users, ...clients]) {
    const { id } = await makeApiToken(storage, owner);
    uses.push({ ...byUser(1), clientId: 'clientId' in owner ? owner.clientId : null, apiTokenId: id });
  }
  const [one, two] = [openRecorder(), openRecorder()];
  for (const use of uses) one.record(use);
  for (const use of uses.toReversed()) two.record({ ...use, at: at(2) });
  const moves = users.slice(0, 10).map(({ id }) =>
    storage.write(async (stores) => {
      const found = await stores.users.findForUpdate(id, {
        companyId: 'co_root',
        companyPath: 'co_root/',
        subtree: true,
      });
      if (found) await stores.users.update({ ...found, companyId: tenants.plain.id });
    }),
  );
  const deletions = clients.slice(0, 10).map(({ clientId }) =>
    storage.write(async (stores) => {
      await stores.clients.findForUpdate(clientId, null);
      await stores.clients.delete(clientId);
    }),
  );
  await Promise.all([one.close(), two.close(), ...moves, ...deletions]);
  expect(log.messages).toEqual([]);
  const [row] = await database.query<{ used: number; deadlocks: number }>(
    `SELECT (SELECT count(*)::integer FROM api_token WHERE last_used_at = $1 AND id = ANY ($2)) AS used, deadlocks::integer
     FROM pg_stat_database WHERE datname = current_database()`,
    [at(2), uses.map(({ apiTokenId }) => apiTokenId)],
  );
  expect(row).toEqual({ used: 60, deadlocks: 0 });
});

describe('in memory', () => {
  const limits = { maxClients: 3, maxSourcesPerClient: 10, maxSources: 10 };
  const come = (gathered: GatheredUses, apiTokenId: string, second = 1) =>
    gathered.record({ clientId: null, secretId: null, apiTokenId, at: at(second), ip: 'a' });

  test('a flood of tokens does not grow without end, and those known go on being counted', () => {
    const gathered = new GatheredUses(limits);
    for (const id of ['one', 'two', 'three', 'four']) come(gathered, id);
    come(gathered, 'one', 2);
    expect(gathered.size).toBe(3);
    expect([...gathered.takeUserTokens(2)]).toEqual([
      ['one', { at: at(2), ip: 'a' }],
      ['two', { at: at(1), ip: 'a' }],
    ]);
    expect([...gathered.takeUserTokens(2).keys()]).toEqual(['three']);
    expect(gathered.size).toBe(0);
  });

  test('what could not be written never replaces what has come meanwhile', () => {
    const gathered = new GatheredUses(limits);
    come(gathered, 'one', 1);
    const taken = gathered.takeUserTokens(10);
    come(gathered, 'one', 2);
    gathered.putBackUserTokens(taken);
    expect([...gathered.takeUserTokens(10)]).toEqual([['one', { at: at(2), ip: 'a' }]]);
  });

  test('whoever comes without an API token costs nothing more', () => {
    const gathered = new GatheredUses(limits);
    gathered.record({ clientId: 'pst_a', secretId: null, at: at(1), ip: null });
    gathered.record({ clientId: null, secretId: null, at: at(1), ip: 'a' });
    expect(gathered.size).toBe(1);
    expect(gathered.take(1, 1).get('pst_a')?.apiTokens).toBeUndefined();
  });
});
