// Every wrong request gets its exact answer before anything is asked of the database.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { asProblem, pointersOf } from './answers.ts';
import { type Answer, type ApiServer, awayStorage, call, rootCompany, startApiServer } from './api-server.ts';

let server: ApiServer;
const token = 'good-token';

beforeAll(async () => {
  server = await startApiServer({ storage: awayStorage, clock: systemClock });
  server.login(token, { company: rootCompany, role: 'reseller' });
});

afterAll(() => server.close());

const json = { 'Content-Type': 'application/json' };
const good = { name: 'a', role_id: 'role_company_admin' };
const client = '/api/v1/clients/pst_aaaaaaaaaaaaaaaaaaaaaaaa';

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json): Promise<Answer> {
  return call(server, 'POST', '/api/v1/clients', { token, body, headers });
}

/** A problem with a matching status line and body; the log stays without it. */
function expectProblem(answer: Answer, status: number): void {
  expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
    status,
    type: 'application/problem+json',
  });
  expect(answer.json).toMatchObject({ status, instance: `urn:request:${answer.headers.get('x-request-id')}` });
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

describe('paths and methods', () => {
  test.each([
    '/api',
    '/api/',
    '/api/v1',
    '/api/v1/',
    '/api/v2/me',
    '/api/v1/Me',
    '/api/v1/me/',
    '/api/v1//me',
    '/api/v1/clients/',
    '/api/v1/CLIENTS',
    '/api/v1/clients/pst_a/secrets/',
    '/api/v1/clients/pst_a/tokens',
    '/api/v1/openapi.json',
    '/api/openapi.yaml',
    '/api/v1/me%2f',
    '/api/v1/%6de',
  ])('GET %s is a 404', async (path) => {
    expectProblem(await call(server, 'GET', path, { token }), 404);
  });

  test.each([
    ['PUT', '/api/v1/clients', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/clients', 'GET, HEAD, POST'],
    ['PUT', client, 'GET, HEAD, PATCH, DELETE'],
    ['POST', '/api/v1/me', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/me', 'GET, HEAD'],
    ['GET', `${client}/secrets`, 'POST'],
    ['GET', `${client}/secrets/sec_1`, 'DELETE'],
    ['GET', `${client}/revoke-tokens`, 'POST'],
    ['DELETE', '/api/v1/audit-events/1', 'GET, HEAD'],
    ['PATCH', '/api/v1/audit-events/1', 'GET, HEAD'],
    ['PROPFIND', '/api/v1/roles', 'GET, HEAD, POST'],
  ])('%s %s is a 405 that allows %s', async (method, path, allow) => {
    const answer = await call(server, method, path, { token });
    expectProblem(answer, 405);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test.each(['%00', 'a%00b', '%zz', '%', '%ff', '%c0%80', '%ed%a0%80'])('a path with %j is a 400', async (id) => {
    expectProblem(await call(server, 'GET', `/api/v1/clients/${id}`, { token }), 400);
  });

  test.each(['ä', '%F0%9F%94%91', 'a b', "'%20or%201=1", 'x'.repeat(101), '..%2fme', '$'])(
    'an identifier such as %j is a 404 like any other unknown one',
    async (id) => {
      const answer = await call(server, 'GET', `/api/v1/clients/${id}`, { token });
      expectProblem(answer, 404);
      expect(asProblem(answer).detail).toBe('There is no such client.');
    },
  );
});

describe('bodies that cannot be read', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'name'],
    ['a cut-off object', '{"name":"a"'],
    ['a trailing comma', '{"name":"a",}'],
    ['single quotes', "{'name':'a'}"],
    ['two values', '{} {}'],
    ['a raw line end in a text', '{"name":"a\nb"}'],
    ['NaN', '{"token_lifetime":NaN}'],
    ['invalid UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong encoding', Uint8Array.from([0x22, 0xc0, 0x80, 0x22])],
    ['UTF-16', new Uint8Array(Buffer.from('{"name":"a"}', 'utf16le'))],
    ['33 levels of arrays', '['.repeat(33) + ']'.repeat(33)],
    ['100,000 levels of arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['33 levels of objects', '{"a":'.repeat(33) + '1' + '}'.repeat(33)],
    ['a field twice', '{"name":"a","name":"b"}'],
    ['a field twice in other spelling', '{"name":"a","n\\u0061me":"b"}'],
    ['a field twice below', '{"ip_restriction":{"mode":"off","rules":[],"mode":"enforce"}}'],
  ])('%s is a 400', async (_name, body) => {
    const answer = await post(body);
    expectProblem(answer, 400);
    expect(asProblem(answer).type).toBe('urn:postern:problem:request.malformed');
  });

  test('the same field in two objects, braces and quotes within texts, and 32 levels are no fault of structure', async () => {
    const body = `{"a":[{"x":"{\\"x\\":["},{"x":"}]\\\\"}],"b":${'['.repeat(30)}1${']'.repeat(30)}}`;
    const answer = await post(body);
    expectProblem(answer, 422);
    expect(pointersOf(answer)).toEqual(['/name', '/role_id', '/a', '/b']);
  });

  test('a byte order mark is passed over', async () => {
    expect((await post(`\ufeff${JSON.stringify(good)}`)).status).toBe(503);
  });

  test('more than 256 KiB is a 413 and the connection ends', async () => {
    const answer = await post(`"${'a'.repeat(262_143)}"`);
    expectProblem(answer, 413);
    expect(answer.headers.get('connection')).toBe('close');
  });

  test('more than 256 KiB without Content-Length is a 413 too', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(65_536));
    let left = 6;
    const stream = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const headers = { ...json, Authorization: `Bearer ${token}` };
    const init = { method: 'POST', body: stream, headers, duplex: 'half' } as RequestInit;
    const response = await fetch(`${server.url}/api/v1/clients`, init);
    expect(response.status).toBe(413);
  });

  test.each([
    ['none', {}],
    ['text/plain', { 'Content-Type': 'text/plain' }],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['multipart', { 'Content-Type': 'multipart/form-data; boundary=x' }],
    ['a JSON of another kind', { 'Content-Type': 'application/vnd.api+json' }],
    ['text/json', { 'Content-Type': 'text/json' }],
    ['a merge patch in a POST', { 'Content-Type': 'application/merge-patch+json' }],
    ['JSON in latin-1', { 'Content-Type': 'application/json; charset=iso-8859-1' }],
    ['JSON in UTF-16', { 'Content-Type': 'application/json; charset="utf-16"' }],
    ['a very long type', { 'Content-Type': `application/json;${'x'.repeat(5000)}` }],
    ['gzip', { ...json, 'Content-Encoding': 'gzip' }],
  ])('content type %s is a 415', async (_name, headers) => {
    // As bytes: with a text fetch would add a content type.
    expectProblem(await post(new TextEncoder().encode(JSON.stringify(good)), headers as Record<string, string>), 415);
  });

  test('RFC 5789 §2.2 › a 415 to PATCH names the patch formats', async () => {
    const answer = await call(server, 'PATCH', client, {
      token,
      body: '{}',
      headers: { 'Content-Type': 'text/plain' },
    });
    expectProblem(answer, 415);
    expect(answer.headers.get('accept-patch')).toBe('application/json, application/merge-patch+json');
  });

  test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"'])(
    'content type %s is read',
    async (type) => {
      expect((await post(JSON.stringify(good), { 'Content-Type': type })).status).toBe(503);
    },
  );

  test('RFC 7396 §4 › PATCH reads application/merge-patch+json', async () => {
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    expect((await call(server, 'PATCH', client, { token, body: '{}', headers })).status).toBe(503);
  });
});

