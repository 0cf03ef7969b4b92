// What happens to a client after it was created: editing, pausing, rotating, ending, deleting.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import type { ClientSummary } from '../../src/domain/client/client.ts';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { faultsOf, heading, visit } from './browser-visit.ts';
import { hiddenField, request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let caller: Caller;
let client: ClientSummary;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  caller = await callerOf(server, sessionToken);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(async () => {
  ({ client } = await server.services.clients.register(caller, { name: 'rotator', roleId: COMPANY_ADMIN_ROLE_ID }));
});

const path = () => `/clients/${client.clientId}`;
const stored = () => server.services.clients.get(caller, client.clientId);

describe('editing', () => {
  test('saves what was typed, says so, and what saving changed', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(path());
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Name', { exact: true }).fill('renamed');
    await page.getByLabel('Restrict access').check();
    await page.getByLabel('Allowed addresses').fill('10.1.2.3/8');
    await page.getByLabel('Token lifetime').fill('5400');
    expect(await page.getByText('= 1 hour 30 minutes').isVisible()).toBe(true);
    await page.getByLabel('Expires at').fill('2031-02-03T04:05');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(path());
    expect(await heading(page)).toBe('renamed');
    expect(await page.getByRole('status').first().innerText()).toMatch(/Saved the changes to renamed.*10\.0\.0\.0\/8/s);
    expect(await stored()).toMatchObject({
      name: 'renamed',
      ipRestriction: { mode: 'enforce', rules: ['10.0.0.0/8'] },
      tokenLifetimeSeconds: 5400,
      expiresAt: new Date('2031-02-03T04:05:00Z'),
    });
    await end();
  });

  test('keeps an expiry that nobody touched to the second', async () => {
    const expiresAt = new Date('2031-02-03T04:05:06Z');
    await server.services.clients.update(caller, client.clientId, { expiresAt });
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`${path()}/edit`);
    await page.getByLabel('Name', { exact: true }).fill('still expires');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(path());
    expect(await stored()).toMatchObject({ name: 'still expires', expiresAt });
    await end();
  });

  test('shows faults beside their fields and keeps the values', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`${path()}/edit`);
    await page.getByLabel('Name', { exact: true }).fill('');
    await page.getByLabel('Description').fill('kept');
    await page.getByLabel('Token lifetime').fill('86401');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('alert').waitFor();
    expect(await faultsOf(page, 'name')).toBe('Enter a name.');
    expect(await faultsOf(page, 'token_lifetime')).toContain('at most 86400');
    expect(await page.getByLabel('Description').inputValue()).toBe('kept');
    expect((await stored()).version).toBe(client.version);
    await end();
  });

  test('does not overwrite what somebody else saved meanwhile, unless one says so', async () => {
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`${path()}/edit`);
    await server.services.clients.update(caller, client.clientId, { name: 'theirs', tokenLifetimeSeconds: 600 });
    await page.getByLabel('Description').fill('mine');
    await page.getByRole('button', { name: 'Save changes' }).click();
    const said = await page.getByRole('alert').innerText();
    expect(said).toContain('was changed since you opened this form');
    expect(said).toContain('Name, Description, Token lifetime');
    expect(await page.getByLabel('Description').inputValue()).toBe('mine');
    expect(await stored()).toMatchObject({ name: 'theirs', description: '' });
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(path());
    expect(await stored()).toMatchObject({ name: 'rotator', description: 'mine', tokenLifetimeSeconds: 86_400 });
    await end();
  });

  test('of two forms sent at the same moment one is saved and the other comes back', async () => {
    const form = await request(server, `${path()}/edit`, { sessionToken });
    const fields = { version: hiddenField(form.text, 'version'), role_id: COMPANY_ADMIN_ROLE_ID };
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((name) => request(server, path(), { sessionToken, form: { ...fields, name } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409, 409]);
  });
});

test('a client is set inactive and active again with one button each', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(path());
  await page.getByRole('button', { name: 'Set inactive' }).click();
  await page.getByText('This client is inactive').waitFor();
  expect((await stored()).status).toBe('inactive');
  await page.getByRole('button', { name: 'Set active' }).click();
  await page.getByText('rotator is active').waitFor();
  expect((await stored()).status).toBe('active');
  await end();
});

test('a client is deleted after a question, which Escape and Cancel answer with no', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(path());
  const dialog = page.getByRole('dialog', { name: 'Delete rotator?' });
  await page.getByRole('link', { name: 'Delete client' }).click();
  expect(await dialog.innerText()).toContain('Its secrets stop working and its tokens end at once.');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Delete client' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect((await stored()).clientId).toBe(client.clientId);
  await page.getByRole('link', { name: 'Delete client' }).click();
  await dialog.getByRole('button', { name: 'Delete client' }).click();
  await page.waitForURL('/clients');
  await expect(stored()).rejects.toMatchObject({ code: 'resource.not_found' });
  const gone = await request(server, path(), { sessionToken });
  expect(gone.status).toBe(404);
  expect(gone.text).toContain('There is no such client.');
  await end();
});

