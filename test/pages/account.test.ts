// One's own account: the password and the sessions.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { faultsOf, signIn, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { ada, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  server = await startPages();
  ({ sessionToken } = await setUpAda(server));
});
afterEach(() => server.close());

const newPassword = 'the analytical engine weaves patterns';
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

async function isSignedIn(token: string): Promise<boolean> {
  return (await request(server, '/account', { sessionToken: token })).status === 200;
}

/** Another browser of Ada's; answers its session. */
async function signInElsewhere(userAgent: string): Promise<string> {
  const form = { email: ada.email, password: ada.password };
  const { headers } = await request(server, '/login', { form, headers: { 'user-agent': userAgent } });
  return /postern_session=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '';
}

test('a new password ends the other sessions, renews this one, and is the one that counts from then on', async () => {
  const { page, context, end } = await visit(browser, server);
  await signIn(page);
  await page.waitForURL('/');
  const cookieBefore = (await context.cookies()).find(({ name }) => name === 'postern_session')?.value ?? '';
  await page.goto('/account');
  await page.getByLabel('Current password').fill(ada.password);
  await page.getByLabel('New password').fill(newPassword);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Changed your password. Your other sessions have ended.').waitFor();
  expect(await page.locator('#sessions tbody tr').count()).toBe(1);
  expect(await isSignedIn(sessionToken)).toBe(false);
  expect(await isSignedIn(cookieBefore)).toBe(false);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page);
  expect(await page.getByRole('alert').innerText()).toContain('is wrong');
  await signIn(page, newPassword);
  await page.waitForURL('/');
  await end();
});

test('a wrong current password and a weak new one are faults beside their fields, and nothing changes', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/account');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').waitFor();
  expect(await faultsOf(page, 'current_password')).toBe('Enter your current password.');
  expect(await faultsOf(page, 'new_password')).toContain('at least 15 characters');
  await page.getByLabel('Current password').fill('not this one, certainly');
  await page.getByLabel('New password').fill(newPassword);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('#f-current_password-error').getByText('not your current password').waitFor();
  await page.getByLabel('Current password').fill(ada.password);
  await page.getByLabel('New password').fill(`${ada.email}${ada.email}`);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('#f-new_password-error').getByText('made of your name or address').waitFor();
  expect(await isSignedIn(await signInElsewhere(firefox))).toBe(true);
  await end();
});

test('guessing the current password of a session left open is throttled', async () => {
  const form = { current_password: 'a guess at her password', new_password: newPassword };
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess += 1) {
    statuses.push((await request(server, '/account/password', { sessionToken, form })).status);
  }
  expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 422));
  expect(statuses.slice(10)).toEqual([429, 429]);
});

test('sessions are listed by browser, and one or all others are ended', async () => {
  const [phone, desktop] = [await signInElsewhere(safari), await signInElsewhere(firefox)];
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/account');
  const rows = page.locator('#sessions tbody tr');
  expect(await rows.count()).toBe(3);
  expect(await rows.first().innerText()).toContain('This session');
  expect(await rows.first().getByRole('button').count()).toBe(0);
  await page.getByRole('button', { name: 'End session: Safari on iPhone' }).click();
  await page.getByText('Ended the session.').waitFor();
  expect([await isSignedIn(phone), await isSignedIn(desktop), await isSignedIn(sessionToken)]).toEqual([
    false,
    true,
    true,
  ]);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await page.getByText('Ended all your other sessions.').waitFor();
  expect(await rows.count()).toBe(1);
  expect([await isSignedIn(desktop), await isSignedIn(sessionToken)]).toEqual([false, true]);
  expect(await page.getByRole('button', { name: 'Sign out everywhere else' }).count()).toBe(0);
  await end();
});

test('a session that is not one’s own is not found', async () => {
  const answer = await request(server, '/account/sessions/ses_ofsomebodyelse/revoke', { sessionToken, form: {} });
  expect(answer.status).toBe(404);
});

test('the chosen theme is kept in this browser and holds before the first paint', async () => {
  const { page, end } = await visit(browser, server, { sessionToken, colorScheme: 'light' });
  await page.goto('/account');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.goto('/');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  await page.goto('/account');
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
  await page.getByRole('radio', { name: 'As the system' }).check();
  await page.reload();
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light dark');
  await end();
});
