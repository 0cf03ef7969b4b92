// Users in the pages: invited by a link that is shown once, changed, kept out, and never the last who can manage users.

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

async function findUser(email: string) {
  const { items } = await server.services.users.list(tenants.ada, { email }, { limit: 2 });
  const [user] = items;
  if (!user) throw new Error(`there is no user ${email}`);
  return user;
}

function makeUser(name: string, companyId = tenants.contoso.id) {
  return makeSignedIn(server, tenants.ada, { name, companyId });
}

async function fillIn(page: Page, name: string, email: string): Promise<void> {
  await page.goto('/users/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Email address').fill(email);
}

describe('inviting', () => {
  test('the link is shown once, lets the invited set a password and sign in, and is nowhere after that', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await fillIn(page, 'Grace Hopper', 'grace@example.test');
    await page.getByLabel('Company', { exact: true }).selectOption({ label: 'Contoso' });
    await page.locator('#f-role_id:focus').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Grace Hopper');
    await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByRole('heading', { name: 'Pass this link on now' }).waitFor();
    const link = await page.locator('#invitation-url').innerText();
    expect(link.startsWith(`${server.issuer}/invitation?token=`)).toBe(true);
    await page.getByRole('link', { name: 'I have passed it on' }).click();
    await page.getByText('Not signed in yet').waitFor();
    expect(await page.content()).not.toContain(new URL(link).searchParams.get('token'));
    await page.goBack();
    expect(await heading(page)).toBe('New user');
    expect(await page.getByLabel('Company', { exact: true }).inputValue()).toBe(tenants.contoso.id);
    await end();

    const guest = await visit(browser, server);
    await guest.page.goto(`/invitation${new URL(link).search}`);
    await guest.page.getByLabel('Password').fill('sixteen compilers in the moonlight');
    await guest.page.getByRole('button', { name: 'Set password and sign in' }).click();
    await guest.page.getByText('Your password is set').waitFor();
    expect(await guest.page.getByRole('banner').innerText()).toContain('Contoso');
    await guest.end();
    expect(server.logged()).not.toContain(new URL(link).searchParams.get('token'));
  });

  test('without script the company is chosen by a button, and the answer with the link is not to be kept', async () => {
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
    await fillIn(page, 'No Script', 'no.script@example.test');
    await page.getByLabel('Company', { exact: true }).selectOption({ label: 'Acme' });
    await page.getByRole('button', { name: 'Show its roles' }).click();
    const roles = await page.getByLabel('Role').locator('option').allInnerTexts();
    expect(roles).toEqual(['Choose a role', 'Company Admin']);
    await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.getByRole('button', { name: 'Create user' }).click(),
    ]);
    expect([answer.status(), answer.headers()['cache-control']]).toEqual([200, 'no-store']);
    expect(await heading(page)).toBe('Pass this link on now');
    await page.reload();
    expect(await heading(page)).toBe('This user was created already');
    await end();
    expect((await findUser('no.script@example.test')).companyName).toBe('Acme');
  });

  test('faults stand beside their fields, and an address that is taken is told', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await fillIn(page, '', 'nobody');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByRole('alert').waitFor();
    expect(await faultsOf(page, 'name')).toBe('Enter a name.');
    expect(await faultsOf(page, 'email')).toContain('not an e-mail address');
    expect(await faultsOf(page, 'role_id')).toBe('Choose a role.');
    await page.getByLabel('Name', { exact: true }).fill('Second Ada');
    await page.getByLabel('Email address').fill('ADA@northwind.test');
    await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.locator('#f-email-error').waitFor();
    expect(await faultsOf(page, 'email')).toBe('There is a user with this e-mail address already.');
    await end();
  });

  test('a new link makes earlier ones void, and the form that made it counts once', async () => {
    const { user, invitationToken } = await server.services.users.create(tenants.ada, {
      email: 'lost@example.test',
      name: 'Lost Link',
      companyId: tenants.acme.id,
      roleId: COMPANY_ADMIN_ROLE_ID,
    });
    const shown = await request(server, `/users/${user.id}`, { sessionToken });
    const form = { form_id: hiddenField(shown.text, 'form_id') };
    const answer = await request(server, `/users/${user.id}/invitation`, { sessionToken, form });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const token = /invitation\?token=([A-Za-z0-9_-]{43})/.exec(answer.text)?.[1] ?? '';
    expect((await request(server, `/invitation?token=${invitationToken}`)).status).toBe(403);
    expect((await request(server, `/invitation?token=${token}`)).status).toBe(200);
    const again = await request(server, `/users/${user.id}/invitation`, { sessionToken, form });
    expect([again.status, again.text.includes('made and shown already')]).toEqual([409, true]);
    expect((await request(server, `/invitation?token=${token}`)).status).toBe(200);
  });
});

