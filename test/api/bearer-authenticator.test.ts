// The Management API with real tokens: signed by a real key, of a real client, over a real socket. What its administrator changes
// holds at the very next call.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createSecretBox } from '../../src/base/secret-box.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { ClientRegistration } from '../../src/domain/client/client-fields.ts';
import { type ClientService, createClientService } from '../../src/domain/client/client-service.ts';
import type { RegisteredClient } from '../../src/domain/client/client-service.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { type KeyRing, openKeyRing } from '../../src/domain/signing-key/key-ring.ts';
import { type AccessTokenClaims, createTokenId } from '../../src/domain/token/access-token.ts';
import { createTokenInspector, opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { createBearerAuthenticator } from '../../src/ports/api/bearer-authenticator.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeCompany } from '../support/factories.ts';
import { asMe, asProblem } from './answers.ts';
import { type Answer, type ApiServer, call, rootCompany, startApiServer, toCaller } from './api-server.ts';

const issuer = 'http://localhost:3000';
const audience = `${issuer}/api`;
const start = new Date('2026-11-24T12:00:00Z');

let now = start;
const clock = { now: () => now };
const log = createLog('silent');
const quickHasher = { hash: async (plain: string) => `hashed:${plain.length}` };
const administrator: Caller = toCaller('administrator', { company: rootCompany, role: 'reseller' });

const MANAGEMENT_SCOPES = MANAGEMENT_PRIVILEGES.map(({ scope }) => scope).join(' ');

let testDatabase: TestDatabase;
let database: Database;
let keys: KeyRing;
let clients: ClientService;
let server: ApiServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase({ connection: testDatabase.connection, issuer, log, clock });
  const { storage } = database;
  keys = await openKeyRing({ storage, clock, secretBox: createSecretBox(randomBytes(32)) });
  clients = createClientService({ storage, clock, hasher: quickHasher });
  const inspector = createTokenInspector({ ...database, issuer, clock, keys: () => keys });
  const authenticator = createBearerAuthenticator({ ...database, inspector, issuer, clock, log });
  server = await startApiServer({ storage, clock, issuer, authenticator, trustsCallers: true });
});

afterAll(async () => {
  await server.close();
  await database.close();
  await testDatabase.drop();
});

beforeEach(() => {
  now = start;
});

function register(fields: Partial<ClientRegistration> = {}): Promise<RegisteredClient> {
  return clients.register(administrator, { name: 'collector', roleId: COMPANY_ADMIN_ROLE_ID, ...fields });
}

/** As the token endpoint signs them (RFC 9068 §2). */
function sign(clientId: string, claims: Partial<AccessTokenClaims> = {}, header: object = {}): string {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const payload: AccessTokenClaims = {
    iss: issuer,
    sub: clientId,
    client_id: clientId,
    aud: audience,
    iat: issuedAt,
    exp: issuedAt + 86_400,
    jti: createTokenId(0),
    scope: 'clients:read clients:write audit:read',
    company_id: rootCompany.id,
    role: 'Company Admin',
    ...claims,
  };
  const { kid, algorithm, signData } = keys.current;
  const encoded = [{ alg: algorithm, typ: 'at+jwt', kid, ...header }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signed = encoded.join('.');
  return `${signed}.${signData(Buffer.from(signed)).toString('base64url')}`;
}

function me(token: string, from = '203.0.113.7'): Promise<Answer> {
  return call(server, 'GET', '/api/v1/me', { token, headers: { 'X-Forwarded-For': from } });
}

async function expectDead(token: string): Promise<void> {
  const answer = await me(token);
  expect(answer.status, answer.text).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="postern", error="invalid_token"/);
}

test('a good token opens /me, which tells whose it is, until when, from where, and by which secret', async () => {
  const { client, clientSecret } = await register({ name: 'siem' });
  const answer = await me(sign(client.clientId));
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json).toEqual({
    type: 'client',
    client_id: client.clientId,
    company: { id: 'co_root', name: 'Root' },
    role: 'Company Admin',
    scope: 'clients:read clients:write audit:read',
    token: { expires_at: '2026-11-25T12:00:00.000Z' },
    ip: { address: '203.0.113.7', allowed: true, mode: 'off' },
    secret: { hint: clientSecret.slice(-4), expires_at: null },
  });
});

