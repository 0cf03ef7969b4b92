// The gate over real HTTP on a real database: what each proxy sends, what it gets, and that the answer is that of this moment.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenId } from '../../src/domain/token/access-token.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { eventually } from '../support/eventually.ts';
import {
  administrator,
  type GateAnswer,
  type GateInstallation,
  ISSUER,
  ROLE_NAME,
  send,
  type Sending,
  startGateInstallation,
} from './installation.ts';

let gate: GateInstallation;
let clientId: string;
/** For `tickets`, with tickets:read. */
let token: string;

beforeAll(async () => {
  gate = await startGateInstallation();
  ({ clientId } = await gate.client());
  token = gate.sign(clientId);
});

afterAll(() => gate.close());

const ask = (target: string, sending: Sending = {}) => send(gate.url, target, { token, ...sending });

const nginx = (method: string, uri: string) => ({ 'X-Original-Method': method, 'X-Original-URI': uri });
const forwarded = (method: string, uri: string) => ({ 'X-Forwarded-Method': method, 'X-Forwarded-Uri': uri });

const challenge = ({ headers }: GateAnswer) => headers['www-authenticate'] ?? '';

describe('an answer', () => {
  test('that lets through is empty, must not be kept, and says who calls', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-length': '0',
      'x-auth-client-id': clientId,
      'x-auth-company-id': 'co_root',
      'x-auth-scope': 'tickets:read',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('has the role’s present name, percent-encoded where a header has no such letters', async () => {
    const { headers } = await ask('/gate?api=tickets&scope=tickets:read');
    expect(headers['x-auth-role']).toBe('B%C3%BCro 100 %25 %E6%9D%B1%E4%BA%AC');
    expect(decodeURIComponent(headers['x-auth-role'] ?? '')).toBe(ROLE_NAME);
  });

  test('to a call without a token is 401 with a bare challenge (RFC 6750 §3.1)', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read', { token: undefined });
    expect([answer.status, challenge(answer)]).toEqual([401, 'Bearer realm="postern"']);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/problem+json' });
    expect(answer.json).toMatchObject({
      type: 'urn:postern:problem:request.unauthenticated',
      status: 401,
      instance: `urn:request:${answer.headers['x-request-id']}`,
    });
  });

  test('to a token without the scope is 403 insufficient_scope that names it (RFC 6750 §3.1)', async () => {
    const answer = await ask('/gate?api=tickets&scope=tickets:read+tickets:write');
    expect(answer.status).toBe(403);
    expect(challenge(answer)).toMatch(
      /^Bearer realm="postern", error="insufficient_scope", error_description="[^"\\]+", scope="tickets:read tickets:write"$/,
    );
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-auth-'))).toEqual([]);
  });

  test('to a call from elsewhere is 403 that names the address as seen', async () => {
    const ipRestriction = { mode: 'enforce', rules: ['203.0.113.0/24'] } as const;
    const restricted = gate.sign((await gate.client({ ipRestriction })).clientId);
    const target = '/gate?api=tickets&scope=tickets:read';
    expect((await ask(target, { token: restricted, from: '203.0.113.9' })).status).toBe(200);
    const answer = await ask(target, { token: restricted, from: '198.51.100.7' });
    expect([answer.status, answer.json.type]).toEqual([403, 'urn:postern:problem:request.address_refused']);
    expect(answer.json.detail).toContain('198.51.100.7');
    expect(challenge(answer)).toMatch(/^Bearer realm="postern", error_description="[^"]*198\.51\.100\.7[^"]*"$/);
    const unknown = await ask(target, { token: restricted, from: 'unknown' });
    expect([unknown.status, unknown.json.detail]).toEqual([403, expect.stringContaining('cannot be told')]);
  });
});

