// Help with the addresses of a client in the pages: the explained decision, what was seen, warnings before saving, letting one in.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import type { IpRestriction } from '../../src/domain/address/ip-rule-list.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { launchBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let caller: Caller;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  caller = await callerOf(server, sessionToken);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const ADDRESS = '203.0.113.9';

async function register(rules: string[] = [], mode: IpRestriction['mode'] = rules.length > 0 ? 'enforce' : 'off') {
  const { client } = await server.services.clients.register(caller, {
    name: 'siem-connector',
    roleId: COMPANY_ADMIN_ROLE_ID,
    ipRestriction: { mode, rules },
  });
  return client;
}

async function restrictionOf(clientId: string): Promise<IpRestriction> {
  return (await server.services.clients.get(caller, clientId)).ipRestriction;
}

/** What the use recorder would have written. */
async function see(clientId: string, ip: string, { uses = 1, refusals = 0 } = {}): Promise<void> {
  await server.database.query(
    `INSERT INTO client_source (client_id, ip, first_seen_at, last_seen_at, uses, refusals)
     VALUES ($1, $2, now() - interval '3 days', now() - interval '1 hour', $3, $4)`,
    [clientId, ip, uses, refusals],
  );
  await server.database.query(`UPDATE client SET last_used_at = now() WHERE client_id = $1`, [clientId]);
}

/** Without script unless said otherwise: everything here has to work so. */
async function open(path: string, look: (page: Page) => Promise<void>, { script = false } = {}): Promise<void> {
  const visited = await visit(browser, server, { sessionToken, javaScriptEnabled: script });
  await visited.page.goto(path);
  await look(visited.page);
  await visited.end();
}

const fieldOf = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const noticeOf = (page: Page) => page.locator('.flash, .notice').first().innerText();

describe('/clients/{id}/check', () => {
  test('asks about one’s own address at first, and explains each step in a list', async () => {
    const client = await register(['192.0.2.0/24']);
    await open(`/clients/${client.clientId}/check`, async (page) => {
      expect(await heading(page)).toBe('Would siem-connector be let in?');
      expect(await fieldOf(page, 'From the address').inputValue()).toBe('127.0.0.1');
      expect(await page.getByText('No: from 127.0.0.1 it would get no token.').isVisible()).toBe(true);
      const steps = page.getByRole('list', { name: 'Steps of the decision' }).getByRole('listitem');
      expect(await steps.count()).toBe(7);
      expect(await steps.nth(5).innerText()).toContain('No rule lets 127.0.0.1 in. Add it to the list');
    });
  });

  test('answers another question by its form, and keeps what was asked in the address of the page', async () => {
    const client = await register(['192.0.2.0/24']);
    await open(`/clients/${client.clientId}/check`, async (page) => {
      await fieldOf(page, 'From the address').fill('192.0.2.77');
      await page.getByLabel('Asking for the scope').fill('audit:read');
      await page.getByRole('button', { name: 'Check' }).click();
      expect(await page.getByText('Yes: from 192.0.2.77 it would get a token.').isVisible()).toBe(true);
      expect(await page.getByText('It gets audit:read of').isVisible()).toBe(true);
      expect(new URL(page.url()).searchParams.get('address')).toBe('192.0.2.77');
      await page.reload();
      expect(await fieldOf(page, 'From the address').inputValue()).toBe('192.0.2.77');
    });
  });

  test('says beside the field what is no address', async () => {
    const client = await register();
    await open(`/clients/${client.clientId}/check?address=010.0.0.1`, async (page) => {
      expect(await page.locator('#f-address-error').innerText()).toContain('leading zeros');
      expect(await fieldOf(page, 'From the address').inputValue()).toBe('010.0.0.1');
      expect(await page.getByRole('list', { name: 'Steps of the decision' }).count()).toBe(0);
    });
    const answer = await request(server, `/clients/${client.clientId}/check?address=010.0.0.1`, { sessionToken });
    expect(answer.status).toBe(422);
  });

  test('explains an address that cannot be told', async () => {
    const client = await register(['0.0.0.0/0', '::/0']);
    await open(`/clients/${client.clientId}/check?address=unknown`, async (page) => {
      expect(await page.getByText('No: from an address that can’t be told').isVisible()).toBe(true);
      expect(await page.getByText('what the proxy says is no address').isVisible()).toBe(true);
      expect(await page.getByRole('link', { name: 'Allow this address' }).count()).toBe(0);
    });
  });
});

