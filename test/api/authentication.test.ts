// Who gets in with which Authorization header, and what the others are told (RFC 6750).

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { unavailable } from '../../src/base/problem.ts';
import { createCredential } from '../../src/domain/client/credential.ts';
import { asProblem } from './answers.ts';
import { type ApiServer, awayStorage, call, rootCompany, startApiServer } from './api-server.ts';

let server: ApiServer;

beforeAll(async () => {
  server = await startApiServer({ storage: awayStorage, clock: systemClock });
  server.login('good-token', { company: rootCompany, role: 'reseller' });
  server.login('reads-audit', { company: rootCompany, role: 'reseller', scopes: ['audit:read'] });
});

afterAll(() => server.close());

describe('RFC 6750 §2.1', () => {
  test.each(['Bearer', 'bearer', 'BEARER', 'BeArEr'])('the scheme %s is understood', async (scheme) => {
    const answer = await call(server, 'GET', '/api/v1/me', { headers: { Authorization: `${scheme} good-token` } });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['no token', 'Bearer'],
    ['two words', 'Bearer good-token more'],
    ['a comma', 'Bearer good-token,'],
    ['quotes', 'Bearer "good-token"'],
    ['padding in the middle', 'Bearer good=token'],
    ['a letter beyond ASCII', 'Bearer good-tokén'],
  ])('a Bearer header with %s gets 401 invalid_token', async (_name, header) => {
    const answer = await call(server, 'GET', '/api/v1/me', { headers: { Authorization: header } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="postern", error="invalid_token"/);
  });

  test('two Authorization headers get 400 invalid_request, whichever is good', async () => {
    const answer = await new Promise<{ status: number | undefined; challenge: string | undefined }>(
      (resolve, reject) => {
        const headers = ['Host', 'localhost', 'Authorization', 'Bearer good-token', 'authorization', 'Bearer other'];
        request(`${server.url}/api/v1/me`, { headers: headers as never }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, challenge: response.headers['www-authenticate'] });
        })
          .on('error', reject)
          .end();
      },
    );
    expect(answer).toEqual({ status: 400, challenge: 'Bearer realm="postern", error="invalid_request"' });
  });
});

describe('RFC 6750 §2.3', () => {
  test.each([
    ['alone', {}],
    ['beside a good header', { token: 'good-token' }],
  ])('a token in the query %s gets 400 invalid_request', async (_name, options) => {
    const answer = await call(server, 'GET', '/api/v1/me?access_token=good-token', options);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern", error="invalid_request"');
    expect(answer.text).not.toContain('good-token');
  });
});

