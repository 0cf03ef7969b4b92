// Custom roles in the pages: privileges picked from the tree, given to companies below, and deleted only when nobody has them.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeApi } from '../support/factories.ts';
import { faultsOf, heading, visit } from './browser-visit.ts';
import { hiddenField, request } from './form-request.ts';
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

async function findRole(name: string) {
  const { items } = await server.services.roles.list(tenants.ada, { q: name }, { limit: 2 });
  const [role] = items;
  if (!role) throw new Error(`there is no role ${name}`);
  return role;
}

const makeRole = (name: string, scopes: readonly string[], companyId: string = tenants.contoso.id) =>
  server.services.roles.create(tenants.ada, {
    name,
    companyId,
    privileges: scopes.map((scope) => `management/${scope}`),
  });

const box = (page: Page, scope: string) => page.locator(`input[name="privilege:management/${scope}"]`);
const groupBox = (page: Page, group: string) => page.locator(`input[name="group:management/${group}"]`);

describe('making a role', () => {
  test('by searching, ticking a whole group and a single privilege; the boxes and the counts follow', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto('/roles/new');
    await page.getByLabel('Name', { exact: true }).fill('Client keeper');
    await groupBox(page, 'Clients').check();
    expect([await box(page, 'clients:read').isChecked(), await box(page, 'clients:write').isChecked()]).toEqual([
      true,
      true,
    ]);
    await box(page, 'clients:write').uncheck();
    const isMixed = await groupBox(page, 'Clients').evaluate((input: HTMLInputElement) => input.indeterminate);
    expect(isMixed).toBe(true);
    await box(page, 'clients:write').check();
    await page.getByLabel('Find privileges').fill('audit log');
    await box(page, 'clients:read').waitFor({ state: 'hidden' });
    await box(page, 'audit:read').check();
    expect(await page.locator('[data-pick-total]').innerText()).toBe('3 chosen');
    await page.getByLabel('Find privileges').fill('nothing like it');
    await page.getByText('No privilege matches.').waitFor();
    await page.getByRole('button', { name: 'Create role' }).click();
    await page.getByText('Created the role Client keeper.').waitFor();
    await end();
    const { privileges } = await findRole('Client keeper');
    expect(privileges).toEqual(['management/clients:read', 'management/clients:write', 'management/audit:read']);
  });

  test('without script: a group’s box takes all of it, and faults keep what was ticked', async () => {
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
    await page.goto('/roles/new');
    await groupBox(page, 'Users').check();
    await box(page, 'roles:read').check();
    await page.getByRole('button', { name: 'Create role' }).click();
    expect(await faultsOf(page, 'name')).toBe('Enter a name.');
    expect(await box(page, 'users:write').isChecked()).toBe(true);
    expect(await box(page, 'roles:read').isChecked()).toBe(true);
    await page.getByLabel('Name', { exact: true }).fill('People keeper');
    await page.getByRole('button', { name: 'Create role' }).click();
    expect(await heading(page)).toBe('People keeper');
    await end();
    expect((await findRole('People keeper')).privileges).toHaveLength(3);
  });

  test('for a company below, with the privileges that its level allows, and made available further down', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto('/roles/new');
    await page.getByLabel('Company', { exact: true }).selectOption({ label: 'Contoso' });
    await page.locator('input[name="company_id"], select[name="company_id"]').waitFor();
    await page.getByText('For the root company alone.').first().waitFor();
    expect(await box(page, 'keys:read').isDisabled()).toBe(true);
    expect(await box(page, 'companies:read').isDisabled()).toBe(false);
    await page.getByLabel('Name', { exact: true }).fill('Shared reader');
    await box(page, 'clients:read').check();
    await page.getByLabel('Acme').check();
    expect(await page.getByLabel('Globex').count()).toBe(0);
    await page.getByRole('button', { name: 'Create role' }).click();
    await page.getByText('Created the role Shared reader.').waitFor();
    await end();
    const role = await findRole('Shared reader');
    expect([role.companyName, role.availableTo]).toEqual(['Contoso', [tenants.acme.id]]);
  });

  test('a name that looks like a standard role’s is refused beside the field', async () => {
    const answer = await request(server, '/roles', { sessionToken, form: { name: 'company  admin' } });
    expect([answer.status, answer.text.includes('is the name of a standard role')]).toEqual([409, true]);
  });

  test('the same form sent twice makes one role', async () => {
    const shown = await request(server, '/roles/new', { sessionToken });
    const form = { name: 'Only once', form_id: hiddenField(shown.text, 'form_id') };
    expect((await request(server, '/roles', { sessionToken, form })).status).toBe(303);
    expect((await request(server, '/roles', { sessionToken, form })).status).toBe(409);
  });

  test('what one does not hold can’t be ticked, and is refused when sent all the same', async () => {
    const role = await makeRole('Role maker', ['roles:read', 'roles:write', 'clients:read'], ROOT_COMPANY_ID);
    const weak = await makeSignedIn(server, tenants.ada, {
      name: 'Weak Maker',
      companyId: ROOT_COMPANY_ID,
      roleId: role.id,
    });
    const { page, end } = await visit(browser, server, { sessionToken: weak.sessionToken });
    await page.goto('/roles/new');
    expect([await box(page, 'clients:read').isDisabled(), await box(page, 'clients:write').isDisabled()]).toEqual([
      false,
      true,
    ]);
    expect(await page.getByText('You don’t hold it yourself.').first().isVisible()).toBe(true);
    await end();
    const form = { name: 'Stronger', 'privilege:management/clients:write': 'on' };
    const refused = await request(server, '/roles', { sessionToken: weak.sessionToken, form });
    expect([refused.status, refused.text.includes('privileges that you do not hold')]).toEqual([403, true]);
    const shown = await request(server, `/roles/${RESELLER_ROLE_ID}/edit`, { sessionToken: weak.sessionToken });
    expect(shown.status).toBe(409);
  });

  test.each([
    ['a privilege that does not exist', { 'privilege:management/nothing:read': 'on' }, 422],
    ['a box with another value', { 'privilege:management/clients:read': 'yes' }, 400],
    ['a field that the form does not have', { privileges: 'management/clients:read' }, 400],
    ['a company out of reach', { 'company:co_nothing': 'on' }, 422],
  ])('%s is refused', async (_, more, status) => {
    const answer = await request(server, '/roles', { sessionToken, form: { name: 'Bad input', ...more } });
    expect(answer.status).toBe(status);
  });
});