describe('a token that is none here', () => {
  const target = '/gate?api=tickets&scope=tickets:read';

  async function expectBad(bad: string): Promise<void> {
    const answer = await ask(target, { token: bad });
    expect(answer.status, answer.text).toBe(401);
    expect(challenge(answer)).toMatch(/^Bearer realm="postern", error="invalid_token", error_description="[^"\\]+"$/);
  }

  test.each([
    ['garbage', () => 'garbage'],
    ['a changed signature', () => `${token.slice(0, -4)}AAAA`],
    ['one part too few', () => token.slice(0, token.lastIndexOf('.'))],
    ['expired', () => gate.sign(clientId, { exp: Math.floor(Date.now() / 1000) - 1 })],
    ['of another issuer', () => gate.sign(clientId, { iss: 'https://evil.example' })],
    ['for the Management API', () => gate.sign(clientId, { aud: `${ISSUER}/api` })],
    ['for the id in place of the identifier', () => gate.sign(clientId, { aud: 'tickets' })],
    ['of an unknown client', () => gate.sign('pst_000000000000000000000000')],
    ['an opaque one that was never issued', () => randomBytes(32).toString('base64url')],
    ['17,000 characters', () => `${'a'.repeat(14_000)}.b.c`],
  ])('is refused with 401: %s', async (_what, bad) => {
    await expectBad(bad());
  });

  test('is refused with 401 once it was revoked', async () => {
    const jti = createTokenId(0);
    const revoked = gate.sign(clientId, { jti });
    expect((await ask(target, { token: revoked })).status).toBe(200);
    const expiresAt = new Date(Date.now() + 60_000);
    await gate.database.storage.write((stores) => stores.tokens.revoke(jti, clientId, expiresAt));
    await expectBad(revoked);
  });

  test('counts only from the Authorization header, of the scheme Bearer, sent once', async () => {
    const statusOf = async (sending: Sending, at = target) => (await send(gate.url, at, sending)).status;
    expect(await statusOf({ headers: { Authorization: `bearer  ${token}` } })).toBe(200);
    expect(await statusOf({}, `${target}&access_token=${token}`)).toBe(401);
    expect(await statusOf({ headers: { 'X-Forwarded-Uri': `/?access_token=${token}` } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: `Token ${token}` } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: token } })).toBe(401);
    expect(await statusOf({ headers: { Authorization: 'Bearer' } })).toBe(401);
    expect(await statusOf({ headers: { 'X-Access-Token': token } })).toBe(401);
    const several = await send(gate.url, target, { headers: { Authorization: [`Bearer ${token}`, 'Bearer other'] } });
    expect([several.status, challenge(several)]).toEqual([401, expect.stringContaining('error="invalid_request"')]);
  });

  test('an opaque token opens it as a JWT does', async () => {
    const opaque = randomBytes(32).toString('base64url');
    await gate.database.storage.write((stores) =>
      stores.tokens.insertOpaque({
        tokenHash: opaqueTokenHash(opaque),
        jti: createTokenId(0),
        clientId,
        companyId: 'co_root',
        audience: 'https://tickets.example.test',
        scope: 'tickets:read',
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 60_000),
      }),
    );
    expect((await ask(target, { token: opaque })).status).toBe(200);
    expect((await ask('/gate?api=tickets&scope=tickets:write', { token: opaque })).status).toBe(403);
  });
});