describe('a refused request', () => {
  test('leads from its reference to the explained decision and to letting the address in', async () => {
    const client = await register(['192.0.2.0/24']);
    const requestId = 'd4'.repeat(16);
    const details = { grant_type: 'client_credentials', scope: 'audit:read', resource: `${server.issuer}/api` };
    await server.recordRequest({
      action: 'token.refused',
      client,
      requestId,
      reason: 'address_refused',
      ip: ADDRESS,
      details,
    });
    await open(`/audit?q=${encodeURIComponent(`Client authentication failed (ref ${requestId})`)}`, async (page) => {
      await page.getByRole('link', { name: 'token.refused' }).click();
      await page.getByRole('link', { name: 'Explain this decision' }).click();
      expect(await page.getByLabel('Asking for the scope').inputValue()).toBe('audit:read');
      expect(new URL(page.url()).searchParams.get('resource')).toBe(details.resource);
      expect(await page.getByText(`No: from ${ADDRESS} it would get no token.`).isVisible()).toBe(true);
      await page.getByRole('link', { name: 'Allow this address' }).click();
      expect(await heading(page)).toBe(`Allow ${ADDRESS} for siem-connector?`);
      expect(await restrictionOf(client.clientId)).toEqual({ mode: 'enforce', rules: ['192.0.2.0/24'] });
      await page.getByRole('button', { name: 'Allow this address' }).click();
      expect(await noticeOf(page)).toContain(`${ADDRESS} is on the list of this client now.`);
    });
    expect(await restrictionOf(client.clientId)).toEqual({ mode: 'enforce', rules: ['192.0.2.0/24', ADDRESS] });
    const { items } = await server.services.audit.list(
      caller,
      { action: 'client.updated', clientId: client.clientId },
      { limit: 1, order: 'desc' },
    );
    expect(items[0]?.changes).toEqual({
      ip_restriction: [
        { mode: 'enforce', rules: ['192.0.2.0/24'] },
        { mode: 'enforce', rules: ['192.0.2.0/24', ADDRESS] },
      ],
    });
  });

  test('can be allowed from the client’s page, beside it, as long as the list does not let it in', async () => {
    const client = await register(['192.0.2.0/24'], 'report');
    await server.recordRequest({
      action: 'token.refused',
      client,
      requestId: 'e5'.repeat(16),
      reason: 'address_refused',
      ip: ADDRESS,
    });
    await server.recordRequest({
      action: 'token.refused',
      client,
      requestId: 'e6'.repeat(16),
      reason: 'wrong_secret',
      ip: ADDRESS,
    });
    await open(`/clients/${client.clientId}`, async (page) => {
      const requests = page.locator('#requests');
      expect(await requests.getByRole('link', { name: 'Allow' }).count()).toBe(1);
      await requests.getByRole('link', { name: `Allow ${ADDRESS}` }).click();
      await page.getByRole('button', { name: 'Allow this address' }).click();
      expect(await page.locator('#requests').getByRole('link', { name: 'Allow' }).count()).toBe(0);
    });
    expect(await restrictionOf(client.clientId)).toEqual({ mode: 'report', rules: ['192.0.2.0/24', ADDRESS] });
  });

  test('needs no allowing where the client may come from anywhere or a rule lets it in', async () => {
    const free = await register();
    const restricted = await register(['203.0.113.0/24']);
    for (const [client, words] of [
      [free, 'may come from anywhere'],
      [restricted, `lets ${ADDRESS} in already`],
    ] as const) {
      await open(`/clients/${client.clientId}/allow-address?address=${ADDRESS}`, async (page) => {
        expect(await noticeOf(page)).toContain(words);
      });
      const before = await restrictionOf(client.clientId);
      const path = `/clients/${client.clientId}/allow-address`;
      const answer = await request(server, path, { sessionToken, form: { address: ADDRESS } });
      expect(answer.status).toBe(303);
      expect(await restrictionOf(client.clientId)).toEqual(before);
    }
    const path = `/clients/${restricted.clientId}/allow-address`;
    for (const address of ['0.0.0.0/0', 'evil.test', '']) {
      expect((await request(server, path, { sessionToken, form: { address } })).status).toBe(422);
    }
  });
});

