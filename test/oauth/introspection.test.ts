// POST /oauth2/introspect (RFC 7662): the state of a token at this moment, and who may see it.

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientRegistration } from '../../src/domain/client/client-fields.ts';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { signJwt } from '../../src/ports/oauth/access-token.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { fetchToken, introspect } from './requests.ts';
import { SUPPORT_ROLE, TICKETS, TICKETS_ROLE, WATCHER_ROLE } from './tenants.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

const INACTIVE = { active: false };
const admin = () => installation.admin;

async function isActive(caller: TestClient, token: string, form: Record<string, string> = {}): Promise<boolean> {
  const answer = await introspect(installation, caller, { token, ...form });
  expect(answer.status).toBe(200);
  if (!answer.json.active) expect(answer.json, 'RFC 7662 §2.2: nothing else is said').toEqual(INACTIVE);
  return answer.json.active;
}

describe('RFC 7662 §2.2', () => {
  test.each(['jwt', 'opaque'] as const)('a live %s token is told in full', async (tokenFormat) => {
    const client = await installation.register({ tokenFormat, tokenLifetimeSeconds: 600 });
    const token = await fetchToken(installation, client, { scope: 'audit:read clients:read' });
    const answer = await introspect(installation, client, { token });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      active: true,
      scope: 'audit:read clients:read',
      client_id: client.clientId,
      company_id: 'co_root',
      role: 'Company Admin',
      token_type: 'Bearer',
      exp: answer.json.iat + 600,
      iat: expect.any(Number),
      sub: client.clientId,
      aud: `${installation.issuer}/api`,
      iss: installation.issuer,
      jti: expect.stringMatching(/^0-[0-9A-Za-z]{22}$/),
    });
    if (tokenFormat === 'jwt') expect(answer.json).toMatchObject(decodeJwt(token));
  });

  test.each(['access_token', 'refresh_token', 'banana'])('§2.1 › token_type_hint=%s changes nothing', async (hint) => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    expect(await isActive(client, token, { token_type_hint: hint })).toBe(true);
  });
});

