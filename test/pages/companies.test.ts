// Companies in the pages: made, changed, suspended with all below, and deleted when nothing is in the way.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewCompany } from '../../src/domain/company/company-fields.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { faultsOf, heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants, makeReseller, makeSignedIn, type PageTenants } from './tenants.ts';

let browser: Browser;
let server: PageServer;
let tenants: PageTenants;
let sessionToken: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  tenants = await makePageTenants(server);
  ({ sessionToken } = tenants);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const makeCompany = (input: Partial<NewCompany> & { name: string }) =>
  server.services.companies.create(tenants.ada, { parentId: ROOT_COMPANY_ID, ...input });

const makeClient = (name: string, companyId: string) =>
  server.services.clients.register(tenants.ada, { name, companyId, roleId: COMPANY_ADMIN_ROLE_ID });

async function eventsOf(companyId: string): Promise<string[]> {
  const { items } = await server.services.audit.list(tenants.ada, { targetId: companyId }, { limit: 20, order: 'asc' });
  return items.map(({ action }) => action);
}

test('a company is made below another, shown with its place in the tree, and stands in the list', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/companies/${tenants.contoso.id}`);
  await page.getByRole('link', { name: 'New company' }).click();
  expect(await page.getByLabel('Below').inputValue()).toBe(tenants.contoso.id);
  await page.getByLabel('Name', { exact: true }).fill('Initech');
  await page.getByRole('button', { name: 'Create company' }).click();
  await page.getByText('Created Initech.').waitFor();
  expect(await heading(page)).toBe('Initech');
  const crumbs = await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').allInnerTexts();
  expect(crumbs).toEqual(['Companies', 'Root', 'Contoso']);
  await page.goto('/companies?q=initech');
  expect(await page.getByRole('row', { name: /Initech/ }).innerText()).toContain('Contoso');
  await end();
});

test('without script a form with faults comes back with what was typed, each fault beside its field', async () => {
  const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
  await page.goto('/companies/new');
  await page.getByLabel('Restrict access').check();
  await page.getByLabel('Allowed addresses').fill('10.0.0.0/8, 300.1.2.3');
  await page.getByRole('button', { name: 'Create company' }).click();
  expect(await faultsOf(page, 'name')).toBe('Enter a name.');
  expect(await faultsOf(page, 'ip_rules')).toContain('300.1.2.3');
  expect(await page.getByLabel('Allowed addresses').inputValue()).toBe('10.0.0.0/8, 300.1.2.3');
  await page.getByLabel('Name', { exact: true }).fill('GLOBEX');
  await page.getByLabel('Allow all IPs').check();
  await page.getByLabel('Allowed addresses').fill('');
  await page.getByRole('button', { name: 'Create company' }).click();
  expect(await faultsOf(page, 'name')).toContain('Another company beside it is called GLOBEX already');
  await end();
});

test('a list that leaves out the address it is saved from is saved only after a question', async () => {
  const company = await makeCompany({ name: 'Hooli' });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/companies/${company.id}/edit`);
  await page.getByLabel('Restrict access').check();
  await page.getByLabel('Allowed addresses').fill('198.51.100.7/24');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Your own address, 127.0.0.1, is not in the list').waitFor();
  const before = await server.services.companies.get(tenants.ada, company.id);
  expect(before.ipRestriction).toEqual({ mode: 'off', rules: [] });
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Your own address, 127.0.0.1, is not in the list').waitFor();
  await page.getByLabel('Save it all the same').check();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved the changes to Hooli').waitFor();
  expect(await page.getByText('198.51.100.0/24', { exact: true }).isVisible()).toBe(true);
  const after = await server.services.companies.get(tenants.ada, company.id);
  expect(after.ipRestriction).toEqual({ mode: 'enforce', rules: ['198.51.100.0/24'] });
  await end();
});

test('what somebody else saved meanwhile is not overwritten without being told', async () => {
  const company = await makeCompany({ name: 'Stale' });
  const form = { name: 'Typed', reseller: 'false', ip_mode: 'off', ip_rules: '', version: String(company.version) };
  await server.services.companies.update(tenants.ada, company.id, { name: 'Fresh' });
  const answer = await request(server, `/companies/${company.id}`, { sessionToken, form });
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('Fresh was changed since you opened this form');
  expect(answer.text).toContain('value="Typed"');
});

