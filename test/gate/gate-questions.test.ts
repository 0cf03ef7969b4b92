// What is asked of the gate over real HTTP on a real database: by its query, and of the call before which each proxy stands.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type GateAnswer,
  type GateInstallation,
  ISSUER,
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
