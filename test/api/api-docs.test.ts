// Swagger UI for imported APIs: the document that is served, who may see it, and in a real browser on the whole server a token that
// Authorize fetches for that API and Try it out sends to where the API is.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { documentOf } from '../domain/api/documents.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeCaller } from '../support/factories.ts';
import { call, SIGNED_IN } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';
import { startWholeServer, type WholeServer } from './whole-server.ts';

const orders = (url: string) =>
  documentOf(
    { '/orders': { get: { tags: ['orders'] }, post: { tags: ['orders'] } } },
    { info: { title: 'Orders', version: '1' }, servers: [{ url }] },
  );

describe('over HTTP', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await startInstallation();
    installation.server.login('root', { company: installation.root, role: 'reseller' });
    for (const [id, rest] of [
      ['orders', {}],
      ['secret', { docs_private: true }],
      ['bare', {}],
    ] as const) {
      const json = { id, identifier: `https://${id}.test/api`, name: `The ${id}`, ...rest };
      await call(installation.server, 'POST', '/api/v1/apis', { token: 'root', json });
      if (id !== 'bare') await importInto(id, orders('/v1'));
    }
  });

  afterAll(() => installation.close());

  const importInto = (id: string, json: unknown) =>
    call(installation.server, 'POST', `/api/v1/apis/${id}/import`, { token: 'root', json });
  const get = (path: string, headers: Record<string, string> = {}) =>
    call(installation.server, 'GET', path, { headers });

  test('the document asks for tokens here and for calls there', async () => {
    const { status, headers, json } = await get('/docs/orders/openapi.json');
    expect([status, headers.get('content-type'), headers.get('content-encoding')]).toEqual([
      200,
      'application/json; charset=utf-8',
      'gzip',
    ]);
    expect(json).toMatchObject({
      servers: [{ url: 'https://orders.test/v1' }],
      components: {
        securitySchemes: {
          postern: { flows: { clientCredentials: { tokenUrl: 'http://localhost:3000/oauth2/token' } } },
        },
      },
      paths: { '/orders': { get: { security: [{ postern: ['orders:read'] }] } } },
    });
  });

  test('is served plain to whom cannot unpack it, and not again to whom has it', async () => {
    const plain = await get('/docs/orders/openapi.json', { 'Accept-Encoding': 'identity' });
    expect([plain.status, plain.headers.get('content-encoding')]).toEqual([200, null]);
    const tag = plain.headers.get('etag') ?? '';
    const again = await get('/docs/orders/openapi.json', { 'Accept-Encoding': 'identity', 'If-None-Match': tag });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('follows an import and a change at once', async () => {
    const scopes = async () => JSON.stringify((await get('/docs/orders/openapi.json')).json);
    await importInto('orders', documentOf({ '/other': { get: { tags: ['other'] } } }));
    expect(await scopes()).toContain('other:read');
    await importInto('orders', orders('/v1'));
    expect(await scopes()).not.toContain('other:read');
  });

  test('the page allows calls to where the API is, and nothing else', async () => {
    await importInto('orders', orders('https://eu.orders.test:8443/v1'));
    const { status, headers } = await get('/docs/orders');
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("connect-src 'self' https://eu.orders.test:8443 https://orders.test;");
    expect(policy).toContain("script-src 'self';");
    expect((await get('/docs')).headers.get('content-security-policy')).toContain("connect-src 'self';");
    await importInto('orders', orders('/v1'));
  });

  test.each(['/docs/secret', '/docs/secret/openapi.json'])('%s is for those alone who are signed in', async (path) => {
    expect((await get(path)).status).toBe(404);
    const signedIn = await get(path, { Cookie: SIGNED_IN });
    expect(signedIn.status).toBe(200);
    expect(signedIn.headers.get('cache-control')).toContain('private');
  });

  test.each(['/docs/nothing', '/docs/bare', '/docs/bare/openapi.json', '/docs/orders/', '/docs/Orders'])(
    '%s does not exist',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test('any other method is a 405', async () => {
    const answer = await call(installation.server, 'POST', '/docs/orders');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('/docs leads to every API that the visitor may read about', async () => {
    const links = async (headers: Record<string, string>) =>
      [...(await get('/docs', headers)).text.matchAll(/<a href="(\/docs[^"]*)"/g)].map(([, href]) => href);
    expect(await links({})).toEqual(['/docs', '/docs/orders']);
    expect(await links({ Cookie: SIGNED_IN })).toEqual(['/docs', '/docs/orders', '/docs/secret']);
  });
});

describe('in the browser', () => {
  let server: WholeServer;
  let browser: Browser;
  let api: Server;
  let identifier: string;
  const received: string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startWholeServer(), launchBrowser()]);
    api = createServer((request: IncomingMessage, response) => {
      if (request.method === 'GET') received.push(`${request.url} ${request.headers.authorization}`);
      response.setHeader('Access-Control-Allow-Origin', server.issuer);
      response.setHeader('Access-Control-Allow-Headers', 'authorization');
      response.setHeader('Content-Type', 'application/json');
      response.end('{"orders":[]}');
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    identifier = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const root = makeCaller();
    await server.services.apis.create(root, { id: 'orders', identifier, name: 'Orders', availableTo: 'all' });
    await server.services.apis.import(root, 'orders', JSON.stringify(orders('/v1')), { dryRun: false });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await server.close();
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  });

  async function openDocs(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${server.issuer}/docs`);
    await page.getByText('All APIs').click();
    await page.getByRole('link', { name: 'Orders' }).click();
    await page.waitForSelector('.opblock');
    return { page, complaints };
  }

  test.each([
    ['all that its role holds', [], 'orders:read orders:write'],
    ['the scopes that were chosen', ['orders:read'], 'orders:read'],
  ])('Authorize gets a token for that API with %s, and Try it out sends it there', async (_name, scopes, granted) => {
    const holder = makeCaller(undefined, {
      privileges: new Set([...makeCaller().privileges, 'orders/orders:read', 'orders/orders:write']),
    });
    const { client, clientSecret } = await server.services.clients.register(holder, {
      name: 'swagger',
      roleId: COMPANY_ADMIN_ROLE_ID,
    });
    const { page, complaints } = await openDocs();
    await page.locator('.btn.authorize').click();
    const form = page.locator('.auth-container');
    await form.locator('input[data-name="clientId"]').fill(client.clientId);
    await form.locator('input[data-name="clientSecret"]').fill(clientSecret);
    for (const scope of scopes) await form.locator(`label[for^="${scope}-"] .item`).click();
    await form.locator('.authorize').click();
    await form.getByText('Authorized', { exact: true }).waitFor();
    await page.locator('.dialog-ux .btn-done').first().click();
    const operation = page.locator('.opblock-get').first();
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.execute').click();
    const answer = operation.locator('.live-responses-table');
    await answer.waitFor();
    expect(await answer.innerText()).toContain('200');
    const [path, type, token] = (received.at(-1) ?? '').split(' ');
    expect([path, type]).toEqual(['/v1/orders', 'Bearer']);
    expect(decodeJwt(token ?? '')).toMatchObject({ aud: identifier, scope: granted, client_id: client.clientId });
    expect(complaints).toEqual([]);
    await page.close();
  });
});
