// Swagger UI on the whole server in a real browser: Authorize fetches a real token with a real secret, and Try it out calls with it.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { compose } from '../../src/app/compose.ts';
import { createStopSequence, type StopSequence } from '../../src/app/stop.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import type { ClientService } from '../../src/domain/client/client-service.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { rootCompany, toCaller } from './api-server.ts';

const administrator = toCaller('administrator', { company: rootCompany, role: 'reseller' });
const log = createLog('silent');

let database: TestDatabase;
let stopping: StopSequence;
let clients: ClientService;
let issuer: string;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const port = await findFreePort();
  issuer = `http://localhost:${port}`;
  database = await createTestDatabase();
  stopping = createStopSequence(log);
  const { http, services } = await compose({
    settings: readSettings({ PORT: String(port), POSTERN_BCRYPT_COST: '4' }),
    connection: database.connection,
    poolSize: 5,
    encryptionKey: randomBytes(32),
    log,
    clock: systemClock,
    stopping,
  });
  await http.listen(port, '127.0.0.1');
  stopping.add('connections', () => http.close(0));
  ({ clients } = services);
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await stopping.run();
  await database.drop();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${issuer}/docs`);
  await page.waitForSelector('.opblock');
  return () => page.close();
});

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function authorize(clientId: string, secret: string, scopes: readonly string[] = []): Promise<Locator> {
  await page.locator('.btn.authorize').click();
  const form = page.locator('.auth-container', { hasText: 'clientCredentials' });
  await form.locator('input[data-name="clientId"]').fill(clientId);
  await form.locator('input[data-name="clientSecret"]').fill(secret);
  for (const scope of scopes) await form.locator(`label[for^="${scope}-"] .item`).click();
  await form.locator('.authorize').click();
  return form;
}

/** What the operation answered: status and body as the page shows them. */
async function tryOut(id: string, body?: string): Promise<{ status: string; text: string }> {
  await page.locator('.dialog-ux .btn-done').first().click();
  const operation = page.locator(`#operations-${id}`);
  await operation.locator('.opblock-summary-control').click();
  if (body !== undefined) await operation.locator('textarea.body-param__text').fill(body);
  await operation.locator('.execute').click();
  const answer = operation.locator('.live-responses-table');
  await answer.waitFor();
  const status = await answer.locator('tbody .response-col_status').innerText();
  return { status: status.slice(0, 3), text: await answer.innerText() };
}

function register() {
  return clients.register(administrator, { name: 'swagger', roleId: COMPANY_ADMIN_ROLE_ID });
}

test('Authorize gets a token for client ID and secret, and GET /me answers who it is', async () => {
  const { client, clientSecret } = await register();
  const form = await authorize(client.clientId, clientSecret);
  await form.getByText('Authorized', { exact: true }).waitFor();
  const { status, text } = await tryOut('Me-getMe');
  expect(status).toBe('200');
  expect(text).toContain(client.clientId);
  expect(complaints).toEqual([]);
});

test('with the example of the page a client is registered', async () => {
  const { client, clientSecret } = await register();
  const form = await authorize(client.clientId, clientSecret);
  await form.getByText('Authorized', { exact: true }).waitFor();
  const { status, text } = await tryOut(
    'Clients-createClient',
    '{ "name": "made-in-swagger", "role_id": "role_company_admin" }',
  );
  expect(status).toBe('201');
  expect(text).toContain('made-in-swagger');
  const { items } = await clients.list(administrator, { name: 'made-in-swagger' }, { limit: 10 });
  expect(items).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test('a token with one chosen scope may no more than that', async () => {
  const { client, clientSecret } = await register();
  const form = await authorize(client.clientId, clientSecret, ['audit:read']);
  await form.getByText('Authorized', { exact: true }).waitFor();
  const { status, text } = await tryOut('Clients-listClients');
  expect(status).toBe('403');
  expect(text).toContain('clients:read');
});

test('a wrong secret is told in the dialog, with the reference', async () => {
  const { client, clientSecret } = await register();
  const form = await authorize(client.clientId, clientSecret.replace(/.{6}$/, '000000'));
  const errors = form.locator('.errors');
  await errors.first().waitFor();
  expect(await errors.allInnerTexts().then((texts) => texts.join(' '))).toMatch(/invalid_client.*\(ref [0-9a-f]{32}\)/);
  expect(await form.getByText('Authorized', { exact: true }).count()).toBe(0);
});

test('a client that is set inactive is refused at the next call', async () => {
  const { client, clientSecret } = await register();
  const form = await authorize(client.clientId, clientSecret);
  await form.getByText('Authorized', { exact: true }).waitFor();
  await clients.update(administrator, client.clientId, { status: 'inactive' });
  const { status, text } = await tryOut('Me-getMe');
  expect(status).toBe('401');
  expect(text).toContain('whoever it belongs to is inactive');
});