test('an opaque token opens it too, and is not opened by its stored form', async () => {
  const { client } = await register({ tokenFormat: 'opaque' });
  const token = randomBytes(32).toString('base64url');
  const tokenHash = opaqueTokenHash(token);
  await database.storage.write((stores) =>
    stores.tokens.insertOpaque({
      tokenHash,
      jti: createTokenId(0),
      clientId: client.clientId,
      companyId: rootCompany.id,
      audience,
      scope: 'clients:read',
      issuedAt: now,
      expiresAt: new Date(now.getTime() + 3_600_000),
    }),
  );
  expect(asMe(await me(token)).scope).toBe('clients:read');
  await expectDead(tokenHash);
});

describe('RFC 9068 §4', () => {
  const wrong: [name: string, claims: Partial<AccessTokenClaims>, header?: object][] = [
    ['for another API', { aud: 'https://api.github.com' }],
    ['for this API with a slash more', { aud: `${audience}/` }],
    ['for the issuer itself', { aud: issuer }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['that has expired this second', { exp: start.getTime() / 1000 }],
    ['from the future', { iat: start.getTime() / 1000 + 61 }],
    ['of a client that never was', { client_id: 'pst_aaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['of another company', { company_id: 'co_other' }],
    ['of another generation', { jti: createTokenId(1) }],
    ['with an identifier that is not ours', { jti: 'x' }],
    ['that is an ID token', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['that wants no signature', {}, { alg: 'none' }],
    ['under an unknown key', {}, { kid: 'x' }],
    ['with a critical extension', {}, { crit: ['b64'], b64: false }],
  ];

  test.each(wrong)('a token %s gets 401 invalid_token', async (_name, claims, header) => {
    const { client } = await register();
    await expectDead(sign(client.clientId, claims, header));
    expect((await me(sign(client.clientId))).status).toBe(200);
  });

  test('a token with one bit changed anywhere gets 401', async () => {
    const token = sign((await register()).client.clientId);
    for (const at of [5, token.indexOf('.') + 5, token.lastIndexOf('.') + 5, token.length - 1]) {
      const other = token[at] === 'A' ? 'B' : 'A';
      await expectDead(token.slice(0, at) + other + token.slice(at + 1));
    }
  });
});

describe('what an administrator does holds at the next call', () => {
  test('inactive is a pause', async () => {
    const { client } = await register();
    const token = sign(client.clientId);
    await clients.update(administrator, client.clientId, { status: 'inactive' });
    await expectDead(token);
    await clients.update(administrator, client.clientId, { status: 'active' });
    expect((await me(token)).status).toBe(200);
  });

  test('ending all tokens is for good', async () => {
    const { client } = await register();
    const token = sign(client.clientId);
    expect((await me(token)).status).toBe(200);
    await clients.revokeTokens(administrator, client.clientId);
    await expectDead(token);
    expect((await me(sign(client.clientId, { jti: createTokenId(1) }))).status).toBe(200);
  });

  test('a revoked token is dead, another one of the client lives', async () => {
    const { client } = await register();
    const jti = createTokenId(0);
    const token = sign(client.clientId, { jti });
    expect((await me(token)).status).toBe(200);
    const expiresAt = new Date(now.getTime() + 86_400_000);
    await database.storage.write((stores) => stores.tokens.revoke(jti, client.clientId, expiresAt));
    await expectDead(token);
    expect((await me(sign(client.clientId))).status).toBe(200);
  });

  test('a deleted client is gone with its tokens', async () => {
    const { client } = await register();
    const token = sign(client.clientId);
    await clients.delete(administrator, client.clientId);
    await expectDead(token);
  });

  test('a client past its expiry is refused', async () => {
    const { client } = await register({ expiresAt: new Date(start.getTime() + 3_600_000) });
    const token = sign(client.clientId);
    now = new Date(start.getTime() + 3_599_000);
    expect((await me(token)).status).toBe(200);
    now = new Date(start.getTime() + 3_600_000);
    await expectDead(token);
  });

  test('a token never gains by a stronger role, and loses with a weaker one', async () => {
    const { client } = await register({ roleId: RESELLER_ROLE_ID });
    const token = sign(client.clientId, { scope: 'clients:read companies:read' });
    expect(asMe(await me(token)).scope).toBe('clients:read companies:read');
    await clients.update(administrator, client.clientId, { roleId: COMPANY_ADMIN_ROLE_ID });
    expect(asMe(await me(token))).toMatchObject({ scope: 'clients:read', role: 'Company Admin' });
  });

  test('a token without any privilege left still tells who it is, and may nothing', async () => {
    const { client } = await register();
    const token = sign(client.clientId, { scope: '' });
    expect(asMe(await me(token)).scope).toBe('');
    expect((await call(server, 'GET', '/api/v1/clients', { token })).status).toBe(403);
  });
});

describe('IP restriction', () => {
  const restricted = { mode: 'enforce', rules: ['203.0.113.0/24', '2001:db8::/32'] } as const;

  test.each(['203.0.113.7', '2001:db8::1', '::ffff:203.0.113.7', '203.0.113.7:40000'])(
    'a call from %s, which is in the list, is let in',
    async (from) => {
      const { client } = await register({ ipRestriction: { ...restricted, rules: [...restricted.rules] } });
      const answer = await me(sign(client.clientId), from);
      expect(asMe(answer).ip).toMatchObject({ allowed: true, mode: 'enforce' });
    },
  );

  test.each(['198.51.100.1', '2001:db9::1', '127.0.0.1'])(
    'a call from %s, which is not, gets 403 that names the address',
    async (from) => {
      const { client } = await register({ ipRestriction: { ...restricted, rules: [...restricted.rules] } });
      const answer = await me(sign(client.clientId), from);
      expect([answer.status, asProblem(answer).type]).toEqual([403, 'urn:postern:problem:request.address_refused']);
      expect(asProblem(answer).detail).toContain(from);
    },
  );

  test('a call from an address that cannot be told gets 403 that says so', async () => {
    const { client } = await register({ ipRestriction: { ...restricted, rules: [...restricted.rules] } });
    const answer = await me(sign(client.clientId), 'unknown');
    expect(answer.status).toBe(403);
    expect(asProblem(answer).detail).toContain('X-Forwarded-For');
  });

  test('a change of the list holds at the next call', async () => {
    const { client } = await register();
    const token = sign(client.clientId);
    expect((await me(token)).status).toBe(200);
    await clients.update(administrator, client.clientId, { ipRestriction: { mode: 'enforce', rules: ['192.0.2.1'] } });
    expect((await me(token)).status).toBe(403);
    await clients.update(administrator, client.clientId, { ipRestriction: { rules: ['203.0.113.7'] } });
    expect((await me(token)).status).toBe(200);
  });

  test('the mode report lets the call pass and tells that enforce would not', async () => {
    const { client } = await register({ ipRestriction: { mode: 'report', rules: ['192.0.2.1'] } });
    const token = sign(client.clientId);
    expect(asMe(await me(token)).ip).toEqual({ address: '203.0.113.7', allowed: false, mode: 'report' });
    expect(asMe(await me(token, '192.0.2.1')).ip).toEqual({ address: '192.0.2.1', allowed: true, mode: 'report' });
  });

  test('a bad token from a refused address is told of the token alone', async () => {
    const { client } = await register({ ipRestriction: { mode: 'enforce', rules: ['192.0.2.1'] } });
    await expectDead(sign(client.clientId, { aud: 'https://api.github.com' }));
  });
});

describe('the rules of the whole company', () => {
  test('hold beside the client’s own, and /me tells the strictest mode', async () => {
    const company = await makeCompany(testDatabase, { ipRestriction: { mode: 'report', rules: ['192.0.2.1'] } });
    const { client } = await register({ companyId: company.id });
    const token = sign(client.clientId, { company_id: company.id });
    expect(asMe(await me(token)).ip).toEqual({ address: '203.0.113.7', allowed: false, mode: 'report' });
    await clients.update(administrator, client.clientId, {
      ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] },
    });
    expect(asMe(await me(token)).ip).toEqual({ address: '203.0.113.7', allowed: false, mode: 'enforce' });
    await testDatabase.query(`UPDATE company SET ip_mode = 'enforce' WHERE id = $1`, [company.id]);
    await eventually('it is refused', async () => (await me(token)).status === 403, 2000);
    expect(asProblem(await me(token)).type).toBe('urn:postern:problem:request.address_refused');
  });

  test('calls are remembered with the addresses they came from, refused ones too', async () => {
    const { client } = await register({ ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] } });
    const token = sign(client.clientId);
    await me(token);
    await me(token);
    await me(token, '198.51.100.1');
    const sources = () =>
      testDatabase.query(
        'SELECT ip, uses::integer, refusals::integer FROM client_source WHERE client_id = $1 ORDER BY ip',
        [client.clientId],
      );
    await eventually('they are written', async () => (await sources()).length > 0, 5000);
    expect(await sources()).toEqual([
      { ip: '198.51.100.1', uses: 0, refusals: 1 },
      { ip: '203.0.113.7', uses: 2, refusals: 0 },
    ]);
  });
});

