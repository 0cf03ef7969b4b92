// What lies outside a caller's company, or is stronger than the caller.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  asClient,
  asClients,
  asEvents,
  asProblem,
  asRegistered,
  pointersOf,
  type RegisteredClient,
  withoutSecret,
} from './answers.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let ofRoot: RegisteredClient;
let ofAcme: RegisteredClient;
let ofBolt: RegisteredClient;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, root, acme, bolt } = installation;
  server.login('root', { company: root, role: 'reseller' });
  server.login('root-admin', { company: root, role: 'company_admin' });
  server.login('acme', { company: acme, role: 'company_admin' });
  server.login('bolt', { company: bolt, role: 'company_admin' });
  server.login('acme-clients-only', {
    company: acme,
    role: 'company_admin',
    scopes: ['clients:read', 'clients:write'],
  });
  const register = async (company_id: string) =>
    asRegistered(await ask('root', 'POST', '/clients', { name: 'job', role_id: 'role_company_admin', company_id }));
  ofRoot = await register(root.id);
  ofAcme = await register(acme.id);
  ofBolt = await register(bolt.id);
});

afterAll(() => installation.close());

const ask = (token: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token, ...(json === undefined ? {} : { json }) });

const idsOf = (answer: Answer) => asClients(answer).items.map(({ client_id }) => client_id);

describe('a list shows what lies within reach', () => {
  test.each([
    ['root', () => [ofRoot, ofAcme, ofBolt]],
    ['root-admin', () => [ofRoot]],
    ['acme', () => [ofAcme]],
    ['bolt', () => [ofBolt]],
  ])('of %s', async (caller, expected) => {
    const answer = await ask(caller, 'GET', '/clients');
    expect(idsOf(answer).toSorted()).toEqual(
      expected()
        .map(({ client_id }) => client_id)
        .toSorted(),
    );
  });

  test('and no filter widens it', async () => {
    expect(idsOf(await ask('acme', 'GET', `/clients?company_id=${installation.bolt.id}`))).toEqual([]);
    expect(idsOf(await ask('acme', 'GET', `/clients?q=${ofBolt.client_id}`))).toEqual([]);
  });
});

describe('a foreign client answers as if it did not exist', () => {
  const attempts: [method: string, below: string, json?: unknown][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'mine now' }],
    ['DELETE', ''],
    ['POST', '/secrets'],
    ['POST', '/revoke-tokens'],
  ];

  test.each(attempts)('%s …%s', async (method, below, json) => {
    for (const [caller, foreign] of [
      ['acme', ofBolt],
      ['acme', ofRoot],
      ['root-admin', ofAcme],
    ] as const) {
      const answer = await ask(caller, method, `/clients/${foreign.client_id}${below}`, json);
      const nobody = await ask(caller, method, `/clients/pst_aaaaaaaaaaaaaaaaaaaaaaaa${below}`, json);
      const plain = (each: Answer) => ({ status: each.status, problem: { ...asProblem(each), instance: '' } });
      expect(plain(answer)).toEqual(plain(nobody));
      expect(answer.status).toBe(404);
    }
  });

  test('and its secrets do too', async () => {
    const path = `/clients/${ofBolt.client_id}/secrets/${ofBolt.secrets[0]?.id}`;
    expect((await ask('acme', 'DELETE', path)).status).toBe(404);
    expect(asClient(await ask('bolt', 'GET', `/clients/${ofBolt.client_id}`)).secrets).toHaveLength(1);
  });

  test('its audit events too', async () => {
    const [event] = asEvents(await ask('bolt', 'GET', `/audit-events?client_id=${ofBolt.client_id}`)).items;
    expect(asEvents(await ask('acme', 'GET', `/audit-events?client_id=${ofBolt.client_id}`)).items).toEqual([]);
    const ofCompany = `/audit-events?action=client.created&company_id=${event?.company_id}`;
    expect(asEvents(await ask('bolt', 'GET', ofCompany)).items).toContainEqual(event);
    expect(asEvents(await ask('acme', 'GET', ofCompany)).items).toEqual([]);
    expect((await ask('acme', 'GET', `/audit-events/${event?.id}`)).status).toBe(404);
    expect((await ask('bolt', 'GET', `/audit-events/${event?.id}`)).json).toEqual(event);
  });
});

test('a foreign company in a body is a 422 in the words for one that does not exist', async () => {
  const register = (company_id: string) =>
    ask('acme', 'POST', '/clients', { name: 'x', role_id: 'role_company_admin', company_id });
  const [foreign, unknown] = [await register(installation.bolt.id), await register('co_none')];
  expect(foreign.status).toBe(422);
  expect(asProblem(foreign).errors).toEqual(asProblem(unknown).errors);
});

describe('nobody grants or takes over what they do not hold: 403 with a challenge', () => {
  const attempts: [method: string, path: () => string, json?: unknown][] = [
    ['POST', () => '/clients', { name: 'stronger', role_id: 'role_company_admin' }],
    ['PATCH', () => `/clients/${ofAcme.client_id}`, { name: 'mine' }],
    ['DELETE', () => `/clients/${ofAcme.client_id}`],
    ['POST', () => `/clients/${ofAcme.client_id}/secrets`],
    ['DELETE', () => `/clients/${ofAcme.client_id}/secrets/${ofAcme.secrets[0]?.id}`],
  ];

  test.each(attempts)('%s %s', async (method, path, json) => {
    const answer = await ask('acme-clients-only', method, path(), json);
    expect(answer.status, answer.text).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern", error="insufficient_scope"');
    expect(asProblem(answer).type).toBe('urn:postern:problem:request.forbidden');
  });

  test('whoever reaches one company alone cannot give the role Reseller nor take over who has it, whatever they hold', async () => {
    const { server, root } = installation;
    const scopes = MANAGEMENT_PRIVILEGES.map(({ scope }) => scope);
    server.login('all-but-reach', { company: root, role: 'company_admin', scopes });
    const made = await ask('all-but-reach', 'POST', '/clients', { name: 'x', role_id: 'role_reseller' });
    const reseller = asRegistered(await ask('root', 'POST', '/clients', { name: 'x', role_id: 'role_reseller' }));
    const taken = await ask('all-but-reach', 'POST', `/clients/${reseller.client_id}/secrets`);
    expect([made.status, taken.status]).toEqual([403, 403]);
    expect(asProblem(made).detail).toContain('it reaches companies that you do not reach');
    expect((await ask('root', 'POST', `/clients/${reseller.client_id}/secrets`)).status).toBe(201);
    await ask('root', 'DELETE', `/clients/${reseller.client_id}`);
  });

  test('and nothing of it has happened', async () => {
    expect((await ask('acme', 'GET', `/clients/${ofAcme.client_id}`)).json).toEqual(withoutSecret(ofAcme));
  });

  test('a company that is no reseller cannot choose the role Reseller', async () => {
    const answer = await ask('acme', 'POST', '/clients', { name: 'x', role_id: 'role_reseller' });
    expect([answer.status, pointersOf(answer)]).toEqual([422, ['/role_id']]);
  });
});
