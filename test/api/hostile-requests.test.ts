// Hostile requests as bytes on a socket: every one gets an answer below 500 that tells nothing of the inside, and the server goes on.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asProblem } from './answers.ts';
import { call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let address: { host: string; port: number };

beforeAll(async () => {
  installation = await startInstallation();
  installation.server.login('root', { company: installation.root, role: 'reseller' });
  const { hostname, port } = new URL(installation.server.url);
  address = { host: hostname, port: Number(port) };
});

afterAll(() => installation.close());

interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

const IDLE_MILLISECONDS = 2000;

/** The first answer; a connection that is cut without one has the status 0. When the server waits for more, there is no more. */
function send(bytes: string | Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(address);
    socket.setEncoding('latin1');
    socket.setTimeout(IDLE_MILLISECONDS, () => socket.end());
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isComplete(text)) socket.destroy();
    });
    // A server that has answered may close while we still send.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }));
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

/** Whether all that Content-Length promises is there; without one the server closes at the end. */
function isComplete(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, head + 1))?.[1];
  return head >= 0 && length !== undefined && text.length >= head + 4 + Number(length);
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

function raw(method: string, target: string, headers: readonly string[] = [], body = ''): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Authorization: Bearer root', 'Connection: close'];
  return `${[...lines, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

function post(target: string, body: string, headers: readonly string[] = ['Content-Type: application/json']): string {
  return raw('POST', target, [...headers, `Content-Length: ${body.length}`], body);
}

const LEAK = /\n\s+at |\.[jt]s:\d|node_modules|QueryFailed|violates|invalid byte sequence|syntax error at/;

function expectHarmless(answer: RawAnswer, statuses: readonly number[]): void {
  expect(statuses, answer.text.slice(0, 600)).toContain(answer.status);
  expect(answer.text).not.toMatch(LEAK);
}

const clients = '/api/v1/clients';
const good = '{"name":"x","role_id":"role_company_admin"}';

describe('targets', () => {
  const targets: [target: string, statuses: number[]][] = [
    ['/api/v1/clients/%2e%2e/me', [404]],
    ['/api/v1/clients/../me', [404]],
    ['/api/v1/./me', [404]],
    ['/api/v1/clients%2fme', [404]],
    ['/api/v1/clients/pst_a%2fsecrets', [404]],
    ['/api%2fv1/me', [404]],
    ['/api/v1\\me', [404]],
    ['/api/v1/me;', [404]],
    ['/api/v1/me;v=1', [404]],
    ['/api/v1/clients;jsessionid=1/pst_a', [404]],
    ['/api/v1/me%00', [400]],
    ['/api/v1/me%0a', [404]],
    ['/api/v1/%c0%ae%c0%ae/me', [400]],
    ['/api/v1/me%', [400]],
    ['/api/v1/clients/%ff', [400]],
    ['/api/v1/clients/%ed%a0%80', [400]],
    [`/api/v1/${'a/'.repeat(2000)}`, [404]],
    [`/api/v1/clients/${'a'.repeat(8000)}`, [404]],
    [`/api/v1/clients?q=${'a'.repeat(12_000)}`, [422]],
    [`/api/v1/clients?${'a=1&'.repeat(3000)}`, [400, 422]],
    [`/api/v1/clients?${'&'.repeat(12_000)}`, [200]],
    ['/api/v1/clients?limit=1&limit=2', [422]],
    ['/api/v1/clients?limit=1&limit=1', [422]],
    ['/api/v1/clients?limit[]=1', [422]],
    ['/api/v1/clients?limit[a]=1', [422]],
    ['/api/v1/clients?limit=1;limit=2', [422]],
    ['/api/v1/clients?=1', [422]],
    ['/api/v1/clients?limit=1#x', [200, 422]],
    ['/api/v1/clients??limit=1', [422]],
    ['/api/v1/clients?limit=%00', [422]],
    ['/api/v1/clients?q=\xff', [200, 400, 422]],
    ['//api/v1/me', [404]],
    ['*', [400]],
    ['http://evil.example/api/v1/me', [200, 404]],
    ['http://[/api/v1/me', [200, 400]],
    ['http://[', [400, 404]],
    ['ftp://[/api/v1/me', [400]],
    ['http:///api/v1/me', [400]],
    ['x://[::1/', [400]],
    ['http://a:b:c/', [400, 404]],
  ];

  test.each(targets.map((each) => [short(each[0]), ...each] as const))('GET %s', async (_name, target, statuses) => {
    expectHarmless(await send(raw('GET', target)), statuses);
  });

  test.each(['/api/v1/me\0', '/api/v1/\x01', 'api/v1/me', ''])('GET %j is no request', async (target) => {
    expectHarmless(await send(raw('GET', target)), [400, 404]);
  });

  test('a request line of a megabyte is cut off', async () => {
    expectHarmless(await send(raw('GET', `/api/v1/me?${'a'.repeat(1_000_000)}`)), [0, 414, 431]);
  });
});

describe('bodies', () => {
  const bodies: [name: string, body: string, statuses: number[]][] = [
    ['a number with 100,000 digits', `{"name":"x","role_id":"r","token_lifetime":${'9'.repeat(100_000)}}`, [422]],
    ['an exponent beyond all numbers', '{"name":"x","role_id":"r","token_lifetime":1e999999}', [422]],
    ['a fraction that rounds', '{"name":"x","role_id":"r","token_lifetime":3600.00000000000000001}', [422]],
    ['minus zero', '{"name":"x","role_id":"r","token_lifetime":-0}', [422]],
    ['an own __proto__', '{"__proto__":{"name":"x"},"role_id":"role_company_admin"}', [422]],
    [
      'a nested __proto__',
      `{"name":"x","role_id":"role_company_admin","ip_restriction":{"__proto__":{"mode":"off"}}}`,
      [422],
    ],
    ['constructor.prototype', '{"constructor":{"prototype":{"name":"x"}}}', [422]],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', [400]],
    ['a field twice', '{"name":"a","role_id":"b","name":"c"}', [400]],
    ['10,000 fields', `{${Array.from({ length: 10_000 }, (_, at) => `"f${at}":0`).join(',')}}`, [422]],
    ['100,000 brackets', '['.repeat(100_000), [400]],
    ['100,000 objects in each other', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`, [400]],
    [
      '100,000 rules',
      `{"name":"x","role_id":"r","ip_restriction":{"mode":"off","rules":[${'"x",'.repeat(60_000)}"x"]}}`,
      [422],
    ],
    ['invalid UTF-8', '{"name":"\xff\xfe","role_id":"r"}', [400]],
    ['a surrogate in UTF-8 (CESU-8)', '{"name":"\xed\xa0\xbd\xed\xb0\x80","role_id":"r"}', [400]],
    ['an overlong slash', '{"name":"\xc0\xaf","role_id":"r"}', [400]],
    ['half a surrogate pair', '{"name":"\\ud800","role_id":"role_company_admin"}', [422]],
    ['halves the wrong way round', '{"name":"\\udc00\\ud800","role_id":"role_company_admin"}', [422]],
    ['NUL', '{"name":"a\\u0000b","role_id":"role_company_admin"}', [422]],
    ['a raw NUL', '{"name":"a\0b","role_id":"role_company_admin"}', [400]],
    ['two byte order marks', `\xef\xbb\xbf\xef\xbb\xbf${good}`, [400]],
    ['UTF-16 with its mark', '\xff\xfe{\0}\0', [400]],
    ['a comment', `/* x */${good}`, [400]],
    ['something after it', `${good}x`, [400]],
    ['JSON Lines', `${good}\n${good}`, [400]],
    ['XML', '<?xml version="1.0"?><name>x</name>', [400]],
    ['a form', 'name=x&role_id=role_company_admin', [400]],
    ['a text', '"name"', [422]],
    ['true', 'true', [422]],
  ];

  test.each(bodies)('%s', async (_name, body, statuses) => {
    const answer = await send(post(clients, body));
    expectHarmless(answer, statuses);
    expect(answer.text).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer.text.length).toBeLessThan(30_000);
  });

  test('20 MB are refused as soon as they are announced', async () => {
    expectHarmless(await send(post(clients, `{"name":"${'a'.repeat(20_000_000)}"}`)), [413]);
  });

  test('20 MB that nobody announced are cut off', async () => {
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
    const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    expectHarmless(await send(raw('POST', clients, headers, `${chunk.repeat(320)}0\r\n\r\n`)), [413]);
  });

  test('a body that ends too early gets no 5xx', async () => {
    const headers = ['Content-Type: application/json', 'Content-Length: 500'];
    expectHarmless(await send(raw('POST', clients, headers, good)), [0, 400]);
  });

  test('two lengths, a length beside chunks, a negative one, a bad chunk: no request', async () => {
    for (const headers of [
      ['Content-Length: 2', 'Content-Length: 43'],
      ['Content-Length: 43', 'Transfer-Encoding: chunked'],
      ['Content-Length: -1'],
      ['Content-Length: 0x10'],
      ['Content-Length: 99999999999999999999'],
      ['Transfer-Encoding: chunked', 'X: y'],
      ['Transfer-Encoding: gzip'],
    ]) {
      expectHarmless(await send(raw('POST', clients, ['Content-Type: application/json', ...headers], good)), [400]);
    }
  });

  const types = [
    'application/json; charset=utf-7',
    'application/json; charset=\xff',
    'application/json, text/html',
    'multipart/form-data',
    'multipart/mixed; boundary=',
    'application/json;;;',
    ';application/json',
    '*/*',
    '',
    'application/xml',
    'text/html; x="',
    `application/${'x'.repeat(4000)}`,
  ];

  test.each(types.map((type) => [short(type), type]))('the content type %j', async (_name, type) => {
    expectHarmless(await send(post(clients, good, [`Content-Type: ${type}`])), [201, 415]);
  });

  test.each(['gzip', 'br', 'gzip, gzip', 'x'.repeat(40)])('the content encoding %j', async (encoding) => {
    const headers = ['Content-Type: application/json', `Content-Encoding: ${encoding}`];
    expectHarmless(await send(post(clients, good, headers)), [415]);
  });
});

