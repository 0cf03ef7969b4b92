// The Management API on stores that have forgotten whom they answer: PostgreSQL still keeps everybody within their reach.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeApiToken, makeRole, makeUser, reachOf, rootCompany } from '../support/factories.ts';
import { withoutFirstWall } from '../support/without-first-wall.ts';
import { asApiTokens, asEvents, asProblem, asRegistered, type RegisteredClient } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let ofAcme: RegisteredClient;
let ofBolt: RegisteredClient;
let boltUser: string;
let boltRole: string;
let boltToken: string;

beforeAll(async () => {
  installation = await startInstallation(withoutFirstWall);
  const { server, storage, database, root, acme, bolt } = installation;
  server.login('root', { company: root, role: 'reseller' });
  server.login('root-admin', { company: root, role: 'company_admin' });
  server.login('acme', { company: acme, role: 'company_admin' });
  // Holds what only resellers hold, to come as far as possible.
  server.login('acme-reseller', { company: acme, role: 'reseller' });
  const register = async (company_id: string) =>
    asRegistered(await ask('root', 'POST', '/clients', { name: 'job', role_id: 'role_company_admin', company_id }));
  ofAcme = await register(acme.id);
  ofBolt = await register(bolt.id);
  boltUser = (await makeUser(storage, { companyId: bolt.id })).id;
  boltToken = (await makeApiToken(storage, await storedClient(ofBolt.client_id))).id;
  boltRole = await makeRole(database, { companyId: bolt.id, privileges: ['management/clients:read'] });
});

afterAll(() => installation.close());

async function storedClient(clientId: string) {
  const found = await installation.storage.read((stores) => stores.clients.find(clientId, null));
  if (!found) throw new Error('there is no such client');
  return found;
}

const ask = (token: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token, ...(json === undefined ? {} : { json }) });

test('these stores do answer everything, when nobody has entered a reach', async () => {
  const reach = reachOf({ ...rootCompany, ...installation.acme }, false);
  const found = await installation.storage.read((stores) => stores.clients.find(ofBolt.client_id, reach));
  expect(found?.companyId).toBe(installation.bolt.id);
});

describe.each(['acme', 'acme-reseller', 'root-admin'])('%s', (caller) => {
  const ATTEMPTS: [method: string, path: () => string, json?: unknown][] = [
    ['GET', () => `/clients/${ofBolt.client_id}`],
    ['PATCH', () => `/clients/${ofBolt.client_id}`, { name: 'mine now' }],
    ['DELETE', () => `/clients/${ofBolt.client_id}`],
    ['POST', () => `/clients/${ofBolt.client_id}/secrets`],
    ['DELETE', () => `/clients/${ofBolt.client_id}/secrets/${ofBolt.secrets[0]?.id}`],
    ['POST', () => `/clients/${ofBolt.client_id}/revoke-tokens`],
    ['GET', () => `/users/${boltUser}`],
    ['PATCH', () => `/users/${boltUser}`, { name: 'mine now' }],
    ['DELETE', () => `/users/${boltUser}`],
    ['PUT', () => `/users/${boltUser}/password`, { password: 'a sentence that nobody knows 4711' }],
    ['GET', () => `/api-tokens/${boltToken}`],
    ['PATCH', () => `/api-tokens/${boltToken}`, { name: 'mine now' }],
    ['POST', () => `/api-tokens/${boltToken}/regenerate`],
    ['DELETE', () => `/api-tokens/${boltToken}`],
    ['GET', () => `/roles/${boltRole}`],
    ['PATCH', () => `/roles/${boltRole}`, { name: 'mine now' }],
    ['DELETE', () => `/roles/${boltRole}`],
  ];

  test.each(ATTEMPTS)('%s %s gets 404, as for what does not exist', async (method, path, json) => {
    const answer = await ask(caller, method, path(), json);
    expect(answer.status, answer.text).toBe(404);
    expect(asProblem(answer).type).toBe('urn:postern:problem:resource.not_found');
  });

  test('lists nothing of others', async () => {
    for (const list of ['/clients', '/users', '/roles', '/api-tokens', '/audit-events']) {
      const answer = await ask(caller, 'GET', `${list}?limit=200`);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(installation.bolt.id);
      for (const id of [ofBolt.client_id, boltUser, boltRole, boltToken]) expect(answer.text).not.toContain(id);
    }
  });

  test('puts nothing into a foreign company, nor a foreign role onto a client', async () => {
    const foreign = await ask(caller, 'POST', '/clients', {
      name: 'x',
      role_id: 'role_company_admin',
      company_id: installation.bolt.id,
    });
    const role = await ask(caller, 'POST', '/clients', { name: 'x', role_id: boltRole });
    expect([foreign.status, role.status]).toEqual([422, 422]);
    for (const owner of [{ client_id: ofBolt.client_id }, { user_id: boltUser }]) {
      const answer = await ask(caller, 'POST', '/api-tokens', { name: 'x', privileges: ['clients:read'], ...owner });
      expect(answer.status, answer.text).toBe(422);
    }
  });
});

test('a company beside one’s own is neither read, changed nor deleted', async () => {
  for (const [method, json] of [['GET'], ['PATCH', { name: 'mine now' }], ['DELETE']] as const) {
    const answer = await ask('acme-reseller', method, `/companies/${installation.bolt.id}`, json);
    expect(answer.status, answer.text).toBe(404);
  }
});

test('an audit event of others is not found by its id', async () => {
  const [event] = asEvents(await ask('root', 'GET', `/audit-events?client_id=${ofBolt.client_id}`)).items;
  expect((await ask('root', 'GET', `/audit-events/${event?.id}`)).status).toBe(200);
  expect((await ask('acme', 'GET', `/audit-events/${event?.id}`)).status).toBe(404);
});

test('and nothing of it has happened', async () => {
  const [client] = await installation.database.query<{ name: string; secrets: number }>(
    `SELECT name, (SELECT count(*)::integer FROM client_secret s WHERE s.client_id = c.client_id) AS secrets
     FROM client c WHERE client_id = $1 AND token_generation = 0`,
    [ofBolt.client_id],
  );
  expect(client).toEqual({ name: 'job', secrets: 1 });
  expect((await ask('root', 'GET', `/users/${boltUser}`)).status).toBe(200);
  expect((await ask('root', 'GET', `/roles/${boltRole}`)).status).toBe(200);
  expect(asApiTokens(await ask('root', 'GET', `/api-tokens?company_id=${installation.bolt.id}`)).items).toEqual([
    expect.objectContaining({ id: boltToken, name: 'token' }),
  ]);
});

test('what is one’s own is there as ever', async () => {
  const changed = await ask('acme', 'PATCH', `/clients/${ofAcme.client_id}`, { description: 'changed' });
  expect(changed.status, changed.text).toBe(200);
  expect((await ask('acme', 'POST', `/clients/${ofAcme.client_id}/secrets`)).status).toBe(201);
});
