// The one-time links: setting up the first user, and accepting an invitation.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { faultsOf, heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { ada, callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  server = await startPages();
});
afterEach(() => server.close());

async function setupPath(): Promise<string> {
  return `/setup?token=${await server.services.accounts.createSetupToken()}`;
}

test('the setup link makes the first administrator and signs them in', async () => {
  const { page, end } = await visit(browser, server);
  await page.goto(await setupPath());
  await page.getByLabel('Email address').fill(ada.email);
  await page.getByLabel('Your name').fill(ada.name);
  await page.getByLabel('Password').fill(ada.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await page.waitForURL('/');
  expect(await page.getByRole('status').first().innerText()).toContain('you are signed in as its first administrator');
  expect(await page.getByRole('link', { name: /Account of/ }).innerText()).toContain(ada.name);
  expect(await page.getByRole('heading', { name: 'Your first token in three steps' }).isVisible()).toBe(true);
  await page.reload();
  expect(await page.getByText('first administrator').count()).toBe(0);
  await end();
});

test('faults at setup stand beside their fields, and all but the password is kept', async () => {
  const { page, end } = await visit(browser, server);
  await page.goto(await setupPath());
  await page.getByLabel('Email address').fill('ada at northwind');
  await page.getByLabel('Your name').fill('Ada <b>Lovelace</b>');
  await page.getByLabel('Password').fill('password1234567');
  await page.getByRole('button', { name: 'Create administrator' }).click();
  expect(await faultsOf(page, 'email')).toContain('This is not an e-mail address.');
  expect(await faultsOf(page, 'password')).toContain('on the lists that attackers try first');
  expect(await page.getByLabel('Email address').inputValue()).toBe('ada at northwind');
  expect(await page.getByLabel('Your name').inputValue()).toBe('Ada <b>Lovelace</b>');
  expect(await page.getByLabel('Password').inputValue()).toBe('');
  expect(await page.title()).toMatch(/^Error: /);
  expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-error-summary'))).toBe(true);
  await page.getByRole('alert').getByRole('link', { name: 'Email address' }).click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('f-email');
  expect(await server.services.accounts.isSetUp()).toBe(false);
  await end();
});

test('a setup link that was used, or was never given out, shows no form and makes nobody', async () => {
  const path = await setupPath();
  await setUpAda(server);
  for (const address of [path, '/setup', '/setup?token=st_guess', `/setup?token=${'a'.repeat(43)}`]) {
    const answer = await request(server, address);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('set up already');
    expect(answer.text).not.toContain('<form');
  }
  const form = { token: path.split('=')[1] ?? '', email: 'eve@elsewhere.test', name: 'Eve', password: ada.password };
  const posted = await request(server, '/setup', { form });
  expect(posted.status).toBe(403);
  expect(posted.headers.get('set-cookie')).toBeNull();
});

test('two forms with the same setup link make one administrator', async () => {
  const token = (await setupPath()).split('=')[1] ?? '';
  const answers = await Promise.all(
    ['one@northwind.test', 'two@northwind.test', 'three@northwind.test'].map((email) =>
      request(server, '/setup', { form: { token, email, name: 'First', password: ada.password } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 403, 403]);
});

test('before the setup, signing in says where the setup link is', async () => {
  const answer = await request(server, '/login');
  expect(answer.text).toContain('Open the setup link that it printed to its log');
});

test('an invitation lets its user choose a password once', async () => {
  const { sessionToken } = await setUpAda(server);
  const { invitationToken } = await server.services.users.create(await callerOf(server, sessionToken), {
    email: 'grace@northwind.test',
    name: 'Grace Hopper',
    companyId: 'co_root',
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
  const { page, end } = await visit(browser, server);
  await page.goto(`/invitation?token=${invitationToken}`);
  expect(await page.getByText('grace@northwind.test').first().isVisible()).toBe(true);
  await page.getByLabel('Password').fill('too short');
  await page.getByRole('button', { name: 'Set password' }).click();
  expect(await faultsOf(page, 'password')).toContain('at least 15 characters');
  await page.getByLabel('Password').fill('a moth in the relay of panel F');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.waitForURL('/');
  expect(await heading(page)).toBe('Overview');
  await page.goto(`/invitation?token=${invitationToken}`);
  expect(await page.getByText('This invitation has been used').isVisible()).toBe(true);
  await end();
});