describe('header fields', () => {
  const fields: [field: string, statuses: number[]][] = [
    ['Authorization: Bearer root', [400]],
    ['If-Match: \xff', [400, 412]],
    [`If-Match: ${'"a",'.repeat(3000)}`, [400, 412]],
    [`If-None-Match: ${'"a",'.repeat(3000)}`, [200]],
    [`If-None-Match: ${','.repeat(12_000)}`, [200]],
    ['If-Match: ', [200, 400]],
    ['If-Modified-Since: yesterday', [200]],
    ['Range: bytes=0-0', [200]],
    ['Expect: 200-ok', [200, 417]],
    ['Upgrade: h2c', [200]],
    ['X-HTTP-Method-Override: DELETE', [200]],
    ['X-Forwarded-For: 1.2.3.4, \xff', [200]],
    ['X-Original-URL: /api/v1/clients', [200]],
    ['Accept: \xff;q=x', [200]],
    ['Accept-Encoding: *;q=0', [200]],
    [`Cookie: ${'a=b; '.repeat(2000)}`, [200]],
    [`X: ${'a'.repeat(20_000)}`, [431]],
    ['Bad header: x', [400]],
    ['X: a\0b', [400]],
    [': x', [400]],
    ['Host: evil.example', [200, 400]],
    ['Accept-Language: ../../etc', [200]],
  ];

  test.each(fields.map((each) => [short(each[0]), ...each] as const))('%j', async (_name, field, statuses) => {
    expectHarmless(await send(raw('GET', '/api/v1/roles/role_reseller', [field])), statuses);
  });

  test.each([
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${'a'.repeat(100)}`,
    'Bearer \xff',
    'Bearer a b',
    'Basic \xff',
    'Digest x',
    'Token x',
    '\t',
    'bearer\troot',
    'Bearer root\t,',
  ])('Authorization: %j is a 401', async (value) => {
    const request = raw('GET', '/api/v1/me').replace('Bearer root', value);
    expectHarmless(await send(request), [401]);
  });

  test('a request without Host is no request', async () => {
    expectHarmless(await send(raw('GET', '/api/v1/me').replace('Host: localhost\r\n', '')), [400]);
  });
});

describe('methods', () => {
  test.each(['PUT', 'TRACE', 'OPTIONS', 'PROPFIND', 'PURGE', 'M-SEARCH', 'SOURCE'])('%s is a 405', async (method) => {
    expectHarmless(await send(raw(method, clients)), [405]);
  });

  test.each(['get', 'FOO', '', 'G\0T', 'CONNECT'])('%j is no request', async (method) => {
    expectHarmless(await send(raw(method, clients)), [0, 400]);
  });
});

/** Small and repeatable: https://prng.di.unimi.it/splitmix64.c cut to 32 bits. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % sides;
  };
}

test('1,000 requests with bytes changed at random get no 5xx', async () => {
  const dice = createDice(20_261_124);
  const originals = [
    raw('GET', '/api/v1/clients?limit=10&q=abc&sort=name&status=active'),
    raw('GET', '/api/v1/audit-events?order=asc&limit=3&from=2026-01-01T00:00:00Z'),
    post(
      clients,
      '{"name":"fuzz","role_id":"role_company_admin","ip_restriction":{"mode":"enforce","rules":["10.0.0.0/8"]}}',
    ),
    post('/api/v1/clients/pst_aaaaaaaaaaaaaaaaaaaaaaaa/secrets', '{"expires_at":"2999-01-01T00:00:00Z"}'),
    raw('DELETE', '/api/v1/clients/pst_aaaaaaaaaaaaaaaaaaaaaaaa', ['If-Match: "1-abc"']),
  ];
  const seen = new Map<number, number>();
  for (let at = 0; at < 1000; at += 1) {
    const bytes = Buffer.from(originals[at % originals.length] ?? '', 'latin1');
    for (let changes = 1 + dice(4); changes > 0; changes -= 1) bytes[dice(bytes.length)] = dice(256);
    const answer = await send(bytes);
    expect(answer.status, `${JSON.stringify(bytes.toString('latin1'))}\n${answer.text}`).toBeLessThan(500);
    expect(answer.text).not.toMatch(LEAK);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
  }
  // Not all were thrown out at the door: some were understood, some refused by what they said.
  expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 422]));
});

test('afterwards the server works, nothing was half-written, and none of it was a fault of ours', async () => {
  const answer = await call(installation.server, 'POST', clients, { token: 'root', json: JSON.parse(good) });
  expect(answer.status).toBe(201);
  expect(asProblem(await call(installation.server, 'GET', '/api/v1/nowhere', { token: 'root' })).status).toBe(404);
  const [odd] = await installation.database.query<{ count: number }>(
    `SELECT count(*)::int FROM client c
     WHERE NOT EXISTS (SELECT FROM client_secret s WHERE s.client_id = c.client_id)
        OR NOT EXISTS (SELECT FROM audit_event e WHERE e.target_id = c.client_id AND e.action = 'client.created')`,
  );
  expect(odd?.count).toBe(0);
  expect(installation.server.logged()).not.toContain('because of a fault');
});