describe('what is no live token of ours is inactive and nothing else', () => {
  let client: TestClient;
  let token: string;
  beforeAll(async () => {
    client = await installation.register();
    token = await fetchToken(installation, client);
  });

  const otherLast = (text: string) => text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');

  test.each<[string, () => string]>([
    ['garbage', () => 'garbage'],
    ['dots', () => '..'],
    ['43 characters that were never issued', () => 'x'.repeat(43)],
    ['the client’s own secret', () => client.secret],
    ['16 KB', () => 'eyJ'.padEnd(17_000, 'a')],
    ['letters beyond ASCII', () => 'tökén.tökén.tökén'],
    ['a changed signature', () => `${token.slice(0, -10)}AAAAAAAAAA`],
    ['another spelling of the same signature', () => otherLast(token)],
    [
      'a changed payload',
      () => token.replace(/\.[^.]+\./, `.${Buffer.from('{"active":true}').toString('base64url')}.`),
    ],
    ['no signature', () => `${token.split('.').slice(0, 2).join('.')}.`],
    ['alg none', () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`],
    ['trailing space', () => `${token} `],
  ])('%s', async (_name, present) => {
    expect(await isActive(client, present())).toBe(false);
  });

  test('a token of another issuer that the same key signed', async () => {
    const claims = decodeJwt(token) as unknown as Parameters<typeof signJwt>[0];
    const key = installation.keys.current.current;
    expect(await isActive(client, signJwt({ ...claims }, key))).toBe(true);
    expect(await isActive(client, signJwt({ ...claims, iss: 'https://elsewhere.example' }, key))).toBe(false);
    expect(await isActive(client, signJwt({ ...claims, iat: claims.iat + 3600 }, key))).toBe(false);
    expect(await isActive(client, signJwt({ ...claims, company_id: 'co_bolt' }, key))).toBe(false);
  });
});

describe('this moment', () => {
  const clientWithToken = async (registration: Partial<ClientRegistration> = {}) => {
    const client = await installation.register(registration);
    return { client, token: await fetchToken(installation, client) };
  };
  let watcher: TestClient;
  beforeAll(async () => {
    watcher = await installation.register({ roleId: WATCHER_ROLE, name: 'watcher' });
  });

  test.each(['jwt', 'opaque'] as const)(
    'an inactive client’s %s token pauses at once, and comes back with the client',
    async (tokenFormat) => {
      const { client, token } = await clientWithToken({ tokenFormat });
      expect(await isActive(watcher, token)).toBe(true);
      await installation.clients.update(admin(), client.clientId, { status: 'inactive' });
      expect(await isActive(watcher, token)).toBe(false);
      expect((await introspect(installation, client, { token })).status).toBe(401);
      await installation.clients.update(admin(), client.clientId, { status: 'active' });
      expect(await isActive(watcher, token)).toBe(true);
    },
  );

  test.each(['jwt', 'opaque'] as const)(
    '“end all tokens” ends a %s token for good; new ones are good',
    async (tokenFormat) => {
      const { client, token } = await clientWithToken({ tokenFormat });
      await installation.clients.revokeTokens(admin(), client.clientId);
      expect(await isActive(watcher, token)).toBe(false);
      const next = await fetchToken(installation, client);
      expect(await isActive(watcher, next)).toBe(true);
      expect(await isActive(watcher, token)).toBe(false);
    },
  );

  test('a deleted client’s token is dead', async () => {
    const { client, token } = await clientWithToken();
    await installation.clients.delete(admin(), client.clientId);
    expect(await isActive(watcher, token)).toBe(false);
  });

  test('a token is dead when its time is over, also that of a client that expired before it', async () => {
    const brief = await clientWithToken({ tokenLifetimeSeconds: 60 });
    const soon = new Date(installation.clock.now().getTime() + 30_000);
    const expiring = await clientWithToken({ expiresAt: soon });
    installation.clock.advance(31);
    expect(await isActive(watcher, brief.token)).toBe(true);
    expect(await isActive(watcher, expiring.token)).toBe(false);
    installation.clock.advance(30);
    expect(await isActive(watcher, brief.token)).toBe(false);
  });

  test('a role that loses a scope takes it from the token; a token never gains', async () => {
    const client = await installation.register({ roleId: TICKETS_ROLE });
    const token = await fetchToken(installation, client, { scope: 'tickets:read tickets:write' });
    const scopeOf = async () => (await introspect(installation, client, { token })).json.scope;
    await installation.query(`DELETE FROM role_privilege WHERE role_id = $1 AND scope = 'tickets:write'`, [
      TICKETS_ROLE,
    ]);
    await touch(client);
    expect(await scopeOf()).toBe('tickets:read');
    await installation.query(
      `INSERT INTO role_privilege (role_id, api_id, scope) VALUES ($1, 'tickets', 'tickets:write')`,
      [TICKETS_ROLE],
    );
    await touch(client);
    expect(await scopeOf()).toBe('tickets:read tickets:write');
    expect((await introspect(installation, client, { token })).json.aud).toBe(TICKETS);
  });

  test('the role is told by its present name', async () => {
    const { client, token } = await clientWithToken();
    await installation.clients.update(admin(), client.clientId, { roleId: SUPPORT_ROLE });
    const { json } = await introspect(installation, client, { token });
    expect(json).toMatchObject({ active: true, role: 'Support', scope: 'clients:read' });
  });

  test('a suspended company’s tokens pause', async () => {
    const { token } = await clientWithToken({ companyId: 'co_bolt' });
    const root = await installation.register({ roleId: RESELLER_ROLE_ID });
    expect(await isActive(root, token)).toBe(true);
    await setCompanyStatus('co_bolt', 'suspended');
    expect(await isActive(root, token)).toBe(false);
    await setCompanyStatus('co_bolt', 'active');
    expect(await isActive(root, token)).toBe(true);
  });

  /** A write through the service makes this process hear of what was changed behind it. */
  const touch = (client: TestClient) =>
    installation.clients.update(admin(), client.clientId, { description: `touched ${Math.random()}` });

  const setCompanyStatus = async (id: string, status: string) => {
    await installation.query('UPDATE company SET status = $2, version = version + 1 WHERE id = $1', [id, status]);
    const affected = await installation.clients.list(admin(), { companyId: id }, { limit: 50 });
    for (const { clientId } of affected.items) await touch({ clientId, secret: '' });
  };
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
