// The files of docs/gateway for proxies that Debian doesn't have: what Traefik and Envoy make of them is played to the gate, as their
// sources have it. And what the README there says of headers is what the gate does.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GateAnswer, type GateInstallation, send, startGateInstallation } from './installation.ts';

const GATEWAY = resolve(import.meta.dirname, '../../docs/gateway');
const read = (name: string) => readFileSync(join(GATEWAY, name), 'utf8');

let gate: GateInstallation;
let token: string;
let restricted: string;

beforeAll(async () => {
  gate = await startGateInstallation();
  token = gate.sign((await gate.client()).clientId);
  const ipRestriction = { mode: 'enforce', rules: ['203.0.113.7'] } as const;
  restricted = gate.sign((await gate.client({ ipRestriction })).clientId);
});

afterAll(() => gate.close());

interface Call {
  readonly method: string;
  readonly uri: string;
  /** By lower-case name, as the caller sends them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly from: string;
}

interface Outcome {
  readonly answer: GateAnswer;
  /** What the API behind gets; undefined when it gets nothing. */
  readonly upstream: Readonly<Record<string, string>> | undefined;
}

/** pkg/middlewares/auth/forward.go */
async function playTraefik(call: Call): Promise<Outcome> {
  const { http } = parse(read('traefik.yaml'));
  const { address, authRequestHeaders, authResponseHeaders, trustForwardHeader } =
    http.middlewares[http.routers.tickets.middlewares[0]].forwardAuth;
  expect(trustForwardHeader).toBe(false);
  const allowed = authRequestHeaders.map((name: string) => name.toLowerCase());
  const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => allowed.includes(name)));
  const { pathname, search } = new URL(address);
  const answer = await send(gate.url, pathname + search, {
    headers: {
      ...headers,
      'X-Forwarded-For': call.from,
      'X-Forwarded-Method': call.method,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'tickets.example.com',
      'X-Forwarded-Uri': call.uri,
    },
  });
  if (answer.status < 200 || answer.status >= 300) return { answer, upstream: undefined };
  const upstream = { ...call.headers };
  for (const name of authResponseHeaders.map((each: string) => each.toLowerCase())) {
    delete upstream[name];
    const value = answer.headers[name];
    if (value !== undefined) upstream[name] = value;
  }
  return { answer, upstream };
}

/** source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc; its asynchronous client adds Envoy's own address. */
async function playEnvoy(call: Call): Promise<Outcome> {
  const [listener] = parse(read('envoy.yaml')).static_resources.listeners;
  const connections = listener.filter_chains[0].filters[0].typed_config;
  const filter = connections.http_filters[0].typed_config;
  expect([connections.use_remote_address, filter.failure_mode_allow]).toEqual([true, false]);
  const allowed = ['authorization', ...filter.allowed_headers.patterns.map((each: { exact: string }) => each.exact)];
  const { 'x-forwarded-for': before, ...sent } = call.headers;
  const seen: Record<string, string> = { ...sent, 'x-forwarded-for': before ? `${before},${call.from}` : call.from };
  const headers = Object.fromEntries(Object.entries(seen).filter(([name]) => allowed.includes(name)));
  headers['x-forwarded-for'] += ',127.0.0.1';
  const target = filter.http_service.path_prefix + call.uri;
  const answer = await send(gate.url, target, { method: call.method, headers: { ...headers, 'Content-Length': '0' } });
  if (answer.status !== 200) return { answer, upstream: undefined };
  const upstream = { ...seen };
  for (const { exact } of filter.http_service.authorization_response.allowed_upstream_headers.patterns) {
    const value = answer.headers[exact];
    if (value !== undefined) upstream[exact] = value;
  }
  return { answer, upstream };
}

describe.each([
  ['Traefik', playTraefik],
  ['Envoy', playEnvoy],
])('%s with the file that is shown', (_name, play) => {
  const call = (given: Partial<Call> & { token?: string } = {}) =>
    play({
      method: 'GET',
      uri: '/v1/tickets/17?state=open',
      from: '203.0.113.7',
      ...given,
      headers: { authorization: `Bearer ${given.token ?? token}`, ...given.headers },
    });

  test('lets through what may be called, and puts the gate’s headers in place of the caller’s', async () => {
    const forged = {
      'x-auth-client-id': 'pst_forged',
      'x-auth-company-id': 'x',
      'x-auth-role': 'x',
      'x-auth-scope': 'x',
    };
    const { answer, upstream } = await call({ headers: forged });
    expect(answer.status).toBe(200);
    expect(upstream).toMatchObject({
      'x-auth-client-id': expect.stringMatching(/^pst_(?!forged)/),
      'x-auth-company-id': 'co_root',
      'x-auth-role': 'B%C3%BCro 100 %25 %E6%9D%B1%E4%BA%AC',
      'x-auth-scope': 'tickets:read',
    });
  });

  test('a token without scopes leaves nothing of the caller’s own scopes', async () => {
    const empty = gate.sign((await gate.client()).clientId, { scope: '' });
    const { upstream } = await call({ uri: '/v1/ping', token: empty, headers: { 'x-auth-scope': 'tickets:admin' } });
    expect(upstream?.['x-auth-scope']).toBe('');
  });

  test('stops what may not be, with the challenge for the caller', async () => {
    const { answer, upstream } = await call({ method: 'POST', uri: '/v1/tickets' });
    expect([answer.status, upstream]).toEqual([403, undefined]);
    expect(answer.headers['www-authenticate']).toMatch(/scope="tickets:write"$/);
    expect((await call({ token: 'x' })).answer.status).toBe(401);
  });

  test('is not told of another call, scope or address than the caller’s own', async () => {
    const forged = {
      'x-original-method': 'GET',
      'x-original-uri': '/v1/ping',
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/v1/ping',
      'x-forwarded-for': '203.0.113.7',
      'x-postern-scope': 'tickets:read',
    };
    expect((await call({ method: 'POST', uri: '/v1/tickets', headers: forged })).answer.status).toBe(403);
    expect((await call({ token: restricted })).answer.status).toBe(200);
    const { answer } = await call({ token: restricted, from: '198.51.100.1', headers: forged });
    expect([answer.status, answer.json.detail]).toEqual([403, expect.stringContaining('198.51.100.1')]);
  });
});

describe('docs/gateway/README.md', () => {
  const text = read('README.md');

  test('names every file that lies beside it', () => {
    const files = readdirSync(GATEWAY).filter((name) => name !== 'README.md');
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((name) => !text.includes(`](${name})`))).toEqual([]);
  });

  test('names the headers that the gate answers with, and no others', async () => {
    const { headers } = await send(gate.url, '/gate?api=tickets&scope=tickets:read', { token });
    const named = new Set([...text.matchAll(/X-Auth-[A-Z][\w-]+/g)].map(([name]) => name.toLowerCase()));
    expect([...named].sort()).toEqual(Object.keys(headers).filter((name) => name.startsWith('x-auth-')));
  });

  test('shows a request that works', async () => {
    const target = /localhost:3000(\/gate\S*)'/.exec(text)?.[1] ?? '';
    const headers = Object.fromEntries(
      [...text.matchAll(/-H '([\w-]+): ([^']+)'/g)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(headers)).toEqual(['X-Original-Method', 'X-Original-URI']);
    expect((await send(gate.url, target, { token, headers })).status).toBe(200);
  });
});
