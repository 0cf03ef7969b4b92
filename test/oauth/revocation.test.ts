// POST /oauth2/revoke (RFC 7009): a client ends its own tokens and nobody else's.

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCredential } from '../../src/domain/client/credential.ts';
import { RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, fetchToken, introspect, send } from './requests.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

const revoke = (basic: TestClient, body: Record<string, string>, from?: string): Promise<Answer> =>
  send(installation, { path: '/oauth2/revoke', basic, body, from });

const isActive = async (client: TestClient, token: string): Promise<boolean> =>
  (await introspect(installation, client, { token })).json.active;

const revocations = (requestId: string | undefined) =>
  installation.query<object>(`SELECT * FROM audit_event WHERE action = 'token.revoked' AND request_id = $1`, [
    requestId,
  ]);

describe('RFC 7009 §2.1 and §2.2', () => {
  test.each(['jwt', 'opaque'] as const)(
    'a client ends its %s token at once and for good; its others live on',
    async (tokenFormat) => {
      const client = await installation.register({ tokenFormat });
      const [token, other] = [await fetchToken(installation, client), await fetchToken(installation, client)];
      const { jti } = (await introspect(installation, client, { token })).json;
      const answer = await revoke(client, { token });
      expect([answer.status, answer.text]).toEqual([200, '']);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['pragma']).toBe('no-cache');
      expect(await isActive(client, token)).toBe(false);
      expect(await isActive(client, other)).toBe(true);
      const events = await revocations(answer.headers['x-request-id']);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        outcome: 'success',
        company_id: 'co_root',
        actor_type: 'client',
        actor_id: client.clientId,
        target_type: 'access_token',
        target_id: jti,
      });
      expect(JSON.stringify(events)).not.toContain(token);
    },
  );

  test('a second time is 200 without another event', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    await revoke(client, { token });
    const again = await revoke(client, { token });
    expect(again.status).toBe(200);
    expect(await revocations(again.headers['x-request-id'])).toEqual([]);
  });

  test('two at the same time are both 200', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const answers = await Promise.all([revoke(client, { token }), revoke(client, { token })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await isActive(client, token)).toBe(false);
  });

  test.each(['access_token', 'refresh_token', 'banana', ''])('token_type_hint=%j is accepted', async (hint) => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    expect((await revoke(client, { token, token_type_hint: hint })).status).toBe(200);
    expect(await isActive(client, token)).toBe(false);
  });

  test('another’s token is 200 without effect, even for who may see it', async () => {
    const owner = await installation.register();
    const token = await fetchToken(installation, owner);
    const stranger = await installation.register({ roleId: RESELLER_ROLE_ID });
    expect(await isActive(stranger, token)).toBe(true);
    const answer = await revoke(stranger, { token });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(await revocations(answer.headers['x-request-id'])).toEqual([]);
    expect(await isActive(owner, token)).toBe(true);
  });

  test.each(['garbage', 'a.b.c', 'x'.repeat(43), 'tökén'])(
    'the unknown token %j is 200 without effect',
    async (token) => {
      const client = await installation.register();
      const answer = await revoke(client, { token });
      expect([answer.status, answer.text]).toEqual([200, '']);
    },
  );

  test('a spelling of the signature that was not issued ends nothing', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const doubles = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
      .map((last) => token.slice(0, -1) + last)
      .filter((each) => each !== token);
    for (const double of doubles) expect((await revoke(client, { token: double })).status).toBe(200);
    expect(await isActive(client, token)).toBe(true);
  });

  test('a missing token is 400', async () => {
    const client = await installation.register();
    const answer = await revoke(client, { token: '' });
    expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
  });
});

describe('RFC 7009 §2.1 › authentication', () => {
  test('a wrong secret ends nothing: 401, and the audit log names the endpoint', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const answer = await revoke({ ...client, secret: createCredential('psts_') }, { token }, '192.0.2.60');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(eventOf(installation, answer)).toMatchObject({
      reason: 'wrong_secret',
      details: { endpoint: 'revocation' },
    });
    expect(await isActive(client, token)).toBe(true);
  });

  test('knowing a token is not enough', async () => {
    const client = await installation.register();
    const token = await fetchToken(installation, client);
    const answer = await send(installation, { path: '/oauth2/revoke', body: { token }, from: '192.0.2.61' });
    expect(answer.status).toBe(401);
    expect(await isActive(client, token)).toBe(true);
  });
});

test('the revocation is kept until the token would have ended', async () => {
  const client = await installation.register({ tokenLifetimeSeconds: 600 });
  const token = await fetchToken(installation, client);
  await revoke(client, { token });
  const { jti, exp = 0 } = decodeJwt(token);
  const rows = await installation.query<object>('SELECT client_id, expires_at FROM revoked_token WHERE jti = $1', [
    jti,
  ]);
  expect(rows).toEqual([{ client_id: client.clientId, expires_at: new Date(exp * 1000) }]);
});
