// Whose API tokens a caller may make, see, take over and end: nobody gets more by one than they have already.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { narrowCaller } from '../../src/domain/access/narrowing.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import { makeApi, makeApiToken, makeRole, makeUser } from '../support/factories.ts';
import { asApiToken, asApiTokens, asCreatedApiToken, asProblem, asRegistered, pointersOf } from './answers.ts';
import { type Answer, call, type TestCaller, toCaller } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
/** A Company Admin of Acme, of Bolt, and a Reseller at root. */
let ofAcme: string;
let ofBolt: string;
let reseller: string;
let acmeToken: string;
let boltToken: string;

const EVERY_SCOPE = MANAGEMENT_PRIVILEGES.map(({ scope }) => scope);

beforeAll(async () => {
  installation = await startInstallation();
  const { server, database, root, acme, bolt } = installation;
  await makeApi(database, { id: 'billing', availableTo: [acme.id], privileges: [{ scope: 'invoices:read' }] });
  server.login('root', { company: root, role: 'reseller' });
  server.login('root-admin', { company: root, role: 'company_admin' });
  server.login('all-but-reach', { company: root, role: 'company_admin', scopes: EVERY_SCOPE });
  const acmeAdmin = toCaller('acme', { company: acme, role: 'company_admin' });
  server.admit('acme', { ...acmeAdmin, privileges: new Set([...acmeAdmin.privileges, 'billing/invoices:read']) });
  server.login('bolt', { company: bolt, role: 'company_admin' });
  ofAcme = await register(acme.id);
  ofBolt = await register(bolt.id);
  reseller = await register(root.id, 'role_reseller');
  acmeToken = (await makeFor('acme', { client_id: ofAcme })).id;
  boltToken = (await makeFor('bolt', { client_id: ofBolt })).id;
});

afterAll(() => installation.close());

const ask = (token: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token, ...(json === undefined ? {} : { json }) });

const make = (token: string, fields: object): Promise<Answer> =>
  ask(token, 'POST', '/api-tokens', { name: 'token', privileges: ['audit:read'], ...fields });

const makeFor = async (token: string, fields: object) => asCreatedApiToken(await make(token, fields));

async function register(company_id: string, role_id = 'role_company_admin'): Promise<string> {
  return asRegistered(await ask('root', 'POST', '/clients', { name: 'job', role_id, company_id })).client_id;
}

/** A client's token with these scopes of its client's role. */
function loginAs(name: string, clientId: string, caller: TestCaller, given: Partial<Caller> = {}): string {
  return installation.server.admit(name, { ...toCaller(name, caller), id: clientId, ...given });
}

const words = (answer: Answer) => ({ status: answer.status, problem: { ...asProblem(answer), instance: '' } });

describe('what lies out of reach answers as if it did not exist', () => {
  test.each([
    ['GET', ''],
    ['PATCH', '', { name: 'mine now' }],
    ['DELETE', ''],
    ['POST', '/regenerate'],
  ] as const)('%s …%s is a 404', async (method, below, json?: object) => {
    for (const caller of ['acme', 'root-admin']) {
      const foreign = await ask(caller, method, `/api-tokens/${boltToken}${below}`, json);
      const unknown = await ask(caller, method, `/api-tokens/tok_aaaaaaaaaaaaaaaaaaaa${below}`, json);
      expect(words(foreign)).toEqual(words(unknown));
      expect(foreign.status).toBe(404);
    }
    expect(asApiToken(await ask('bolt', 'GET', `/api-tokens/${boltToken}`)).name).toBe('token');
  });

  test('a foreign owner in a body is a 422 in the words for one that does not exist', async () => {
    const user = await makeUser(installation.storage, { companyId: installation.bolt.id });
    const client = words(await make('acme', { client_id: ofBolt }));
    expect(client).toEqual(words(await make('acme', { client_id: 'pst_aaaaaaaaaaaaaaaaaaaaaaaa' })));
    expect(client.problem.errors).toEqual([{ pointer: '/client_id', detail: 'There is no such client.' }]);
    const person = words(await make('acme', { user_id: user.id }));
    expect(person).toEqual(words(await make('acme', { user_id: 'usr_aaaaaaaaaaaaaaaaaaaa' })));
    expect(person.problem.errors).toEqual([{ pointer: '/user_id', detail: 'There is no such user.' }]);
    // A client's id is no user's.
    expect(words(await make('acme', { user_id: ofAcme }))).toEqual(person);
  });

  test('lists show what lies within, and no filter widens that', async () => {
    const ids = async (caller: string, query = '') =>
      asApiTokens(await ask(caller, 'GET', `/api-tokens${query}`)).items.map(({ id }) => id);
    expect(await ids('acme')).toEqual([acmeToken]);
    expect(await ids('acme', `?client_id=${ofBolt}`)).toEqual([]);
    expect(await ids('acme', `?company_id=${installation.bolt.id}`)).toEqual([]);
    expect(await ids('root')).toEqual(expect.arrayContaining([acmeToken, boltToken]));
    expect(await ids('root-admin')).toEqual([]);
  });
});

