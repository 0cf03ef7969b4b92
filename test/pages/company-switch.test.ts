// Acting for a company below one's own: what is in view, what is made where, and the way back.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf } from './people.ts';
import { makePageTenants, makeReseller, type PageTenants } from './tenants.ts';

let browser: Browser;
let server: PageServer;
let tenants: PageTenants;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  tenants = await makePageTenants(server);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

let made = 0;

/** A reseller of the root company, in a session of their own. */
async function makeRootReseller(): Promise<string> {
  made += 1;
  return (await makeReseller(server, tenants.ada, `Switcher ${made}`, ROOT_COMPANY_ID)).sessionToken;
}

const makeClient = (name: string, companyId: string) =>
  server.services.clients.register(tenants.ada, { name, companyId, roleId: COMPANY_ADMIN_ROLE_ID });

const act = (sessionToken: string, companyId: string) =>
  request(server, '/companies/switch', { sessionToken, form: { company_id: companyId } });

test.each([true, false])('the company is found, acted for and left again (script: %s)', async (javaScriptEnabled) => {
  const sessionToken = await makeRootReseller();
  const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled });
  await page.goto('/');
  await page.getByRole('link', { name: /Root – switch company/ }).click();
  expect(await heading(page)).toBe('Switch company');
  await page.getByLabel('Name').fill('cont');
  await page.getByRole('button', { name: 'Search' }).click();
  expect(await page.locator('.switch-name').allInnerTexts()).toEqual([expect.stringContaining('Contoso')]);
  await page.getByRole('button', { name: /Contoso/ }).click();
  await page.getByText('You act for Contoso now').waitFor();
  expect(await page.getByRole('banner').innerText()).toMatch(/Acting for\s+Contoso/);
  await page.goto('/companies');
  expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(['Acme', 'Contoso Reseller']);
  await page.getByRole('button', { name: 'Back to Root' }).click();
  await page.getByText('You act for your own company, Root, again.').waitFor();
  expect(await page.getByRole('banner').innerText()).not.toContain('Acting for');
  await end();
});

test('what lies outside the company acted for answers 404, and what is inside is there', async () => {
  const sessionToken = await makeRootReseller();
  const { contoso, acme, globex } = tenants;
  const inside = await makeClient('inside', acme.id);
  const outside = await makeClient('outside', globex.id);
  expect((await act(sessionToken, contoso.id)).status).toBe(303);
  const paths = {
    [`/clients/${inside.client.clientId}`]: 200,
    [`/clients/${outside.client.clientId}`]: 404,
    [`/companies/${acme.id}`]: 200,
    [`/companies/${globex.id}`]: 404,
    [`/companies/${ROOT_COMPANY_ID}`]: 404,
    [`/users/${tenants.ada.id}`]: 404,
  };
  for (const [path, status] of Object.entries(paths)) {
    expect([path, (await request(server, path, { sessionToken })).status]).toEqual([path, status]);
  }
  const audit = await request(server, '/audit', { sessionToken });
  expect(audit.text).toContain('inside');
  expect(audit.text).not.toContain('outside');
});

test('acting for a plain company one has its rights alone: no companies, no way to give the role Reseller', async () => {
  const sessionToken = await makeRootReseller();
  await act(sessionToken, tenants.acme.id);
  expect((await request(server, '/companies', { sessionToken })).status).toBe(403);
  const caller = await callerOf(server, sessionToken);
  expect([...caller.privileges].some((name) => name.startsWith('management/companies:'))).toBe(false);
  const form = await request(server, '/users/new', { sessionToken });
  expect(form.text).not.toContain('>Reseller<');
});

test('what is made while acting belongs to that company, and the audit log names the user', async () => {
  const sessionToken = await makeRootReseller();
  await act(sessionToken, tenants.acme.id);
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/clients/new');
  expect(await page.getByLabel('Company').count()).toBe(0);
  await page.getByLabel('Name', { exact: true }).fill('made while acting');
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.getByRole('heading', { name: 'Store the secret now' }).waitFor();
  await end();
  const found = await server.services.clients.list(tenants.ada, { name: 'made while acting' }, { limit: 2 });
  expect(found.items.map(({ companyName }) => companyName)).toEqual(['Acme']);
  const events = await server.services.audit.list(
    tenants.ada,
    { targetId: found.items[0]?.clientId ?? '' },
    { limit: 5, order: 'desc' },
  );
  const [event] = events.items;
  expect([event?.actor.type, event?.actor.name, event?.companyId]).toEqual([
    'user',
    `switcher.${made}@example.test`,
    tenants.acme.id,
  ]);
});

test('a form that was opened while acting does not register elsewhere when the acting has ended', async () => {
  const sessionToken = await makeRootReseller();
  await act(sessionToken, tenants.acme.id);
  const opened = await request(server, '/clients/new', { sessionToken });
  const companyId = /<input type="hidden" name="company_id" value="([^"]*)"/.exec(opened.text)?.[1] ?? '';
  expect(companyId).toBe(tenants.acme.id);
  await act(sessionToken, '');
  const form = { name: 'opened before', role_id: COMPANY_ADMIN_ROLE_ID, company_id: companyId };
  expect((await request(server, '/clients', { sessionToken, form })).status).toBe(200);
  const found = await server.services.clients.list(tenants.ada, { name: 'opened before' }, { limit: 2 });
  expect(found.items.map(({ companyName }) => companyName)).toEqual(['Acme']);
});

test('nobody acts for a company beyond their reach, and the session stays as it was', async () => {
  const rita = await makeReseller(server, tenants.ada, 'Rita', tenants.contoso.id);
  for (const id of [tenants.globex.id, ROOT_COMPANY_ID, 'co_nothing', '../..']) {
    const answer = await act(rita.sessionToken, id);
    expect([id, answer.status, answer.text.includes('There is no such company')]).toEqual([id, 404, true]);
  }
  expect((await callerOf(server, rita.sessionToken)).companyId).toBe(tenants.contoso.id);
});

test('whoever acts for a company that is deleted acts as themselves again', async () => {
  const sessionToken = await makeRootReseller();
  const gone = await server.services.companies.create(tenants.ada, { name: 'Gone', parentId: ROOT_COMPANY_ID });
  await act(sessionToken, gone.id);
  expect((await callerOf(server, sessionToken)).companyName).toBe('Gone');
  await server.services.companies.delete(tenants.ada, gone.id);
  expect((await callerOf(server, sessionToken)).companyId).toBe(ROOT_COMPANY_ID);
});

test('who loses the role Reseller while acting is no longer acting', async () => {
  const paul = await makeReseller(server, tenants.ada, 'Paul', ROOT_COMPANY_ID);
  await act(paul.sessionToken, tenants.contoso.id);
  await server.services.users.update(tenants.ada, paul.user.id, { roleId: COMPANY_ADMIN_ROLE_ID });
  const caller = await callerOf(server, paul.sessionToken);
  expect([caller.companyId, caller.reach.subtree]).toEqual([ROOT_COMPANY_ID, false]);
});
