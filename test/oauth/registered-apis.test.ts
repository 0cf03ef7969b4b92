// Tokens for APIs that an administrator registered by importing their description: from the import to the verdict of introspection.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeJwt } from 'jose';
import { systemClock } from '../../src/base/clock.ts';
import { type ApiService, createApiService } from '../../src/domain/api/api-service.ts';
import type { ClientRegistration } from '../../src/domain/client/client-fields.ts';
import { createOpenApiReader } from '../../src/domain/api/openapi-reader.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { documentOf } from '../domain/api/documents.ts';
import { makeRole } from '../support/factories.ts';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { type Answer, fetchToken, GRANT, introspect, send } from './requests.ts';

let installation: Installation;
let apis: ApiService;

const ORDERS = 'https://orders.example/v1';
const STOCK = 'urn:example:stock';

const orders = documentOf({ '/orders': { get: { tags: ['orders'] }, post: { tags: ['orders'] } } });
const stock = documentOf({ '/items': { get: { tags: ['items'] } }, '/orders': { get: { tags: ['orders'] } } });

beforeAll(async () => {
  installation = await startInstallation();
  apis = createApiService({ storage: installation.storage, clock: systemClock, reader: createOpenApiReader() });
  for (const [id, identifier, document] of [
    ['orders', ORDERS, orders],
    ['stock', STOCK, stock],
  ] as const) {
    await apis.create(installation.admin, { id, identifier, name: id });
    await apis.import(installation.admin, id, JSON.stringify(document), { dryRun: false });
  }
});

afterAll(() => installation.close());

/** By an administrator who holds whatever the APIs bring: nobody gives what they do not hold. */
async function register(registration: Partial<ClientRegistration> = {}): Promise<TestClient> {
  const scopes = ['orders/orders:read', 'orders/orders:write', 'stock/items:read', 'stock/orders:read'];
  const admin = { ...installation.admin, privileges: new Set([...installation.admin.privileges, ...scopes]) };
  const input = { name: 'orders-sync', roleId: COMPANY_ADMIN_ROLE_ID, ...registration };
  const { client, clientSecret } = await installation.clients.register(admin, input);
  return { clientId: client.clientId, secret: clientSecret };
}

const ask = (client: TestClient, form: Record<string, string> = {}): Promise<Answer> =>
  send(installation, { basic: client, body: { ...GRANT, ...form } });

async function available(id: string, availableTo: 'all' | string[]): Promise<void> {
  await apis.update(installation.admin, id, { availableTo });
}

test('an import widens nobody: until it is available, no client gets a token for it', async () => {
  await available('orders', []);
  const client = await register();
  const answer = await ask(client, { resource: ORDERS });
  expect([answer.status, answer.json.error]).toEqual([400, 'invalid_target']);
  expect(answer.json.error_description).not.toContain(ORDERS);
  expect((await ask(client)).json.scope).not.toContain('orders:read');
});

test('RFC 8707 §2 › resource gets a token with the aud and the scopes of that API alone', async () => {
  await available('orders', 'all');
  const client = await register();
  const { status, json } = await ask(client, { resource: ORDERS });
  expect([status, json.scope]).toEqual([200, 'orders:read orders:write']);
  expect(decodeJwt(json.access_token)).toMatchObject({ aud: ORDERS, scope: 'orders:read orders:write' });
  expect((await ask(client, { resource: ORDERS, scope: 'orders:write' })).json.scope).toBe('orders:write');
});

test('scopes alone find the API that has them; the Management API stays the default without any', async () => {
  await available('orders', 'all');
  await available('stock', []);
  const client = await register();
  const found = await ask(client, { scope: 'orders:read' });
  expect(decodeJwt(found.json.access_token)['aud']).toBe(ORDERS);
  expect(decodeJwt((await ask(client)).json.access_token)['aud']).toBe('http://localhost:3000/api');
});

test('where several APIs have the scope, the answer asks for resource and names both', async () => {
  await available('orders', 'all');
  await available('stock', 'all');
  const { status, json } = await ask(await register(), { scope: 'orders:read' });
  expect([status, json.error]).toEqual([400, 'invalid_target']);
  expect(json.error_description).toContain(ORDERS);
  expect(json.error_description).toContain(STOCK);
});

