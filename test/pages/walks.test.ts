// Two walks through a client's life: by keyboard alone, and without script.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
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

test('a client is created by keyboard alone, and focus is always visible', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/clients');
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return { text: '', isVisible: false };
      // Radio buttons and the reveal switch show their focus on the box around them.
      const shown = element.closest('.radio, .segment, .reveal') ?? element;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      const own = element instanceof HTMLInputElement ? element.value : '';
      return {
        text: `${element.getAttribute('name') ?? ''} ${own} ${element.innerText}`.trim(),
        isVisible: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1,
      };
    });
  const tabTo = async (pattern: RegExp) => {
    for (let pressed = 0; pressed < 60; pressed += 1) {
      await page.keyboard.press('Tab');
      const { text, isVisible } = await focused();
      expect(isVisible, `the focus on “${text}” is visible`).toBe(true);
      if (pattern.test(text)) return;
    }
    throw new Error(`Tab never reached ${String(pattern)}`);
  };
  await page.keyboard.press('Tab');
  expect((await focused()).text).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo(/New client/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'New client' }).waitFor();
  await tabTo(/^name/);
  await page.keyboard.type('typed by hand');
  await tabTo(/^role_id/);
  await page.keyboard.type('Comp');
  await tabTo(/^status/);
  await page.keyboard.press('ArrowDown');
  await tabTo(/^ip_mode/);
  await page.keyboard.press('ArrowDown');
  await tabTo(/^ip_rules/);
  await page.keyboard.type('203.0.113.7');
  await tabTo(/Create client/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Store the secret now' }).waitFor();
  await tabTo(/Copy$/);
  await tabTo(/on/);
  await page.keyboard.press('Space');
  expect(await page.locator('#client-secret').innerText()).toMatch(/^psts_[0-9A-Za-z]{49}$/);
  await tabTo(/I have stored it/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'typed by hand' }).waitFor();
  const caller = await callerOf(server, sessionToken);
  const { items } = await server.services.clients.list(caller, { name: 'typed by hand' }, { limit: 2 });
  expect(items).toEqual([
    expect.objectContaining({ status: 'inactive', ipRestriction: { mode: 'enforce', rules: ['203.0.113.7'] } }),
  ]);
  await end();
});

test('without script a client is created, its secret revealed, made inactive, and deleted after a question', async () => {
  const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
  await page.goto('/clients/new');
  await page.getByLabel('Name', { exact: true }).fill('no script');
  await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
  await page.getByLabel('Restrict access').check();
  await page.getByLabel('Allowed addresses').fill('203.0.113.7');
  await page.getByRole('button', { name: 'Create client' }).click();
  expect(await heading(page)).toBe('Store the secret now');
  await page.getByLabel('Reveal').check();
  const secret = await page.locator('#client-secret').innerText();
  expect(isWellFormedCredential(secret, 'psts_')).toBe(true);
  await page.reload();
  expect(await heading(page)).toBe('This client was created already');
  await page.getByRole('link', { name: 'Go to the clients' }).click();
  await page.getByRole('link', { name: 'no script' }).click();
  expect(await page.getByText(/UTC|just now|ago/).count()).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Set inactive' }).click();
  expect(await page.getByText('This client is inactive').isVisible()).toBe(true);
  await page.getByRole('link', { name: 'Delete client' }).click();
  expect(await heading(page)).toBe('Delete no script?');
  await page.getByRole('button', { name: 'Delete client' }).click();
  expect(await page.getByText('Deleted no script with its secrets and tokens.').isVisible()).toBe(true);
  await end();
});