describe('tokens of others ask for everything that their owner holds: 403', () => {
  const NARROW = ['api-tokens:read', 'api-tokens:write', 'audit:read'];

  test('for a caller who holds all that the token would, and less than its owner', async () => {
    const narrow = installation.server.login('narrow', {
      company: installation.bolt,
      role: 'company_admin',
      scopes: NARROW,
    });
    for (const answer of [
      await make(narrow, { client_id: ofBolt }),
      await ask(narrow, 'PATCH', `/api-tokens/${boltToken}`, { name: 'mine' }),
      await ask(narrow, 'POST', `/api-tokens/${boltToken}/regenerate`),
    ]) {
      expect(answer.status, answer.text).toBe(403);
      expect(asProblem(answer).detail).toContain('it holds privileges that you do not hold (management/clients:read');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern", error="insufficient_scope"');
    }
    const user = await makeUser(installation.storage, { companyId: installation.bolt.id });
    expect((await make(narrow, { user_id: user.id })).status).toBe(403);
    // To end one is to take nobody over.
    const doomed = await makeFor('bolt', { client_id: ofBolt });
    expect((await ask(narrow, 'DELETE', `/api-tokens/${doomed.id}`)).status).toBe(204);
  });

  test('for a Company Admin, over a reseller’s client, whatever they hold', async () => {
    const { id } = await makeFor('root', { client_id: reseller });
    for (const caller of ['root-admin', 'all-but-reach']) {
      expect((await make(caller, { client_id: reseller })).status).toBe(403);
      expect((await ask(caller, 'PATCH', `/api-tokens/${id}`, { name: 'mine' })).status).toBe(403);
      expect((await ask(caller, 'POST', `/api-tokens/${id}/regenerate`)).status).toBe(403);
    }
    const refused = await make('all-but-reach', { client_id: reseller });
    expect(asProblem(refused).detail).toContain('it reaches companies that you do not reach');
    expect((await ask('root', 'POST', `/api-tokens/${id}/regenerate`)).status).toBe(201);
  });

  test('and a reseller makes one below for an API that the company there has alone', async () => {
    const privileges = ['billing/invoices:read'];
    expect((await makeFor('root', { client_id: ofAcme, privileges })).api).toBe('billing');
    const without = installation.server.login('without-billing', { company: installation.acme, role: 'company_admin' });
    expect((await make(without, { client_id: ofAcme, privileges })).status).toBe(403);
  });
});