describe('what was seen', () => {
  test('stands on the client’s page with counts, marks and a way to let it in', async () => {
    const client = await register(['192.0.2.0/24']);
    await see(client.clientId, '192.0.2.7', { uses: 1200 });
    await see(client.clientId, ADDRESS, { uses: 0, refusals: 3 });
    await open(`/clients/${client.clientId}`, async (page) => {
      const rows = page.locator('#sources tbody tr');
      expect(await rows.count()).toBe(2);
      expect(await rows.filter({ hasText: '192.0.2.7' }).innerText()).toMatch(/1,200[\s\S]*Allowed/);
      const refused = rows.filter({ hasText: ADDRESS });
      expect(await refused.innerText()).toMatch(/3[\s\S]*Refused/);
      await refused.getByRole('link', { name: `Allow ${ADDRESS}` }).click();
      expect(await heading(page)).toContain(`Allow ${ADDRESS}`);
    });
  });

  test('is marked as refused by the company where its rules are in the way, with nothing to allow', async () => {
    const client = await register(['192.0.2.0/24']);
    await see(client.clientId, '192.0.2.7');
    const restrict = (mode: IpRestriction['mode']) =>
      server.services.companies.update(caller, client.companyId, { ipRestriction: { mode, rules: ['127.0.0.1'] } });
    await restrict('enforce');
    await open(`/clients/${client.clientId}`, async (page) => {
      const row = page.locator('#sources tbody tr');
      await eventually('the rules of the company hold', async () => {
        await page.reload();
        return (await row.innerText()).includes('Refused by its company');
      });
      expect(await row.getByRole('link', { name: 'Allow' }).count()).toBe(0);
    });
    await restrict('off');
  });

  test('fills the list with what it suggests, to be reviewed, exactly or by whole networks', async () => {
    const client = await register();
    for (const host of [4, 5, 6, 7]) await see(client.clientId, `198.51.100.${host}`);
    await open(`/clients/${client.clientId}`, async (page) => {
      await page.getByRole('link', { name: 'Suggest a list from use' }).click();
      expect(await page.getByLabel('Allowed addresses').inputValue()).toBe('198.51.100.4/30');
      expect(await noticeOf(page)).toContain('1 rule for 4 addresses');
      await page.getByRole('link', { name: 'Suggest whole networks' }).click();
      expect(await page.getByLabel('Allowed addresses').inputValue()).toBe('198.51.100.0/24');
      expect(await page.getByLabel('Restrict access by IP address').isChecked()).toBe(true);
      expect(await restrictionOf(client.clientId)).toEqual({ mode: 'off', rules: [] });
      await page.getByRole('button', { name: 'Save changes' }).click();
    });
    expect(await restrictionOf(client.clientId)).toEqual({ mode: 'enforce', rules: ['198.51.100.0/24'] });
  });

  test('leaves the list as it is for a client that was not seen', async () => {
    const client = await register(['192.0.2.1']);
    await open(`/clients/${client.clientId}/edit?suggest=exact`, async (page) => {
      expect(await noticeOf(page)).toContain('nothing to suggest');
      expect(await page.getByLabel('Allowed addresses').inputValue()).toBe('192.0.2.1');
    });
  });
});