describe('bodies with values that are not valid', () => {
  const cases: [name: string, body: unknown, pointers: string[]][] = [
    ['an array', [], ['']],
    ['null', null, ['']],
    ['a text', 'a', ['']],
    ['an empty object', {}, ['/name', '/role_id']],
    ['an empty name', { ...good, name: '' }, ['/name']],
    ['a name of spaces', { ...good, name: ' \t ' }, ['/name']],
    ['an invisible name', { ...good, name: '\u200b\u3164' }, ['/name']],
    ['a name with a line end', { ...good, name: 'a\nb' }, ['/name']],
    ['a name that reverses what follows', { ...good, name: 'a\u202eb' }, ['/name']],
    ['a name of 201 characters', { ...good, name: '😀'.repeat(201) }, ['/name']],
    ['a name that is a number', { ...good, name: 1 }, ['/name']],
    ['a name that is null', { ...good, name: null }, ['/name']],
    ['NUL in a name', { ...good, name: 'a\0b' }, ['/name']],
    ['half of a surrogate pair', { ...good, description: 'a\ud83d' }, ['/description']],
    ['NUL in the name of a field', { ...good, 'a\0': 1 }, ['/a\0']],
    ['NUL deep in an unknown field', { ...good, x: { y: ['\0'] } }, ['/x/y/0', '/x']],
    ['a description of 2,001 characters', { ...good, description: 'a'.repeat(2001) }, ['/description']],
    ['an unknown field', { ...good, nmae: 'b' }, ['/nmae']],
    ['RFC 6901 §3: a field with slash and tilde', { ...good, 'a/b~c': 1 }, ['/a~1b~0c']],
    [
      '__proto__ and constructor',
      JSON.parse('{"name":"a","role_id":"b","__proto__":1,"constructor":1}'),
      ['/__proto__', '/constructor'],
    ],
    ['read-only fields', { ...good, client_id: 'pst_x', secrets: [], role: 'x' }, ['/client_id', '/secrets', '/role']],
    ['an unknown status', { ...good, status: 'paused' }, ['/status']],
    ['a status that is null', { ...good, status: null }, ['/status']],
    ['a lifetime of 59 s', { ...good, token_lifetime: 59 }, ['/token_lifetime']],
    ['a lifetime of a day and a second', { ...good, token_lifetime: 86_401 }, ['/token_lifetime']],
    ['a lifetime with a fraction', { ...good, token_lifetime: 60.5 }, ['/token_lifetime']],
    ['a lifetime as text', { ...good, token_lifetime: '3600' }, ['/token_lifetime']],
    ['a lifetime beyond all numbers', { ...good, token_lifetime: 1e300 }, ['/token_lifetime']],
    ['an expiry without a zone', { ...good, expires_at: '2030-01-01T00:00:00' }, ['/expires_at']],
    ['an expiry on the 30th of February', { ...good, expires_at: '2030-02-30T00:00:00Z' }, ['/expires_at']],
    ['an expiry as a number', { ...good, expires_at: 1_893_456_000 }, ['/expires_at']],
    ['an unknown token format', { ...good, token_format: 'paseto' }, ['/token_format']],
    ['another authentication method', { ...good, auth_method: 'none' }, ['/auth_method']],
    ['a role that is an object', { ...good, role_id: {} }, ['/role_id']],
    ['a restriction that is a text', { ...good, ip_restriction: '10.0.0.1' }, ['/ip_restriction']],
    ['a restriction without a mode', { ...good, ip_restriction: { rules: [] } }, ['/ip_restriction/mode']],
    ['an unknown field below', { ...good, ip_restriction: { mode: 'off', x: 1 } }, ['/ip_restriction/x']],
    [
      'a restriction without rules',
      { ...good, ip_restriction: { mode: 'enforce', rules: [] } },
      ['/ip_restriction/rules'],
    ],
    ['rules as one text', { ...good, ip_restriction: { mode: 'off', rules: '10.0.0.1' } }, ['/ip_restriction/rules']],
    [
      'wrong rules among right ones',
      {
        ...good,
        ip_restriction: {
          mode: 'enforce',
          rules: ['10.0.0.1', '10.0.0', '010.0.0.1', '::1', '', 5, '1.2.3.4-1.2.3.1'],
        },
      },
      [2 - 1, 2, 4, 5, 6].map((index) => `/ip_restriction/rules/${index}`),
    ],
    [
      'everything wrong at once',
      { name: '', role_id: 1, status: 'x', token_lifetime: 1, ip_restriction: { mode: 'x', rules: ['x y'] }, more: 1 },
      ['/name', '/role_id', '/status', '/ip_restriction/mode', '/ip_restriction/rules/0', '/token_lifetime', '/more'],
    ],
  ];

  test.each(cases)('POST /api/v1/clients with %s is a 422 that points to it', async (_name, body, pointers) => {
    const answer = await post(JSON.stringify(body));
    expectProblem(answer, 422);
    expect(pointersOf(answer)).toEqual(pointers);
    for (const { detail } of asProblem(answer).errors ?? []) expect(detail).toMatch(/^[A-Z0-9_a-z].{8,}\.$/);
  });

  test('a read-only field is told from an unknown one', async () => {
    const answer = await post(JSON.stringify({ ...good, created_at: 'x', made_at: 'x' }));
    expect(asProblem(answer).errors).toEqual([
      { pointer: '/created_at', detail: 'created_at is read-only here. Leave it out.' },
      { pointer: '/made_at', detail: 'There is no field made_at here. Leave it out.' },
    ]);
  });

  test.each([
    ['the client ID', { client_id: 'pst_x' }, ['/client_id']],
    ['the company', { company_id: 'co_root' }, ['/company_id']],
    [
      'times',
      { created_at: 'x', updated_at: 'x', last_used_at: null },
      ['/created_at', '/updated_at', '/last_used_at'],
    ],
    ['the secrets', { secrets: [] }, ['/secrets']],
    ['the role by its name', { role: 'Company Admin' }, ['/role']],
    ['a name that is null', { name: null }, ['/name']],
    ['a role that is null', { role_id: null }, ['/role_id']],
    ['a status that is null', { status: null }, ['/status']],
    ['a wrong rule alone', { ip_restriction: { rules: ['10.0.0'] } }, ['/ip_restriction/rules/0']],
  ])('PATCH of %s is a 422', async (_name, body, pointers) => {
    const answer = await call(server, 'PATCH', client, { token, json: body });
    expectProblem(answer, 422);
    expect(pointersOf(answer)).toEqual(pointers);
  });

  test.each([
    ['secrets', { client_secret: 'chosen-by-me' }, ['/client_secret']],
    ['secrets', { hint: 'abcd', expires_at: 'soon' }, ['/expires_at', '/hint']],
    ['revoke-tokens', { all: true }, ['/all']],
  ])('POST …/%s with %j is a 422', async (action, body, pointers) => {
    const answer = await call(server, 'POST', `${client}/${action}`, { token, json: body });
    expectProblem(answer, 422);
    expect(pointersOf(answer)).toEqual(pointers);
  });

  test('thousands of faults are answered with a hundred and their number', async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`field_${at}`, at]));
    const answer = await post(JSON.stringify(body));
    expectProblem(answer, 422);
    expect(asProblem(answer).errors).toHaveLength(101);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  test('more rules than a list may have are one fault, found without reading them', async () => {
    const rules = Array.from({ length: 60_000 }, () => 'x');
    const answer = await post(JSON.stringify({ ...good, ip_restriction: { mode: 'off', rules } }));
    expectProblem(answer, 422);
    expect(asProblem(answer).errors).toEqual([
      { pointer: '/ip_restriction/rules', detail: 'A list has at most 10,000 rules.' },
    ]);
  });

  test('the name of an unknown field, however long, is not sent back in full', async () => {
    const answer = await post(JSON.stringify({ ...good, ['x'.repeat(200_000)]: 1 }));
    expectProblem(answer, 422);
    expect(answer.text.length).toBeLessThan(1000);
  });
});

