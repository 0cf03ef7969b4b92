// The list of clients: search, filters, order, pages, and what it says when there is nothing.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let caller: Caller;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  caller = await callerOf(server, sessionToken);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function namesAt(path: string): Promise<string[]> {
  const { status, text } = await request(server, path, { sessionToken });
  expect(status).toBe(200);
  return [...text.matchAll(/<a href="\/clients\/pst_\w+"><bdi class="chosen">([^<]*)<\/bdi><\/a>/g)].map(
    ([, name]) => name ?? '',
  );
}

test('without clients it says what they are for and offers the first step', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/clients');
  expect(await page.getByText('No clients yet').isVisible()).toBe(true);
  expect(await page.getByRole('search').count()).toBe(0);
  await page.getByRole('link', { name: 'New client' }).click();
  expect(await heading(page)).toBe('New client');
  await end();
});

test('with clients it can be searched, filtered, sorted and paged', async () => {
  for (let number = 1; number <= 57; number += 1) {
    server.clock.forward({ minutes: 0.01 });
    await server.services.clients.register(caller, {
      name: `job ${String(number).padStart(2, '0')}`,
      description: number === 13 ? 'collects 100% of the_log' : '',
      roleId: number === 7 ? RESELLER_ROLE_ID : COMPANY_ADMIN_ROLE_ID,
      status: number % 10 === 0 ? 'inactive' : 'active',
    });
  }
  const { page, end } = await visit(browser, server, { sessionToken });
  const rows = page.locator('tbody tr');
  const names = () => rows.locator('th a').allInnerTexts();
  await page.goto('/clients');
  expect((await names())[0]).toBe('job 57');
  expect(await page.locator('.pagination').innerText()).toContain('50 of 57 clients');
  await page.getByRole('link', { name: 'Next' }).click();
  await page.waitForURL(/cursor=/);
  expect(await names()).toEqual(['job 07', 'job 06', 'job 05', 'job 04', 'job 03', 'job 02', 'job 01']);
  await page.getByRole('link', { name: 'First page' }).click();
  await page.waitForURL('/clients');

  await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').click();
  await page.waitForURL('/clients?sort=name');
  expect((await names())[0]).toBe('job 01');
  expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');

  await page.getByLabel('Status').selectOption('Inactive');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/status=inactive/);
  expect(await names()).toEqual(['job 10', 'job 20', 'job 30', 'job 40', 'job 50']);
  await page.getByLabel('Name or client ID').fill('JOB 3');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=JOB/);
  expect(await names()).toEqual(['job 30']);
  await page.getByLabel('Name or client ID').fill('<script>');
  await page.keyboard.press('Enter');
  await page.getByText('No client matches').waitFor();
  expect(await page.getByLabel('Name or client ID').inputValue()).toBe('<script>');
  await page.getByRole('link', { name: 'Show all clients' }).first().click();
  expect(await names()).toHaveLength(50);
  await end();
});

test('wildcards of the database stand for themselves, and the beginning of a client ID is found', async () => {
  expect(await namesAt('/clients?q=100%25')).toEqual(['job 13']);
  expect(await namesAt('/clients?q=the_log')).toEqual(['job 13']);
  expect(await namesAt('/clients?q=%25')).toEqual(['job 13']);
  const [client] = (await server.services.clients.list(caller, { name: 'job 21' }, { limit: 1 })).items;
  expect(await namesAt(`/clients?q=${client?.clientId.slice(0, 16)}`)).toEqual(['job 21']);
});

test('the filter by role leads from the role to its holders', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/roles');
  await page.getByRole('link', { name: 'Reseller' }).click();
  expect(await heading(page)).toBe('Reseller');
  expect(await page.getByText('every company below it').first().isVisible()).toBe(true);
  expect(await page.locator('.privilege-group').allInnerTexts()).toContainEqual(
    expect.stringMatching(/^Clients\s+clients:read\s+See clients/),
  );
  await page.getByRole('link', { name: '1 client' }).click();
  expect(await page.locator('tbody th a').allInnerTexts()).toEqual(['job 07']);
  expect(await page.getByLabel('Role').locator('option:checked').innerText()).toBe('Reseller');
  await end();
});

test.each([
  ['/clients?status=paused', 422],
  ['/clients?sort=secret', 422],
  ['/clients?cursor=nonsense', 422],
  ['/clients?q=%ff', 400],
  ['/clients?q=a&q=b', 400],
  ['/clients?q=%00', 400],
  [`/clients?q=${'x'.repeat(1001)}`, 422],
  [`/clients?${'x'.repeat(5000)}`, 400],
  ['/clients/pst_doesnotexist0000000000', 404],
  ['/clients/..%2f..%2fetc', 404],
  ['/clients/%ff', 404],
  ['/clients/', 404],
  ['/Clients', 404],
  ['/roles/role_gone', 404],
  ['/nothing', 404],
])('%s is answered %i with a page that leads on', async (path, status) => {
  const answer = await request(server, path, { sessionToken });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.text).toContain(`Error ${status}`);
  expect(answer.text).toContain(answer.headers.get('x-request-id'));
  expect(answer.text).toMatch(/<a class="button primary" href="\/[a-z]*"/);
});
