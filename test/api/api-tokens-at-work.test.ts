// API tokens at the Management API of the whole server: what they do there, and what becomes of them.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { rootCompany, toCaller } from './api-server.ts';
import { COMPANY_LEVEL } from './matrix-world.ts';
import { startWholeServer, type WholeServer } from './whole-server.ts';

let server: WholeServer;
let admin: Caller;
let clientId: string;

beforeAll(async () => {
  server = await startWholeServer();
  admin = toCaller('admin', { company: rootCompany, role: 'reseller' });
});

afterAll(() => server.close());

beforeEach(async () => {
  const registered = await server.services.clients.register(admin, { name: 'job', roleId: COMPANY_ADMIN_ROLE_ID });
  clientId = registered.client.clientId;
});

async function ask(authorization: string, method: string, path: string, json?: unknown) {
  const response = await fetch(`${server.issuer}/api/v1${path}`, {
    method,
    headers: { Authorization: authorization, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

async function make(privileges: string[], fields: object = {}) {
  const owned = { name: 'tool', clientId, ...fields };
  const named = privileges.map((scope) => `management/${scope}`);
  const { token, plaintext } = await server.services.apiTokens.create(admin, { ...owned, privileges: named });
  return { id: token.id, value: plaintext };
}

const statusOf = async (value: string, path = '/me') => (await ask(`Bearer ${value}`, 'GET', path)).status;

test.each(['Bearer', 'Token', 'bearer', 'TOKEN'])('one is taken with the scheme %s', async (scheme) => {
  const { value } = await make(['clients:read']);
  expect((await ask(`${scheme} ${value}`, 'GET', '/clients')).status).toBe(200);
  expect((await ask(`${scheme} ${value}`, 'GET', '/audit-events')).status).toBe(403);
  expect((await ask(`${scheme} ${value}`, 'PATCH', `/clients/${clientId}`, { name: 'x' })).status).toBe(403);
});

test('one of a user does what the user may, and no more than its privileges', async () => {
  const { user } = await server.services.users.create(admin, {
    email: 'ada@at-work.test',
    name: 'Ada',
    companyId: rootCompany.id,
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
  const { value } = await make(['users:read'], { clientId: undefined, userId: user.id });
  expect([await statusOf(value, '/users'), await statusOf(value, '/clients')]).toEqual([200, 403]);
  await server.services.users.deactivate(admin, user.id);
  expect(await statusOf(value, '/users')).toBe(401);
  await server.services.users.activate(admin, user.id);
  expect(await statusOf(value, '/users')).toBe(200);
  await server.services.users.delete(admin, user.id);
  expect(await statusOf(value, '/users')).toBe(401);
});

describe('what is changed holds at the very next call', () => {
  test('privileges', async () => {
    const { id, value } = await make(['clients:read']);
    expect(await statusOf(value, '/clients')).toBe(200);
    await server.services.apiTokens.update(admin, id, { privileges: ['management/audit:read'] });
    expect([await statusOf(value, '/clients'), await statusOf(value, '/audit-events')]).toEqual([403, 200]);
  });

  test('IP rules', async () => {
    const { id, value } = await make(['clients:read']);
    const elsewhere = { mode: 'enforce', rules: ['192.0.2.7'] } as const;
    await server.services.apiTokens.update(admin, id, { ipRestriction: elsewhere });
    expect(await statusOf(value, '/clients')).toBe(403);
    await server.services.apiTokens.update(admin, id, { ipRestriction: { mode: 'report' } });
    expect(await statusOf(value, '/clients')).toBe(200);
  });

  test('a new value: the old one is dead, the new one lives', async () => {
    const { id, value } = await make(['clients:read']);
    expect(await statusOf(value)).toBe(200);
    const { plaintext } = await server.services.apiTokens.regenerate(admin, id);
    expect([await statusOf(value), await statusOf(plaintext)]).toEqual([401, 200]);
  });

  test('its end, and the end of all tokens of its client', async () => {
    const [one, two] = [await make(['clients:read']), await make(['clients:read'])];
    await server.services.apiTokens.delete(admin, one.id);
    expect([await statusOf(one.value), await statusOf(two.value)]).toEqual([401, 200]);
    await server.services.clients.revokeTokens(admin, clientId);
    expect(await statusOf(two.value)).toBe(401);
  });

  test('a pause of its client, who is let in again', async () => {
    const { value } = await make(['clients:read']);
    await server.services.clients.update(admin, clientId, { status: 'inactive' });
    expect(await statusOf(value)).toBe(401);
    await server.services.clients.update(admin, clientId, { status: 'active' });
    expect(await statusOf(value)).toBe(200);
  });
});

describe('one that may make others', () => {
  const mint = (value: string, fields: object) =>
    ask(`Bearer ${value}`, 'POST', '/api-tokens', { name: 'minted', privileges: ['audit:read'], ...fields });

  test('makes them for its owner, as narrow as itself and no longer-lived', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { value } = await make(['api-tokens:write', 'api-tokens:read', 'audit:read'], { expiresAt });
    const minted = await mint(value, { expires_at: expiresAt.toISOString() });
    expect([minted.status, minted.json['client_id']]).toEqual([201, clientId]);
    expect(await statusOf(String(minted.json['api_token']), '/audit-events')).toBe(200);
    expect((await mint(value, {})).status).toBe(403);
    expect((await mint(value, { privileges: ['clients:read'], expires_at: expiresAt.toISOString() })).status).toBe(403);
    const other = await server.services.clients.register(admin, { name: 'other', roleId: COMPANY_ADMIN_ROLE_ID });
    const foreign = { client_id: other.client.clientId, expires_at: expiresAt.toISOString() };
    expect((await mint(value, foreign)).status).toBe(403);
  });

  test('changes itself only to less, and ends itself', async () => {
    const { id, value } = await make(['api-tokens:write', 'audit:read']);
    const path = `/api-tokens/${id}`;
    expect((await ask(`Token ${value}`, 'PATCH', path, { privileges: ['clients:read'] })).status).toBe(403);
    const shutOut = { ip_restriction: { mode: 'enforce', rules: ['192.0.2.7'] } };
    expect((await ask(`Token ${value}`, 'PATCH', path, shutOut)).status).toBe(409);
    const regenerated = await ask(`Token ${value}`, 'POST', `${path}/regenerate`);
    expect(regenerated.status).toBe(201);
    const again = `Token ${String(regenerated.json['api_token'])}`;
    expect((await ask(again, 'PATCH', path, { privileges: ['api-tokens:write'] })).status).toBe(200);
    expect((await ask(again, 'DELETE', path)).status).toBe(204);
    expect((await ask(again, 'DELETE', path)).status).toBe(401);
  });
});

test('one of a user does not set the password of that user, whatever it holds', async () => {
  const { user } = await server.services.users.create(admin, {
    email: 'grace@at-work.test',
    name: 'Grace',
    companyId: rootCompany.id,
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
  const { value } = await make(COMPANY_LEVEL, { clientId: undefined, userId: user.id });
  const password = { password: 'mauve otter declines politely' };
  expect((await ask(`Bearer ${value}`, 'PUT', `/users/${user.id}/password`, password)).status).toBe(403);
  expect((await ask(`Bearer ${value}`, 'PATCH', `/users/${user.id}`, { name: 'Grace H.' })).status).toBe(200);
});

test('one of a client asks before it shuts its client out, and itself with it', async () => {
  const { value } = await make(COMPANY_LEVEL);
  const away = { ip_restriction: { mode: 'enforce', rules: ['192.0.2.7'] } };
  expect((await ask(`Bearer ${value}`, 'PATCH', `/clients/${clientId}`, away)).status).toBe(409);
  expect((await ask(`Bearer ${value}`, 'PATCH', `/clients/${clientId}?confirm=true`, away)).status).toBe(200);
  expect(await statusOf(value)).toBe(403);
});
