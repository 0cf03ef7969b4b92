// API tokens in the database: what is found, in which order, by whom, that they stand where their owner stands, and that those who
// change one wait for each other.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApiToken, ApiTokenSummary } from '../../src/domain/api-token/api-token.ts';
import type { ApiTokenFilter, ApiTokenSort } from '../../src/domain/api-token/api-token-store.ts';
import type { Reach } from '../../src/domain/access/caller.ts';
import type { Client } from '../../src/domain/client/client.ts';
import type { User } from '../../src/domain/user/user.ts';
import { createTestDatabase, openTestStorage } from '../support/database.ts';
import type { TestDatabase, TestStorage } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  makeApi,
  makeApiToken,
  makeClient,
  makeTenants,
  makeUser,
  newApiToken,
  newClient,
  reachOf,
  rootCompany,
} from '../support/factories.ts';
import type { Tenants } from '../support/factories.ts';

let database: TestDatabase;
let opened: TestStorage;
let tenants: Tenants;
/** Both of the root company. */
let client: Client;
let user: User;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openTestStorage(database.connection);
  tenants = await makeTenants(database);
  await makeApi(database, { id: 'orders', privileges: [{ scope: 'orders:read' }, { scope: 'orders:write' }] });
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(async () => {
  await database.query('DELETE FROM client');
  await database.query('DELETE FROM user_account');
  client = await makeClient(opened.storage, { name: 'SIEM Connector', description: 'ships logs' });
  user = await makeUser(opened.storage, { name: 'Ada Lovelace' });
  opened.changes.length = 0;
});

const find = (id: string, reach: Reach | null = null) =>
  opened.storage.read((stores) => stores.apiTokens.find(id, reach));
const make = (owner: Client | User = client, given: Partial<ApiToken> = {}) =>
  makeApiToken(opened.storage, owner, given);

async function names(filter: ApiTokenFilter, reach: Reach | null = null): Promise<string[]> {
  const page = await opened.storage.read((stores) => stores.apiTokens.list(filter, { limit: 50 }, reach));
  return page.items.map(({ name }) => name);
}

async function walk(sort: ApiTokenSort, limit: number): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await opened.storage.read((stores) => stores.apiTokens.list({ sort }, { limit, cursor }, null));
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

/** What is shown of a token that was stored. */
function shown(token: ApiToken & { value?: string }, more: Partial<ApiTokenSummary>): object {
  const { tokenHash: _hash, value: _value, ...rest } = token;
  return { ...rest, lastUsedAt: null, lastUsedIp: null, companyName: 'Root', ...more };
}

/** Keeps a transaction open until `release`. */
function hold(work: (stores: Parameters<Parameters<TestStorage['storage']['write']>[0]>[0]) => Promise<unknown>) {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const over = opened.storage.write(async (stores) => {
    await work(stores);
    isHeld();
    await until;
  });
  return { held: Promise.race([held, over]), release, over };
}

const somebodyWaits = () =>
  eventually('somebody waits for a lock', async () => {
    const rows = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });

describe('an API token', () => {
  test('of a client comes back as it was stored, with the names of its owner, company and API, and without its hash', async () => {
    const token = await make(client, {
      name: 'Nightly “export” 🦔',
      apiId: 'orders',
      scopes: ['orders:write', 'orders:read'],
      ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24', 'host.example.test'] },
      expiresAt: new Date('2099-12-31T23:59:59.999Z'),
      createdAt: new Date('2024-02-29T12:00:00.123Z'),
      updatedAt: new Date('2024-02-29T12:00:00.124Z'),
      issuedAt: new Date('2024-02-29T12:00:00.125Z'),
      version: 3,
    });
    const found = await find(token.id);
    expect(found).toEqual(shown(token, { ownerName: 'SIEM Connector', apiName: 'orders' }));
    expect(found).toMatchObject({ ownerType: 'client', ownerId: client.clientId });
  });

  test('of a user comes back with the name of that user', async () => {
    const token = await make(user);
    const found = await find(token.id);
    expect(found).toEqual(shown(token, { ownerName: 'Ada Lovelace', apiName: 'Postern Management API' }));
    expect(found).toMatchObject({ ownerType: 'user', ownerId: user.id });
  });

  test('changed: all but owner and creation is written, the version raised by one, the hash kept unless another is given', async () => {
    const token = await make();
    const changed: ApiToken = {
      ...token,
      name: 'renamed',
      ownerType: 'user',
      ownerId: user.id,
      apiId: 'orders',
      scopes: ['orders:read'],
      ipRestriction: { mode: 'report', rules: ['192.0.2.1'] },
      hint: 'new1',
      expiresAt: new Date('2099-01-01T00:00:00.000Z'),
      issuedAt: new Date('2031-01-01T00:00:00.000Z'),
      updatedAt: new Date('2031-01-01T00:00:00.001Z'),
      createdAt: new Date(0),
      version: 99,
    };
    const { tokenHash: _hash, ...withoutHash } = changed;
    await opened.storage.write((stores) => stores.apiTokens.update(withoutHash));
    const { ownerType, ownerId, createdAt } = token;
    const kept = { ownerType, ownerId, createdAt, version: 2, ownerName: 'SIEM Connector', apiName: 'orders' };
    expect(await find(token.id)).toEqual(shown(changed, kept));
    const hash = () => database.query('SELECT token_hash FROM api_token');
    expect(await hash()).toEqual([{ token_hash: token.tokenHash }]);
    expect(await names({ q: 'renamed' })).toEqual(['renamed']);
    await opened.storage.write((stores) => stores.apiTokens.update({ ...changed, tokenHash: 'another' }));
    expect(await hash()).toEqual([{ token_hash: 'another' }]);
  });

  test('is told when it is made, changed and deleted, and not when it is used', async () => {
    const token = await make();
    const change = { topic: 'api_token', key: token.id };
    expect(opened.changes).toEqual([change]);
    await opened.storage.write((stores) => stores.apiTokens.update({ ...token, name: 'renamed' }));
    expect(opened.changes).toEqual([change, change]);
    await opened.storage.write((stores) => stores.apiTokens.delete(token.id));
    expect(opened.changes).toEqual([change, change, change]);
    expect(await find(token.id)).toBeUndefined();
    const other = await make();
    const told = () => database.query('SELECT seq FROM change');
    const before = await told();
    await database.query(`UPDATE api_token SET last_used_at = now(), last_used_ip = '192.0.2.1' WHERE id = $1`, [
      other.id,
    ]);
    expect(await told()).toEqual(before);
  });

  test.each<[string, Partial<ApiToken>]>([
    ['no privilege', { scopes: [] }],
    ['a hash that another has', { tokenHash: 'taken' }],
    ['an API that does not exist', { apiId: 'none' }],
  ])('with %s is refused by the database itself', async (_what, given) => {
    await make(client, { tokenHash: 'taken' });
    await expect(make(client, given)).rejects.toThrow();
    expect(await names({})).toHaveLength(1);
  });

  test('of nobody is a conflict, and of two owners refused', async () => {
    const nobody = newClient();
    await expect(make(nobody)).rejects.toMatchObject({ code: 'resource.conflict' });
    await expect(make({ ...user, id: 'usr_nobody' })).rejects.toMatchObject({ code: 'resource.conflict' });
    const { id } = await make();
    const both = `INSERT INTO api_token SELECT (jsonb_populate_record(t, $2::jsonb)).* FROM api_token t WHERE id = $1`;
    const owners = JSON.stringify({ id: 'tok_two', token_hash: 'x', client_id: client.clientId, user_id: user.id });
    await expect(database.query(both, [id, owners])).rejects.toMatchObject({ constraint: 'api_token_owner' });
  });
});

