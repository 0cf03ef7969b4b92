// The audit log in the pages: filters, and the way from a caller's reference to the true reason.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientSummary } from '../../src/domain/client/client.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let client: ClientSummary;

const reference = '3f9c1b7e2d1a4c083f9c1b7e2d1a4c08';

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  const caller = await callerOf(server, sessionToken);
  const input = { name: 'siem-connector', roleId: COMPANY_ADMIN_ROLE_ID };
  ({ client } = await server.services.clients.register(caller, input));
  await server.services.clients.update(caller, client.clientId, { name: 'siem', status: 'inactive' });
  await server.recordRequest({ action: 'token.refused', client, requestId: reference, reason: 'client_inactive' });
  for (let number = 0; number < 60; number += 1) {
    const requestId = number.toString(16).padStart(32, '0');
    await server.recordRequest({ action: 'token.issued', client, requestId, ip: `192.0.2.${number}` });
  }
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const rowsOf = (text: string) => [...text.matchAll(/<tr role="row"><th role="rowheader"/g)].length;

test.each([
  reference,
  `ref ${reference}`,
  `(ref ${reference.toUpperCase()})`,
  `401 {"error":"invalid_client","error_description":"Client authentication failed. (ref ${reference})"}`,
  `urn:request:${reference}`,
  `{"title":"Your address is not allowed","status":403,"instance":"urn:request:${reference}"}`,
  `x-request-id: ${reference}`,
])('searching for “%s” leads to the event with the true reason', async (pasted) => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/audit');
  await page.getByLabel('Name, ID, address or reference').fill(pasted);
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  expect(await page.locator('tbody tr').count()).toBe(1);
  expect(await page.locator('tbody tr').innerText()).toContain('The client is inactive');
  await page.getByRole('link', { name: 'token.refused' }).click();
  expect(await heading(page)).toBe('token.refused');
  const facts = await page.getByRole('region', { name: 'Facts' }).innerText();
  for (const fact of [
    'The client is inactive',
    'client_inactive',
    client.clientId,
    reference,
    '203.0.113.7',
    'curl/8.7.1',
  ]) {
    expect(facts).toContain(fact);
  }
  await end();
});

test('a reference that no event has says what is not told each time, and what else to search for', async () => {
  const { text } = await request(server, `/audit?q=${'e'.repeat(32)}`, { sessionToken });
  expect(text).toContain('once a minute for each caller and address');
  const other = await request(server, '/audit?q=no-such-thing', { sessionToken });
  expect(other.text).toContain('Try a longer time span');
});

test('the newest events stand first, fifty on a page, and the filters are kept from page to page', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/audit');
  await page.getByLabel('Event', { exact: true }).selectOption('token.issued');
  await page.getByLabel('Outcome').selectOption('Success');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/action=token.issued/);
  expect(await page.locator('tbody tr').count()).toBe(50);
  expect(await page.locator('tbody tr').first().innerText()).toContain('192.0.2.59');
  await page.getByRole('link', { name: 'Next' }).click();
  await page.waitForURL(/cursor=/);
  expect(await page.locator('tbody tr').count()).toBe(10);
  expect(await page.getByLabel('Event', { exact: true }).inputValue()).toBe('token.issued');
  expect(await page.locator('tbody tr').last().innerText()).toContain('192.0.2.0');
  await end();
});

test('an event of a change shows old and new values, and leads to what was changed', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/audit?action=client.updated&q=${client.clientId}`);
  await page.getByRole('link', { name: 'client.updated' }).click();
  const changes = await page.getByRole('table').locator('tbody tr').allInnerTexts();
  expect(changes.map((row) => row.split(/\s+/))).toEqual(
    expect.arrayContaining([
      ['name', 'siem-connector', 'siem'],
      ['status', 'active', 'inactive'],
    ]),
  );
  await page.getByRole('link', { name: 'siem', exact: true }).click();
  await page.waitForURL(`/clients/${client.clientId}`);
  await end();
});

test('a refusal of an unknown client is found, and its claimed ID leads nowhere', async () => {
  const requestId = 'f'.repeat(32);
  const claimed = `pst_${'x'.repeat(24)}`;
  await server.recordRequest({
    action: 'token.refused',
    client: { clientId: claimed, name: null, companyId: null },
    requestId,
    reason: 'unknown_client',
  });
  const answer = await request(server, `/audit?q=${requestId}`, { sessionToken });
  expect(answer.text).toContain('Unknown client ID');
  expect(answer.text).toContain(claimed);
  expect(answer.text).not.toContain(`href="/clients/${claimed}"`);
});

test('days are inclusive and in UTC; an impossible one is a fault beside its field', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const inside = await request(server, `/audit?from=${today}&to=${today}&action=client.created`, { sessionToken });
  expect(rowsOf(inside.text)).toBe(1);
  const before = await request(server, '/audit?to=2020-01-01', { sessionToken });
  expect(before.text).toContain('No event matches');
  const faulty = await request(server, '/audit?from=2026-02-30&to=soon', { sessionToken });
  expect(faulty.status).toBe(422);
  expect(faulty.text.match(/Enter a date such as 2026-03-14\./g)).toHaveLength(2);
  const turned = await request(server, '/audit?from=2026-03-02&to=2026-03-01', { sessionToken });
  expect(turned.text).toContain('This is before “From”.');
});

test.each([
  ['/audit?action=token.stolen', 422],
  ['/audit?outcome=maybe', 422],
  ['/audit?cursor=%22', 422],
  ['/audit/0', 404],
  ['/audit/99999999999999999999999', 404],
  ['/audit/x', 404],
])('%s is answered %i', async (path, status) => {
  expect((await request(server, path, { sessionToken })).status).toBe(status);
});

test('nothing that people typed becomes markup in the log', async () => {
  const caller = await callerOf(server, sessionToken);
  const name = `"><img src=x onerror=alert(1)>{{7*7}}</td>`;
  await server.services.clients.register(caller, { name, description: `${name}\u0301`, roleId: COMPANY_ADMIN_ROLE_ID });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/audit?action=client.created');
  expect(await page.locator('tbody tr').first().innerText()).toContain(name);
  await page.getByRole('link', { name: 'client.created' }).first().click();
  expect(await page.locator('main').innerText()).toContain(name);
  expect(await page.locator('main img').count()).toBe(0);
  await end();
});