test('the client’s default API decides where nothing else does, and is preferred where several could', async () => {
  await available('orders', 'all');
  await available('stock', 'all');
  const client = await register({ defaultApi: 'stock' });
  const plain = await ask(client);
  expect([plain.json.scope, decodeJwt(plain.json.access_token)['aud']]).toEqual(['items:read orders:read', STOCK]);
  const shared = await ask(client, { scope: 'orders:read' });
  expect(decodeJwt(shared.json.access_token)['aud']).toBe(STOCK);
});

test('invalid_target names the APIs that this client may ask for, and no other', async () => {
  await available('orders', 'all');
  await available('stock', []);
  const role = await makeRole(installation.database, { companyId: 'co_root', privileges: ['orders/orders:read'] });
  const client = await register({ roleId: role });
  const { json } = await ask(client, { resource: 'https://nothing.example' });
  expect(json.error).toBe('invalid_target');
  expect(json.error_description).toBe(`This client may ask for: ${ORDERS}`);
});

test('a company gets tokens when it or one above it was chosen, and loses them at once when that is taken back', async () => {
  await available('orders', ['co_acme']);
  const below = await register({ companyId: 'co_acme_eu', roleId: COMPANY_ADMIN_ROLE_ID });
  const beside = await register({ companyId: 'co_bolt', roleId: COMPANY_ADMIN_ROLE_ID });
  const token = await fetchToken(installation, below, { resource: ORDERS });
  expect((await ask(beside, { resource: ORDERS })).json.error).toBe('invalid_target');
  expect((await introspect(installation, below, { token })).json).toMatchObject({ active: true, aud: ORDERS });
  await available('orders', ['co_bolt']);
  expect((await ask(below, { resource: ORDERS })).json.error).toBe('invalid_target');
  expect((await introspect(installation, below, { token })).json).toEqual({ active: false });
  await available('orders', ['co_acme']);
  expect((await introspect(installation, below, { token })).json).toMatchObject({ active: true, aud: ORDERS });
});

test('RFC 7009 §2.1 › what is revoked while its API is taken away stays so when the API comes back', async () => {
  await available('orders', 'all');
  const client = await register();
  const token = await fetchToken(installation, client, { resource: ORDERS });
  await available('orders', []);
  const revoked = await send(installation, { path: '/oauth2/revoke', basic: client, body: { token } });
  expect(revoked.status).toBe(200);
  await available('orders', 'all');
  expect((await introspect(installation, client, { token })).json).toEqual({ active: false });
});

test('a new identifier is the aud from then on; what carries the old one is good for nothing', async () => {
  await available('orders', 'all');
  const client = await register();
  const token = await fetchToken(installation, client, { resource: ORDERS });
  await apis.update(installation.admin, 'orders', { identifier: 'https://orders.example/v2' });
  expect((await introspect(installation, client, { token })).json).toEqual({ active: false });
  expect((await ask(client, { resource: ORDERS })).json.error).toBe('invalid_target');
  const moved = await ask(client, { resource: 'https://orders.example/v2' });
  expect(decodeJwt(moved.json.access_token)['aud']).toBe('https://orders.example/v2');
  await apis.update(installation.admin, 'orders', { identifier: ORDERS });
});

test('a privilege whose level is raised beyond the company is gone from tokens at once', async () => {
  await available('orders', 'all');
  const client = await register({ companyId: 'co_bolt', roleId: COMPANY_ADMIN_ROLE_ID });
  const token = await fetchToken(installation, client, { resource: ORDERS });
  const { privileges } = await apis.get(installation.admin, 'orders');
  const raised = privileges.map(({ operations: _, ...each }) => ({
    ...each,
    level: each.scope === 'orders:write' ? ('root' as const) : each.level,
  }));
  await apis.update(installation.admin, 'orders', { privileges: raised });
  expect((await ask(client, { resource: ORDERS })).json.scope).toBe('orders:read');
  expect((await introspect(installation, client, { token })).json.scope).toBe('orders:read');
});

test('the metadata document goes on listing the scopes of the Management API alone', async () => {
  const { json } = await send(installation, { method: 'GET', path: '/.well-known/oauth-authorization-server' });
  expect(json.scopes_supported).toContain('clients:read');
  expect(json.scopes_supported).not.toContain('orders:read');
});