describe('a token that is narrowed to a company below', () => {
  test('reaches that company and nothing else, with no more than its scopes', async () => {
    const reseller = await makeCompany(testDatabase, { name: 'Reseller Ltd', reseller: true });
    const customer = await makeCompany(testDatabase, { name: 'Customer', parentId: reseller.id });
    const { client } = await register({ companyId: reseller.id, roleId: RESELLER_ROLE_ID });
    const { client: theirs } = await register({ companyId: customer.id });
    const wide = sign(client.clientId, { company_id: reseller.id });
    const narrow = sign(client.clientId, { company_id: customer.id });
    expect(asMe(await me(narrow))).toMatchObject({ company: { id: customer.id, name: 'Customer' }, role: 'Reseller' });
    const idsFor = async (token: string) => {
      const { json } = await call(server, 'GET', '/api/v1/clients', { token });
      return (json as { items: { client_id: string }[] }).items.map((each) => each.client_id).toSorted();
    };
    expect(await idsFor(wide)).toEqual([client.clientId, theirs.clientId].toSorted());
    expect(await idsFor(narrow)).toEqual([theirs.clientId]);
    const statusOf = async (token: string, id: string) =>
      (await call(server, 'GET', `/api/v1/clients/${id}`, { token })).status;
    expect([await statusOf(wide, client.clientId), await statusOf(narrow, client.clientId)]).toEqual([200, 404]);
    const made = await call(server, 'POST', '/api/v1/clients', {
      token: sign(client.clientId, { company_id: customer.id, scope: MANAGEMENT_SCOPES }),
      json: { name: 'made there', role_id: COMPANY_ADMIN_ROLE_ID },
    });
    expect([made.status, (made.json as { company_id: string }).company_id]).toEqual([201, customer.id]);
    await expectDead(sign(client.clientId, { company_id: 'co_root' }));
    await testDatabase.query(`UPDATE company SET status = 'suspended' WHERE id = $1`, [customer.id]);
    await eventually('it is dead', async () => (await me(narrow)).status === 401, 2000);
    expect((await me(wide)).status).toBe(200);
  });
});

