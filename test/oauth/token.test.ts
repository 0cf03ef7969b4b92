// POST /oauth2/token when all is well: what the answer and the token look like, and what the audit log says of it.

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, GRANT, introspect, send } from './requests.ts';
import { SUPPORT_ROLE, TICKETS } from './tenants.ts';

let installation: Installation;
let client: TestClient;

const COMPANY_SCOPES =
  'clients:read clients:write roles:read roles:write users:read users:write api-tokens:read api-tokens:write audit:read tokens:introspect';

beforeAll(async () => {
  installation = await startInstallation();
  client = await installation.register();
});

afterAll(() => installation.close());

const ask = (basic: TestClient, form: Record<string, string> = {}): Promise<Answer> =>
  send(installation, { basic, body: { ...GRANT, ...form } });

describe('RFC 6749 §4.4', () => {
  test('a right secret by HTTP Basic gets a bearer token for a day with all scopes of the role', async () => {
    const answer = await ask(client);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]{86}$/),
      token_type: 'Bearer',
      expires_in: 86_400,
      scope: COMPANY_SCOPES,
    });
  });

  test('a right secret in the form gets the same', async () => {
    const answer = await send(installation, {
      body: { ...GRANT, client_id: client.clientId, client_secret: client.secret },
    });
    expect(answer.status).toBe(200);
    expect(answer.json.scope).toBe(COMPANY_SCOPES);
  });

  test('there is no refresh token, and nothing but the four members', async () => {
    expect(Object.keys((await ask(client)).json)).toEqual(['access_token', 'token_type', 'expires_in', 'scope']);
  });

  test.each([
    ['the id in the form beside Basic', { client_id: 'own' }],
    ['an empty secret in the form beside Basic', { client_secret: '' }],
    ['an empty scope, as Swagger UI sends it', { scope: '' }],
    ['an empty resource', { resource: '' }],
    ['an unknown parameter', { tracking: 'x' }],
  ])('RFC 6749 §3.2 › %s changes nothing', async (_name, form: Record<string, string>) => {
    const answer = await ask(client, form['client_id'] ? { client_id: client.clientId } : form);
    expect(answer.status).toBe(200);
    expect(answer.json.scope).toBe(COMPANY_SCOPES);
  });
});

describe('RFC 6749 §2.3.1', () => {
  test.each([
    ['raw, as curl sends it', (text: string) => text],
    ['form-encoded, as the standard has it', (text: string) => text.replaceAll('_', '%5F')],
  ])('Basic credentials are understood %s', async (_name, encode) => {
    const pair = `${encode(client.clientId)}:${encode(client.secret)}`;
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    const answer = await send(installation, { headers: { authorization }, body: GRANT });
    expect(answer.status).toBe(200);
  });

  test.each(['basic', 'BASIC', 'bAsIc'])('the scheme %s is understood', async (scheme) => {
    const pair = Buffer.from(`${client.clientId}:${client.secret}`).toString('base64');
    const answer = await send(installation, { headers: { authorization: `${scheme} ${pair}` }, body: GRANT });
    expect(answer.status).toBe(200);
  });
});

describe('RFC 6749 §5.1', () => {
  test('the answer is JSON that nobody may keep', async () => {
    const { headers } = await ask(client);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['pragma']).toBe('no-cache');
  });

  test('it carries nothing of CORS, whatever the origin', async () => {
    const answer = await send(installation, {
      basic: client,
      body: GRANT,
      headers: { origin: 'http://localhost:3000', 'x-requested-with': 'XMLHttpRequest' },
    });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('RFC 9068', () => {
  test('§2.1 and §2.2 › the token is an at+jwt with the claims of the contract and no others', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { json } = await ask(client, { scope: 'audit:read clients:read' });
    expect(decodeProtectedHeader(json.access_token)).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: installation.keys.current.current.kid,
    });
    const claims = decodeJwt(json.access_token);
    expect(claims).toEqual({
      iss: installation.issuer,
      sub: client.clientId,
      client_id: client.clientId,
      aud: `${installation.issuer}/api`,
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 86_400,
      jti: expect.stringMatching(/^0-[0-9A-Za-z]{22}$/),
      scope: 'audit:read clients:read',
      company_id: 'co_root',
      role: 'Company Admin',
    });
    expect(claims.iat).toBeGreaterThanOrEqual(before);
    expect(claims.iat).toBeLessThanOrEqual(before + 60);
  });

  test('§4 › the published keys verify it', async () => {
    const { json } = await ask(client);
    const keys = await send(installation, { method: 'GET', path: '/.well-known/jwks.json' });
    const verified = await jwtVerify(json.access_token, createLocalJWKSet(keys.json), {
      issuer: installation.issuer,
      audience: `${installation.issuer}/api`,
      typ: 'at+jwt',
    });
    expect(verified.payload.sub).toBe(client.clientId);
  });

  test('no two tokens share their identifier', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => ask(client)));
    expect(new Set(tokens.map(({ json }) => decodeJwt(json.access_token).jti)).size).toBe(20);
  });
});

