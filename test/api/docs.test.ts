// Swagger UI at /docs in a real browser, under the policy that the page is served with.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createStaticAssets } from '../../src/ports/http/static-assets.ts';
import { launchBrowser } from '../support/browser.ts';
import { asDocument, operationsOf } from './openapi-document.ts';
import { type ApiServer, awayStorage, call, rootCompany, startApiServer } from './api-server.ts';

let server: ApiServer;
let browser: Browser;
let page: Page;
let complaints: string[];
const tokenRequests: { authorization: string; body: string }[] = [];

beforeAll(async () => {
  server = await startApiServer({
    storage: awayStorage,
    clock: systemClock,
    // Another address than the one at which the browser comes: the page must not go there.
    issuer: 'http://localhost:9',
    middleware: [
      createStaticAssets({ prefix: '/assets/', directory: 'views/assets' }),
      // In place of the token endpoint, which is tested with the whole server.
      async (ctx, next) => {
        if (ctx.path !== '/oauth2/token') return next();
        let body = '';
        for await (const chunk of ctx.req) body += String(chunk);
        tokenRequests.push({ authorization: ctx.get('authorization'), body });
        ctx.body = { access_token: 'fetched', token_type: 'Bearer', expires_in: 86_400, scope: 'clients:read' };
      },
    ],
  });
  server.login('fetched', { company: rootCompany, role: 'reseller' });
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
  await page.goto(`${server.url}/docs`);
  await page.waitForSelector('.opblock');
  return () => page.close();
});

test('the page shows every operation and complains of nothing', async () => {
  const operations = operationsOf(asDocument(await call(server, 'GET', '/api/openapi.json')));
  expect(await page.locator('.opblock').count()).toBe(operations.length);
  expect(await page.locator('.errors-wrapper').count()).toBe(0);
  expect(await page.title()).toBe('Management API · API documentation · Postern');
  expect(complaints).toEqual([]);
});

// Swagger UI works for seconds at each: a few stand for all.
test('the Management API is found by its id too', async () => {
  await page.goto(`${server.url}/docs/management`);
  expect(page.url()).toBe(`${server.url}/docs`);
  const { url, status } = await fetch(`${server.url}/docs/management/openapi.json`);
  expect([url, status]).toEqual([`${server.url}/api/openapi.json`, 200]);
});

test('what can be unfolded stays within the policy: operations with and without a body, and models', async () => {
  const unfold = (selector: string) => page.locator(selector).evaluate((element: HTMLElement) => element.click());
  for (const id of ['Clients-createClient', 'Audit-listAuditEvents', 'Users-setUserPassword']) {
    await unfold(`#operations-${id} .opblock-summary-control`);
    await page.locator(`#operations-${id} .responses-wrapper`).waitFor();
  }
  await page.locator('#operations-Clients-createClient .tab li').first().waitFor();
  await unfold('.models-control');
  for (const name of ['Client', 'Problem']) {
    await unfold(
      `.models [data-json-schema-level="0"]:has(> .json-schema-2020-12-head :text-is("${name}")) .json-schema-2020-12-accordion >> nth=0`,
    );
  }
  expect(complaints).toEqual([]);
}, 60_000);

test('Authorize opens with the cursor in client_id, fetches a token with both fields, and Try it out calls with it', async () => {
  await page.locator('.btn.authorize').click();
  const form = page.locator('.auth-container', { hasText: 'clientCredentials' });
  const clientId = form.locator('input[data-name="clientId"]');
  expect(await clientId.evaluate((input) => input === document.activeElement)).toBe(true);
  await clientId.fill('pst_aaaaaaaaaaaaaaaaaaaaaaaa');
  await form.locator('input[data-name="clientSecret"]').fill('psts_bbbb');
  await form.locator('.authorize').click();
  await form.getByText('Authorized', { exact: true }).waitFor();
  expect(tokenRequests).toEqual([
    {
      authorization: `Basic ${Buffer.from('pst_aaaaaaaaaaaaaaaaaaaaaaaa:psts_bbbb').toString('base64')}`,
      // For this API, whatever the client's default is.
      body: 'grant_type=client_credentials&resource=http%3A%2F%2Flocalhost%3A9%2Fapi',
    },
  ]);

  await page.locator('.dialog-ux .btn-done').first().click();
  const operation = page.locator('#operations-Me-getMe');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('.execute').click();
  const answer = operation.locator('.live-responses-table');
  await answer.waitFor();
  expect(await answer.locator('tbody .response-col_status').innerText()).toMatch(/^200/);
  expect(await answer.innerText()).toContain('pst_caller_fetched');
  expect(complaints).toEqual([]);
});

test('a token that one has already works too', async () => {
  await page.locator('.btn.authorize').click();
  const form = page.locator('.auth-container', { hasText: 'http, Bearer' });
  await form.locator('input').fill('fetched');
  await form.locator('.authorize').click();
  await page.locator('.dialog-ux .btn-done').first().click();
  const operation = page.locator('#operations-Me-getMe');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('.execute').click();
  await operation.locator('.live-responses-table').waitFor();
  expect(await operation.locator('.live-responses-table').innerText()).toContain('pst_caller_fetched');
});

describe('GET /docs', () => {
  test('has a policy without exceptions and is not framed', async () => {
    const { status, headers } = await call(server, 'GET', '/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  test.each(['swagger-ui.css', 'swagger-ui-bundle.js'])('brings /docs/assets/%s', async (name) => {
    expect((await call(server, 'GET', `/docs/assets/${name}`)).status).toBe(200);
  });

  test.each(['', 'package.json', 'index.html', 'swagger-ui.js', 'oauth2-redirect.html', 'swagger-ui-bundle.js.map'])(
    'brings nothing else of the package: /docs/assets/%s',
    async (name) => {
      expect((await call(server, 'GET', `/docs/assets/${name}`)).status).toBe(404);
    },
  );
});
