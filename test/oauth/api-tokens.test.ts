// API tokens at the OAuth endpoints: introspection tells what they are worth now, revocation ends a client's own.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiToken } from '../../src/domain/api-token/api-token.ts';
import type { Client } from '../../src/domain/client/client.ts';
import { createCredential } from '../../src/domain/client/credential.ts';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import type { User } from '../../src/domain/user/user.ts';
import { makeApiToken, makeUser, type TestApiToken } from '../support/factories.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, introspect, send } from './requests.ts';
import { EMPTY_ROLE, SUPPORT_ROLE, TICKETS, WATCHER_ROLE } from './tenants.ts';

let installation: Installation;
let watcher: TestClient;

beforeAll(async () => {
  installation = await startInstallation();
  watcher = await installation.register({ roleId: WATCHER_ROLE });
});

afterAll(() => installation.close());

async function stored({ clientId }: TestClient): Promise<Client> {
  const client = await installation.storage.read((stores) => stores.clients.find(clientId, null));
  if (!client) throw new Error('the client is gone');
  return client;
}

function make(owner: Client | User, given: Partial<ApiToken> = {}): Promise<TestApiToken> {
  return makeApiToken(installation.storage, owner, {
    createdAt: installation.clock.now(),
    issuedAt: installation.clock.now(),
    ...given,
  });
}

async function state(caller: TestClient, token: string, form: Record<string, string> = {}): Promise<Answer['json']> {
  const answer = await introspect(installation, caller, { token, ...form });
  expect(answer.status).toBe(200);
  return answer.json;
}

const seconds = (instant: Date) => Math.floor(instant.getTime() / 1000);

