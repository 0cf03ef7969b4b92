// A visit in real Chromium. Whatever the browser complains about, a violated content security policy above all, fails the test.

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ada } from './people.ts';
import type { PageServer } from './page-server.ts';

export interface BrowserVisit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Ends the visit; fails when anything was complained about. */
  end(): Promise<void>;
}

interface VisitOptions extends BrowserContextOptions {
  /** Signs in with this session; a stranger otherwise. */
  readonly sessionToken?: string;
}

export async function visit(
  browser: Browser,
  server: PageServer,
  { sessionToken, ...options }: VisitOptions = {},
): Promise<BrowserVisit> {
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce', ...options });
  // The machine is shared: an action that takes this long is stuck, one that takes less is merely slow.
  context.setDefaultTimeout(15_000);
  if (sessionToken !== undefined) {
    await context.addCookies([{ name: 'postern_session', value: sessionToken, url: server.url }]);
  }
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // Chromium reports every page that comes with a status above 399; that the right ones do is what the tests look at.
    const isPageStatus =
      message.text().startsWith('Failed to load resource') && !message.location().url.includes('/assets/');
    if (['error', 'warning'].includes(message.type()) && !isPageStatus) complaints.push(message.text());
  });
  const page = await context.newPage();
  return {
    page,
    context,
    async end() {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}

/** As somebody does who types: for tests of what follows the sign-in. */
export async function signIn(page: Page, password: string = ada.password): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Email address').fill(ada.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The faults that a field is told to have, as a screen reader gets them. */
export async function faultsOf(page: Page, field: string): Promise<string> {
  return page.locator(`#f-${field}-error`).innerText();
}

/** The one heading of the page. */
export function heading(page: Page): Promise<string> {
  return page.locator('h1').innerText();
}
