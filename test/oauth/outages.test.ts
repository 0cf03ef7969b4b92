// What stands behind the endpoints is away or overloaded: 503 with Retry-After, never a wrong verdict, never a token without its event.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCredential } from '../../src/domain/client/credential.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, eventOf, fetchToken, GRANT, introspect, send } from './requests.ts';

let installation: Installation;
let client: TestClient;

beforeEach(async () => {
  installation = await startInstallation();
  client = await installation.register();
});

afterEach(() => installation.close());

const ask = (basic: TestClient) => send(installation, { basic, body: GRANT });

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.json.error).toBe('temporarily_unavailable');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['www-authenticate']).toBeUndefined();
  expect(answer.text).not.toContain('access_token');
  expect(answer.text).not.toContain('refused by the database');
}

const storedTokens = async () =>
  (await installation.query<object>(`SELECT id FROM audit_event WHERE action = 'token.issued'`)).length;

describe('the audit log cannot be written', () => {
  test.each([
    ['through the engine', 0],
    ['on the short lane', 1],
  ])('no token is issued %s', async (_name, before) => {
    for (let at = 0; at < before; at += 1) await fetchToken(installation, client);
    installation.faults.audit = true;
    expectUnavailable(await ask(client));
    expect(await storedTokens()).toBe(before);
    installation.faults.audit = false;
    expect((await ask(client)).status).toBe(200);
  });

  test('the log says so once, however many requests are refused', async () => {
    installation.faults.audit = true;
    for (let at = 0; at < 20; at += 1) expectUnavailable(await ask(client));
    expect(installation.logged().match(/cannot reach its database/g)).toHaveLength(1);
  });

  test('a refusal cannot be told either: not even that of a wrong secret', async () => {
    installation.faults.audit = true;
    expectUnavailable(await ask({ ...client, secret: createCredential('psts_') }));
  });

  test('nor that of a scope', async () => {
    installation.faults.audit = true;
    expectUnavailable(await send(installation, { basic: client, body: { ...GRANT, scope: 'beyond' } }));
  });

  test('nothing is revoked', async () => {
    const token = await fetchToken(installation, client);
    installation.faults.audit = true;
    expectUnavailable(await send(installation, { path: '/oauth2/revoke', basic: client, body: { token } }));
    installation.faults.audit = false;
    expect((await introspect(installation, client, { token })).json.active).toBe(true);
  });
});

describe('the database is away', () => {
  beforeEach(() => {
    installation.faults.storage = true;
  });

  test.each([
    ['a right secret', (own: TestClient) => own],
    ['a wrong secret', (own: TestClient) => ({ ...own, secret: createCredential('psts_') })],
    ['a malformed secret', (own: TestClient) => ({ ...own, secret: 'x' })],
    ['an unknown client', () => ({ clientId: 'pst_000000000000000000000000', secret: createCredential('psts_') })],
  ])('%s gets 503 at every endpoint', async (_name, presented) => {
    for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
      expectUnavailable(await send(installation, { path, basic: presented(client), body: { ...GRANT, token: 'x' } }));
    }
  });

  test('it is no failure of the caller: nobody is throttled by an outage', async () => {
    for (let at = 0; at < 25; at += 1) expectUnavailable(await ask(client));
    installation.faults.storage = false;
    expect((await ask(client)).status).toBe(200);
  });

  test('the keys and the metadata are served all the same', async () => {
    for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      expect((await send(installation, { method: 'GET', path })).status).toBe(200);
    }
  });
});

test('an opaque token that cannot be stored is not issued', async () => {
  const opaque = await installation.register({ tokenFormat: 'opaque' });
  await fetchToken(installation, opaque);
  installation.faults.audit = true;
  expectUnavailable(await ask(opaque));
});

describe('too many secrets wait to be checked', () => {
  test('the next one gets 503, which is no failure; a remembered one passes', async () => {
    const other = await installation.register();
    await fetchToken(installation, client);
    installation.faults.lanesFull = true;
    for (let at = 0; at < 25; at += 1) expectUnavailable(await ask(other));
    expect((await ask(client)).status).toBe(200);
    installation.faults.lanesFull = false;
    const answer = await ask(other);
    expect(answer.status).toBe(200);
    expect(eventOf(installation, answer)?.action).toBe('token.issued');
  });
});

test('an outage is logged with its cause, without a secret', async () => {
  installation.faults.storage = true;
  const answer = await ask(client);
  expect(installation.logged()).toContain('connection refused by the database');
  expect(installation.logged()).toContain(answer.headers['x-request-id']);
  expect(installation.logged()).not.toContain(client.secret);
});