describe('what the proxy asks', () => {
  test('api is an id or an identifier, and the Management API when it is absent', async () => {
    expect((await ask('/gate?api=https%3A%2F%2Ftickets.example.test&scope=tickets:read')).status).toBe(200);
    expect((await ask('/gate?scope=tickets:read')).status).toBe(401);
    const management = gate.sign(clientId, { aud: `${ISSUER}/api`, scope: 'audit:read' });
    expect((await ask('/gate', { token: management })).status).toBe(200);
    expect((await ask('/gate?scope=audit:read', { token: management })).status).toBe(200);
    expect((await ask('/gate?api=management&scope=audit:read', { token: management })).status).toBe(200);
    expect((await ask('/gate?scope=clients:read', { token: management })).status).toBe(403);
  });

  test('several scopes are all needed, in one parameter or in several', async () => {
    const both = gate.sign(clientId, { scope: 'tickets:read tickets:write' });
    for (const query of ['scope=tickets:read%20tickets:write', 'scope=tickets:read&scope=tickets:write']) {
      expect((await ask(`/gate?api=tickets&${query}`, { token: both })).status).toBe(200);
      expect((await ask(`/gate?api=tickets&${query}`)).status).toBe(403);
    }
  });

  test('an API without operations is open to every token for it', async () => {
    const plain = gate.sign(clientId, { aud: 'https://plain.example.test', scope: 'plain:read' });
    expect((await ask('/gate?api=plain', { token: plain })).status).toBe(200);
    expect((await ask('/gate?api=plain')).status).toBe(401);
  });

  test.each([
    '/gate?api=unknown',
    '/gate?api=tickets&scopes=tickets:read',
    '/gate?api=tickets&scope=',
    '/gate?api=tickets&scope=%22',
    '/gate?api=tickets&api=plain&scope=tickets:read',
    '/gate?api=&scope=tickets:read',
    '/gate/envoy/tickets',
    '/gate/envoy/Tickets/v1/ping',
    '/gate/envoy//v1/ping',
  ])('%s can’t be answered: 403, never open, and never an error of the server', async (target) => {
    const answer = await ask(target, { headers: nginx('GET', '/v1/ping') });
    expect([answer.status, challenge(answer)]).toEqual([
      403,
      expect.stringMatching(/^Bearer realm="postern", error_d/),
    ]);
  });

  test('it is logged what is wrong with the proxy, once a minute', async () => {
    for (let times = 0; times < 3; times += 1) await ask('/gate?api=tickets&scopes=x');
    const lines = gate
      .logged()
      .split('\n')
      .filter((line) => line.includes('unreadable_question'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', fault: expect.stringMatching(/scope/) });
  });

  test.each(['/gates', '/gate/', '/gate/nginx', '/gat', '/GATE', '/gate/envoy'])(
    '%s is not the gate',
    async (target) => {
      expect((await ask(target)).status).toBe(404);
    },
  );
});

/** The same calls, as each proxy tells of them. */
const VARIANTS: readonly [string, (method: string, uri: string, sending?: Sending) => Promise<GateAnswer>][] = [
  ['nginx', (method, uri, sending) => ask('/gate?api=tickets', { headers: nginx(method, uri), ...sending })],
  [
    'Traefik and Caddy',
    (method, uri, sending) => ask('/gate?api=tickets', { headers: forwarded(method, uri), ...sending }),
  ],
  ['Envoy', (method, uri, sending) => ask(`/gate/envoy/tickets${uri}`, { method, ...sending })],
];

describe.each(VARIANTS)('the operation, as %s tells of it', (_proxy, call) => {
  test.each([
    ['GET', '/v1/tickets', 200],
    ['HEAD', '/v1/tickets', 200],
    ['GET', '/v1/tickets?state=open&scope=tickets:admin&api=plain', 200],
    ['GET', '/v1/tickets/17%20a', 200],
    ['GET', '/v1/ping', 200],
    ['POST', '/v1/tickets', 403],
    ['DELETE', '/v1/tickets', 403],
    ['OPTIONS', '/v1/tickets', 403],
    ['GET', '/tickets', 403],
    ['GET', '/v1/internal', 403],
    ['GET', '/v1/ping/../internal', 403],
    ['GET', '/v1/ping%2f..%2ftickets', 403],
    ['GET', '/v1//ping', 403],
  ])('%s %s: %i', async (method, uri, expected) => {
    expect((await call(method, uri)).status).toBe(expected);
  });

  test('a missing scope is named', async () => {
    expect(challenge(await call('POST', '/v1/tickets'))).toMatch(/scope="tickets:write"$/);
    expect(challenge(await call('GET', '/v1/internal'))).not.toMatch(/error=/);
  });

  test('without a token it is 401, whatever is called', async () => {
    const none = { headers: {}, token: undefined };
    expect((await call('GET', '/v1/ping', none)).status).toBe(401);
  });
});

describe('which call it is', () => {
  const status = async (headers: Sending['headers'] = {}) => (await ask('/gate?api=tickets', { headers })).status;

  test('nobody says: refused', async () => {
    expect(await status()).toBe(403);
  });

  test('half of it is said: refused', async () => {
    for (const [name, value] of Object.entries({ ...nginx('GET', '/v1/ping'), ...forwarded('GET', '/v1/ping') })) {
      expect(await status({ [name]: value })).toBe(403);
    }
    expect(await status({ ...nginx('GET', '/v1/ping'), 'X-Forwarded-Uri': '/v1/ping' })).toBe(403);
  });

  test('is said in two ways: only where both say the same', async () => {
    expect(await status({ ...nginx('GET', '/v1/ping'), ...forwarded('GET', '/v1/ping') })).toBe(200);
    expect(await status({ ...nginx('POST', '/v1/tickets'), ...forwarded('GET', '/v1/ping') })).toBe(403);
    expect(await status({ ...nginx('GET', '/v1/ping'), ...forwarded('POST', '/v1/tickets') })).toBe(403);
  });

  test('a header that comes twice says nothing', async () => {
    expect(await status({ 'X-Original-Method': ['GET', 'GET'], 'X-Original-URI': '/v1/ping' })).toBe(403);
    expect(await status({ 'X-Original-Method': 'GET', 'X-Original-URI': ['/v1/ping', '/v1/ping'] })).toBe(403);
  });

  test('the gate’s own method does not matter, nor its body, which is not waited for', async () => {
    const headers = nginx('GET', '/v1/ping');
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      expect((await ask('/gate?api=tickets', { method, headers })).status, method).toBe(200);
    }
    const body = randomBytes(300_000);
    expect((await ask('/gate?api=tickets', { method: 'POST', headers, body })).status).toBe(200);
    expect((await ask('/gate/envoy/tickets/v1/tickets', { method: 'POST', body })).status).toBe(403);
  });

  test('the answer comes while a body is still announced', async () => {
    const socket = connect(gate.port, '127.0.0.1');
    const head = `POST /gate/envoy/tickets/v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\n`;
    socket.write(head);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (data: Buffer) => resolve(data.toString()));
    });
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('Envoy’s scopes come in a header, and those of the call’s own headers don’t count', async () => {
    const write = { 'X-Postern-Scope': 'tickets:write' };
    expect((await ask('/gate/envoy/tickets/anything', { headers: write })).status).toBe(403);
    expect((await ask('/gate/envoy/tickets/anything', { headers: { 'X-Postern-Scope': 'tickets:read' } })).status).toBe(
      200,
    );
    expect((await ask('/gate/envoy/tickets/v1/ping', { headers: { 'X-Postern-Scope': '' } })).status).toBe(403);
    expect(
      (await ask('/gate/envoy/tickets/v1/tickets', { method: 'POST', headers: forwarded('GET', '/v1/ping') })).status,
    ).toBe(403);
    expect((await ask('/gate?api=tickets', { headers: { ...nginx('GET', '/v1/ping'), ...write } })).status).toBe(200);
  });
});