describe('of one’s own, the privileges of the token alone are asked', () => {
  test('a narrow access token makes as narrow an API token, and no wider one', async () => {
    const scopes = ['api-tokens:read', 'api-tokens:write', 'audit:read'];
    const own = loginAs('own', ofBolt, { company: installation.bolt, role: 'company_admin', scopes });
    const made = await makeFor(own, {});
    expect([made.client_id, made.privileges]).toEqual([ofBolt, ['management/audit:read']]);
    const wider = await make(own, { privileges: ['audit:read', 'clients:write'] });
    expect([wider.status, asProblem(wider).detail]).toEqual([
      403,
      'You cannot make this API token: it holds privileges that you do not hold (management/clients:write).',
    ]);
    expect((await make(own, { client_id: ofBolt, privileges: ['clients:write'] })).status).toBe(403);
    const patched = await ask(own, 'PATCH', `/api-tokens/${made.id}`, { privileges: ['clients:write'] });
    expect(patched.status).toBe(403);
    expect((await ask(own, 'PATCH', `/api-tokens/${made.id}`, { name: 'renamed' })).status).toBe(200);
    expect((await ask(own, 'POST', `/api-tokens/${made.id}/regenerate`)).status).toBe(201);
  });

  test('nor does it take over a wider one of its own owner', async () => {
    const wide = await makeFor('bolt', { client_id: ofBolt, privileges: ['clients:write'] });
    const scopes = ['api-tokens:read', 'api-tokens:write', 'audit:read'];
    const own = loginAs('own-too', ofBolt, { company: installation.bolt, role: 'company_admin', scopes });
    for (const [method, below, json] of [
      ['PATCH', '', { name: 'mine' }],
      ['PATCH', '', { privileges: ['audit:read'] }],
      ['PATCH', '', { ip_restriction: null }],
      ['POST', '/regenerate'],
    ] as const) {
      expect((await ask(own, method, `/api-tokens/${wide.id}${below}`, json)).status).toBe(403);
    }
  });

  test('what the owner has lost can be given up, but not be taken in hand', async () => {
    const { server, storage, database, bolt } = installation;
    const privileges = ['audit:read', 'api-tokens:read', 'api-tokens:write'].map((scope) => `management/${scope}`);
    const roleId = await makeRole(database, { companyId: bolt.id, privileges });
    const clientId = await register(bolt.id, roleId);
    const owner = await storage.read((stores) => stores.clients.find(clientId, null));
    if (!owner) throw new Error('there is no such client');
    const { id } = await makeApiToken(storage, owner, { scopes: ['clients:write', 'audit:read'] });
    const caller = { ...toCaller('lost', { company: bolt, role: 'company_admin' }), privileges: new Set(privileges) };
    const own = server.admit('lost', { ...caller, id: clientId });
    expect((await ask(own, 'POST', `/api-tokens/${id}/regenerate`)).status).toBe(403);
    expect((await ask(own, 'PATCH', `/api-tokens/${id}`, { expires_at: '2999-01-01T00:00:00Z' })).status).toBe(403);
    expect((await ask(own, 'PATCH', `/api-tokens/${id}`, { privileges: ['audit:read'] })).status).toBe(200);
    expect((await ask(own, 'POST', `/api-tokens/${id}/regenerate`)).status).toBe(201);
  });

  test('whoever acts for a company below has none there, and is told so', async () => {
    const { server, acme, root } = installation;
    const company = { ...acme, reseller: false };
    const caller = { ...toCaller('acting', { company: root, role: 'reseller' }), id: reseller };
    const acting = narrowCaller(caller, company, caller.privileges);
    if (!acting) throw new Error('Acme does not lie below root');
    server.admit('acting', acting);
    const answer = await make('acting', {});
    expect([answer.status, pointersOf(answer)]).toEqual([422, ['/client_id']]);
    expect(asProblem(answer).detail).toMatch(/^You act for Acme, to which you do not belong\./);
    expect((await make('acting', { client_id: reseller })).status).toBe(422);
  });
});