test('suspending asks, saying how many it stops, ends sessions at once, and reactivating lets them in again', async () => {
  const company = await makeCompany({ name: 'Vandelay', reseller: true });
  const below = await makeCompany({ name: 'Vandelay East', parentId: company.id });
  await makeClient('importer', company.id);
  await makeClient('exporter', below.id);
  const art = await makeSignedIn(server, tenants.ada, { name: 'Art Vandelay', companyId: below.id });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/companies/${company.id}`);
  await page.getByRole('link', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.innerText()).toContain('This stops 2 clients, 1 user and 1 company below it at once.');
  await dialog.getByRole('button', { name: 'Suspend company' }).click();
  await page.getByText('Vandelay is suspended, with everything below it.').waitFor();
  const kept = await request(server, '/', { sessionToken: art.sessionToken });
  expect([kept.status, kept.headers.get('location')]).toEqual([303, '/login?notice=session-ended']);
  await page.goto(`/companies/${below.id}`);
  expect(await page.getByText('A company above this one is suspended').isVisible()).toBe(true);
  await page.goto(`/companies/${company.id}`);
  await page.getByRole('link', { name: 'Reactivate' }).click();
  await page.getByRole('button', { name: 'Reactivate company' }).click();
  await page.getByText('Vandelay is active again.').waitFor();
  expect((await request(server, '/', { sessionToken: art.sessionToken })).status).toBe(200);
  expect(await eventsOf(company.id)).toEqual(['company.created', 'company.suspended', 'company.reactivated']);
  await end();
});

test('without script the confirmation is a page of its own', async () => {
  const company = await makeCompany({ name: 'Pied Piper' });
  const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
  await page.goto(`/companies/${company.id}`);
  await page.getByRole('link', { name: 'Suspend' }).click();
  expect(await heading(page)).toBe('Suspend Pied Piper?');
  await page.getByRole('button', { name: 'Suspend company' }).click();
  await page.getByRole('link', { name: 'Reactivate' }).click();
  expect(await heading(page)).toBe('Reactivate Pied Piper?');
  await page.getByRole('button', { name: 'Reactivate company' }).click();
  expect(await page.getByText('Pied Piper is active again.').isVisible()).toBe(true);
  await end();
});

test('a company that is not empty is not deleted: the page says what is in the way, with links', async () => {
  const company = await makeCompany({ name: 'Umbrella' });
  const { client } = await makeClient('raccoon', company.id);
  const refused = await request(server, `/companies/${company.id}/delete`, { sessionToken, form: {} });
  expect(refused.status).toBe(409);
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/companies/${company.id}/delete`);
  expect(await heading(page)).toBe('Umbrella can’t be deleted yet');
  await page.getByRole('link', { name: '1 client' }).click();
  expect(await page.getByRole('row', { name: /raccoon/ }).innerText()).toContain('Umbrella');
  await server.services.clients.delete(tenants.ada, client.clientId);
  await page.goto(`/companies/${company.id}`);
  await page.getByRole('link', { name: 'Delete company' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete company' }).click();
  await page.getByText('Deleted Umbrella.').waitFor();
  expect((await request(server, `/companies/${company.id}`, { sessionToken })).status).toBe(404);
  await end();
});

describe('a reseller', () => {
  test('sees its own companies and nothing beside or above them', async () => {
    const { contoso, acme, globex } = tenants;
    const rita = await makeReseller(server, tenants.ada, 'Rita Reseller', contoso.id);
    const list = await request(server, '/companies', { sessionToken: rita.sessionToken });
    expect(list.text).toContain('Acme');
    expect(list.text).not.toContain('Globex');
    expect((await request(server, `/companies/${acme.id}`, { sessionToken: rita.sessionToken })).status).toBe(200);
    for (const id of [globex.id, ROOT_COMPANY_ID, 'co_nothing']) {
      const answer = await request(server, `/companies/${id}`, { sessionToken: rita.sessionToken });
      expect([answer.status, answer.text.includes('There is no such company')]).toEqual([404, true]);
    }
    const foreign = { name: 'Sneaky', parent_id: globex.id, reseller: 'false', ip_mode: 'off', ip_rules: '' };
    const made = await request(server, '/companies', { sessionToken: rita.sessionToken, form: foreign });
    expect([made.status, made.text.includes('There is no such company')]).toEqual([422, true]);
  });

  test('can restrict the addresses of its own company, and neither rename, suspend nor delete it', async () => {
    const own = await makeCompany({ name: 'Wonka', reseller: true });
    const willy = await makeReseller(server, tenants.ada, 'Willy Wonka', own.id);
    const detail = await request(server, `/companies/${own.id}`, { sessionToken: willy.sessionToken });
    expect(detail.text).not.toContain('Danger zone');
    const edit = await request(server, `/companies/${own.id}/edit`, { sessionToken: willy.sessionToken });
    expect(edit.text).not.toContain('name="name"');
    const suspended = await request(server, `/companies/${own.id}/suspend`, {
      sessionToken: willy.sessionToken,
      form: {},
    });
    expect(suspended.status).toBe(403);
    const form = { ip_mode: 'enforce', ip_rules: '127.0.0.1' };
    const saved = await request(server, `/companies/${own.id}`, { sessionToken: willy.sessionToken, form });
    expect(saved.status).toBe(303);
    const renamed = await request(server, `/companies/${own.id}`, {
      sessionToken: willy.sessionToken,
      form: { name: 'Oompa' },
    });
    expect(renamed.status).toBe(403);
  });
});

test('a Company Admin has no companies to manage: no entry, and 403 at the address', async () => {
  const plain = await makeSignedIn(server, tenants.ada, { name: 'Plain Admin', companyId: tenants.globex.id });
  const overview = await request(server, '/', { sessionToken: plain.sessionToken });
  expect(overview.text).not.toContain('href="/companies');
  for (const path of ['/companies', '/companies/new', '/companies/switch', `/companies/${tenants.globex.id}`]) {
    expect((await request(server, path, { sessionToken: plain.sessionToken })).status).toBe(403);
  }
});

test('Enter in a field of a new client creates it, although the button that shows a company’s roles stands before', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/clients/new');
  await page.getByLabel('Role', { exact: true }).selectOption({ label: 'Company Admin' });
  await page.getByLabel('Name', { exact: true }).fill('made by Enter');
  await page.getByLabel('Name', { exact: true }).press('Enter');
  await page.getByText('made by Enter').first().waitFor();
  expect(await heading(page)).toBe('Store the secret now');
  await end();
});
