// Every real page in light and dark, wide and narrow: no accessibility violation, nothing that sticks out, no complaint of the
// browser. With POSTERN_SHOTS=<folder> each is kept as an image, to be looked at.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeApiToken } from './api-token-fixtures.ts';
import { type BrowserVisit, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants, makeReseller, makeSignedIn, type PageTenants } from './tenants.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let clientId: string;
let setupToken: string;
let tenants: PageTenants;
let userId: string;
let actingToken: string;
let roleId: string;
let tokenId: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  setupToken = (await server.services.accounts.createSetupToken()) ?? '';
  tenants = await makePageTenants(server);
  ({ sessionToken } = tenants);
  const caller = tenants.ada;
  const { client } = await server.services.clients.register(caller, {
    name: 'siem-connector',
    description: 'Collects the audit log for the SOC. Ask Grace Hopper before changing anything here.',
    roleId: COMPANY_ADMIN_ROLE_ID,
    ipRestriction: {
      mode: 'enforce',
      rules: ['203.0.113.7', '10.0.0.0/8', '2001:db8:42::/48', 'vpn.test', 'gone.test'],
    },
  });
  ({ clientId } = client);
  for (const name of ['SOAR playbooks', 'Joiner and leaver sync', 'password-rotation', 'Grafana reports']) {
    const status = name.startsWith('password') ? 'inactive' : 'active';
    await server.services.clients.register(caller, { name, status, roleId: COMPANY_ADMIN_ROLE_ID });
  }
  await arrangeTenants(caller);
  await arrangeApiTokens(caller);
  await server.database.query(
    `INSERT INTO client_source (client_id, ip, first_seen_at, last_seen_at, uses, refusals) VALUES
       ($1, '203.0.113.7', now() - interval '20 days', now() - interval '4 minutes', 41022, 0),
       ($1, '10.1.2.3', now() - interval '20 days', now() - interval '2 days', 7, 0),
       ($1, '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe', now() - interval '1 day', now() - interval '3 hours', 0, 12)`,
    [clientId],
  );
  await fetch(`${server.url}/login`, { headers: { 'X-Forwarded-For': '198.51.100.1' } });
  await server.recordRequest({ action: 'token.issued', client, requestId: 'a1'.repeat(16) });
  await server.recordRequest({
    action: 'token.refused',
    client,
    requestId: 'b2'.repeat(16),
    reason: 'address_refused',
    ip: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe',
  });
  await server.recordRequest({ action: 'token.refused', client, requestId: 'c3'.repeat(16), reason: 'wrong_secret' });
});

async function arrangeApiTokens(caller: Caller): Promise<void> {
  const inDays = (days: number) => new Date(server.clock.now().getTime() + days * 24 * 60 * 60 * 1000);
  const token = await makeApiToken(server, caller, {
    name: 'Power BI reports',
    clientId,
    privileges: ['management/audit:read', 'management/clients:read', 'management/users:read'],
    ipRestriction: { mode: 'enforce', rules: ['203.0.113.7', 'vpn.test'] },
    expiresAt: inDays(80),
  });
  ({ id: tokenId } = token);
  await makeApiToken(server, caller, { name: 'Nightly export', clientId, expiresAt: inDays(5) });
  await makeApiToken(server, caller, { name: 'Ada’s shell' });
  await makeApiToken(server, caller, { name: 'of Grace', userId });
  await server.database.query(
    `UPDATE api_token SET last_used_at = now() - interval '4 minutes', last_used_ip = '203.0.113.7' WHERE id = $1`,
    [tokenId],
  );
  await server.database.query(`UPDATE api_token SET expires_at = now() - interval '3 days' WHERE name = 'of Grace'`);
}

async function arrangeTenants(caller: Caller): Promise<void> {
  const { contoso, acme, globex } = tenants;
  const { services } = server;
  await services.companies.suspend(caller, globex.id);
  const { user } = await services.users.create(caller, {
    email: 'grace@contoso.test',
    name: 'Grace Hopper',
    companyId: contoso.id,
    roleId: COMPANY_ADMIN_ROLE_ID,
  });
  ({ id: userId } = user);
  await makeSignedIn(server, caller, { name: 'Alan Turing', companyId: acme.id });
  const rita = await makeReseller(server, caller, 'Rita Reseller', ROOT_COMPANY_ID);
  ({ sessionToken: actingToken } = rita);
  await request(server, '/companies/switch', { sessionToken: actingToken, form: { company_id: contoso.id } });
  const role = await services.roles.create(caller, {
    name: 'SIEM reader',
    description: 'Reads the audit log and nothing else.',
    companyId: contoso.id,
    privileges: ['management/audit:read', 'management/clients:read'],
    availableTo: [acme.id],
  });
  ({ id: roleId } = role);
  await services.clients.register(caller, { name: 'Contoso SIEM', roleId, companyId: contoso.id });
}