describe('an API token that calls', () => {
  const END = new Date('2998-01-01T00:00:00Z');
  const BEFORE = '2997-01-01T00:00:00.000Z';
  const LATER = '2999-01-01T00:00:00.000Z';

  async function callWithToken(name: string, expiresAt: Date | null, fields: object = {}): Promise<string> {
    const { id } = await makeFor('bolt', {
      client_id: ofBolt,
      expires_at: expiresAt?.toISOString() ?? null,
      ...fields,
    });
    const apiToken = { id, ownerType: 'client' as const, ownerId: ofBolt, expiresAt };
    loginAs(name, id, { company: installation.bolt, role: 'company_admin' }, { type: 'api_token', apiToken });
    return id;
  }

  test('makes none that outlives it: 403 without an end, and with a later one', async () => {
    await callWithToken('mortal', END);
    for (const fields of [{}, { expires_at: null }, { expires_at: LATER }]) {
      const answer = await make('mortal', fields);
      expect([answer.status, asProblem(answer).detail]).toEqual([
        403,
        'The API token with which you call expires at 2998-01-01T00:00:00.000Z, and gives no other a longer life. Let expires_at be that or earlier.',
      ]);
    }
    for (const expires_at of [END.toISOString(), BEFORE]) {
      expect((await makeFor('mortal', { expires_at })).expires_at).toBe(expires_at);
    }
  });

  test('gives neither itself nor another a longer life, and takes none that lives longer', async () => {
    const own = await callWithToken('mortal-too', END);
    const brief = (await makeFor('mortal-too', { expires_at: BEFORE })).id;
    const eternal = (await makeFor('bolt', { client_id: ofBolt })).id;
    const patch = async (id: string, json: object) =>
      (await ask('mortal-too', 'PATCH', `/api-tokens/${id}`, json)).status;
    for (const id of [own, brief]) {
      expect(await patch(id, { expires_at: null })).toBe(403);
      expect(await patch(id, { expires_at: LATER })).toBe(403);
    }
    expect(await patch(brief, { expires_at: END.toISOString() })).toBe(200);
    expect(await patch(own, { expires_at: BEFORE })).toBe(200);
    expect((await ask('mortal-too', 'POST', `/api-tokens/${own}/regenerate`)).status).toBe(201);
    expect((await ask('mortal-too', 'POST', `/api-tokens/${eternal}/regenerate`)).status).toBe(403);
    expect(await patch(eternal, { name: 'renamed', expires_at: LATER })).toBe(200);
  });

  test('makes none for another API, whatever its owner holds there, and takes none such in hand', async () => {
    const { server, acme } = installation;
    const privileges = new Set([
      ...toCaller('any', { company: acme, role: 'company_admin' }).privileges,
      'billing/invoices:read',
    ]);
    const admin = { ...toCaller('acme-client', { company: acme, role: 'company_admin' }), id: ofAcme, privileges };
    server.admit('acme-client', { ...admin, type: 'client' });
    const apiToken = { id: acmeToken, ownerType: 'client' as const, ownerId: ofAcme, expiresAt: null };
    server.admit('acme-token', { ...admin, type: 'api_token', id: acmeToken, apiToken });
    const billing = { privileges: ['billing/invoices:read'] };
    const answer = await make('acme-token', billing);
    expect([answer.status, asProblem(answer).detail]).toEqual([
      403,
      expect.stringContaining('which makes none for another'),
    ]);
    const { id } = await makeFor('acme-client', billing);
    expect((await ask('acme-token', 'POST', `/api-tokens/${id}/regenerate`)).status).toBe(403);
    expect((await ask('acme-token', 'PATCH', `/api-tokens/${acmeToken}`, billing)).status).toBe(403);
    expect((await makeFor('acme-token', {})).api).toBe('management');
  });

  test('that never expires may make such', async () => {
    await callWithToken('immortal', null);
    expect((await makeFor('immortal', {})).expires_at).toBeNull();
  });

  test('is the actor of what it does', async () => {
    const id = await callWithToken('actor', null);
    const made = await makeFor('actor', {});
    const [event] = (
      await installation.storage.read((stores) =>
        stores.audit.list(
          { targetId: made.id },
          { limit: 1, order: 'asc' },
          toCaller('x', { company: installation.root, role: 'reseller' }).reach,
        ),
      )
    ).items;
    expect(event?.actor).toEqual({ type: 'api_token', id, name: 'actor' });
  });

  test('asks before it shuts itself out, and nobody else is asked', async () => {
    const own = await callWithToken('careful', null);
    const away = { ip_restriction: { mode: 'enforce', rules: ['192.0.2.7'] } };
    const asked = await ask('careful', 'PATCH', `/api-tokens/${own}`, away);
    expect([asked.status, asProblem(asked).errors?.[0]?.pointer]).toEqual([409, '/ip_restriction/rules']);
    expect(asProblem(asked).detail).toContain('?confirm=true');
    expect(asApiToken(await ask('bolt', 'GET', `/api-tokens/${own}`)).ip_restriction.mode).toBe('off');
    const here = { ip_restriction: { mode: 'enforce', rules: ['127.0.0.0/8'] } };
    expect((await ask('careful', 'PATCH', `/api-tokens/${own}`, here)).status).toBe(200);
    expect((await ask('careful', 'PATCH', `/api-tokens/${own}?confirm=true`, away)).status).toBe(200);
    // Saved once, it is not asked about for another field.
    expect((await ask('careful', 'PATCH', `/api-tokens/${own}`, { name: 'shut out' })).status).toBe(200);
    const other = await makeFor('careful', away);
    expect(
      (await ask('careful', 'PATCH', `/api-tokens/${other.id}`, { ip_restriction: { mode: 'report' } })).status,
    ).toBe(200);
    expect((await ask('careful', 'PATCH', `/api-tokens/${other.id}`, away)).status).toBe(200);
    expect((await ask('bolt', 'PATCH', `/api-tokens/${own}`, { ip_restriction: { mode: 'report' } })).status).toBe(200);
    expect((await ask('bolt', 'PATCH', `/api-tokens/${own}`, away)).status).toBe(200);
  });
});
