// Every page in its main states, as Chromium sees it: nothing runs that people typed, nothing sticks out, nobody is left out.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { secretText } from './fixtures.ts';
import { gallery } from './gallery.ts';
import { type GalleryServer, startGallery } from './gallery-server.ts';

/** The real pages are looked at in all four looks (test/pages/look.test.ts); here, in all their states, in two. */
const looks = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 390 },
] as const;

/** Swagger UI is not ours; its page is looked at by the tests of the API. */
const names = Object.keys(gallery).filter((name) => name !== 'docs');

let server: GalleryServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startGallery(), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

describe.each(looks)('the pages in $scheme colours, $width px wide', ({ scheme, width }) => {
  let context: BrowserContext;

  beforeAll(async () => {
    context = await browser.newContext({
      colorScheme: scheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
  });

  afterAll(() => context.close());

  test.each(names)('%s has no accessibility violation, no overflow, and runs nothing that was typed', async (name) => {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(`${server.url}/${name}`);
    const axe = await new AxeBuilder({ page }).analyze();
    const seen = await page.evaluate(() => ({
      hacked: 'hacked' in window,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    await page.close();
    expect(axe.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(seen).toEqual({ hacked: false, overflow: 0 });
    expect(faults).toEqual([]);
  });
});

test('without script every page still says all that it has to say', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/client-secret`);
  expect(await page.locator('.script-only:visible').count()).toBe(0);
  await page.getByLabel('Reveal').check();
  expect(await page.locator('#client-secret').innerText()).toBe(secretText);
  await page.goto(`${server.url}/client`);
  await page.getByRole('radio', { name: 'PowerShell' }).check();
  expect(await page.locator('.snippet:visible').innerText()).toContain('Invoke-RestMethod');
  await context.close();
});