describe('the owner', () => {
  test('who is deleted takes its tokens along, each told as a change', async () => {
    const made = [await make(), await make(), await make(user)];
    opened.changes.length = 0;
    await opened.storage.write((stores) => stores.clients.delete(client.clientId));
    for (const { id } of made.slice(0, 2)) expect(opened.changes).toContainEqual({ topic: 'api_token', key: id });
    expect(await names({})).toEqual([made[2]?.name]);
    await opened.storage.write((stores) => stores.users.delete(user.id));
    expect(opened.changes).toContainEqual({ topic: 'api_token', key: made[2]?.id });
    expect(opened.changes).toContainEqual({ topic: 'user', key: user.id });
    expect(await names({})).toEqual([]);
  });

  test('who moves to another company takes its tokens along, and nobody else’s', async () => {
    const [ofUser, ofClient] = [await make(user), await make(client)];
    await opened.storage.write((stores) => stores.users.update({ ...user, companyId: tenants.customer.id }));
    expect(await find(ofUser.id, reachOf(tenants.customer))).toMatchObject({ companyName: 'Customer', version: 1 });
    expect(await find(ofUser.id, reachOf(rootCompany, false))).toBeUndefined();
    expect(await find(ofClient.id)).toMatchObject({ companyId: rootCompany.id });
    await opened.storage.write((stores) => stores.clients.update({ ...client, companyId: tenants.plain.id }));
    expect(await find(ofClient.id)).toMatchObject({ companyId: tenants.plain.id });
    const paths = await database.query(
      `SELECT t.company_path = co.path AS same FROM api_token t JOIN company co ON co.id = t.company_id`,
    );
    expect(paths).toEqual([{ same: true }, { same: true }]);
  });

  test('decides on the company of a token, whatever is written', async () => {
    const { id } = await make(client, { companyId: tenants.plain.id });
    expect(await find(id)).toMatchObject({ companyId: rootCompany.id });
    await database.query(`UPDATE api_token SET company_id = $1, company_path = 'co_x/'`, [tenants.plain.id]);
    expect(await database.query('SELECT company_id, company_path FROM api_token')).toEqual([
      { company_id: rootCompany.id, company_path: rootCompany.path },
    ]);
  });

  test('of a token never becomes another', async () => {
    const { id } = await make();
    for (const sql of [
      `UPDATE api_token SET client_id = NULL, user_id = '${user.id}' WHERE id = $1`,
      `UPDATE api_token SET id = 'tok_other' WHERE id = $1`,
    ]) {
      await expect(database.query(sql, [id])).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('who moves while a token is made has it in the new company', async () => {
    const moving = hold((stores) => stores.users.update({ ...user, companyId: tenants.customer.id }));
    await moving.held;
    const made = make(user);
    await somebodyWaits();
    moving.release();
    await moving.over;
    expect(await find((await made).id)).toMatchObject({ companyId: tenants.customer.id });
  });

  test.each([
    [
      'a company',
      () => database.query('DELETE FROM company WHERE id = $1', [tenants.plain.id]),
      'client_company_id_fkey',
    ],
    ['an API', () => database.query(`DELETE FROM api WHERE id = 'orders'`), 'api_token_api_id_fkey'],
  ])('and its tokens keep %s from being deleted', async (_what, deletion, constraint) => {
    const owner = await makeClient(opened.storage, { companyId: tenants.plain.id });
    await make(owner, { apiId: 'orders', scopes: ['orders:read'] });
    await expect(deletion()).rejects.toMatchObject({ constraint });
  });
});

describe('user changes', () => {
  test.each<[string, Partial<User>, boolean]>([
    ['status', { status: 'inactive' }, true],
    ['role', { roleId: 'role_reseller' }, true],
    ['exemption from IP rules', { ipExempt: true }, true],
    ['name', { name: 'Other' }, true],
    ['e-mail', { email: 'other@example.test' }, true],
    ['password', { passwordHash: 'other' }, false],
  ])('of the %s are told as far as the token path reads them', async (_what, given, isTold) => {
    await opened.storage.write((stores) => stores.users.update({ ...user, ...given }));
    expect(opened.changes).toEqual(isTold ? [{ topic: 'user', key: user.id }] : []);
  });
});

describe('reach', () => {
  test('decides on what is found, locked and listed', async () => {
    const owners = [
      client,
      ...(await Promise.all(
        [tenants.reseller, tenants.customer, tenants.plain].map(({ id }) =>
          makeUser(opened.storage, { companyId: id }),
        ),
      )),
    ];
    for (const owner of owners) await make(owner, { name: `of ${owner.companyId}` });
    const expected: [Reach | null, string[]][] = [
      [null, [rootCompany.id, tenants.reseller.id, tenants.customer.id, tenants.plain.id]],
      [reachOf(rootCompany), [rootCompany.id, tenants.reseller.id, tenants.customer.id, tenants.plain.id]],
      [reachOf(rootCompany, false), [rootCompany.id]],
      [reachOf(tenants.reseller), [tenants.reseller.id, tenants.customer.id]],
      [reachOf(tenants.reseller, false), [tenants.reseller.id]],
      [reachOf(tenants.customer), [tenants.customer.id]],
    ];
    const all = await opened.storage.read((stores) => stores.apiTokens.list({}, { limit: 50 }, null));
    for (const [reach, companyIds] of expected) {
      expect((await names({}, reach)).toSorted()).toEqual(companyIds.map((id) => `of ${id}`).toSorted());
      for (const { id, companyId } of all.items) {
        const isReached = companyIds.includes(companyId);
        expect((await find(id, reach)) !== undefined).toBe(isReached);
        const locked = await opened.storage.write((stores) => stores.apiTokens.findForUpdate(id, reach));
        expect(locked !== undefined).toBe(isReached);
      }
    }
  });
});

describe('list', () => {
  const at = (day: number) => new Date(Date.UTC(2025, 0, day));

  async function makeSeveral(): Promise<void> {
    // In pairs of the same moment, so that the id has to decide.
    for (const [index, name] of ['delta', 'Alpha', 'charlie', 'Bravo', 'echo', 'foxtrot'].entries()) {
      await make(index % 2 === 0 ? client : user, { name, createdAt: at(1 + Math.floor(index / 2)) });
    }
    await database.query(
      `UPDATE api_token SET last_used_at = created_at + interval '1 year' WHERE name IN ('delta', 'Bravo')`,
    );
  }

  test.each<[ApiTokenSort, (seen: string[]) => void]>([
    ['created_at', (seen) => expect(seen.slice(4).toSorted()).toEqual(['Alpha', 'delta'])],
    ['name', (seen) => expect(seen).toEqual(['Alpha', 'Bravo', 'charlie', 'delta', 'echo', 'foxtrot'])],
    ['last_used_at', (seen) => expect(seen.slice(0, 2)).toEqual(['Bravo', 'delta'])],
  ])('by %s is the same in pages of any size', async (sort, check) => {
    await makeSeveral();
    const whole = await walk(sort, 200);
    expect(whole).toHaveLength(6);
    check(whole);
    for (const limit of [1, 2, 5, 6]) expect(await walk(sort, limit)).toEqual(whole);
  });

  test('refuses the cursor of another order, and of another list', async () => {
    await makeSeveral();
    const page = await opened.storage.read((stores) => stores.apiTokens.list({}, { limit: 1 }, null));
    const cursor = page.nextCursor ?? undefined;
    expect(cursor).toBeDefined();
    const asked = [
      opened.storage.read((stores) => stores.apiTokens.list({ sort: 'name' }, { limit: 1, cursor }, null)),
      opened.storage.read((stores) => stores.clients.list({}, { limit: 1, cursor }, null)),
    ];
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('filters by owner, kind of owner, company, API and expiry, together too', async () => {
    const elsewhere = await makeUser(opened.storage, { companyId: tenants.plain.id });
    const now = at(10);
    await make(client, { name: 'never', createdAt: at(1) });
    await make(client, { name: 'past', expiresAt: at(9), createdAt: at(2) });
    await make(user, { name: 'now', expiresAt: now, createdAt: at(3) });
    await make(user, { name: 'future', expiresAt: at(11), createdAt: at(4) });
    await make(elsewhere, { name: 'orders', apiId: 'orders', scopes: ['orders:read'], createdAt: at(5) });
    expect(await names({ clientId: client.clientId })).toEqual(['past', 'never']);
    expect(await names({ userId: user.id })).toEqual(['future', 'now']);
    expect(await names({ userId: client.clientId })).toEqual([]);
    expect(await names({ ownerType: 'client' })).toEqual(['past', 'never']);
    expect(await names({ ownerType: 'user' })).toEqual(['orders', 'future', 'now']);
    expect(await names({ companyId: tenants.plain.id })).toEqual(['orders']);
    expect(await names({ apiId: 'orders' })).toEqual(['orders']);
    expect(await names({ expired: { is: true, at: now } })).toEqual(['now', 'past']);
    expect(await names({ expired: { is: false, at: now } })).toEqual(['orders', 'future', 'never']);
    expect(await names({ ownerType: 'user', expired: { is: false, at: now }, apiId: 'management' })).toEqual([
      'future',
    ]);
  });

  test('q is text within the token’s name, its owner’s name or its hint, in any case', async () => {
    await make(client, { name: 'Nightly Über-Export', hint: 'x7Qa' });
    await make(user, { name: 'other', hint: 'zzzz' });
    for (const q of ['nightly', 'ÜBER', 'y ü', 'siem', 'M CONN', 'x7qa', '7Q']) {
      expect(await names({ q }), q).toEqual(['Nightly Über-Export']);
    }
    for (const q of ['ada', 'LOVE', 'a l']) expect(await names({ q }), q).toEqual(['other']);
    // Not the description of the client, nor what lies across two texts.
    for (const q of ['ships', 'logs', 'exportx7', 'connectorships', 'r\nships', '']) {
      expect((await names({ q })).length, q).toBe(q === '' ? 2 : 0);
    }
  });

  test('q takes % and _ and \\ for themselves', async () => {
    for (const name of ['100%', '100 per cent', 'a_b', 'axb', String.raw`c\d`]) await make(client, { name });
    const percent = await makeUser(opened.storage, { name: '50%_off' });
    await make(percent, { name: 'of the user' });
    expect(await names({ q: '0%' })).toEqual(['of the user', '100%']);
    expect(await names({ q: 'a_b' })).toEqual(['a_b']);
    expect(await names({ q: '%_' })).toEqual(['of the user']);
    expect(await names({ q: '\\' })).toEqual([String.raw`c\d`]);
  });
});

describe('listOfOwner', () => {
  test('are all of that owner, newest first, held until the end', async () => {
    const at = (day: number) => new Date(Date.UTC(2025, 0, day));
    const [older, newer] = [await make(client, { createdAt: at(1) }), await make(client, { createdAt: at(2) })];
    await make(user);
    const holding = hold(async (stores) => {
      const ids = (await stores.apiTokens.listOfOwner('client', client.clientId)).map(({ id }) => id);
      expect(ids).toEqual([newer.id, older.id]);
    });
    await holding.held;
    const changing = opened.storage.write((stores) => stores.apiTokens.findForUpdate(older.id, null));
    await somebodyWaits();
    holding.release();
    await holding.over;
    expect(await changing).toBeDefined();
    const none = await opened.storage.write((stores) => stores.apiTokens.listOfOwner('user', client.clientId));
    expect(none).toEqual([]);
  });
});

describe('findForUpdate', () => {
  test('makes the next one wait, who then sees what the first did', async () => {
    const token = await make();
    const changing = hold(async (stores) => {
      const found = await stores.apiTokens.findForUpdate(token.id, null);
      if (found) await stores.apiTokens.update({ ...found, name: 'changed' });
    });
    await changing.held;
    const second = opened.storage.write((stores) => stores.apiTokens.findForUpdate(token.id, null));
    await somebodyWaits();
    changing.release();
    await changing.over;
    expect(await second).toMatchObject({ name: 'changed', version: 2 });
  });

  test('of one that is deleted meanwhile finds nothing', async () => {
    const token = await make(user);
    const deleting = hold((stores) => stores.users.delete(user.id));
    await deleting.held;
    const second = opened.storage.write((stores) => stores.apiTokens.findForUpdate(token.id, null));
    await somebodyWaits();
    deleting.release();
    await deleting.over;
    expect(await second).toBeUndefined();
  });

  test('locks the owner first, as whoever deletes owners does: neither stands in the other’s way', async () => {
    const { storage } = opened;
    for (let round = 0; round < 10; round += 1) {
      const owner = await makeClient(storage);
      const tokens = [await make(owner), await make(owner), await make(owner)];
      const changes = tokens.toReversed().map(({ id }) =>
        storage.write(async (stores) => {
          const found = await stores.apiTokens.findForUpdate(id, null);
          if (found) await stores.apiTokens.update({ ...found, name: 'changed' });
        }),
      );
      const deletion = storage.write(async (stores) => {
        await stores.clients.findForUpdate(owner.clientId, null);
        await stores.clients.delete(owner.clientId);
      });
      await Promise.all([...changes, deletion]);
    }
    const [row] = await database.query<{ deadlocks: string }>(
      'SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(row?.deadlocks).toBe('0');
  });
});

test('a token that is being made and its API that is being deleted: one of the two wins', async () => {
  await makeApi(database, { id: 'short-lived', privileges: [{ scope: 'a' }] });
  const token = newApiToken(client, { apiId: 'short-lived', scopes: ['a'] });
  const making = hold((stores) => stores.apiTokens.insert(token));
  await making.held;
  const deletion = opened.storage.write(async (stores) => {
    await stores.apis.findForUpdate('short-lived');
    const { count } = await stores.apis.apiTokensFor('short-lived', reachOf(rootCompany));
    if (count === 0) await stores.apis.delete('short-lived');
    return count;
  });
  await somebodyWaits();
  making.release();
  await making.over;
  expect(await deletion).toBe(1);
});
