// Rotating a client's secret over the Management API, and ending its tokens.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { asClient, asEvents, asProblem, asRegistered, asSecret, pointersOf, type RegisteredClient } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let token: string;
let client: RegisteredClient;
let path: string;

beforeAll(async () => {
  installation = await startInstallation();
  token = installation.server.login('root', { company: installation.root, role: 'reseller' });
});

afterAll(() => installation.close());

beforeEach(async () => {
  client = asRegistered(await ask('POST', '/clients', { name: 'job', role_id: 'role_company_admin' }));
  path = `/clients/${client.client_id}`;
});

const ask = (method: string, to: string, json?: unknown): Promise<Answer> =>
  call(installation.server, method, `/api/v1${to}`, { token, ...(json === undefined ? {} : { json }) });

describe('POST /api/v1/clients/{client_id}/secrets', () => {
  test('without a body answers 201 with the entry and the secret', async () => {
    const answer = await ask('POST', `${path}/secrets`);
    expect(answer.status).toBe(201);
    const made = asSecret(answer);
    expect(made).toEqual({
      id: expect.any(String),
      hint: made.client_secret.slice(-4),
      created_at: expect.any(String),
      expires_at: null,
      last_used_at: null,
      last_used_ip: null,
      client_secret: expect.any(String),
    });
    expect(isWellFormedCredential(made.client_secret, 'psts_')).toBe(true);
    expect(answer.headers.get('location')).toBe(`/api/v1${path}/secrets/${made.id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { client_secret: _secret, ...entry } = made;
    expect(asClient(await ask('GET', path)).secrets).toContainEqual(entry);
  });

  test.each([{}, { expires_at: null }])('with %j it never expires', async (body) => {
    expect(asSecret(await ask('POST', `${path}/secrets`, body)).expires_at).toBeNull();
  });

  test('an expiry is kept; one in the past is a 422', async () => {
    const past = await ask('POST', `${path}/secrets`, { expires_at: '2020-01-01T00:00:00Z' });
    expect([past.status, pointersOf(past)]).toEqual([422, ['/expires_at']]);
    const future = await ask('POST', `${path}/secrets`, { expires_at: '2999-01-01T00:00:00Z' });
    expect([future.status, asSecret(future).expires_at]).toEqual([201, '2999-01-01T00:00:00.000Z']);
  });

  test('a third live one is a 409; after one is deleted there is room again', async () => {
    await ask('POST', `${path}/secrets`);
    const third = await ask('POST', `${path}/secrets`);
    expect([third.status, asProblem(third).type]).toEqual([409, 'urn:postern:problem:resource.conflict']);
    expect((await ask('DELETE', `${path}/secrets/${client.secrets[0]?.id}`)).status).toBe(204);
    expect((await ask('POST', `${path}/secrets`)).status).toBe(201);
  });

  test('of five at once exactly one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('POST', `${path}/secrets`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409]);
  });
});

describe('DELETE /api/v1/clients/{client_id}/secrets/{id}', () => {
  test('is a 204 and the entry is gone', async () => {
    const second = asSecret(await ask('POST', `${path}/secrets`));
    expect((await ask('DELETE', `${path}/secrets/${second.id}`)).status).toBe(204);
    expect(asClient(await ask('GET', path)).secrets).toEqual(client.secrets);
    expect((await ask('DELETE', `${path}/secrets/${second.id}`)).status).toBe(404);
  });

  test('another client’s secret is a 404', async () => {
    const other = asRegistered(await ask('POST', '/clients', { name: 'other', role_id: 'role_company_admin' }));
    const answer = await ask('DELETE', `${path}/secrets/${other.secrets[0]?.id}`);
    expect([answer.status, asProblem(answer).detail]).toEqual([404, 'There is no such secret.']);
    expect(asClient(await ask('GET', `/clients/${other.client_id}`)).secrets).toHaveLength(1);
  });

  test('RFC 9110 §13.1.1 › an entry has no ETag, so If-Match with one is a 412', async () => {
    const answer = await call(installation.server, 'DELETE', `/api/v1${path}/secrets/${client.secrets[0]?.id}`, {
      token,
      headers: { 'If-Match': '"1"' },
    });
    expect(answer.status).toBe(412);
    expect(asClient(await ask('GET', path)).secrets).toHaveLength(1);
  });
});

describe('POST /api/v1/clients/{client_id}/revoke-tokens', () => {
  test.each([
    ['no body', undefined],
    ['an empty object', {}],
  ])('with %s is a 204 and an audit event', async (_name, body) => {
    const answer = await ask('POST', `${path}/revoke-tokens`, body);
    expect([answer.status, answer.text]).toEqual([204, '']);
    const events = asEvents(await ask('GET', `/audit-events?request_id=${answer.headers.get('x-request-id')}`));
    expect(events.items.map(({ action }) => action)).toEqual(['client.tokens_revoked']);
  });
});

test('every change of secrets is an audit event that never contains one', async () => {
  const second = asSecret(await ask('POST', `${path}/secrets`));
  await ask('DELETE', `${path}/secrets/${second.id}`);
  const answer = await ask('GET', `/audit-events?target_id=${client.client_id}&order=asc`);
  const { items } = asEvents(answer);
  expect(items.map(({ action }) => action)).toEqual([
    'client.created',
    'client_secret.created',
    'client_secret.deleted',
  ]);
  expect(items[1]?.details).toEqual({ secret_id: second.id, secret_hint: second.hint });
  expect(answer.text).not.toContain(second.client_secret);
  expect(answer.text).not.toContain(client.client_secret);
});
