// The gate behind real proxies, set up by the very files that docs/gateway shows, with an API behind them that believes everything.

import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeRole, rootCompany } from '../support/factories.ts';
import { findFreePort } from '../support/postern.ts';
import { administrator, type GateInstallation, send, type Sending, startGateInstallation } from './installation.ts';
import {
  findProxies,
  PROXIES,
  type ProtectedApi,
  type RunningProxy,
  startProtectedApi,
  startProxy,
} from './proxies.ts';

const found = findProxies();
let gate: GateInstallation;
let api: ProtectedApi;
let clientId: string;
let token: string;

beforeAll(async () => {
  gate = await startGateInstallation();
  api = await startProtectedApi();
  ({ clientId } = await gate.client());
  token = gate.sign(clientId);
});

afterAll(async () => {
  await api.close();
  await gate.close();
});

afterEach(() => void (api.seen.length = 0));

test('every proxy that has a file is tried where it is installed', () => {
  expect(found.length).toBeLessThanOrEqual(PROXIES.length);
  expect(PROXIES.map(({ name }) => name)).toEqual(['nginx', 'Caddy', 'HAProxy']);
});

describe.each(found)('behind $name', (kind) => {
  let proxy: RunningProxy;

  beforeAll(async () => {
    proxy = await startProxy(kind, { postern: gate.port, api: api.port });
  });

  afterAll(() => proxy.stop());

  const call = (target: string, sending: Sending = {}) => send(proxy.url, target, { token, ...sending });

  test('a call that may be made reaches the API as it was sent, with who makes it', async () => {
    const target = '/v1/tickets/17%20a?state=open&next=%2F..%2Fx';
    const answer = await call(target);
    expect([answer.status, answer.text]).toEqual([200, 'from the API']);
    expect(api.seen).toHaveLength(1);
    expect(api.seen[0]).toMatchObject({
      method: 'GET',
      url: target,
      headers: {
        'x-auth-client-id': clientId,
        'x-auth-company-id': 'co_root',
        'x-auth-role': 'B%C3%BCro 100 %25 %E6%9D%B1%E4%BA%AC',
        'x-auth-scope': 'tickets:read',
      },
    });
  });

  test('a body reaches the API whole, whether announced by length or in chunks', async () => {
    const write = gate.sign(clientId, { scope: 'tickets:write' });
    const body = randomBytes(300_000);
    expect((await call('/v1/tickets', { method: 'POST', token: write, body })).status).toBe(200);
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Length': [] };
    expect((await call('/v1/tickets', { method: 'POST', token: write, body, headers })).status).toBe(200);
    expect(api.seen.map((seen) => [seen.method, seen.body.equals(body)])).toEqual([
      ['POST', true],
      ['POST', true],
    ]);
  });

  test.each([
    ['no token', undefined, /^Bearer realm="postern"$/],
    ['a bad token', 'eyJhbGciOiJFUzI1NiJ9.e30.x', /^Bearer realm="postern", error="invalid_token"/],
  ])('with %s it is 401 with the challenge, and the API hears nothing', async (_what, bad, challenge) => {
    const answer = await call('/v1/tickets', { token: bad });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.stringMatching(challenge)]);
    expect(api.seen).toEqual([]);
  });

  test('without the scope it is 403 with the challenge that names it, and the API hears nothing', async () => {
    const answer = await call('/v1/tickets', { method: 'POST', body: 'x' });
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toMatch(/error="insufficient_scope".*scope="tickets:write"$/);
    expect(api.seen).toEqual([]);
  });

  test('an operation that the API does not describe is refused', async () => {
    for (const target of ['/', '/v1/unknown', '/v1/internal', '/gate?api=tickets']) {
      expect([target, (await call(target)).status]).toEqual([target, 403]);
    }
    // Where nginx asks the gate, nobody gets from outside.
    expect([403, 404]).toContain((await call('/_gate')).status);
    expect(api.seen).toEqual([]);
  });

  test.each(['/v1/ping/../tickets/1', '/v1/ping/%2e%2e/tickets', '/v1//ping', '/v1/ping%2f', '/v1/ping;x'])(
    '%s, which a server could read as another path, is refused',
    async (target) => {
      expect([400, 403]).toContain((await call(target)).status);
      expect(api.seen).toEqual([]);
    },
  );

  test('X-Auth headers from outside do not reach the API', async () => {
    const forged = {
      'X-Auth-Client-Id': 'pst_forged',
      'x-auth-company-id': ['co_forged', 'co_forged2'],
      'X-AUTH-ROLE': 'Reseller',
      'X-Auth-Scope': 'tickets:admin',
    };
    expect((await call('/v1/tickets', { headers: forged })).status).toBe(200);
    const [seen] = api.seen;
    expect(seen?.headers).toMatchObject({ 'x-auth-client-id': clientId, 'x-auth-scope': 'tickets:read' });
    expect(JSON.stringify(seen?.rawHeaders)).not.toMatch(/forged|Reseller|tickets:admin/);
  });

  test('a token without any scope does not let those from outside stand', async () => {
    const empty = gate.sign(clientId, { scope: '' });
    expect((await call('/v1/ping', { token: empty, headers: { 'X-Auth-Scope': 'tickets:admin' } })).status).toBe(200);
    expect(api.seen[0]?.headers['x-auth-scope'] ?? '').toBe('');
  });

  test('nobody can tell the gate of another call than the one that is made', async () => {
    const forged = [
      { 'X-Original-Method': 'GET', 'X-Original-URI': '/v1/ping' },
      { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v1/ping' },
      { 'X-Original-Method': 'GET', 'X-Forwarded-Uri': '/v1/ping', 'X-HTTP-Method-Override': 'GET' },
      { 'X-Postern-Scope': 'tickets:read' },
    ];
    for (const headers of forged) {
      expect((await call('/v1/tickets', { method: 'POST', body: 'x', headers })).status).toBe(403);
    }
    expect(api.seen).toEqual([]);
  });

  test('the address is that of whoever calls the proxy, whatever X-Forwarded-For says', async () => {
    const ipRestriction = { mode: 'enforce', rules: ['127.0.0.5'] } as const;
    const restricted = gate.sign((await gate.client({ ipRestriction })).clientId);
    const from = (localAddress: string, headers: Sending['headers'] = {}) =>
      call('/v1/ping', { token: restricted, localAddress, headers });
    expect((await from('127.0.0.5')).status).toBe(200);
    expect((await from('127.0.0.5', { 'X-Forwarded-For': '198.51.100.1, 127.0.0.1' })).status).toBe(200);
    for (const forwarded of ['127.0.0.5', '127.0.0.5, 127.0.0.5', '127.0.0.5, 127.0.0.1']) {
      const answer = await from('127.0.0.6', { 'X-Forwarded-For': forwarded });
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toContain('127.0.0.6');
    }
    const twice = await from('127.0.0.6', { 'X-Forwarded-For': ['127.0.0.5', '127.0.0.5'] });
    expect(twice.status).toBe(403);
    expect(api.seen).toHaveLength(2);
  });

  test('a paused client is refused at the very next call', async () => {
    const client = await gate.client();
    const its = gate.sign(client.clientId);
    expect((await call('/v1/ping', { token: its })).status).toBe(200);
    await gate.clients.update(administrator, client.clientId, { status: 'inactive' });
    expect((await call('/v1/ping', { token: its })).status).toBe(401);
    await gate.clients.update(administrator, client.clientId, { status: 'active' });
    expect((await call('/v1/ping', { token: its })).status).toBe(200);
  });

  test('a long list of scopes gets through', async () => {
    const many = Array.from({ length: 400 }, (_, at) => `many:${at}`);
    await gate.testDatabase.query(
      `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
       SELECT 'tickets', scope, 'many', '', 'company', 10 + n FROM unnest($1::text[]) WITH ORDINALITY AS p (scope, n)
       ON CONFLICT DO NOTHING`,
      [many],
    );
    const scope = ['tickets:read', ...many];
    const privileges = scope.map((each) => `tickets/${each}`);
    const roleId = await makeRole(gate.testDatabase, { companyId: rootCompany.id, privileges });
    const client = await gate.client({ roleId });
    const answer = await call('/v1/tickets', { token: gate.sign(client.clientId, { scope: scope.join(' ') }) });
    expect(answer.status).toBe(200);
    expect(api.seen[0]?.headers['x-auth-scope']).toBe(scope.join(' '));
  });

  test('several Authorization headers never let a call through that the first would not', async () => {
    const answer = await call('/v1/ping', {
      token: undefined,
      headers: { Authorization: ['Bearer nonsense', `Bearer ${token}`] },
    });
    expect([400, 401]).toContain(answer.status);
    expect(api.seen).toEqual([]);
  });

  test('without an answer from the gate the API is closed', async () => {
    const alone = await startProxy(kind, { postern: await findFreePort(), api: api.port });
    try {
      const answer = await send(alone.url, '/v1/ping', { token });
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(api.seen).toEqual([]);
    } finally {
      await alone.stop();
    }
  });
});
