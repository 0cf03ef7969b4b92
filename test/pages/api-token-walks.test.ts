// API tokens in real Chromium: found owners and chosen APIs, the value copied and gone, and a whole life without script.

import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeApi } from '../support/factories.ts';
import { listApiTokens, makeApiToken, makeClient, storedApiToken } from './api-token-fixtures.ts';
import { heading, visit } from './browser-visit.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let ada: Caller;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  await makeApi(server.database, {
    id: 'parcels',
    privileges: [{ scope: 'parcels:read' }, { scope: 'parcels:write' }],
  });
  ada = await callerOf(server, sessionToken);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const box = (page: Page, privilege: string) => page.locator(`input[name="privilege:${privilege}"]`);
const owner = (page: Page) => page.locator('.owner-current').innerText();

async function shownValue(page: Page): Promise<string> {
  await page.getByRole('heading', { name: 'Store the API token now' }).waitFor();
  return (await page.locator('#api-token .unmasked').textContent()) ?? '';
}

/** One that reads the audit log, by hand. */
async function create(page: Page, name: string): Promise<string> {
  await page.goto('/api-tokens/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await box(page, 'management/audit:read').check();
  await page.getByRole('button', { name: 'Create API token' }).click();
  return shownValue(page);
}

test('an owner is looked for with Enter and chosen by a button, an API by its select, and Enter at the end creates', async () => {
  const { clientId } = await makeClient(server, ada, 'walked-client');
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/api-tokens/new');
  expect(await owner(page)).toMatch(/Ada Lovelace\s+You/);
  await page.getByLabel('Name', { exact: true }).fill('walked feed');
  const find = page.getByLabel('Find another client or user by name');
  await find.fill('walked');
  await find.press('Enter');
  await page.getByRole('button', { name: /walked-client/ }).click();
  await page.locator('.owner-current', { hasText: 'walked-client' }).waitFor();
  // Reloading asks for the form with this owner, and sends nothing again; until the script says so, choosing does nothing either.
  await page.waitForURL(({ search }) => search === `?client_id=${clientId}`);
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('walked feed');
  expect(await box(page, 'management/keys:read').count()).toBe(0);
  await page.getByLabel('API', { exact: true }).selectOption({ label: 'parcels' });
  await box(page, 'parcels/parcels:read').check();
  expect(await page.locator('[data-pick-total]').innerText()).toBe('1 chosen');
  expect(await page.getByLabel('Expires at').isVisible()).toBe(false);
  await page.getByLabel('At a date').check();
  await page.getByLabel('Expires at').fill('2099-01-31T12:30');
  await page.getByLabel('Restrict access').check();
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByLabel('Name', { exact: true }).press('Enter');
  expect(isWellFormedCredential(await shownValue(page), 'pstt_')).toBe(true);
  await end();
  expect(await storedApiToken(server, ada, 'walked feed')).toMatchObject({
    ownerId: clientId,
    apiId: 'parcels',
    scopes: ['parcels:read'],
    expiresAt: new Date('2099-01-31T12:30:00Z'),
    ipRestriction: { mode: 'enforce', rules: ['127.0.0.1'] },
  });
});

test('the value is copied without being seen, and gone after reloading, going back and coming again', async () => {
  const { page, context, end } = await visit(browser, server, { sessionToken });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const value = await create(page, 'copied once');
  const copied = async (what: string) => {
    await page.getByRole('button', { name: `Copy ${what}`, exact: true }).click();
    await page.locator(`[data-copy-what="${what}"][data-state=done]`).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(await copied('API token')).toBe(value);
  expect(await copied('curl command')).toBe(
    `curl '${server.issuer}/api/v1/me' \\\n  -H 'Authorization: Bearer ${value}'`,
  );
  expect(await page.locator('#api-token').innerText()).not.toContain(value);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as .env' }).click(),
  ]);
  expect(await readFile(await download.path(), 'utf8')).toBe(`API_TOKEN=${value}\n`);
  await page.reload();
  await page.getByRole('heading', { name: 'copied once' }).waitFor();
  expect(await page.content()).not.toContain(value);
  await page.goto('/api-tokens');
  await page.goBack();
  await page.getByRole('heading', { name: 'copied once' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'New API token' }).waitFor();
  await page.goForward();
  await page.waitForLoadState();
  expect(await page.content()).not.toContain(value);
  await end();
  expect(await listApiTokens(server, ada, { q: 'copied once' })).toHaveLength(1);
});