describe('the answer is that of this moment', () => {
  const target = '/gate?api=tickets&scope=tickets:read';

  test('a paused client is refused at the very next call, and let in again when it is active', async () => {
    const client = await gate.client();
    const its = gate.sign(client.clientId);
    expect((await ask(target, { token: its })).status).toBe(200);
    await gate.clients.update(administrator, client.clientId, { status: 'inactive' });
    expect((await ask(target, { token: its })).status).toBe(401);
    await gate.clients.update(administrator, client.clientId, { status: 'active' });
    expect((await ask(target, { token: its })).status).toBe(200);
    await gate.clients.revokeTokens(administrator, client.clientId);
    expect((await ask(target, { token: its })).status).toBe(401);
  });

  test('rules of the client count at the very next call', async () => {
    const client = await gate.client();
    const its = gate.sign(client.clientId);
    const from = '203.0.113.9';
    expect((await ask(target, { token: its, from })).status).toBe(200);
    const restrict = (rules: string[]) =>
      gate.clients.update(administrator, client.clientId, { ipRestriction: { mode: 'enforce', rules } });
    await restrict(['10.0.0.0/8']);
    expect((await ask(target, { token: its, from })).status).toBe(403);
    await restrict(['10.0.0.0/8', from]);
    expect((await ask(target, { token: its, from })).status).toBe(200);
  });

  test('what its role loses is lost, and what the API’s setting says counts, as soon as the feed tells', async () => {
    const { testDatabase } = gate;
    const unknown = { headers: nginx('GET', '/v1/health') };
    expect((await ask('/gate?api=tickets', unknown)).status).toBe(403);
    await testDatabase.query(`UPDATE api SET unknown_operations = 'allow' WHERE id = 'tickets'`);
    await eventually('it passes', async () => (await ask('/gate?api=tickets', unknown)).status === 200);
    expect((await ask('/gate?api=tickets', { headers: nginx('GET', '/v1/ping/../tickets') })).status).toBe(403);
    await testDatabase.query(`UPDATE api SET unknown_operations = 'refuse' WHERE id = 'tickets'`);
    await eventually('it is refused', async () => (await ask('/gate?api=tickets', unknown)).status === 403);

    const post = { headers: nginx('POST', '/v1/tickets'), token: gate.sign(clientId, { scope: 'tickets:write' }) };
    expect((await ask('/gate?api=tickets', post)).status).toBe(200);
    await testDatabase.query(`DELETE FROM role_privilege WHERE role_id = $1 AND scope = 'tickets:write'`, [
      gate.roleId,
    ]);
    await eventually('it is refused', async () => (await ask('/gate?api=tickets', post)).status === 403);
  });

  test('no call asks the database once it knows token, client and API', async () => {
    await ask(target);
    gate.proxy.hang();
    try {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(target)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    } finally {
      await gate.proxy.comeBack();
    }
  });
});