describe('before saving a list that refuses what is in use', () => {
  test('one is asked, and saves it anyway or puts it right', async () => {
    const client = await register();
    await see(client.clientId, '192.0.2.7');
    await see(client.clientId, ADDRESS);
    await open(`/clients/${client.clientId}/edit`, async (page) => {
      await page.getByLabel('Restrict access by IP address').check();
      await page.getByLabel('Allowed addresses').fill('198.51.100.0/24');
      await page.getByRole('button', { name: 'Save changes' }).click();
      expect(await page.locator('#f-accept_lost').innerText()).toMatch(/refuses 2 addresses[\s\S]*192\.0\.2\.7/);
      expect(await restrictionOf(client.clientId)).toEqual({ mode: 'off', rules: [] });
      // What is confirmed is what was shown: with another list one is asked again.
      await page.getByLabel('Allowed addresses').fill('192.0.2.0/24');
      await page.getByRole('button', { name: 'Save anyway' }).click();
      expect(await page.locator('#f-accept_lost').innerText()).toMatch(/refuses an address[\s\S]*203\.0\.113\.9/);
      await page.getByRole('button', { name: 'Save anyway' }).click();
      expect(await noticeOf(page)).toContain(
        `refuses an address from which the client came in the last 30 days: ${ADDRESS}`,
      );
    });
    expect(await restrictionOf(client.clientId)).toEqual({ mode: 'enforce', rules: ['192.0.2.0/24'] });
  });

  test('one is not asked when the list only reports, or stays as it is', async () => {
    const client = await register(['192.0.2.0/24'], 'report');
    await see(client.clientId, ADDRESS);
    const save = (fields: Record<string, string>) =>
      request(server, `/clients/${client.clientId}`, { sessionToken, form: fields });
    expect((await save({ ip_rules: '10.0.0.0/8' })).status).toBe(303);
    expect((await save({ ip_mode: 'enforce' })).status).toBe(409);
    await server.services.clients.update(caller, client.clientId, { ipRestriction: { mode: 'enforce' } });
    expect((await save({ description: 'With another description.' })).status).toBe(303);
  });
});

test('a pasted list is told entry by entry what is wrong with it, and nothing is saved until all is right', async () => {
  const client = await register();
  await open(`/clients/${client.clientId}/edit`, async (page) => {
    await page.getByLabel('Restrict access by IP address').check();
    await page.getByLabel('Allowed addresses').fill('192.0.2.1, 010.0.0.1 10.0.0\n192.168.1.30/24,');
    await page.getByRole('button', { name: 'Save changes' }).click();
    const faults = await page.locator('#f-ip_rules-error').innerText();
    expect(faults).toMatch(/010\.0\.0\.1 has leading zeros/);
    expect(faults).toMatch(/10\.0\.0 has 3 of four octets/);
    expect(faults).toMatch(/Entry 5: This entry is empty/);
    expect(await restrictionOf(client.clientId)).toEqual({ mode: 'off', rules: [] });
    await page.getByLabel('Allowed addresses').fill('192.0.2.1 192.168.1.30/24\n224.1.1.10:224.1.2.1 gone.test');
    await page.getByRole('button', { name: 'Save changes' }).click();
    const notice = await noticeOf(page);
    expect(notice).toContain('it is stored as 192.168.1.0/24');
    expect(notice).toContain('gone.test: The DNS has no such name');
  });
  expect((await restrictionOf(client.clientId)).rules).toEqual([
    '192.0.2.1',
    '192.168.1.0/24',
    '224.1.1.10-224.1.2.1',
    'gone.test',
  ]);
});

test('the page of a client shows what each host name stands for now and since when', async () => {
  const client = await register(['vpn.test', 'gone.test']);
  await open(`/clients/${client.clientId}`, async (page) => {
    const hosts = await page.locator('.hosts').innerText();
    expect(hosts).toMatch(/vpn\.test\s+It stands for 198\.51\.100\.7\. So since \d+ \w{3} \d{4}, [\d:]+ UTC\./);
    expect(hosts).toMatch(/gone\.test\s+The DNS has no such name/);
  });
});

describe('/system', () => {
  test('tells versions, database and proxies, and warns of forwarding that is ignored', async () => {
    await request(server, '/clients', { sessionToken, headers: { 'X-Forwarded-For': '198.51.100.1' } });
    await open('/', async (page) => {
      await page.getByRole('link', { name: 'System' }).click();
      expect(await heading(page)).toBe('System');
      expect(await noticeOf(page)).toContain('X-Forwarded-For arrives from 127.0.0.1, which is no trusted proxy');
      const text = await page.locator('main').innerText();
      expect(text).toContain(process.versions.node);
      expect(text).toContain('10.0.0.0/24');
      expect(text).toContain('TenancyAndGate1764000000002');
    });
  });
});