test('a new value is asked about in a dialog, made once, and not there after going back', async () => {
  const token = await makeApiToken(server, ada, { name: 'regenerated by hand' });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/api-tokens/${token.id}`);
  await page.getByRole('link', { name: 'Regenerate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect((await storedApiToken(server, ada, 'regenerated by hand')).hint).toBe(token.hint);
  await page.getByRole('link', { name: 'Regenerate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Regenerate' }).click();
  await page.getByRole('heading', { name: 'Store the new value now' }).waitFor();
  const value = (await page.locator('#api-token .unmasked').textContent()) ?? '';
  await page.getByRole('link', { name: 'I have stored it' }).click();
  await page.getByRole('heading', { name: 'regenerated by hand' }).waitFor();
  await page.goBack();
  await page.waitForLoadState();
  expect(await page.content()).not.toContain(value);
  expect((await storedApiToken(server, ada, 'regenerated by hand')).hint).toBe(value.slice(-4));
  await page.goto(`/api-tokens/${token.id}`);
  await page.getByRole('link', { name: 'Delete API token' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete API token' }).click();
  await page.getByText('Deleted the API token regenerated by hand').waitFor();
  await end();
});

test('without script a token is made for a client that is looked for, changed, renewed and deleted', async () => {
  await makeClient(server, ada, 'plain-client');
  const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
  await page.goto('/api-tokens');
  await page.getByRole('link', { name: 'New API token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('no script');
  await page.getByLabel('30 days').check();
  await page.getByLabel('Find another client or user by name').fill('plain-cl');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('button', { name: /plain-client/ }).click();
  expect(await owner(page)).toContain('plain-client');
  await page.getByLabel('API', { exact: true }).selectOption({ label: 'parcels' });
  await page.getByRole('button', { name: 'Show its privileges' }).click();
  await page.locator('input[name="group:parcels/Group"]').check();
  expect(await page.getByLabel('30 days').isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Create API token' }).click();
  expect(await heading(page)).toBe('Store the API token now');
  await page.getByLabel('Reveal').check();
  expect(isWellFormedCredential(await page.locator('#api-token').innerText(), 'pstt_')).toBe(true);
  await page.reload();
  expect(await heading(page)).toBe('This API token was created already');
  await page.getByRole('link', { name: 'Go to the API tokens' }).click();
  await page.getByRole('link', { name: 'no script' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.locator('input[name="privilege:parcels/parcels:write"]').uncheck();
  await page.getByLabel('Never').check();
  await page.getByRole('button', { name: 'Save changes' }).click();
  expect(await page.getByText('Saved the changes to no script.').isVisible()).toBe(true);
  const { scopes, expiresAt } = await storedApiToken(server, ada, 'no script');
  expect([scopes, expiresAt]).toEqual([['parcels:read'], null]);
  await page.getByRole('link', { name: 'Regenerate' }).click();
  expect(await heading(page)).toBe('Give no script a new value?');
  await page.getByRole('button', { name: 'Regenerate' }).click();
  expect(await heading(page)).toBe('Store the new value now');
  await page.getByRole('link', { name: 'I have stored it' }).click();
  await page.getByRole('link', { name: 'Delete API token' }).click();
  await page.getByRole('button', { name: 'Delete API token' }).click();
  expect(await page.getByText('Deleted the API token no script').isVisible()).toBe(true);
  await end();
});