describe('the secret that /me names', () => {
  test('is the youngest live one', async () => {
    const { client } = await register();
    const token = sign(client.clientId);
    now = new Date(start.getTime() + 1000);
    const expiresAt = new Date(start.getTime() + 3_600_000);
    const { clientSecret } = await clients.createSecret(administrator, client.clientId, { expiresAt });
    expect(asMe(await me(token)).secret).toEqual({
      hint: clientSecret.slice(-4),
      expires_at: expiresAt.toISOString(),
    });
    now = expiresAt;
    expect(asMe(await me(token)).secret?.hint).toBe(client.secrets[0]?.hint);
  });

  test('is null when there is none any more', async () => {
    const { client } = await register();
    await clients.deleteSecret(administrator, client.clientId, client.secrets[0]?.id ?? '');
    expect(asMe(await me(sign(client.clientId))).secret).toBeNull();
  });
});

test('with the database away a token that is not known yet gets 503, never a verdict', async () => {
  const { client } = await register();
  const token = sign(client.clientId);
  const { server: other, close } = await withBrokenLiveClients();
  const answer = await call(other, 'GET', '/api/v1/me', { token });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  await close();
});

async function withBrokenLiveClients(): Promise<{ server: ApiServer; close: () => Promise<void> }> {
  const gone = await createTestDatabase();
  const opened = await openDatabase({ connection: gone.connection, issuer, log, clock });
  const { storage } = opened;
  await gone.drop();
  const inspector = createTokenInspector({ ...opened, issuer, clock, keys: () => keys });
  const authenticator = createBearerAuthenticator({ ...opened, inspector, issuer, clock, log });
  const broken = await startApiServer({ storage, clock, issuer, authenticator });
  return {
    server: broken,
    async close() {
      await broken.close();
      await opened.close();
    },
  };
}