describe('changing', () => {
  test('name, role and the exemption from the company’s addresses are saved, and an event has old and new values', async () => {
    const { user } = await makeUser('Barbara Liskov');
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/users/${user.id}/edit`);
    await page.getByLabel('Name', { exact: true }).fill('Barbara L.');
    await page.getByLabel('Exempt').check();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved the changes to Barbara L.').waitFor();
    await end();
    const { items } = await server.services.audit.list(
      tenants.ada,
      { targetId: user.id, action: 'user.updated' },
      { limit: 2, order: 'desc' },
    );
    expect(items.map(({ changes }) => changes)).toEqual([
      { name: ['Barbara Liskov', 'Barbara L.'], ip_exempt: [false, true] },
    ]);
  });

  test('a user is moved to another company with a role of that one', async () => {
    const { user } = await makeUser('Moving Person');
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/users/${user.id}/edit`);
    await page.getByLabel('Company', { exact: true }).selectOption({ label: 'Globex' });
    await page.locator('#f-role_id:focus').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved the changes to Moving Person').waitFor();
    await end();
    expect((await findUser('moving.person@example.test')).companyName).toBe('Globex');
  });

  test('who is set inactive is signed out at once and back when set active', async () => {
    const { user, sessionToken: theirs } = await makeUser('Sleepy Person');
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/users/${user.id}`);
    await page.getByRole('link', { name: 'Set inactive' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Set inactive' }).click();
    await page.getByText('This user is inactive').waitFor();
    expect((await request(server, '/', { sessionToken: theirs })).headers.get('location')).toContain('/login');
    await page.getByRole('button', { name: 'Set active' }).click();
    await page.getByText('Sleepy Person is active').waitFor();
    await end();
  });

  test('without script a user is deleted after a question', async () => {
    const { user } = await makeUser('Short Stay');
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
    await page.goto(`/users/${user.id}`);
    await page.getByRole('link', { name: 'Delete user' }).click();
    expect(await heading(page)).toBe('Delete Short Stay?');
    await page.getByRole('button', { name: 'Delete user' }).click();
    expect(await page.getByText('Deleted Short Stay.').isVisible()).toBe(true);
    expect((await request(server, `/users/${user.id}`, { sessionToken })).status).toBe(404);
    await end();
  });
});

test('the last one who can manage users is neither deleted, nor set inactive, nor given a weaker role', async () => {
  const path = `/users/${tenants.ada.id}`;
  const refusals = [
    await request(server, `${path}/delete`, { sessionToken, form: {} }),
    await request(server, `${path}/status`, { sessionToken, form: { status: 'inactive' } }),
    await request(server, path, { sessionToken, form: { status: 'inactive' } }),
  ];
  for (const { status, text } of refusals) {
    expect([status, text.includes('This would leave nobody who can manage users')]).toEqual([409, true]);
  }
  expect((await request(server, '/', { sessionToken })).status).toBe(200);
});

describe('reach', () => {
  test('a reseller sees the users of its companies, and nothing of others by any way', async () => {
    const { contoso, acme, globex } = tenants;
    const rita = await makeReseller(server, tenants.ada, 'Rita Users', contoso.id);
    const inside = await makeUser('Inside Person', acme.id);
    const outside = await makeUser('Outside Person', globex.id);
    const list = await request(server, '/users', { sessionToken: rita.sessionToken });
    expect([list.text.includes('Inside Person'), list.text.includes('Outside Person')]).toEqual([true, false]);
    const filtered = await request(server, `/users?company_id=${globex.id}`, { sessionToken: rita.sessionToken });
    expect(filtered.text).toContain('No user matches');
    const open = (id: string, path = '') => request(server, `/users/${id}${path}`, { sessionToken: rita.sessionToken });
    expect((await open(inside.user.id)).status).toBe(200);
    for (const path of ['', '/edit', '/delete', '/deactivate']) {
      expect((await open(outside.user.id, path)).status).toBe(404);
    }
    const moved = await request(server, `/users/${inside.user.id}`, {
      sessionToken: rita.sessionToken,
      form: { company_id: globex.id },
    });
    expect([moved.status, moved.text.includes('There is no such company')]).toEqual([422, true]);
  });

  test('who manages companies may change users there whose APIs its own company does not have', async () => {
    const privileges = [{ scope: 'parcels:read' }];
    await makeApi(server.database, { id: 'parcels', privileges, availableTo: [tenants.contoso.id] });
    const holder = await makeReseller(server, tenants.ada, 'Parcel Holder', tenants.contoso.id);
    expect(holder.user.privileges).toContain('parcels/parcels:read');
    const answer = await request(server, `/users/${holder.user.id}`, { sessionToken });
    expect(answer.text).not.toContain('may do more than you');
    expect(answer.text).toContain(`/users/${holder.user.id}/edit`);
  });

  test('a role that may do more than oneself is shown and not to be chosen, and is refused all the same', async () => {
    const role = await server.services.roles.create(tenants.ada, {
      name: 'User manager',
      companyId: ROOT_COMPANY_ID,
      privileges: ['users:read', 'users:write'].map((scope) => `management/${scope}`),
    });
    const weak = await makeSignedIn(server, tenants.ada, {
      name: 'Weak Manager',
      companyId: ROOT_COMPANY_ID,
      roleId: role.id,
    });
    const { page, end } = await visit(browser, server, { sessionToken: weak.sessionToken });
    await page.goto('/users/new');
    const options = page.getByLabel('Role').locator('option');
    expect(await options.allInnerTexts()).toEqual([
      'Choose a role',
      'Company Admin (may do more than you)',
      'Reseller (may do more than you)',
      'User manager',
    ]);
    expect(await options.nth(1).isDisabled()).toBe(true);
    await page.goto(`/users/${tenants.ada.id}`);
    expect(await page.getByText('You can look, but not change').isVisible()).toBe(true);
    expect(await page.getByRole('link', { name: 'Edit' }).count()).toBe(0);
    await end();
    const form = { name: 'Strong', email: 'strong@example.test', role_id: RESELLER_ROLE_ID };
    const refused = await request(server, '/users', { sessionToken: weak.sessionToken, form });
    expect([refused.status, refused.text.includes('privileges that you do not hold')]).toEqual([403, true]);
    const link = await request(server, `/users/${tenants.ada.id}/invitation`, {
      sessionToken: weak.sessionToken,
      form: {},
    });
    expect(link.status).toBe(403);
  });
});