afterAll(async () => {
  await browser.close();
  await server.close();
});

type Way = (page: Page) => Promise<unknown>;

const post =
  (path: string, button: string): Way =>
  async (page) => {
    await page.goto(path);
    await page.getByRole('button', { name: button }).click();
    await page.waitForLoadState();
  };

const ways: Readonly<Record<string, Way>> = {
  overview: (page) => page.goto('/'),
  clients: (page) => page.goto('/clients'),
  'clients-none-match': (page) => page.goto('/clients?q=nothing+like+this'),
  'client-new': (page) => page.goto('/clients/new'),
  'client-new-restricted': async (page) => {
    await page.goto('/clients/new');
    await page.getByLabel('Restrict access').check();
  },
  'client-new-faults': post('/clients/new', 'Create client'),
  'client-secret': async (page) => {
    await page.goto('/clients/new');
    await page.getByLabel('Name', { exact: true }).fill('HR import');
    await page.getByLabel('Role').selectOption({ label: 'Company Admin' });
    await page.getByRole('button', { name: 'Create client' }).click();
    await page.getByRole('heading', { name: 'Store the secret now' }).waitFor();
    await page.getByLabel('Reveal').check();
  },
  client: (page) => page.goto(`/clients/${clientId}`),
  'client-dialog': async (page) => {
    await page.goto(`/clients/${clientId}`);
    await page.getByRole('link', { name: 'Delete client' }).click();
  },
  'client-check': (page) => page.goto(`/clients/${clientId}/check?address=203.0.113.7`),
  'client-check-refused': (page) => page.goto(`/clients/${clientId}/check?address=198.51.100.9&scope=keys:write`),
  'client-check-faults': (page) => page.goto(`/clients/${clientId}/check?address=203.0.113`),
  'client-sources': (page) => page.goto(`/clients/${clientId}/sources`),
  'client-allow-address': (page) => page.goto(`/clients/${clientId}/allow-address?address=198.51.100.9`),
  'client-edit-suggested': (page) => page.goto(`/clients/${clientId}/edit?suggest=exact`),
  'client-edit-lost': async (page) => {
    await page.goto(`/clients/${clientId}/edit`);
    await page.getByLabel('Allowed addresses').fill('192.0.2.0/24');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('button', { name: 'Save anyway' }).waitFor();
  },
  'audit-refused': async (page) => {
    await page.goto(`/audit?q=${'b2'.repeat(16)}`);
    await page.getByRole('link', { name: 'token.refused' }).first().click();
    await page.waitForURL(/\/audit\/\d+/);
  },
  system: (page) => page.goto('/system'),
  'client-edit': (page) => page.goto(`/clients/${clientId}/edit`),
  'client-delete': (page) => page.goto(`/clients/${clientId}/delete`),
  'client-new-company': async (page) => {
    await page.goto('/clients/new');
    // The form comes back with the company's roles; the page that is left counts as loaded until then.
    const returned = page.waitForEvent('framenavigated');
    await page.getByLabel('Company').selectOption({ label: 'Contoso' });
    await returned;
    await page.waitForLoadState();
  },
  'api-tokens': (page) => page.goto('/api-tokens'),
  'api-tokens-of-client': (page) => page.goto(`/api-tokens?client_id=${clientId}`),
  'api-token-new': (page) => page.goto('/api-tokens/new'),
  'api-token-new-found': async (page) => {
    await page.goto('/api-tokens/new');
    await page.getByLabel('Find another client or user by name').fill('g');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('list', { name: 'Found' }).waitFor();
  },
  'api-token-new-faults': async (page) => {
    await page.goto('/api-tokens/new');
    await page.getByLabel('At a date').check();
    await page.getByRole('button', { name: 'Create API token' }).click();
    await page.getByRole('alert').waitFor();
  },
  'api-token-shown': async (page) => {
    await page.goto(`/api-tokens/new?client_id=${clientId}`);
    await page.getByLabel('Name', { exact: true }).fill('Shown once');
    await page.locator('input[name="privilege:management/audit:read"]').check();
    await page.getByRole('button', { name: 'Create API token' }).click();
    await page.getByRole('heading', { name: 'Store the API token now' }).waitFor();
    await page.getByLabel('Reveal').check();
  },
  'api-token': (page) => page.goto(`/api-tokens/${tokenId}`),
  'api-token-edit': (page) => page.goto(`/api-tokens/${tokenId}/edit`),
  'api-token-dialog': async (page) => {
    await page.goto(`/api-tokens/${tokenId}`);
    await page.getByRole('link', { name: 'Regenerate' }).click();
  },
  'api-token-regenerate': (page) => page.goto(`/api-tokens/${tokenId}/regenerate`),
  'api-token-delete': (page) => page.goto(`/api-tokens/${tokenId}/delete`),
  companies: (page) => page.goto('/companies'),
  company: (page) => page.goto(`/companies/${tenants.contoso.id}`),
  'company-root': (page) => page.goto('/companies/co_root'),
  'company-suspended': (page) => page.goto(`/companies/${tenants.globex.id}`),
  'company-suspend-dialog': async (page) => {
    await page.goto(`/companies/${tenants.contoso.id}`);
    await page.getByRole('link', { name: 'Suspend' }).click();
  },
  'company-delete': (page) => page.goto(`/companies/${tenants.contoso.id}/delete`),
  'company-new': (page) => page.goto('/companies/new'),
  'company-edit-own-address': async (page) => {
    await page.goto('/companies/co_root/edit');
    await page.getByLabel('Restrict access').check();
    await page.getByLabel('Allowed addresses').fill('198.51.100.0/24');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('is not in the list').waitFor();
  },
  'company-switch': (page) => page.goto('/companies/switch'),
  users: (page) => page.goto('/users'),
  user: (page) => page.goto(`/users/${userId}`),
  'user-new': (page) => page.goto('/users/new'),
  'user-new-faults': post('/users/new', 'Create user'),
  'user-edit': (page) => page.goto(`/users/${userId}/edit`),
  'user-link': async (page) => {
    await page.goto(`/users/${userId}`);
    await page.getByRole('button', { name: 'Make a new link' }).click();
    await page.getByRole('heading', { name: 'Pass this link on now' }).waitFor();
  },
  'role-custom': (page) => page.goto(`/roles/${roleId}`),
  'role-new': (page) => page.goto('/roles/new'),
  'role-edit': (page) => page.goto(`/roles/${roleId}/edit`),
  'role-delete': (page) => page.goto(`/roles/${roleId}/delete`),
  roles: (page) => page.goto('/roles'),
  role: (page) => page.goto(`/roles/${COMPANY_ADMIN_ROLE_ID}`),
  audit: (page) => page.goto('/audit'),
  'audit-faults': (page) => page.goto('/audit?from=2026-03-02&to=2026-03-01'),
  'audit-event': async (page) => {
    await page.goto('/audit?action=client.created&q=siem');
    await page.getByRole('link', { name: 'client.created' }).first().click();
    await page.waitForURL(/\/audit\/\d+/);
  },
  account: (page) => page.goto('/account'),
  'account-faults': post('/account', 'Change password'),
  'not-found': (page) => page.goto('/clients/pst_doesnotexist0000000000'),
};

const strangersWays: Readonly<Record<string, Way>> = {
  login: (page) => page.goto('/login'),
  'login-faults': post('/login', 'Sign in'),
  'setup-refused': (page) => page.goto(`/setup?token=${setupToken}`),
};

const looks = (['light', 'dark'] as const).flatMap((scheme) => [1280, 390].map((width) => ({ scheme, width })));

describe.each(looks)('in $scheme colours, $width px wide', ({ scheme, width }) => {
  const options = { colorScheme: scheme, viewport: { width, height: 860 } };

  async function look(name: string, way: Way, visited: BrowserVisit): Promise<void> {
    const { page, end } = visited;
    await way(page);
    const folder = process.env['POSTERN_SHOTS'];
    if (folder) await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    await end();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(overflow).toBe(0);
  }

  test.each(Object.entries(ways))('%s', async (name, way) => {
    await look(name, way, await visit(browser, server, { ...options, sessionToken }));
  });

  test('acting for a company', async () => {
    const acting = await visit(browser, server, { ...options, sessionToken: actingToken });
    await look('acting', (page) => page.goto('/users'), acting);
  });

  test.each(Object.entries(strangersWays))('%s', async (name, way) => {
    await look(name, way, await visit(browser, server, options));
  });
});
