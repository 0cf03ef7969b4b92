// The strict front: what is no plain form by POST gets an exact answer in JSON, whatever the caller accepts, and never a 5xx.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { basicHeader, eventOf, GRANT, send } from './requests.ts';

let installation: Installation;
let client: TestClient;

beforeAll(async () => {
  installation = await startInstallation();
  client = await installation.register();
});

afterAll(() => installation.close());

const PATHS = ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke'] as const;

describe.each(PATHS)('%s', (path) => {
  const post = (sending: Parameters<typeof send>[1]) => send(installation, { path, basic: client, ...sending });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s gets 405 with Allow: POST', async (method) => {
    const answer = await post({ method });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
    expect(answer.headers['cache-control']).toBe('no-store');
    if (method !== 'HEAD') expect(answer.json.error).toBe('invalid_request');
  });

  test.each([
    ['application/json', 400],
    ['application/json; charset=utf-8', 400],
    ['application/problem+json', 400],
    ['text/json', 400],
    ['text/plain', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/xml', 415],
    ['nonsense', 415],
  ])('a body of type %s gets %d and is told to send a form', async (type, status) => {
    const answer = await post({ headers: { 'content-type': type }, body: '{"grant_type":"client_credentials"}' });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({
      error: 'invalid_request',
      error_description: expect.stringContaining('application/x-www-form-urlencoded'),
    });
  });

  test('a body without a type gets 415', async () => {
    expect((await post({ headers: { 'content-type': '' }, body: 'token=x' })).status).toBe(415);
  });

  test.each([
    ['bad percent-encoding', 'token=%zz'],
    ['a cut-off percent-encoding', 'token=%e'],
    ['a NUL', 'token=a%00b'],
    ['a NUL in a name', 'to%00ken=a'],
    ['bytes that are no UTF-8', Buffer.from([0x74, 0x3d, 0xff, 0xfe])],
    ['encoded bytes that are no UTF-8', 'token=%ff%fe'],
    ['an encoded half of a surrogate pair', 'token=%ed%a0%80'],
    ['UTF-16', Buffer.from('token=x&grant_type=client_credentials', 'utf16le')],
    ['a repeated parameter', 'token=a&token=a&grant_type=client_credentials&grant_type=client_credentials'],
    ['a repeated unknown parameter', 'token=a&x=1&x=2'],
    ['a parameter repeated in another spelling', 'token=a&x=1&%78=2'],
    ['a repeated __proto__', 'token=a&__proto__=1&__proto__=2'],
    ['2,000 parameters', Array.from({ length: 2000 }, (_, at) => `p${at}=1`).join('&')],
  ])('%s gets 400 invalid_request', async (_name, body) => {
    const answer = await post({ body });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe('invalid_request');
    expect(answer.json.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  test.each([
    ['57 KiB', 57 * 1024],
    ['10 MiB', 10 * 1024 * 1024],
  ])('%s of body get 413', async (_name, size) => {
    const answer = await post({ body: `token=${'a'.repeat(size)}` }).catch((error: Error) => error);
    // A sender that writes on after the answer may see the connection end before it has read it.
    if (answer instanceof Error) return expect(answer.message).toMatch(/ECONNRESET|EPIPE/);
    expect(answer.status).toBe(413);
    expect(answer.json.error).toBe('invalid_request');
    expect(answer.headers['connection']).toBe('close');
  });

  test('a body without a length is cut off at the limit with 413', async () => {
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
    const answer = await sendRaw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basicHeader(client)}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a compressed body gets 415', async () => {
    const answer = await post({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('token=x') });
    expect(answer.status).toBe(415);
    expect(answer.json.error).toBe('invalid_request');
  });

  test.each(['client_secret=x', 'token=x', 'access_token=x', 'client%5Fsecret=x', 'a=b&client_id=x', 'grant_type=x'])(
    'the parameter in the URL ?%s gets 400',
    async (query) => {
      const answer = await post({ path: `${path}?${query}`, body: { ...GRANT, token: 'x' } });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ error: 'invalid_request' });
    },
  );

  test('a query that means nothing here is passed over', async () => {
    const answer = await post({ path: `${path}?tracking=1`, body: { ...GRANT, token: 'x' } });
    expect(answer.status).toBe(200);
  });

  test('two Authorization headers get 400, whichever is right', async () => {
    const body = 'grant_type=client_credentials&token=x';
    const answer = await sendRaw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basicHeader(client)}\r\nAuthorization: Basic eDp5\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"error":"invalid_request"');
  });

  test('a body cut short by the caller harms nobody', async () => {
    await sendRaw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ntoken=`,
      100,
    );
    expect((await post({ body: { ...GRANT, token: 'x' } })).status).toBe(200);
    expect(installation.logged()).not.toContain('"level":"error"');
  });
});

describe('POST /oauth2/token', () => {
  test.each([
    ['no grant_type', 'scope=audit%3Aread', 'invalid_request'],
    ['an empty grant_type', 'grant_type=', 'invalid_request'],
    ['an empty body', '', 'invalid_request'],
    ['password', 'grant_type=password', 'unsupported_grant_type'],
    ['authorization_code', 'grant_type=authorization_code&code=x', 'unsupported_grant_type'],
    ['refresh_token', 'grant_type=refresh_token&refresh_token=x', 'unsupported_grant_type'],
    ['another case', 'grant_type=Client_Credentials', 'unsupported_grant_type'],
    ['constructor', 'grant_type=constructor', 'unsupported_grant_type'],
    ['__proto__', 'grant_type=__proto__', 'unsupported_grant_type'],
  ])('RFC 6749 §5.2 › %s gets 400 and stands in the audit log', async (_name, body, error) => {
    const answer = await send(installation, { basic: client, body });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe(error);
    expect(eventOf(installation, answer)).toMatchObject({
      action: 'token.refused',
      reason: error,
      companyId: 'co_root',
    });
  });

  test('no body at all gets 400 and is told what is missing', async () => {
    const answer = await send(installation, { basic: client });
    expect(answer.status).toBe(400);
    expect(answer.json.error_description).toContain('grant_type');
  });

  test.each([
    'application/x-www-form-urlencoded; charset=UTF-8',
    'Application/X-WWW-Form-Urlencoded',
    ' application/x-www-form-urlencoded ;charset=utf-8',
  ])('the content type %s is a form', async (type) => {
    const answer = await send(installation, { basic: client, headers: { 'content-type': type }, body: GRANT });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['a browser’s Accept', { accept: 'text/html,application/xhtml+xml;q=0.9' }],
    ['an Accept that nothing satisfies', { accept: 'image/png' }],
    ['DPoP', { dpop: 'eyJ' }],
    ['a foreign Host', { host: 'evil.test' }],
    ['a Host that is none', { host: 'a b{}' }],
    ['a foreign origin', { origin: 'https://evil.test' }],
    ['an unknown method override', { 'x-http-method-override': 'DELETE' }],
  ])('%s changes nothing', async (_name, headers) => {
    const answer = await send(installation, { basic: client, headers, body: GRANT });
    expect(answer.status).toBe(200);
    const refused = await send(installation, { basic: client, headers, body: 'grant_type=x' });
    expect(refused.status).toBe(400);
    expect(refused.headers['content-type']).toMatch(/^application\/json/);
  });

  test('parameters named like parts of JavaScript are parameters like others', async () => {
    const body = 'grant_type=client_credentials&__proto__=x&constructor=y&toString=z';
    expect((await send(installation, { basic: client, body })).status).toBe(200);
  });

  test('an absolute request line gets what the path gets, with the issuer of the settings', async () => {
    const body = 'grant_type=client_credentials';
    const answer = await sendRaw(
      `POST http://evil.test/oauth2/token HTTP/1.1\r\nHost: evil.test\r\nAuthorization: ${basicHeader(client)}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const payload = /"access_token":"[^.]+\.([^.]+)\./.exec(answer)?.[1] ?? '';
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ iss: installation.issuer });
  });
});