describe('RFC 6750 §3', () => {
  test.each([
    ['no Authorization header', {}],
    ['an empty one', { Authorization: '' }],
    ['Basic credentials', { Authorization: 'Basic cHN0X2E6cHN0c19i' }],
    ['the scheme Token', { Authorization: 'Token good-token' }],
  ])(
    '%s gets 401 with a challenge that has no error code, and a hint where tokens come from',
    async (_name, headers) => {
      const answer = await call(server, 'GET', '/api/v1/me', { headers: headers as Record<string, string> });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern"');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.json).toEqual({
        type: 'urn:postern:problem:request.unauthenticated',
        title: 'A valid access token is needed',
        status: 401,
        detail: expect.stringContaining('http://localhost:3000/oauth2/token'),
        instance: `urn:request:${answer.headers.get('x-request-id')}`,
      });
    },
  );

  test('the scheme Token is for API tokens alone: an access token there is told so, an unknown API token is as any bad one', async () => {
    const send = (token: string) => call(server, 'GET', '/api/v1/me', { headers: { Authorization: `Token ${token}` } });
    expect(asProblem(await send('good-token')).detail).toMatch(
      /^The scheme Token is for API tokens, which begin with pstt_\./,
    );
    const unknown = await send('pstt_0123456789');
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(unknown.text).not.toContain('pstt_');
  });

  test('a browser that asks for text/html gets problem+json too', async () => {
    const answer = await call(server, 'GET', '/api/v1/me', { headers: { Accept: 'text/html' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('RFC 6750 §3.1', () => {
  test('an unknown token gets 401 invalid_token', async () => {
    const answer = await call(server, 'GET', '/api/v1/me', { token: 'never-issued' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="postern", error="invalid_token", error_desc/,
    );
    expect(answer.text).not.toContain('never-issued');
  });

  test('a client secret in place of a token gets 401 invalid_token that says what to do, and is not repeated', async () => {
    const secret = createCredential('psts_');
    const answer = await call(server, 'GET', '/api/v1/me', { token: secret });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="postern", error="invalid_token"/);
    expect(asProblem(answer).detail).toContain('Exchange it for one at http://localhost:3000/oauth2/token');
    expect(answer.text + server.logged()).not.toContain(secret);
  });

  test('a token without the privilege gets 403 insufficient_scope with the scope to ask for', async () => {
    const answer = await call(server, 'GET', '/api/v1/clients', { token: 'reads-audit' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="postern", error="insufficient_scope", scope="clients:read"',
    );
    expect(answer.json).toMatchObject({ type: 'urn:postern:problem:request.forbidden', status: 403 });
    expect(asProblem(answer).detail).toContain('clients:read');
  });

  test('the privilege is looked at before the body is read', async () => {
    const answer = await call(server, 'POST', '/api/v1/clients', { token: 'reads-audit', body: 'no json' });
    expect(answer.status).toBe(403);
  });
});

test('a call from a refused address gets 403 that names the address as seen', async () => {
  server.answer('wrong-place', {
    ok: false,
    reason: 'address_refused',
    refusal: 'address_refused',
    address: '203.0.113.9',
  });
  const answer = await call(server, 'GET', '/api/v1/me', { token: 'wrong-place' });
  expect(answer.status).toBe(403);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern"');
  expect(answer.json).toMatchObject({ type: 'urn:postern:problem:request.address_refused', status: 403 });
  expect(asProblem(answer).detail).toContain('203.0.113.9');
});

test('a call from an unknown address gets 403 that says that it cannot be told', async () => {
  server.answer('nowhere', { ok: false, reason: 'address_refused', refusal: 'address_refused', address: null });
  const answer = await call(server, 'GET', '/api/v1/me', { token: 'nowhere' });
  expect(answer.status).toBe(403);
  expect(asProblem(answer).detail).toContain('X-Forwarded-For');
});

test('an authenticator that cannot know gives 503 with Retry-After, never a verdict', async () => {
  server.answer('who-knows', unavailable(new Error('the database is away')));
  const answer = await call(server, 'GET', '/api/v1/me', { token: 'who-knows' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(answer.headers.get('www-authenticate')).toBeNull();
  expect(answer.text).not.toContain('the database is away');
});

test('a fault of ours gives 500 without its text, and the log has it under the request id', async () => {
  server.answer('broken', new TypeError('x is not a function of y'));
  const answer = await call(server, 'GET', '/api/v1/me', { token: 'broken' });
  expect(answer.status).toBe(500);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.text).not.toContain('is not a function');
  expect(server.logged()).toContain('x is not a function of y');
  expect(server.logged()).toContain(answer.headers.get('x-request-id'));
});

test('with the database away a list gives 503 with Retry-After', async () => {
  const answer = await call(server, 'GET', '/api/v1/clients', { token: 'good-token' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(answer.text).not.toContain('connection refused');
});

test('GET /api/v1/me › tells the caller who it is, what it may do and from where', async () => {
  const answer = await call(server, 'GET', '/api/v1/me', { token: 'reads-audit' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.json).toEqual({
    type: 'client',
    client_id: 'pst_caller_reads-audit',
    company: { id: 'co_root', name: 'Root' },
    role: 'Reseller',
    scope: 'audit:read',
    token: { expires_at: '2030-01-01T00:00:00.000Z' },
    ip: { address: '127.0.0.1', allowed: true, mode: 'off' },
    secret: { hint: 'x7Qa', expires_at: null },
  });
});

test('HEAD /api/v1/me › answers the headers of GET without the body', async () => {
  const [head, get] = await Promise.all(
    ['HEAD', 'GET'].map((method) => call(server, method, '/api/v1/me', { token: 'good-token' })),
  );
  expect(head?.status).toBe(200);
  expect(head?.text).toBe('');
  expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length'));
});
