// Too many failures: 20 a minute for one client ID from one address, 200 a minute from one address; never by client ID alone.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClientId, createCredential } from '../../src/domain/client/credential.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { eventOf, GRANT, introspect, send } from './requests.ts';

let installation: Installation;

beforeEach(async () => {
  installation = await startInstallation();
});

afterEach(() => installation.close());

const ask = (basic: TestClient, from: string) => send(installation, { basic, body: GRANT, from });
const wrong = (client: TestClient) => ({ ...client, secret: createCredential('psts_') });

describe('20 failures a minute for one client ID from one address', () => {
  test('the 21st gets 429 with Retry-After, whatever the secret; from elsewhere the client gets its token', async () => {
    const client = await installation.register();
    for (let at = 0; at < 20; at += 1) expect((await ask(wrong(client), '192.0.2.1')).status).toBe(401);
    const throttled = await ask(wrong(client), '192.0.2.1');
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(throttled.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(throttled.json.error_description).toContain(throttled.headers['x-request-id']);
    expect(throttled.headers['cache-control']).toBe('no-store');
    expect((await ask(client, '192.0.2.1')).status).toBe(429);
    expect((await ask(client, '192.0.2.2')).status).toBe(200);
  });

  test('a secret that is remembered to be right passes even then, also after a change of the client', async () => {
    const client = await installation.register();
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
    for (let at = 0; at < 25; at += 1) await ask(wrong(client), '192.0.2.1');
    expect((await ask(wrong(client), '192.0.2.1')).status).toBe(429);
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
    await installation.clients.update(installation.admin, client.clientId, { description: 'forgotten by the cache' });
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
  });

  test('an unknown client ID is told the same as a known one', async () => {
    const unknown = { clientId: createClientId(), secret: createCredential('psts_') };
    for (let at = 0; at < 20; at += 1) expect((await ask(unknown, '192.0.2.1')).status).toBe(401);
    expect((await ask(unknown, '192.0.2.1')).status).toBe(429);
  });

  test('of 200 parallel guesses 20 are evaluated', async () => {
    const client = await installation.register();
    const before = installation.comparisons();
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(wrong(client), '192.0.2.1')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(180);
    expect(installation.comparisons() - before).toBe(20);
  });

  test('after the minute the client is heard again', async () => {
    const client = await installation.register();
    for (let at = 0; at < 21; at += 1) await ask(wrong(client), '192.0.2.1');
    installation.clock.advance(61);
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
  });

  test('a clock that is set back does not prolong it', async () => {
    const client = await installation.register();
    for (let at = 0; at < 21; at += 1) await ask(wrong(client), '192.0.2.1');
    installation.clock.advance(-2 * 3600);
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
  });

  test('the audit log tells of it once, not once for each request', async () => {
    const client = await installation.register();
    const answers = [];
    for (let at = 0; at < 40; at += 1) answers.push(await ask(wrong(client), '192.0.2.1'));
    expect(installation.events).toHaveLength(21);
    const last = answers[20];
    expect(last && eventOf(installation, last)).toMatchObject({ reason: 'too_many_attempts', companyId: 'co_root' });
  });

  test('a right secret does not count, however often it is used', async () => {
    const client = await installation.register();
    for (let at = 0; at < 30; at += 1) expect((await ask(client, '192.0.2.1')).status).toBe(200);
    expect((await ask(wrong(client), '192.0.2.1')).status).toBe(401);
  });

  test('a right secret of an inactive client counts as a failure, and does not when it is active again', async () => {
    const client = await installation.register();
    await ask(client, '192.0.2.1');
    await installation.clients.update(installation.admin, client.clientId, { status: 'inactive' });
    for (let at = 0; at < 20; at += 1) expect((await ask(client, '192.0.2.1')).status).toBe(401);
    expect((await ask(client, '192.0.2.1')).status).toBe(429);
    await installation.clients.update(installation.admin, client.clientId, { status: 'active' });
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
  });

  test('requests without credentials are counted too', async () => {
    const statuses = [];
    for (let at = 0; at < 21; at += 1)
      statuses.push((await send(installation, { body: GRANT, from: '192.0.2.1' })).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses[20]).toBe(429);
  });
});

describe('200 failures a minute from one address', () => {
  test('the next gets 429 whatever the client ID; a remembered secret passes', async () => {
    const client = await installation.register();
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
    for (let at = 0; at < 200; at += 1) {
      const unknown = { clientId: createClientId(), secret: 'psts_mistyped' };
      expect((await ask(unknown, '192.0.2.1')).status).toBe(401);
    }
    const unknown = { clientId: createClientId(), secret: 'psts_mistyped' };
    expect((await ask(unknown, '192.0.2.1')).status).toBe(429);
    expect((await ask(client, '192.0.2.1')).status).toBe(200);
    expect((await ask(unknown, '192.0.2.2')).status).toBe(401);
  });

  test('the addresses of one IPv6 network count as one', async () => {
    const client = await installation.register();
    for (let at = 0; at < 20; at += 1) await ask(wrong(client), `2001:db8:1:1::${at.toString(16)}`);
    expect((await ask(wrong(client), '2001:db8:1:1:ffff::1')).status).toBe(429);
    expect((await ask(wrong(client), '2001:db8:1:2::1')).status).toBe(401);
  });
});

test('failures at introspection and revocation count together with those at the token endpoint', async () => {
  const client = await installation.register();
  for (let at = 0; at < 10; at += 1) {
    expect((await introspect(installation, wrong(client), { token: 'x' }, '192.0.2.1')).status).toBe(401);
    const revoking = { path: '/oauth2/revoke', basic: wrong(client), body: 'token=x', from: '192.0.2.1' };
    expect((await send(installation, revoking)).status).toBe(401);
  }
  expect((await ask(wrong(client), '192.0.2.1')).status).toBe(429);
  expect((await introspect(installation, wrong(client), { token: 'x' }, '192.0.2.1')).status).toBe(429);
});