describe('what is set for the client', () => {
  test('its lifetime is that of the token; a caller cannot choose it', async () => {
    const brief = await installation.register({ tokenLifetimeSeconds: 60 });
    const { json } = await ask(brief, { expires_in: '999999', lifetime: '999999' });
    expect(json.expires_in).toBe(60);
    const { iat = 0, exp } = decodeJwt(json.access_token);
    expect(exp).toBe(iat + 60);
  });

  test('its default API is asked for first', async () => {
    const agent = await installation.register({ roleId: SUPPORT_ROLE, defaultApi: 'tickets' });
    expect(decodeJwt((await ask(agent)).json.access_token).aud).toBe(TICKETS);
  });

  test('a Reseller at the root company holds the root-level privileges too', async () => {
    const root = await installation.register({ roleId: RESELLER_ROLE_ID });
    expect((await ask(root)).json.scope.split(' ')).toEqual(expect.arrayContaining(['apis:write', 'companies:read']));
  });

  test('set to opaque, its tokens are random values of which only the hash is stored', async () => {
    const opaque = await installation.register({ tokenFormat: 'opaque', tokenLifetimeSeconds: 120 });
    const { json } = await ask(opaque, { scope: 'audit:read' });
    expect(json).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      token_type: 'Bearer',
      expires_in: 120,
      scope: 'audit:read',
    });
    const rows = await installation.query<object>('SELECT * FROM opaque_token WHERE client_id = $1', [opaque.clientId]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ token_hash: opaqueTokenHash(json.access_token), scope: 'audit:read' });
    expect(JSON.stringify(rows)).not.toContain(json.access_token);
    expect((await introspect(installation, opaque, { token: json.access_token })).json.active).toBe(true);
  });
});

describe('the audit log', () => {
  test('an issued token stands in it before the answer is there: who, what, from where, with which secret', async () => {
    const answer = await send(installation, {
      basic: client,
      body: { ...GRANT, scope: 'audit:read' },
      from: '203.0.113.7',
      headers: { 'user-agent': 'curl/8.5.0' },
    });
    const { jti, exp = 0 } = decodeJwt(answer.json.access_token);
    const rows = await installation.query<object>('SELECT * FROM audit_event WHERE request_id = $1', [
      answer.headers['x-request-id'],
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      action: 'token.issued',
      outcome: 'success',
      reason: null,
      company_id: 'co_root',
      actor_type: 'client',
      actor_id: client.clientId,
      actor_name: 'siem-connector',
      target_type: 'api',
      target_id: 'management',
      ip: '203.0.113.7',
      user_agent: 'curl/8.5.0',
      details: {
        scope: 'audit:read',
        audience: `${installation.issuer}/api`,
        jti,
        format: 'jwt',
        expires_at: new Date(exp * 1000).toISOString(),
        secret_hint: client.secret.slice(-4),
      },
    });
    expect(JSON.stringify(rows)).not.toContain(answer.json.access_token);
    expect(JSON.stringify(rows)).not.toContain(client.secret);
  });

  test('an IP restriction that only reports lets pass and says what it would have done', async () => {
    const reporting = await installation.register({ ipRestriction: { mode: 'report', rules: ['192.0.2.0/24'] } });
    const outside = await send(installation, { basic: reporting, body: GRANT, from: '198.51.100.1' });
    expect(outside.status).toBe(200);
    expect(eventOf(installation, outside)).toMatchObject({ action: 'token.issued', reason: 'address_refused' });
    const inside = await send(installation, { basic: reporting, body: GRANT, from: '192.0.2.9' });
    expect(eventOf(installation, inside)).toMatchObject({ action: 'token.issued', reason: null });
  });
});

test('the use of the secret is recorded: when and from where', async () => {
  const used = await installation.register();
  await send(installation, { basic: used, body: GRANT, from: '203.0.113.77' });
  const row = await eventually('the use in the database', async () => {
    const rows = await installation.query<{ last_used_at: Date | null; last_used_ip: string | null }>(
      'SELECT last_used_at, last_used_ip FROM client_secret WHERE client_id = $1',
      [used.clientId],
    );
    return rows[0]?.last_used_at ? rows[0] : undefined;
  });
  expect(row.last_used_ip).toBe('203.0.113.77');
});

test('no secret and no token is ever logged', async () => {
  const { json } = await ask(client);
  await ask({ ...client, secret: `${client.secret.slice(0, -1)}x` });
  expect(installation.logged()).not.toContain(client.secret);
  expect(installation.logged()).not.toContain(json.access_token);
});
