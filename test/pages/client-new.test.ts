// Registering a client: the form, and the one page that shows its secret.

import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { launchBrowser } from '../support/browser.ts';
import { faultsOf, visit } from './browser-visit.ts';
import { hiddenField, request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function fillIn(page: Page, name: string): Promise<void> {
  await page.goto('/clients/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
}

async function create(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.getByRole('heading', { name: 'Store the secret now' }).waitFor();
}

function shownSecret(page: Page): Promise<string> {
  return page.locator('#client-secret .unmasked').innerText();
}

async function storedClient(name: string) {
  const caller = await callerOf(server, sessionToken);
  const { items } = await server.services.clients.list(caller, { name }, { limit: 2 });
  expect(items).toHaveLength(1);
  const [client] = items;
  if (!client) throw new Error(`no client is called ${name}`);
  return client;
}

test('a client without address restriction is created with the defaults, and its secret is shown masked until revealed', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await fillIn(page, 'siem-connector');
  expect(await page.getByLabel('Allowed addresses').isVisible()).toBe(false);
  expect(await page.getByText('= 24 hours').isVisible()).toBe(true);
  await create(page);
  expect(await page.locator('#client-secret').innerText()).toMatch(/^psts_•+$/);
  await page.getByLabel('Reveal').check();
  const secret = await shownSecret(page);
  expect(isWellFormedCredential(secret, 'psts_')).toBe(true);
  const client = await storedClient('siem-connector');
  expect(await page.locator('#client-id').innerText()).toBe(client.clientId);
  expect(client).toMatchObject({
    status: 'active',
    roleName: 'Company Admin',
    ipRestriction: { mode: 'off', rules: [] },
    tokenLifetimeSeconds: 86_400,
    tokenFormat: 'jwt',
    expiresAt: null,
  });
  expect(client.secrets.map(({ hint }) => hint)).toEqual([secret.slice(-4)]);
  await page.getByRole('link', { name: 'I have stored it' }).click();
  await page.waitForURL(`/clients/${client.clientId}`);
  expect(await page.content()).not.toContain(secret);
  await end();
});

test.each([
  ['Restrict access by IP address', 'enforce'],
  ['Report only', 'report'],
] as const)(
  'with “%s” the list is asked for, stored in canonical form, and what was changed is said',
  async (label, mode) => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await fillIn(page, `restricted ${mode}`);
    await page.getByLabel(label).check();
    await page.getByLabel('Allowed addresses').fill('203.0.113.7, 192.168.1.30/24\n2001:DB8::0/32');
    await page.getByRole('button', { name: 'Add it' }).click();
    expect(await page.getByLabel('Allowed addresses').inputValue()).toMatch(/\n127\.0\.0\.1$/);
    await create(page);
    expect(await page.getByText('Saved, with changes').isVisible()).toBe(true);
    expect(await page.getByText('192.168.1.0/24').first().isVisible()).toBe(true);
    const { ipRestriction } = await storedClient(`restricted ${mode}`);
    expect(ipRestriction.mode).toBe(mode);
    expect([...ipRestriction.rules].sort()).toEqual(['127.0.0.1', '192.168.1.0/24', '2001:db8::/32', '203.0.113.7']);
    await end();
  },
);

test('faults stand beside their fields, and every value is kept', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  const typed = {
    name: '"><script>alert(1)</script>'.repeat(9),
    description: '\nTwo lines,\nthe first one empty: مزامنة',
    ip_rules: '203.0.113.7\n192.168.01.1\n10.0.0.0/40',
    token_lifetime: '30',
    expires_at: '2001-01-01T00:00',
  };
  await page.goto('/clients/new');
  await page.getByLabel('Restrict access').check();
  await page.getByLabel('Opaque').check();
  await page.getByLabel('Inactive').check();
  for (const [name, value] of Object.entries(typed)) await page.locator(`[name=${name}]`).fill(value);
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.getByRole('alert').waitFor();
  expect(await faultsOf(page, 'name')).toContain('at most 200');
  expect(await faultsOf(page, 'role_id')).toBe('Choose a role.');
  expect(await faultsOf(page, 'ip_rules')).toMatch(/192\.168\.01\.1 has leading zeros.*10\.0\.0\.0\/40/s);
  expect(await faultsOf(page, 'token_lifetime')).toContain('at least 60 seconds');
  for (const [name, value] of Object.entries(typed)) {
    expect(await page.locator(`[name=${name}]`).inputValue()).toBe(value);
  }
  expect(await page.getByLabel('Opaque').isChecked()).toBe(true);
  expect(await page.getByLabel('Inactive').isChecked()).toBe(true);
  expect(await page.locator('[aria-invalid=true]').count()).toBe(4);
  // The past is a fault that the domain finds, when nothing else is wrong.
  await page.locator('[name=name]').fill('expired at birth');
  await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
  await page.locator('[name=ip_rules]').fill('203.0.113.7');
  await page.locator('[name=token_lifetime]').fill('60');
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.locator('#f-expires_at-error').waitFor();
  expect(await faultsOf(page, 'expires_at')).toBe('Expiry must lie in the future.');
  await page.locator('[name=expires_at]').fill('');
  await create(page);
  expect(await storedClient('expired at birth')).toMatchObject({
    description: 'Two lines,\nthe first one empty: مزامنة',
    status: 'inactive',
    tokenFormat: 'opaque',
    tokenLifetimeSeconds: 60,
    expiresAt: null,
  });
  await end();
});

test('a restriction without addresses is refused at saving', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await fillIn(page, 'empty list');
  await page.getByLabel('Restrict access').check();
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.getByRole('alert').waitFor();
  expect(await faultsOf(page, 'ip_rules')).toContain('needs at least one rule');
  await end();
});

