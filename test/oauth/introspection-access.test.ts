// POST /oauth2/introspect: who may ask, whose tokens a caller sees, and from where a token may be used.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCredential } from '../../src/domain/client/credential.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { eventOf, fetchToken, GRANT, introspect, send } from './requests.ts';
import { SUPPORT_ROLE, WATCHER_ROLE } from './tenants.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

async function isActive(caller: TestClient, token: string, form: Record<string, string> = {}): Promise<boolean> {
  const answer = await introspect(installation, caller, { token, ...form });
  expect(answer.status).toBe(200);
  if (!answer.json.active) expect(answer.json).toEqual({ active: false });
  return answer.json.active;
}

describe('who may see whose tokens', () => {
  const COMPANIES = ['co_root', 'co_acme', 'co_acme_eu', 'co_bolt'] as const;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    for (const companyId of COMPANIES) {
      tokens.set(companyId, await fetchToken(installation, await installation.register({ companyId })));
    }
  });

  // Reseller: its company and all below; Company Admin and custom roles: their company alone; without the privilege: its own alone.
  test.each<[string, string, string, readonly string[]]>([
    ['Reseller', 'co_root', RESELLER_ROLE_ID, COMPANIES],
    ['Reseller', 'co_acme', RESELLER_ROLE_ID, ['co_acme', 'co_acme_eu']],
    ['Company Admin', 'co_root', COMPANY_ADMIN_ROLE_ID, ['co_root']],
    ['Company Admin', 'co_acme', COMPANY_ADMIN_ROLE_ID, ['co_acme']],
    ['Company Admin', 'co_acme_eu', COMPANY_ADMIN_ROLE_ID, ['co_acme_eu']],
    ['Company Admin', 'co_bolt', COMPANY_ADMIN_ROLE_ID, ['co_bolt']],
    ['a custom role with tokens:introspect', 'co_root', WATCHER_ROLE, ['co_root']],
    ['a custom role without it', 'co_root', SUPPORT_ROLE, []],
  ])('%s in %s', async (_name, companyId, roleId, seen) => {
    const caller = await installation.register({ companyId, roleId });
    for (const [owner, token] of tokens)
      expect([owner, await isActive(caller, token)]).toEqual([owner, seen.includes(owner)]);
    expect(await isActive(caller, await fetchToken(installation, caller))).toBe(true);
  });
});

describe('client_ip', () => {
  let client: TestClient;
  let watcher: TestClient;
  let token: string;
  beforeAll(async () => {
    client = await installation.register({
      ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24', '2001:db8::/32'] },
    });
    watcher = await installation.register({ roleId: WATCHER_ROLE });
    token = await fetchToken(installation, client, {}, '192.0.2.1');
  });

  test.each([
    ['192.0.2.99', true],
    ['::ffff:192.0.2.99', true],
    ['2001:db8::7', true],
    ['198.51.100.1', false],
    ['2001:db9::7', false],
  ])('%s: active %s', async (client_ip, active) => {
    expect(await isActive(watcher, token, { client_ip })).toBe(active);
  });

  test('without it nothing is checked about addresses', async () => {
    expect(await isActive(watcher, token)).toBe(true);
  });

  test('in report mode it lets pass, with the restriction off too', async () => {
    for (const mode of ['report', 'off'] as const) {
      const lenient = await installation.register({ ipRestriction: { mode, rules: ['192.0.2.1'] } });
      const its = await fetchToken(installation, lenient);
      expect(await isActive(watcher, its, { client_ip: '198.51.100.1' })).toBe(true);
    }
  });

  test.each(['banana', '192.0.2', '192.0.2.01', '192.0.2.1/24', '192.0.2.1:80', 'fe80::1%eth0', ' 192.0.2.1', '1'])(
    '%j is no address: 400 invalid_request',
    async (client_ip) => {
      const answer = await introspect(installation, watcher, { token, client_ip });
      expect(answer.status).toBe(400);
      expect(answer.json.error).toBe('invalid_request');
    },
  );

  test('the caller’s own address is held against the caller’s own restriction', async () => {
    expect((await introspect(installation, client, { token }, '198.51.100.1')).status).toBe(401);
    expect((await introspect(installation, client, { token }, '192.0.2.200')).status).toBe(200);
  });
});

describe('authentication', () => {
  test('RFC 7662 §2.3 › a wrong secret gets 401, and the audit log names the endpoint', async () => {
    const client = await installation.register();
    const answer = await introspect(
      installation,
      { ...client, secret: createCredential('psts_') },
      { token: 'x' },
      '192.0.2.50',
    );
    expect(answer.status).toBe(401);
    expect(answer.json.error).toBe('invalid_client');
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(eventOf(installation, answer)).toMatchObject({
      action: 'token.refused',
      reason: 'wrong_secret',
      details: { endpoint: 'introspection' },
    });
  });

  test('credentials in the form are understood too', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const body = { token, client_id: client.clientId, client_secret: client.secret };
    expect((await send(installation, { path: '/oauth2/introspect', body })).json.active).toBe(true);
  });

  test('no credentials get 401; a bearer token is none here', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const path = '/oauth2/introspect';
    const none = await send(installation, { path, body: { token }, from: '192.0.2.51' });
    expect(none.status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await send(installation, { path, headers, body: { token }, from: '192.0.2.51' })).status).toBe(401);
  });

  test('a missing token gets 400', async () => {
    const client = await installation.register();
    for (const body of ['', 'token=', 'client_ip=192.0.2.1']) {
      const answer = await send(installation, { path: '/oauth2/introspect', basic: client, body });
      expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
    }
  });

  test('looking at tokens leaves no event', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const before = installation.events.length;
    await introspect(installation, client, { token });
    expect(installation.events).toHaveLength(before);
  });

  test('a token is good at the token endpoint of no one: it is no secret', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const answer = await send(installation, { basic: { ...client, secret: token }, body: GRANT, from: '192.0.2.52' });
    expect(answer.status).toBe(401);
    expect(JSON.stringify(eventOf(installation, answer))).not.toContain(token);
  });
});
