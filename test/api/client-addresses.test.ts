// Help with the addresses of a client over the Management API: the explained decision, sources, suggestions, notices at saving.

import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { decideAccess } from '../../src/domain/access/access-decision.ts';
import type { HostState } from '../../src/domain/address/host-record.ts';
import { formatIpAddress, parseIpAddress } from '../../src/domain/address/ip-address.ts';
import type { KnownHosts } from '../../src/domain/address/kept-restriction.ts';
import {
  accessAnswerSchema,
  clientSourceSchema,
  suggestionSchema,
} from '../../src/ports/api/client-address-schemas.ts';
import { openLiveReaders, type LiveReaders } from '../support/live-readers.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, openTestStorage, type TestDatabase } from '../support/database.ts';
import { asChanged, asRegistered, pointersOf } from './answers.ts';
import { type Answer, type ApiServer, call, rootCompany, startApiServer } from './api-server.ts';

let database: TestDatabase;
let live: LiveReaders;
let server: ApiServer;
const closing: (() => Promise<void>)[] = [];

const acme = { id: 'co_acme', name: 'Acme', path: 'co_root/co_acme/' };
const DAY = 24 * 60 * 60 * 1000;

/** Names of which nothing has been heard yet. */
const unheard = new Set<string>();

/** home.test stands for 198.51.100.7, every other name for nothing. */
const hosts: KnownHosts = {
  resolve: (name) =>
    name === 'home.test' && !unheard.has(name) ? [parseIpAddress('198.51.100.7')].flatMap((each) => each ?? []) : [],
  ready: async (names) => names.forEach((name) => unheard.delete(name)),
  state: (name): HostState => ({
    name,
    status: name === 'home.test' ? 'resolved' : 'no_such_name',
    addresses: hosts.resolve(name),
    since: null,
    checkedAt: null,
    closesAt: null,
    failure: null,
  }),
};