describe('exactly these paths', () => {
  beforeEach(() => expect(installation.logged()).not.toContain('"level":"error"'));

  test.each([
    '/oauth2',
    '/oauth2/',
    '/oauth2/token/',
    '/OAUTH2/TOKEN',
    '/oauth2/Token',
    '/oauth2//token',
    '/oauth2/jwks',
    '/oauth2/%74oken',
    '/auth',
    '/AUTH',
    '/auth/abc',
    '/token',
    '/me',
    '/reg',
    '/session/end',
    '/session/end/confirm',
    '/.well-known/JWKS.json',
    '/.well-known/openid-credential-issuer',
  ])('%s is left to the next', async (path) => {
    for (const method of ['GET', 'POST']) {
      const answer = await send(installation, {
        method,
        path,
        basic: client,
        body: method === 'POST' ? GRANT : undefined,
      });
      expect([answer.status, answer.text]).toEqual([404, 'left to the next']);
    }
  });
});

/** Writes the bytes and reads what comes until the connection ends or the time is over. */
function sendRaw(bytes: string, limitMilliseconds = 2000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(installation.url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(finish, limitMilliseconds);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (/^HTTP\/1\.1 413/.test(chunk.toString('latin1'))) finish();
    });
    socket.on('end', finish).on('error', finish);
    socket.write(bytes);
  });
}