describe('query parameters', () => {
  const cases: [path: string, pointers: string[]][] = [
    ['/clients?limit=0', ['limit']],
    ['/clients?limit=201', ['limit']],
    ['/clients?limit=-1', ['limit']],
    ['/clients?limit=1.5', ['limit']],
    ['/clients?limit=1e2', ['limit']],
    ['/clients?limit=', ['limit']],
    ['/clients?limit', ['limit']],
    ['/clients?limit=%31%30&limit=10', ['limit']],
    ['/clients?Limit=10', ['Limit']],
    ['/clients?cursor=', ['cursor']],
    [`/clients?cursor=${'a'.repeat(1001)}`, ['cursor']],
    ['/clients?status=paused', ['status']],
    ['/clients?status=', ['status']],
    ['/clients?sort=-name', ['sort']],
    ['/clients?role_id=', ['role_id']],
    ['/clients?q=%00', ['q']],
    [`/clients?q=${'a'.repeat(201)}`, ['q']],
    ['/clients?page=2&limit=0', ['limit', 'page']],
    ['/clients?__proto__=1', ['__proto__']],
    ['/clients?a%2Fb=1', ['a~1b']],
    ['/roles?kind=mine', ['kind']],
    ['/privileges?level=root', ['level']],
    ['/audit-events?order=up', ['order']],
    ['/audit-events?action=client.exploded', ['action']],
    ['/audit-events?outcome=maybe', ['outcome']],
    ['/audit-events?from=yesterday', ['from']],
    ['/audit-events?from=2026-01-01&to=2026-13-01T00:00:00Z', ['from', 'to']],
    ['/me?verbose=1', ['verbose']],
    ['/audit-events/1?pretty', ['pretty']],
  ];

  test.each(cases)('GET /api/v1%s is a 422', async (path, names) => {
    const answer = await call(server, 'GET', `/api/v1${path}`, { token });
    expectProblem(answer, 422);
    expect(pointersOf(answer)).toEqual(names.map((name) => `/query/${name}`));
  });

  test.each(['/clients?q=%zz', '/clients?q=%', '/clients?q=%ff', '/clients?%c0%80=1', '/me?%'])(
    'GET /api/v1%s is not percent-encoded and a 400',
    async (path) => {
      expectProblem(await call(server, 'GET', `/api/v1${path}`, { token }), 400);
    },
  );

  test.each(['/clients?', '/clients?&&', '/clients?q=', '/clients?limit=200&q=a+b', '/audit-events?order=asc&limit=1'])(
    'GET /api/v1%s is asked of the database',
    async (path) => {
      expect((await call(server, 'GET', `/api/v1${path}`, { token })).status).toBe(503);
    },
  );
});

test('none of it was a fault of ours', () => {
  expect(server.logged()).not.toContain('because of a fault');
});
