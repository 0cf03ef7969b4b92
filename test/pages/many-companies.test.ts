// Forms and lists where there are more companies than anybody wants to see in a select: each of them is found by its name.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants, makeSignedIn, type PageTenants } from './tenants.ts';

const MANY = 10_000;

let browser: Browser;
let server: PageServer;
let tenants: PageTenants;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  tenants = await makePageTenants(server);
  await server.database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     SELECT 'co_many' || n, 'Branch ' || n, 'branch ' || n, $1, $1 || '/co_many' || n || '/', false, 'active', now(), now(), 1
     FROM generate_series(1, $2::integer) AS n`,
    [ROOT_COMPANY_ID, MANY],
  );
  await server.database.query(
    `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
     SELECT 'co_partner' || n, 'Partner ' || n, 'partner ' || n, $1, $1 || '/co_partner' || n || '/', true, 'active', now(), now(), 1
     FROM generate_series(1, 300) AS n`,
    [ROOT_COMPANY_ID],
  );
  await server.services.clients.register(tenants.ada, {
    name: 'far away job',
    companyId: 'co_many9994',
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const company = (page: Page) => page.getByLabel('Company', { exact: true });
const optionsOf = (page: Page) => company(page).locator('option').allInnerTexts();

describe.each([
  ['with script', true],
  ['without script', false],
])('%s', (_how, javaScriptEnabled) => {
  const start = (path: string) =>
    visit(browser, server, { sessionToken: tenants.sessionToken, javaScriptEnabled }).then(async (visited) => {
      await visited.page.goto(path);
      return visited;
    });

  /** Chosen from the list; without a script a button says so. */
  async function choose(page: Page, label: string, button: string) {
    await company(page).selectOption({ label });
    if (!javaScriptEnabled) await page.getByRole('button', { name: button }).click();
    await page.waitForLoadState();
  }

  test('a client is made for a company that was found by its name, and what was typed before stays', async () => {
    const { page, end } = await start('/clients/new');
    expect((await optionsOf(page)).length).toBeLessThan(300);
    await page.getByLabel('Name', { exact: true }).fill(`far job ${String(javaScriptEnabled)}`);
    const search = page.getByLabel('Find a company');
    await search.fill('BRANCH 9998');
    if (javaScriptEnabled) await search.press('Enter');
    else await page.getByRole('button', { name: 'Find' }).click();
    await company(page).locator('option', { hasText: 'Branch 9998' }).waitFor({ state: 'attached' });
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(`far job ${String(javaScriptEnabled)}`);
    expect(await optionsOf(page)).toEqual(['Root', 'Branch 9998']);
    await choose(page, 'Branch 9998', 'Show its roles');
    await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
    await page.getByRole('button', { name: 'Create client' }).click();
    await page.getByText('psts_').first().waitFor({ state: 'attached' });
    await end();
    const { items } = await server.services.clients.list(tenants.ada, { companyId: 'co_many9998' }, { limit: 5 });
    expect(items.map(({ name }) => name)).toContain(`far job ${String(javaScriptEnabled)}`);
  });

  /** By its own button, or by Enter in its own field. */
  async function find(page: Page, wanted: string, how: 'button' | 'Enter' = 'button') {
    const search = page.getByLabel('Find a company');
    await search.fill(wanted);
    if (how === 'Enter') await search.press('Enter');
    else await page.getByRole('button', { name: 'Find', exact: true }).click();
    await page.waitForLoadState();
  }

  const queryOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

  test.each(['/clients', '/api-tokens', '/users', '/roles', '/audit'])(
    'a list is filtered by a company that was found by its name, and the other filters stay: %s',
    async (path) => {
      const { page, end } = await start(path === '/clients' ? '/clients?q=job&sort=name' : `${path}?q=job`);
      expect((await optionsOf(page)).length).toBeLessThan(250);
      await find(page, 'BRANCH 9994', 'Enter');
      await expect.poll(() => queryOf(page)['company_id']).toBe('co_many9994');
      expect(queryOf(page)).toMatchObject({ q: 'job' });
      expect(queryOf(page)).not.toHaveProperty('company_q');
      expect(await company(page).locator('option:checked').innerText()).toBe('Branch 9994');
      expect(await page.getByLabel('Find a company').inputValue()).toBe('');
      if (path === '/clients') {
        expect(queryOf(page)).toMatchObject({ sort: 'name' });
        await page.getByRole('link', { name: 'far away job' }).waitFor();
      }
      await end();
    },
  );

  test('of several companies that match one is chosen by name, then another by the search', async () => {
    const { page, end } = await start('/clients?status=active');
    await find(page, 'branch 999');
    await page.getByText('11 companies match “branch 999”. Choose one under Company, then search.').waitFor();
    expect((await optionsOf(page)).slice(0, 3)).toEqual(['All', 'Branch 999', 'Branch 9990']);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('filter-company_id');
    expect(await company(page).getAttribute('aria-describedby')).toBe('company-note');
    await company(page).selectOption({ label: 'Branch 9994' });
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => queryOf(page)).toEqual({ status: 'active', company_id: 'co_many9994' });
    await page.getByRole('link', { name: 'far away job' }).waitFor();
    // The chosen one is among those that match now: it is still the others that are looked for.
    await find(page, 'branch 999');
    await page.getByText('11 companies match').waitFor();
    expect(await company(page).locator('option:checked').innerText()).toBe('Branch 9994');
    await find(page, 'branch 9993');
    await expect.poll(() => queryOf(page)).toEqual({ status: 'active', company_id: 'co_many9993' });
    await end();
  });

  test('what nothing matches is told at the search of a list, which stays filtered as it was', async () => {
    const { page, end } = await start('/clients?company_id=co_many9994');
    await find(page, 'no such branch');
    await page.getByText('No company matches “no such branch”.').waitFor();
    expect(await page.getByLabel('Find a company').getAttribute('aria-describedby')).toBe('company-note');
    expect(await company(page).locator('option:checked').innerText()).toBe('Branch 9994');
    await page.getByRole('link', { name: 'far away job' }).waitFor();
    await end();
  });

  test('a company is made below a reseller that was found by its name, and what was typed before stays', async () => {
    const name = `Placed ${String(javaScriptEnabled)}`;
    const { page, end } = await start('/companies/new');
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Reseller').check();
    await find(page, 'partner 29');
    const parent = page.getByLabel('Below');
    await parent.locator('option', { hasText: 'Partner 299' }).waitFor({ state: 'attached' });
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(name);
    expect(await page.getByLabel('Reseller').isChecked()).toBe(true);
    // No plain company is among them.
    expect((await parent.locator('option').allInnerTexts()).filter((each) => each.startsWith('Branch'))).toEqual([]);
    await parent.selectOption({ label: 'Partner 299' });
    await page.getByRole('button', { name: 'Create company' }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await end();
    const { items } = await server.services.companies.list(tenants.ada, { q: name }, { limit: 2 });
    expect(items.map(({ parentId, reseller }) => [parentId, reseller])).toEqual([['co_partner299', true]]);
  });

  test('a role is made available to companies that were found one after the other', async () => {
    const name = `Spread ${String(javaScriptEnabled)}`;
    const role = await server.services.roles.create(tenants.ada, {
      name,
      companyId: ROOT_COMPANY_ID,
      privileges: ['management/clients:read'],
    });
    const { page, end } = await start(`/roles/${role.id}/edit`);
    await page.getByLabel('Description').fill('kept');
    for (const wanted of ['Branch 9996', 'Branch 9997']) {
      await page.getByLabel('Find a company below it').fill(wanted);
      await page.getByRole('button', { name: 'Find' }).click();
      await page.getByLabel(wanted, { exact: true }).check();
    }
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText(`Saved the changes to ${name}`).waitFor();
    await end();
    const saved = await server.services.roles.get(tenants.ada, role.id);
    expect([saved.description, [...saved.availableTo].sort()]).toEqual(['kept', ['co_many9996', 'co_many9997']]);
  });
});

test('a user is moved to a company that was found by its name', async () => {
  const { user } = await makeSignedIn(server, tenants.ada, { name: 'Mover', companyId: tenants.acme.id });
  const { page, end } = await visit(browser, server, { sessionToken: tenants.sessionToken });
  await page.goto(`/users/${user.id}/edit`);
  await page.getByLabel('Find a company').fill('branch 9995');
  await page.getByRole('button', { name: 'Find' }).click();
  await company(page).locator('option', { hasText: 'Branch 9995' }).waitFor({ state: 'attached' });
  expect(await optionsOf(page)).toEqual(['Branch 9995', 'Acme']);
  await company(page).selectOption({ label: 'Branch 9995' });
  await page.getByLabel('Role').selectOption({ value: COMPANY_ADMIN_ROLE_ID });
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved the changes to Mover').waitFor();
  expect(await heading(page)).toBe('Mover');
  await end();
  expect((await server.services.users.get(tenants.ada, user.id)).companyName).toBe('Branch 9995');
});

test('Enter in another field saves the form and looks for no company', async () => {
  const { page, end } = await visit(browser, server, { sessionToken: tenants.sessionToken });
  await page.goto('/roles/new');
  await page.getByLabel('Name', { exact: true }).fill('By Enter');
  await page.getByLabel('Name', { exact: true }).press('Enter');
  await page.getByText('Created the role By Enter.').waitFor();
  expect(await heading(page)).toBe('By Enter');
  await end();
});

test('what nothing matches is told, and the company that is chosen stays', async () => {
  const { page, end } = await visit(browser, server, { sessionToken: tenants.sessionToken });
  await page.goto('/clients/new');
  await page.getByLabel('Find a company').fill('no such branch');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('No other company matches.').waitFor();
  expect(await optionsOf(page)).toEqual(['Root']);
  await end();
});