test('the copy buttons copy ID, secret, command and variables without revealing, and the download has all three', async () => {
  const { page, context, end } = await visit(browser, server, { sessionToken });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await fillIn(page, 'copied');
  await create(page);
  const secret = (await page.locator('#client-secret .unmasked').textContent()) ?? '';
  const { clientId } = await storedClient('copied');
  const copied = async (what: string) => {
    await page.getByRole('button', { name: `Copy ${what}`, exact: true }).click();
    await page.locator(`[data-copy-what="${what}"][data-state=done]`).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(await copied('client ID')).toBe(clientId);
  expect(await copied('client secret')).toBe(secret);
  // Said in the frame after the button shows it.
  await page.locator('[data-announcer]', { hasText: /^Copied the client secret\.$/ }).waitFor({ state: 'attached' });
  expect(await copied('curl command')).toBe(
    `curl '${server.issuer}/oauth2/token' \\\n  -d grant_type=client_credentials \\\n  -u '${clientId}:${secret}'`,
  );
  expect(await page.locator('#client-secret').innerText()).not.toContain(secret);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as .env' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${clientId}.env`);
  expect(await readFile(await download.path(), 'utf8')).toBe(
    `CLIENT_ID=${clientId}\nCLIENT_SECRET=${secret}\nTOKEN_URL=${server.issuer}/oauth2/token\n`,
  );
  await end();
});

test('reloading the secret page, coming back to it, and its address show the secret no more', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await fillIn(page, 'only once');
  await create(page);
  const secret = (await page.locator('#client-secret .unmasked').textContent()) ?? '';
  const { clientId } = await storedClient('only once');
  expect(page.url()).not.toContain(secret);
  await page.reload();
  await page.getByRole('heading', { name: 'only once' }).waitFor();
  expect(await page.content()).not.toContain(secret);
  await page.goto('/clients');
  await page.goBack();
  await page.getByRole('heading', { name: 'only once' }).waitFor();
  expect(await page.content()).not.toContain(secret);
  await page.goBack();
  await page.getByRole('heading', { name: 'New client' }).waitFor();
  await page.goForward();
  expect(await page.content()).not.toContain(secret);
  expect((await storedClient('only once')).clientId).toBe(clientId);
  await end();
});

test('Back from the page that follows does not bring the secret back', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await fillIn(page, 'no way back');
  await create(page);
  const secret = (await page.locator('#client-secret .unmasked').textContent()) ?? '';
  await page.getByRole('link', { name: 'I have stored it' }).click();
  await page.getByRole('heading', { name: 'no way back' }).waitFor();
  await page.goBack();
  await page.waitForLoadState();
  expect(await page.content()).not.toContain(secret);
  await end();
});

test('the answer with the secret may be kept by nobody, and the same form sent again makes no second client', async () => {
  const shown = await request(server, '/clients/new', { sessionToken });
  const caller = await callerOf(server, sessionToken);
  const [role] = (await server.services.roles.listChoosable(caller)).filter(({ name }) => name === 'Company Admin');
  const form = { name: 'sent twice', role_id: role?.id ?? '', form_id: hiddenField(shown.text, 'form_id') };
  const answers = await Promise.all([1, 2, 3].map(() => request(server, '/clients', { form, sessionToken })));
  const made = answers.filter(({ status }) => status === 200);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect(made[0]?.headers.get('cache-control')).toBe('no-store');
  const secret = /psts_[0-9A-Za-z]{49}/.exec(made[0]?.text ?? '')?.[0] ?? '';
  expect(isWellFormedCredential(secret, 'psts_')).toBe(true);
  for (const repeated of answers.filter(({ status }) => status === 409)) {
    expect(repeated.text).toContain('This client was created already');
    expect(repeated.text).not.toContain('psts_');
  }
  await storedClient('sent twice');
  // Nor is the secret anywhere that lasts.
  const [{ all } = { all: '' }] = await server.database.query<{ all: string }>(
    `SELECT (SELECT string_agg(to_jsonb(a)::text, '') FROM audit_event a) || (SELECT string_agg(to_jsonb(s)::text, '') FROM client_secret s) AS all`,
  );
  expect(all).toContain(secret.slice(-4));
  expect(all).not.toContain(secret);
  expect(server.logged()).not.toContain(secret);
});

test('a role that holds more than oneself can’t be chosen, and is refused beside the form with everything kept', async () => {
  const other = await startPages();
  try {
    const ada = await setUpAda(other);
    const { invitationToken } = await other.services.users.create(await callerOf(other, ada.sessionToken), {
      email: 'grace@northwind.test',
      name: 'Grace',
      companyId: 'co_root',
      roleId: 'role_company_admin',
    });
    const grace = await other.services.accounts.acceptInvitation(
      { token: invitationToken, password: 'a moth in the relay of panel F' },
      { requestId: '0'.repeat(32), ip: null, userAgent: null },
    );
    const { page, end } = await visit(browser, other, { sessionToken: grace.sessionToken });
    await page.goto('/clients/new');
    await page.getByLabel('Name', { exact: true }).fill('too strong');
    const reseller = page.locator('#f-role_id option', { hasText: 'Reseller' });
    expect(await reseller.isDisabled()).toBe(true);
    await reseller.evaluate((option: HTMLOptionElement) => {
      option.disabled = false;
    });
    await page.getByLabel('Role').selectOption({ label: 'Reseller (may do more than you)' });
    await page.getByRole('button', { name: 'Create client' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('You cannot give the role Reseller');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('too strong');
    await end();
  } finally {
    await other.close();
  }
});