beforeAll(async () => {
  database = await createTestDatabase();
  const { storage, close } = await openTestStorage(database.connection);
  live = await openLiveReaders(database.connection, hosts);
  server = await startApiServer({ storage, clock: systemClock, live, hosts });
  closing.push(
    () => server.close(),
    () => live.close(),
    close,
    () => database.drop(),
  );
  await database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     VALUES ('co_acme', 'Acme', 'acme', 'co_root', 'co_root/co_acme/', false, 'active', now(), now(), 1)`,
  );
  server.login('root', { company: rootCompany, role: 'reseller' });
  server.login('acme', { company: acme, role: 'company_admin' });
  server.login('reader', { company: rootCompany, role: 'reseller', scopes: ['clients:read'] });
});

afterAll(async () => {
  for (const close of closing) await close();
});

const ask = (method: string, path: string, json?: unknown, token = 'root'): Promise<Answer> =>
  call(server, method, `/api/v1${path}`, { token, ...(json === undefined ? {} : { json }) });

async function register(rules: readonly string[] = [], fields: object = {}): Promise<string> {
  const restriction = { mode: rules.length > 0 ? 'enforce' : 'off', rules };
  const body = { name: 'job', role_id: 'role_company_admin', ip_restriction: restriction, ...fields };
  const answer = await ask('POST', '/clients', body);
  expect(answer.status, answer.text).toBe(201);
  return asRegistered(answer).client_id;
}

/** What the use recorder would have written. */
async function see(clientId: string, ip: string, { uses = 1, refusals = 0, daysAgo = 0 } = {}): Promise<void> {
  const at = new Date(Date.now() - daysAgo * DAY - 1000);
  await database.query(
    `INSERT INTO client_source (client_id, ip, first_seen_at, last_seen_at, uses, refusals) VALUES ($1, $2, $3, $3, $4, $5)`,
    [clientId, ip, at, uses, refusals],
  );
}

describe('POST /api/v1/clients/{client_id}/check', () => {
  async function check(clientId: string, question: object, token?: string) {
    const answer = await ask('POST', `/clients/${clientId}/check`, question, token);
    expect(answer.status, answer.text).toBe(200);
    return accessAnswerSchema.parse(answer.json);
  }
  const stepOf = ({ steps }: z.output<typeof accessAnswerSchema>, name: string) =>
    steps.find((each) => each.name === name);

  test('without a body asks about the address that the call comes from', async () => {
    const clientId = await register(['127.0.0.0/8']);
    const answer = await ask('POST', `/clients/${clientId}/check`);
    expect(accessAnswerSchema.parse(answer.json)).toMatchObject({ allowed: true, reason: null, address: '127.0.0.1' });
  });

  test('explains every step, also those after a refusal, with the remedy', async () => {
    const clientId = await register(['192.0.2.0/24'], { status: 'inactive' });
    const answer = await check(clientId, { address: '203.0.113.9', scope: 'clients:read keys:write' }, 'reader');
    expect(answer).toMatchObject({ allowed: false, reason: 'client_inactive', address: '203.0.113.9' });
    expect(answer.steps.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['secret_expired', 'passed'],
      ['client_inactive', 'refused'],
      ['client_expired', 'passed'],
      ['company_suspended', 'passed'],
      ['company_address_refused', 'passed'],
      ['address_refused', 'refused'],
      ['grant', 'refused'],
    ]);
    expect(stepOf(answer, 'address_refused')?.explanation).toContain('No rule lets 203.0.113.9 in. Add it to the list');
    expect(stepOf(answer, 'grant')?.explanation).toContain('keys:write');
  });

  test('says what the token would be for', async () => {
    const clientId = await register();
    const answer = await check(clientId, { scope: 'audit:read' });
    expect(stepOf(answer, 'grant')?.explanation).toContain('It gets audit:read of');
    expect(await check(clientId, { resource: 'https://nowhere.test' })).toMatchObject({ reason: 'invalid_target' });
  });

  test('explains host names with what they stand for now', async () => {
    const clientId = await register(['home.test', 'gone.test']);
    const inside = await check(clientId, { address: '198.51.100.7' });
    expect(inside.allowed).toBe(true);
    expect(stepOf(inside, 'address_refused')?.explanation).toBe(
      '198.51.100.7 is let in by home.test. home.test: It stands for 198.51.100.7.',
    );
    const outside = await check(clientId, { address: '198.51.100.8' });
    expect(stepOf(outside, 'address_refused')?.explanation).toContain('gone.test: The DNS has no such name');
  });

  test('decides as the token endpoint does, from many addresses', async () => {
    const clientId = await register(['192.0.2.0/24', '2001:db8::/64', 'home.test']);
    const addresses = [
      '192.0.2.0',
      '192.0.3.0',
      '::ffff:192.0.2.9',
      '2001:db8::1',
      '2001:db8:0:1::',
      '198.51.100.7',
      null,
    ];
    const client = await live.liveClients.find(clientId);
    for (const address of addresses) {
      const parsed = address === null ? undefined : parseIpAddress(address);
      const reason = client && decideAccess(client, { address: parsed, now: new Date() });
      const canonical = parsed ? formatIpAddress(parsed) : null;
      expect(await check(clientId, { address })).toMatchObject({ reason: reason ?? null, address: canonical });
    }
  });

  test('tells the rules of the company apart from the client’s own', async () => {
    const clientId = await register(['203.0.113.9'], { company_id: acme.id });
    await database.query(`UPDATE company SET ip_mode = 'enforce', ip_rules = '{10.0.0.0/8}' WHERE id = 'co_acme'`);
    const answer = await check(clientId, { address: '203.0.113.9' });
    await database.query(`UPDATE company SET ip_mode = 'off' WHERE id = 'co_acme'`);
    expect(answer.reason).toBe('company_address_refused');
    expect(stepOf(answer, 'company_address_refused')?.explanation).toContain(
      'Rules of Acme: No rule lets 203.0.113.9 in.',
    );
    expect(stepOf(answer, 'address_refused')?.verdict).toBe('passed');
  });

  test('answers for a company below when the client can act for it, and 422 when it cannot', async () => {
    const reseller = await register([], { role_id: 'role_reseller' });
    await database.query(`UPDATE company SET status = 'suspended' WHERE id = 'co_acme'`);
    const narrowed = await check(reseller, { company_id: acme.id });
    await database.query(`UPDATE company SET status = 'active' WHERE id = 'co_acme'`);
    expect(narrowed.reason).toBe('company_suspended');
    expect(await check(reseller, {})).toMatchObject({ allowed: true });
    const admin = await register();
    for (const [clientId, company_id] of [
      [admin, acme.id],
      [reseller, 'co_nowhere'],
    ] as const) {
      const answer = await ask('POST', `/clients/${clientId}/check`, { company_id });
      expect(answer.status).toBe(422);
      expect(pointersOf(answer)).toEqual(['/company_id']);
    }
  });

  test.each([
    ['192.0.2', '/address'],
    ['010.0.0.1', '/address'],
    ['', '/address'],
    ['fe80::1%eth0', '/address'],
    ['192.0.2.0/24', '/address'],
  ])('refuses the address %j with a pointer', async (address, pointer) => {
    const clientId = await register();
    const answer = await ask('POST', `/clients/${clientId}/check`, { address });
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  test('needs clients:read, takes no unknown field, and finds nothing outside of one’s reach', async () => {
    const clientId = await register();
    server.login('other', { company: rootCompany, role: 'reseller', scopes: ['audit:read'] });
    expect((await ask('POST', `/clients/${clientId}/check`, {}, 'other')).status).toBe(403);
    expect((await ask('POST', `/clients/${clientId}/check`, { secret: 'x' })).status).toBe(422);
    for (const path of ['check', 'sources', 'suggested-rules']) {
      const method = path === 'check' ? 'POST' : 'GET';
      expect((await ask(method, `/clients/${clientId}/${path}`, undefined, 'acme')).status).toBe(404);
      expect((await ask(method, `/clients/pst_nobody00000000000000/${path}`)).status).toBe(404);
    }
  });
});

describe('GET /api/v1/clients/{client_id}/sources', () => {
  const pageSchema = z.strictObject({ items: z.array(clientSourceSchema), next_cursor: z.string().nullable() });

  test('lists those of the last 30 days, latest first, with what the list says to each now, page by page', async () => {
    const clientId = await register(['192.0.2.0/24']);
    await see(clientId, '192.0.2.7', { uses: 12, daysAgo: 1 });
    await see(clientId, '203.0.113.9', { uses: 0, refusals: 3, daysAgo: 2 });
    await see(clientId, '2001:db8::1', { daysAgo: 2 });
    await see(clientId, '192.0.2.8', { daysAgo: 31 });
    const first = pageSchema.parse((await ask('GET', `/clients/${clientId}/sources?limit=2`)).json);
    expect(first.items.map(({ address, uses, refusals, verdict }) => [address, uses, refusals, verdict])).toEqual([
      ['192.0.2.7', 12, 0, 'allowed'],
      ['2001:db8::1', 1, 0, 'refused'],
    ]);
    const second = pageSchema.parse(
      (await ask('GET', `/clients/${clientId}/sources?limit=2&cursor=${first.next_cursor}`)).json,
    );
    expect(second.items.map(({ address, refusals }) => [address, refusals])).toEqual([['203.0.113.9', 3]]);
    expect(second.next_cursor).toBeNull();
    await ask('PATCH', `/clients/${clientId}`, { ip_restriction: { mode: 'report' } });
    const reported = pageSchema.parse((await ask('GET', `/clients/${clientId}/sources`)).json);
    expect(reported.items.map(({ verdict }) => verdict)).toEqual(['allowed', 'reported', 'reported']);
  });

  test('says what the rules of the company say as well, and whose verdict it is', async () => {
    const clientId = await register(['192.0.2.0/24', '203.0.113.9'], { company_id: 'co_acme' });
    for (const ip of ['192.0.2.7', '203.0.113.9', '198.51.100.1']) await see(clientId, ip);
    const verdicts = async (mode: string) => {
      const company = { ip_restriction: { mode, rules: ['192.0.2.0/24'] } };
      expect((await ask('PATCH', '/companies/co_acme?confirm=true', company)).status).toBe(200);
      return eventually('the rules of the company hold', async () => {
        const live = await ask('POST', `/clients/${clientId}/check`, { address: '203.0.113.9' });
        const step = accessAnswerSchema.parse(live.json).steps.find(({ name }) => name === 'company_address_refused');
        if (step?.verdict !== { enforce: 'refused', report: 'warned', off: 'passed' }[mode]) return undefined;
        const page = pageSchema.parse((await ask('GET', `/clients/${clientId}/sources`)).json);
        return Object.fromEntries(page.items.map((each) => [each.address, [each.verdict, each.decided_by]]));
      });
    };
    expect(await verdicts('enforce')).toEqual({
      '192.0.2.7': ['allowed', null],
      '203.0.113.9': ['refused', 'company'],
      '198.51.100.1': ['refused', 'company'],
    });
    expect(await verdicts('report')).toEqual({
      '192.0.2.7': ['allowed', null],
      '203.0.113.9': ['reported', 'company'],
      '198.51.100.1': ['refused', 'client'],
    });
    expect(await verdicts('off')).toMatchObject({ '203.0.113.9': ['allowed', null] });
  });

  test('refuses a cursor of another list', async () => {
    const clientId = await register();
    const answer = await ask('GET', `/clients/${clientId}/sources?cursor=abc`);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(['/query/cursor']);
  });
});

describe('GET /api/v1/clients/{client_id}/suggested-rules', () => {
  test('covers what was let in and nothing that was only refused, exactly and with whole networks', async () => {
    const clientId = await register();
    for (const host of [4, 5, 6, 7, 90]) await see(clientId, `192.0.2.${host}`);
    await see(clientId, '2001:db8::1');
    await see(clientId, '203.0.113.9', { uses: 0, refusals: 5 });
    await see(clientId, '198.51.100.1', { daysAgo: 40 });
    const suggestion = suggestionSchema.parse((await ask('GET', `/clients/${clientId}/suggested-rules`)).json);
    expect(suggestion.seen).toBe(6);
    expect(suggestion.exact).toEqual([
      { rule: '192.0.2.4/30', seen: 4, wider: false },
      { rule: '192.0.2.90', seen: 1, wider: false },
      { rule: '2001:db8::1', seen: 1, wider: false },
    ]);
    expect(suggestion.wider).toEqual([
      { rule: '192.0.2.0/24', seen: 5, wider: true },
      { rule: '2001:db8::1', seen: 1, wider: false },
    ]);
    const rules = suggestion.exact.map(({ rule }) => rule);
    const saved = await ask('PATCH', `/clients/${clientId}`, { ip_restriction: { mode: 'enforce', rules } });
    expect(asChanged(saved).notices).toEqual([]);
  });

  test('is empty for a client that was never seen', async () => {
    const suggestion = suggestionSchema.parse((await ask('GET', `/clients/${await register()}/suggested-rules`)).json);
    expect(suggestion).toMatchObject({ seen: 0, exact: [], wider: [] });
  });
});

describe('saving a restriction', () => {
  const noticesOf = async (clientId: string, restriction: object) =>
    asChanged(await ask('PATCH', `/clients/${clientId}`, { ip_restriction: restriction })).notices;

  test('tells in notices from where the client came and can come no more', async () => {
    const clientId = await register();
    await see(clientId, '192.0.2.7');
    await see(clientId, '203.0.113.9');
    await see(clientId, '203.0.113.10', { daysAgo: 31 });
    await see(clientId, '198.51.100.99', { uses: 0, refusals: 1 });
    expect(await noticesOf(clientId, { mode: 'report', rules: ['192.0.2.0/24'] })).toEqual([]);
    expect(await noticesOf(clientId, { mode: 'enforce' })).toEqual([
      {
        pointer: '/ip_restriction/mode',
        detail: 'This list refuses an address from which the client came in the last 30 days: 203.0.113.9.',
      },
    ]);
    // Nothing changes, so nothing is told anew.
    expect(await noticesOf(clientId, { mode: 'enforce' })).toEqual([]);
    expect(await noticesOf(clientId, { rules: ['198.51.100.0/24'] })).toMatchObject([
      { pointer: '/ip_restriction/rules', detail: expect.stringContaining('2 addresses from which the client came') },
    ]);
  });

  test('tells which host names match nobody now, at the entry that was sent', async () => {
    const rules = ['192.0.2.1', 'home.test', 'gone.test'];
    const registered = await ask('POST', '/clients', {
      name: 'job',
      role_id: 'role_company_admin',
      ip_restriction: { mode: 'enforce', rules },
    });
    const gone = {
      pointer: '/ip_restriction/rules/2',
      detail: expect.stringContaining('gone.test: The DNS has no such name'),
    };
    expect(asRegistered(registered).notices).toEqual([gone]);
    const clientId = await register(['home.test']);
    expect(await noticesOf(clientId, { rules })).toEqual([gone]);
    expect(await noticesOf(clientId, { mode: 'off' })).toEqual([]);
    // No entry was sent this time.
    expect(await noticesOf(clientId, { mode: 'enforce' })).toEqual([{ ...gone, pointer: '/ip_restriction/mode' }]);
    expect(await noticesOf(clientId, {})).toEqual([{ ...gone, pointer: '/ip_restriction' }]);
  });

  test('misses no address that a host name lets in when a list that was off is enforced', async () => {
    const clientId = await register(['home.test']);
    await see(clientId, '198.51.100.7');
    await noticesOf(clientId, { mode: 'off' });
    unheard.add('home.test');
    expect(await noticesOf(clientId, { mode: 'enforce' })).toEqual([]);
  });

  test('reports each bad entry at its own place and saves nothing', async () => {
    const clientId = await register(['192.0.2.1']);
    const answer = await ask('PATCH', `/clients/${clientId}`, {
      ip_restriction: { rules: ['10.0.0.1', '010.0.0.1', '10.0.0', 'fine.test', ''] },
    });
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual([1, 2, 4].map((at) => `/ip_restriction/rules/${at}`));
    expect((await ask('GET', `/clients/${clientId}`)).json).toMatchObject({ ip_restriction: { rules: ['192.0.2.1'] } });
  });
});