describe('RFC 7662 §2.2 › introspection', () => {
  test('of a client’s names the client; one that never ends has no exp', async () => {
    const client = await installation.register();
    const token = await make(await stored(client), { scopes: ['clients:read', 'audit:read'] });
    expect(await state(watcher, token.value)).toEqual({
      active: true,
      scope: 'clients:read audit:read',
      client_id: client.clientId,
      company_id: 'co_root',
      role: 'Company Admin',
      token_type: 'Bearer',
      iat: seconds(token.issuedAt),
      sub: client.clientId,
      aud: `${installation.issuer}/api`,
      iss: installation.issuer,
      jti: token.id,
    });
  });

  test('of a user’s names the user and no client', async () => {
    const user = await makeUser(installation.storage, { email: 'ann@acme.test' });
    const expiresAt = new Date(installation.clock.now().getTime() + 60_000);
    const token = await make(user, { expiresAt });
    const answer = await state(watcher, token.value);
    expect(answer).toMatchObject({ active: true, sub: user.id, username: 'ann@acme.test', exp: seconds(expiresAt) });
    expect(answer).not.toHaveProperty('client_id');
  });

  test('has the audience of the token’s API, and its scopes as far as the owner holds them', async () => {
    const client = await installation.register({ roleId: SUPPORT_ROLE });
    const token = await make(await stored(client), { apiId: 'tickets', scopes: ['tickets:read', 'tickets:admin'] });
    expect(await state(watcher, token.value)).toMatchObject({ active: true, aud: TICKETS, scope: 'tickets:read' });
  });

  test('is active:false for one that has expired, and for one whose client has by then', async () => {
    const expiresAt = new Date(installation.clock.now().getTime() + 60_000);
    const own = await make(await stored(await installation.register()), { expiresAt });
    const clients = await make(await stored(await installation.register({ expiresAt })));
    for (const { value } of [own, clients]) expect(await state(watcher, value)).toMatchObject({ active: true });
    installation.clock.advance(61);
    for (const { value } of [own, clients]) expect(await state(watcher, value)).toEqual({ active: false });
  });

  test('is active:false while its client is inactive, its owner’s role holds nothing of the API, or it was never made', async () => {
    const client = await installation.register();
    const token = await make(await stored(client));
    const { clients, admin } = installation;
    await clients.update(admin, client.clientId, { status: 'inactive' });
    expect(await state(watcher, token.value)).toEqual({ active: false });
    await clients.update(admin, client.clientId, { status: 'active', roleId: EMPTY_ROLE });
    expect(await state(watcher, token.value)).toEqual({ active: false });
    expect(await state(watcher, createCredential('pstt_'))).toEqual({ active: false });
  });

  test('is for its own client, and for others with tokens:introspect within their reach', async () => {
    const [owner, stranger] = [
      await installation.register({ roleId: SUPPORT_ROLE }),
      await installation.register({ roleId: SUPPORT_ROLE }),
    ];
    const token = await make(await stored(owner), { apiId: 'tickets', scopes: ['tickets:read'] });
    expect(await state(owner, token.value)).toMatchObject({ active: true });
    expect(await state(stranger, token.value)).toEqual({ active: false });
    const below = await make(await stored(await installation.register({ companyId: 'co_acme' })));
    expect(await state(watcher, below.value)).toEqual({ active: false });
    expect(await state(await installation.register({ roleId: RESELLER_ROLE_ID }), below.value)).toMatchObject({
      active: true,
    });
  });

  test('holds client_ip against the token’s own rules and its owner’s, and else tells what both let in', async () => {
    const client = await installation.register({ ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/24'] } });
    const token = await make(await stored(client), {
      ipRestriction: { mode: 'enforce', rules: ['192.0.2.0/25', '203.0.113.9'] },
    });
    const from = async (ip: string) => (await state(watcher, token.value, { client_ip: ip })).active;
    expect([await from('192.0.2.7'), await from('192.0.2.200'), await from('203.0.113.9')]).toEqual([
      true,
      false,
      false,
    ]);
    expect((await state(watcher, token.value)).allowed_ips).toEqual(['192.0.2.0/25']);
  });
});

describe('RFC 7009 §2 › revocation', () => {
  const revoke = (caller: TestClient, token: string) =>
    send(installation, { path: '/oauth2/revoke', basic: caller, body: { token } });

  test('deletes a client’s own, with an event that says by whom', async () => {
    const client = await installation.register();
    const token = await make(await stored(client));
    expect(await state(watcher, token.value)).toMatchObject({ active: true });
    expect((await revoke(client, token.value)).status).toBe(200);
    expect(await state(watcher, token.value)).toEqual({ active: false });
    expect(await installation.storage.read((stores) => stores.apiTokens.find(token.id, null))).toBeUndefined();
    expect(
      await installation.query(
        `SELECT actor_id, details FROM audit_event WHERE action = 'api_token.deleted' AND target_id = $1`,
        [token.id],
      ),
    ).toEqual([
      {
        actor_id: client.clientId,
        details: { owner_type: 'client', owner_id: client.clientId, hint: token.hint, endpoint: 'revocation' },
      },
    ]);
  });

  test('of several at once, one deletes it and is told of', async () => {
    const client = await installation.register();
    const token = await make(await stored(client));
    const answers = await Promise.all([1, 2, 3, 4].map(() => revoke(client, token.value)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const events = await installation.query(
      `SELECT 1 FROM audit_event WHERE action = 'api_token.deleted' AND target_id = $1`,
      [token.id],
    );
    expect(events).toHaveLength(1);
  });

  test('with a value that is replaced meanwhile leaves the token to its new one', async () => {
    const client = await installation.register();
    const token = await make(await stored(client));
    const tokenHash = opaqueTokenHash(createCredential('pstt_'));
    let revoking: Promise<unknown> | undefined;
    await installation.storage.write(async (stores) => {
      const locked = await stores.apiTokens.findForUpdate(token.id, null);
      if (!locked) throw new Error('the token is gone');
      revoking = revoke(client, token.value);
      await vi.waitFor(async () =>
        expect(
          await installation.query(
            'SELECT FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0',
          ),
        ).toHaveLength(1),
      );
      await stores.apiTokens.update({ ...locked, tokenHash, issuedAt: new Date(locked.issuedAt.getTime() + 1000) });
    });
    await revoking;
    expect(await installation.storage.read((stores) => stores.apiTokens.find(token.id, null))).toBeDefined();
  });

  test('leaves those of others alone, and answers the same', async () => {
    const [client, user] = [
      await installation.register(),
      await makeUser(installation.storage, { email: 'bob@acme.test' }),
    ];
    const tokens = [await make(await stored(await installation.register())), await make(user)];
    for (const { value } of tokens) {
      expect((await revoke(client, value)).status).toBe(200);
      expect(await state(watcher, value)).toMatchObject({ active: true });
    }
  });
});

test('an API token is no way to authenticate a client', async () => {
  const client = await installation.register();
  const token = await make(await stored(client));
  const answer = await send(installation, {
    basic: { ...client, secret: token.value },
    body: { grant_type: 'client_credentials' },
  });
  expect([answer.status, answer.json.error]).toEqual([401, 'invalid_client']);
});
