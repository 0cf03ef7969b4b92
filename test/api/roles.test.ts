// Custom roles over the Management API. The rules themselves are held by test/domain/role-commands.test.ts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { asEvents, asProblem, asRegistered, asRole, asRoles, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let made = 0;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, root, acme, bolt } = installation;
  server.login('root', { company: root, role: 'reseller' });
  server.login('acme', { company: acme, role: 'company_admin' });
  server.login('bolt', { company: bolt, role: 'company_admin' });
});

afterAll(() => installation.close());

interface Options {
  readonly token?: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

const ask = (method: string, path: string, options: Options = {}): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token: 'root', ...options });

async function create(fields: object = {}, token = 'root') {
  made += 1;
  const json = { name: `Role ${made}`, privileges: ['audit:read'], ...fields };
  const answer = await ask('POST', '/roles', { json, token });
  expect(answer.status, answer.text).toBe(201);
  return asRole(answer);
}

describe('POST /api/v1/roles', () => {
  test('answers 201 with the role, its place and its tag; a bare scope is the Management API’s', async () => {
    const { acme } = installation;
    const answer = await ask('POST', '/roles', {
      json: {
        name: 'SIEM reader',
        description: 'Reads',
        privileges: ['audit:read', 'management/clients:read', 'audit:read'],
        available_to: [acme.id],
      },
    });
    const role = asRole(answer);
    expect(role).toEqual({
      id: expect.stringMatching(/^role_[0-9A-Za-z]{20}$/),
      name: 'SIEM reader',
      description: 'Reads',
      kind: 'custom',
      company_id: 'co_root',
      privileges: expect.arrayContaining(['management/audit:read', 'management/clients:read']),
      available_to: [acme.id],
      client_count: 0,
      user_count: 0,
    });
    expect(role.privileges).toHaveLength(2);
    expect(answer.headers.get('location')).toBe(`/api/v1/roles/${role.id}`);
    const shown = await ask('GET', `/roles/${role.id}`);
    expect(asRole(shown)).toEqual(role);
    expect(shown.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('for the caller’s own company unless another within reach is named', async () => {
    expect((await create({}, 'acme')).company_id).toBe(installation.acme.id);
    expect((await create({ company_id: installation.bolt.id })).company_id).toBe(installation.bolt.id);
    const [foreign, unknown] = await Promise.all(
      [installation.bolt.id, 'co_none'].map((company_id) =>
        ask('POST', '/roles', { json: { name: 'x', privileges: [], company_id }, token: 'acme' }),
      ),
    );
    expect(foreign && [foreign.status, asProblem(foreign).errors]).toEqual([
      422,
      [{ pointer: '/company_id', detail: 'There is no such company.' }],
    ]);
    expect(unknown && asProblem(unknown).errors).toEqual(foreign && asProblem(foreign).errors);
  });

  test.each([
    [{ privileges: [] }, ['/name']],
    [{ name: 'x' }, ['/privileges']],
    [{ name: 'x', privileges: null }, ['/privileges']],
    [{ name: 'x', privileges: 'audit:read' }, ['/privileges']],
    [{ name: 'x', privileges: ['audit:read', ''] }, ['/privileges/1']],
    [
      { name: 'x', privileges: ['audit:read', 'nothing:read', 'github/repos:read'] },
      ['/privileges/1', '/privileges/2'],
    ],
    [{ name: 'x', privileges: [], available_to: 'all' }, ['/available_to']],
    [{ name: 'x', privileges: [], available_to: ['co_none'] }, ['/available_to/0']],
    [{ name: 'x', privileges: [], kind: 'custom', client_count: 1 }, ['/client_count', '/kind']],
    [{ name: 'x\ny', privileges: [] }, ['/name']],
  ])('%j is a 422', async (json, pointers) => {
    const answer = await ask('POST', '/roles', { json });
    expect([answer.status, pointersOf(answer).toSorted()]).toEqual([422, pointers]);
  });

  test('more than one holds is a 403 with a challenge, more than the company may a 422', async () => {
    installation.server.login('weak', {
      company: installation.acme,
      role: 'company_admin',
      scopes: ['roles:write', 'audit:read'],
    });
    const more = await ask('POST', '/roles', { json: { name: 'More', privileges: ['clients:read'] }, token: 'weak' });
    expect([more.status, more.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="postern", error="insufficient_scope"',
    ]);
    const json = { name: 'Higher', privileges: ['keys:read'], company_id: installation.acme.id };
    const higher = await ask('POST', '/roles', { json });
    expect([higher.status, pointersOf(higher)]).toEqual([422, ['/privileges/0']]);
  });

  test('a taken name is a 409', async () => {
    const { name } = await create();
    for (const taken of [name, 'Reseller']) {
      const answer = await ask('POST', '/roles', { json: { name: taken, privileges: [] } });
      expect([answer.status, pointersOf(answer)]).toEqual([409, ['/name']]);
    }
  });

  test('any text is taken as it is or refused at its place', async () => {
    for (const { text: name } of naughtyStrings) {
      const answer = await ask('POST', '/roles', { json: { name, privileges: [name], description: name } });
      expect(answer.status, answer.text).toBe(422);
      const described = await ask('POST', '/roles', {
        json: { name: `N ${(made += 1)}`, privileges: [], description: name },
      });
      if (described.status !== 201) expect([described.status, pointersOf(described)]).toEqual([422, ['/description']]);
    }
  });
});

describe('GET /api/v1/roles', () => {
  test('shows to a company its own and those made available, and no others', async () => {
    const { acme, bolt } = installation;
    const shared = await create({ available_to: [acme.id] });
    const own = await create({}, 'acme');
    const foreign = await create({ company_id: bolt.id });
    const page = asRoles(await ask('GET', '/roles?kind=custom&limit=200', { token: 'acme' }));
    const ids = page.items.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([shared.id, own.id]));
    expect(ids).not.toContain(foreign.id);
    expect((await ask('GET', `/roles/${foreign.id}`, { token: 'acme' })).status).toBe(404);
    expect(page.items.find(({ id }) => id === shared.id)?.available_to).toEqual([acme.id]);
    const ofBolt = asRoles(await ask('GET', `/roles?company_id=${bolt.id}`)).items;
    expect(ofBolt.length).toBeGreaterThan(0);
    expect(ofBolt.every(({ company_id }) => company_id === bolt.id)).toBe(true);
    expect(asRoles(await ask('GET', `/roles?company_id=${bolt.id}`, { token: 'acme' })).items).toEqual([]);
  });
});

describe('PATCH and DELETE /api/v1/roles/{id}', () => {
  test('change what is sent; null resets description and availability', async () => {
    const role = await create({ description: 'x', available_to: [installation.acme.id] });
    const json = { description: null, available_to: null, privileges: ['clients:read'] };
    const changed = asRole(await ask('PATCH', `/roles/${role.id}`, { json }));
    expect(changed).toEqual({ ...role, description: '', available_to: [], privileges: ['management/clients:read'] });
    const [event] = asEvents(await ask('GET', `/audit-events?target_id=${role.id}&action=role.updated`)).items;
    expect(event?.changes).toMatchObject({
      privileges: [['management/audit:read'], ['management/clients:read']],
      available_to: [[installation.acme.id], []],
    });
    for (const field of ['name', 'privileges', 'company_id', 'kind', 'id']) {
      const answer = await ask('PATCH', `/roles/${role.id}`, { json: { [field]: null } });
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/${field}`]]);
    }
  });

  test('under If-Match: a stale one is a 412; new holders do not make it stale', async () => {
    const role = await create();
    const tag = (await ask('GET', `/roles/${role.id}`)).headers.get('etag') ?? '';
    const client = asRegistered(await ask('POST', '/clients', { json: { name: 'job', role_id: role.id } }));
    const change = (description: string) =>
      ask('PATCH', `/roles/${role.id}`, { json: { description }, headers: { 'If-Match': tag } });
    expect(asRole(await change('first')).client_count).toBe(1);
    expect((await change('second')).status).toBe(412);
    const inUse = await ask('DELETE', `/roles/${role.id}`);
    expect([inUse.status, asProblem(inUse).detail]).toEqual([409, expect.stringContaining('the client job has it')]);
    await ask('DELETE', `/clients/${client.client_id}`);
    expect((await ask('DELETE', `/roles/${role.id}`, { headers: { 'If-Match': tag } })).status).toBe(412);
    expect((await ask('DELETE', `/roles/${role.id}`)).status).toBe(204);
    expect((await ask('GET', `/roles/${role.id}`)).status).toBe(404);
  });

  test('standard roles are fixed, foreign ones do not exist, those from above are not one’s own', async () => {
    const { acme } = installation;
    const shared = await create({ available_to: [acme.id] });
    const foreign = await create({ company_id: installation.bolt.id });
    for (const [id, status, token] of [
      ['role_reseller', 409, 'root'],
      ['role_company_admin', 409, 'acme'],
      [foreign.id, 404, 'acme'],
      ['role_none', 404, 'acme'],
      [shared.id, 403, 'acme'],
    ] as const) {
      expect((await ask('PATCH', `/roles/${id}`, { json: { name: 'x' }, token })).status).toBe(status);
      expect((await ask('DELETE', `/roles/${id}`, { token })).status).toBe(status);
    }
  });

  test('a client is given a role that its company can choose, and no other', async () => {
    const foreign = await create({ company_id: installation.bolt.id });
    const register = (role_id: string) => ask('POST', '/clients', { json: { name: 'x', role_id }, token: 'acme' });
    const [other, unknown] = [await register(foreign.id), await register('role_none')];
    expect([other.status, asProblem(other).errors]).toEqual([422, asProblem(unknown).errors]);
    const shared = await create({ available_to: [installation.acme.id] });
    expect((await register(shared.id)).status).toBe(201);
  });
});