describe('changing a role', () => {
  test('counts at once for its holders', async () => {
    const role = await makeRole('Shrinking', ['clients:read', 'users:read'], ROOT_COMPANY_ID);
    const holder = await makeSignedIn(server, tenants.ada, {
      name: 'Holder',
      companyId: ROOT_COMPANY_ID,
      roleId: role.id,
    });
    expect((await request(server, '/clients', { sessionToken: holder.sessionToken })).status).toBe(200);
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/roles/${role.id}/edit`);
    await box(page, 'clients:read').uncheck();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved the changes to Shrinking.').waitFor();
    await end();
    expect((await request(server, '/clients', { sessionToken: holder.sessionToken })).status).toBe(403);
  });

  test('does not overwrite what somebody else saved meanwhile without telling', async () => {
    const role = await makeRole('Contested', ['clients:read']);
    await server.services.roles.update(tenants.ada, role.id, { description: 'Changed by another' });
    const form = { name: 'Typed', version: String(role.version), 'privilege:management/users:read': 'on' };
    const answer = await request(server, `/roles/${role.id}`, { sessionToken, form });
    expect([answer.status, answer.text.includes('was changed since you opened this form')]).toEqual([409, true]);
    expect(answer.text).toMatch(/name="privilege:management\/users:read"\s+checked/);
  });

  test('a role made available from above can be given, not changed', async () => {
    const role = await server.services.roles.create(tenants.ada, {
      name: 'From above',
      companyId: ROOT_COMPANY_ID,
      privileges: ['management/clients:read'],
      availableTo: [tenants.contoso.id],
    });
    const rita = await makeReseller(server, tenants.ada, 'Rita Roles', tenants.contoso.id);
    const shown = await request(server, `/roles/${role.id}`, { sessionToken: rita.sessionToken });
    expect(shown.text).toContain('made available by a company above yours');
    expect(shown.text).not.toContain(`/roles/${role.id}/edit`);
    const form = { name: 'Mine now' };
    expect((await request(server, `/roles/${role.id}`, { sessionToken: rita.sessionToken, form })).status).not.toBe(
      303,
    );
    expect((await findRole('From above')).name).toBe('From above');
  });
});

test('a role in use is not deleted: the page lists who has it, with links', async () => {
  const role = await makeRole('Busy role', ['clients:read']);
  const { client } = await server.services.clients.register(tenants.ada, {
    name: 'busy client',
    companyId: tenants.contoso.id,
    roleId: role.id,
  });
  const refused = await request(server, `/roles/${role.id}/delete`, { sessionToken, form: {} });
  expect([refused.status, refused.text.includes('busy client')]).toEqual([409, true]);
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/roles/${role.id}`);
  await page.getByRole('link', { name: 'Delete role' }).click();
  expect(await heading(page)).toBe('Busy role can’t be deleted yet');
  await page.getByRole('link', { name: 'busy client' }).click();
  await page.waitForURL(`/clients/${client.clientId}`);
  await server.services.clients.delete(tenants.ada, client.clientId);
  await page.goto(`/roles/${role.id}`);
  await page.getByRole('link', { name: 'Delete role' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete role' }).click();
  await page.getByText('Deleted Busy role.').waitFor();
  await end();
});

test('who manages companies may change roles there whose APIs its own company does not have', async () => {
  const privileges = [{ scope: 'parcels:read' }];
  await makeApi(server.database, { id: 'parcels', privileges, availableTo: [tenants.contoso.id] });
  const role = await server.services.roles.create(tenants.ada, {
    name: 'Parcel reader',
    companyId: tenants.contoso.id,
    privileges: ['parcels/parcels:read'],
  });
  const answer = await request(server, `/roles/${role.id}`, { sessionToken });
  expect(answer.text).not.toContain('you don’t hold');
  expect(answer.text).toContain(`/roles/${role.id}/edit`);
});

test('standard roles have no form and are not deleted', async () => {
  const shown = await request(server, `/roles/${COMPANY_ADMIN_ROLE_ID}`, { sessionToken });
  expect(shown.text).not.toContain('Danger zone');
  const answers = await Promise.all([
    request(server, `/roles/${COMPANY_ADMIN_ROLE_ID}/edit`, { sessionToken }),
    request(server, `/roles/${COMPANY_ADMIN_ROLE_ID}`, { sessionToken, form: { name: 'Mine' } }),
    request(server, `/roles/${COMPANY_ADMIN_ROLE_ID}/delete`, { sessionToken, form: {} }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([409, 409, 409]);
});

test('a role of another company answers as one that does not exist', async () => {
  const foreign = await makeRole('Globex only', ['clients:read'], tenants.globex.id);
  const rita = await makeReseller(server, tenants.ada, 'Rita Foreign', tenants.contoso.id);
  for (const path of ['', '/edit', '/delete']) {
    const [there, nowhere] = await Promise.all([
      request(server, `/roles/${foreign.id}${path}`, { sessionToken: rita.sessionToken }),
      request(server, `/roles/role_nothing${path}`, { sessionToken: rita.sessionToken }),
    ]);
    expect([there.status, nowhere.status]).toEqual([404, 404]);
  }
});

test('with 3,000 privileges the form opens, is searched and saved, and takes a whole group', async () => {
  const scopes = Array.from({ length: 3000 }, (_, index) => ({ scope: `thing-${index}:read` }));
  await makeApi(server.database, { id: 'huge', privileges: scopes });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/roles/new');
  await page.getByLabel('Name', { exact: true }).fill('Everything huge');
  await page.getByLabel('Find privileges').fill('thing-2999');
  const found = page.locator('input[name="privilege:huge/thing-2999:read"]');
  await found.waitFor({ state: 'visible' });
  await found.check();
  await page.getByLabel('Find privileges').fill('');
  await page.getByText('huge', { exact: true }).first().click();
  await page.locator('input[name="group:huge/Group"]').check();
  expect(await page.locator('[data-pick-total]').innerText()).toBe('3000 chosen');
  await page.getByRole('button', { name: 'Create role' }).click();
  await page.getByText('Created the role Everything huge.').waitFor();
  await end();
  expect((await findRole('Everything huge')).privileges).toHaveLength(3000);
}, 60_000);
