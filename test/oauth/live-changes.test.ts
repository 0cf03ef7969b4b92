// POST /oauth2/token follows what is changed: secrets that come and go, clients that pause, also in the middle of a check.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, fetchToken, GRANT, send } from './requests.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

let hosts = 0;
/** An address of its own for each request, so that they do not throttle each other. */
const freshAddress = () => `198.18.${(hosts += 1) >> 8}.${hosts & 255}`;

const ask = (basic: TestClient): Promise<Answer> => send(installation, { basic, body: GRANT, from: freshAddress() });

describe('rotation', () => {
  test('two secrets work side by side; a deleted or expired one stops at the next request', async () => {
    const { admin, clients, register, clock } = installation;
    const first = await register();
    const soon = new Date(clock.now().getTime() + 60_000);
    const made = await clients.createSecret(admin, first.clientId, { expiresAt: soon });
    const second = { clientId: first.clientId, secret: made.clientSecret };
    expect((await ask(first)).status).toBe(200);
    expect((await ask(second)).status).toBe(200);
    clock.advance(61);
    expect((await ask(second)).status).toBe(401);
    const [oldest] = (await clients.get(admin, first.clientId)).secrets.filter(({ expiresAt }) => expiresAt === null);
    await clients.deleteSecret(admin, first.clientId, oldest?.id ?? '');
    const answer = await ask(first);
    expect(answer.status).toBe(401);
    expect(eventOf(installation, answer)?.reason).toBe('wrong_secret');
  });

  test('an expired secret says in the audit log which one it was', async () => {
    const { register, query } = installation;
    const client = await register();
    await fetchToken(installation, client, {}, freshAddress());
    await query(`UPDATE client_secret SET expires_at = now() WHERE client_id = $1`, [client.clientId]);
    await installation.clients.update(installation.admin, client.clientId, { description: 'told to the process' });
    const answer = await ask(client);
    expect(eventOf(installation, answer)).toMatchObject({
      reason: 'secret_expired',
      details: { secret_hint: client.secret.slice(-4) },
    });
  });
});

describe('an inactive client', () => {
  test('is refused at the very next request, and let in again at the next after that', async () => {
    const { admin, clients, register } = installation;
    const client = await register();
    expect((await ask(client)).status).toBe(200);
    await clients.update(admin, client.clientId, { status: 'inactive' });
    const refused = await ask(client);
    expect(refused.status).toBe(401);
    expect(eventOf(installation, refused)?.reason).toBe('client_inactive');
    await clients.update(admin, client.clientId, { status: 'active' });
    expect((await ask(client)).status).toBe(200);
  });
});

describe('what changes while the secret is being checked', () => {
  test.each([
    [
      'the secret is deleted',
      'wrong_secret',
      async (clientId: string) => {
        const { admin, clients } = installation;
        const [secret] = (await clients.get(admin, clientId)).secrets;
        await clients.deleteSecret(admin, clientId, secret?.id ?? '');
      },
    ],
    [
      'the client is set inactive',
      'client_inactive',
      async (clientId: string) => {
        await installation.clients.update(installation.admin, clientId, { status: 'inactive' });
      },
    ],
    [
      'the client is deleted',
      'unknown_client',
      async (clientId: string) => {
        await installation.clients.delete(installation.admin, clientId);
      },
    ],
  ])('%s: no token', async (_name, reason, change) => {
    const client = await installation.register();
    installation.faults.whileComparing = () => change(client.clientId);
    const answer = await ask(client).finally(() => {
      installation.faults.whileComparing = undefined;
    });
    expect(answer.status).toBe(401);
    expect(eventOf(installation, answer)?.reason).toBe(reason);
  });
});