describe('secrets', () => {
  test('a second one is made and shown once, a third one is not, and the first one is deleted', async () => {
    const [first] = client.secrets;
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(path());
    await page.getByRole('button', { name: 'Make a second secret' }).click();
    await page.getByRole('heading', { name: 'Store the new secret now' }).waitFor();
    expect(await page.getByText('has two secrets now, and both work').isVisible()).toBe(true);
    await page.getByLabel('Reveal').check();
    const secret = await page.locator('#client-secret').innerText();
    expect(isWellFormedCredential(secret, 'psts_')).toBe(true);
    await page.getByRole('link', { name: 'I have stored it' }).click();
    expect(await page.content()).not.toContain(secret);
    expect(await page.getByText('Two is the most.').isVisible()).toBe(true);
    expect(await page.getByRole('button', { name: 'Make a second secret' }).count()).toBe(0);
    const third = await request(server, `${path()}/secrets`, { sessionToken, form: {} });
    expect(third.status).toBe(409);
    expect(third.text).toContain('This client has two live secrets already.');
    expect(third.text).toContain(`href="${path()}"`);

    await page.getByRole('link', { name: `Delete the secret ending in ${first?.hint}` }).click();
    const dialog = page.getByRole('dialog', { name: `Delete the secret ending in ${first?.hint}?` });
    expect(await dialog.innerText()).toContain('The other secret keeps working.');
    await dialog.getByRole('button', { name: 'Delete secret' }).click();
    await page.getByText(`Deleted the secret ending in ${first?.hint}.`).waitFor();
    expect((await stored()).secrets.map(({ hint }) => hint)).toEqual([secret.slice(-4)]);
    await end();
  });

  test('a client that lost its last one gets a new one', async () => {
    const [only] = client.secrets;
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled: false });
    await page.goto(path());
    await page.getByRole('link', { name: /^Delete the secret ending in/ }).click();
    expect(await page.getByText('It is the only secret').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Delete secret' }).click();
    expect(await page.getByText('Without one this client can’t get tokens.').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Make a secret' }).click();
    expect(await page.getByRole('heading', { name: 'A new secret for rotator' }).isVisible()).toBe(true);
    await page.reload();
    expect(await heading(page)).toBe('This secret was made and shown already');
    const { secrets } = await stored();
    expect(secrets).toHaveLength(1);
    expect(secrets[0]?.id).not.toBe(only?.id);
    await end();
  });

  test('two of three forms sent at once make nothing, and a secret that is gone is not found', async () => {
    const page = await request(server, path(), { sessionToken });
    const form = { form_id: hiddenField(page.text, 'form_id') };
    const answers = await Promise.all(
      [1, 2, 3].map(() => request(server, `${path()}/secrets`, { sessionToken, form })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect((await stored()).secrets).toHaveLength(2);
    const gone = await request(server, `${path()}/secrets/sec_gone/delete`, { sessionToken, form: {} });
    expect(gone.status).toBe(404);
  });
});

test('all tokens are ended after a question', async () => {
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(path());
  await page.getByRole('link', { name: 'End all tokens' }).click();
  const dialog = page.getByRole('dialog', { name: 'End all tokens of rotator?' });
  await dialog.getByRole('button', { name: 'End all tokens' }).click();
  await page.getByText('Ended all tokens of rotator.').waitFor();
  expect((await stored()).tokenGeneration).toBe(client.tokenGeneration + 1);
  await end();
});

test('the page shows the latest token requests with their true reasons, and programs with its ID', async () => {
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
  const [issued = '', refused = '', reported = ''] = ids;
  await server.recordRequest({ action: 'token.issued', client, requestId: issued });
  await server.recordRequest({ action: 'token.refused', client, requestId: refused, reason: 'wrong_secret' });
  await server.recordRequest({ action: 'token.issued', client, requestId: reported, reason: 'address_refused' });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(path());
  const rows = await page.locator('#requests tbody tr').allInnerTexts();
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/Issued, reported\s+Address not allowed/);
  expect(rows[1]).toMatch(/Refused\s+Wrong secret/);
  expect(rows[2]).toMatch(/Issued/);
  for (const [language, line] of [
    ['curl', 'grant_type=client_credentials'],
    ['Python', 'urllib.request'],
    ['PowerShell', 'Invoke-RestMethod'],
    ['JavaScript', 'await fetch'],
    ['Test script', '#!/bin/sh'],
  ] as const) {
    await page.getByRole('radio', { name: language }).check();
    const shown = await page.locator('.snippet:visible').innerText();
    expect(shown).toContain(line);
    expect(shown).toContain(client.clientId);
    expect(shown).toContain(`${server.issuer}/oauth2/token`);
  }
  await page.locator('#requests tbody tr').nth(1).getByRole('link').first().click();
  expect(await page.getByText('wrong_secret').isVisible()).toBe(true);
  await end();
});

test('who may not change a client is offered no change, and every act is refused', async () => {
  const strong = await server.services.clients.register(caller, { name: 'strong', roleId: RESELLER_ROLE_ID });
  const { invitationToken } = await server.services.users.create(caller, {
    email: 'grace@northwind.test',
    name: 'Grace',
    companyId: 'co_root',
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
  const grace = await server.services.accounts.acceptInvitation(
    { token: invitationToken, password: 'a moth in the relay of panel F' },
    { requestId: '0'.repeat(32), ip: null, userAgent: null },
  );
  const href = `/clients/${strong.client.clientId}`;
  const page = await request(server, href, { sessionToken: grace.sessionToken });
  expect(page.status).toBe(200);
  for (const offer of ['Edit', 'Set inactive', 'Make a second secret', 'Delete client']) {
    expect(page.text).not.toContain(offer);
  }
  const acts: [string, Record<string, string>][] = [
    [href, { name: 'mine now', role_id: RESELLER_ROLE_ID }],
    [`${href}/status`, { status: 'inactive' }],
    [`${href}/secrets`, {}],
    [`${href}/secrets/${strong.client.secrets[0]?.id}/delete`, {}],
    [`${href}/delete`, {}],
  ];
  for (const [act, form] of acts) {
    const answer = await request(server, act, { sessionToken: grace.sessionToken, form });
    expect([act, answer.status]).toEqual([act, 403]);
    expect(answer.text).toContain('You cannot');
    expect(answer.text).not.toContain('psts_');
  }
  expect(await server.services.clients.get(caller, strong.client.clientId)).toEqual(strong.client);
});
