// The pages about APIs: registering one, importing its description after seeing what that would do, saying who may use it, deleting it.

import { AxeBuilder } from '@axe-core/playwright';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import type { ApiService } from '../../src/domain/api/api-service.ts';
import { documentOf } from '../domain/api/documents.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeCompany, makeRole } from '../support/factories.ts';
import { faultsOf, heading, visit } from './browser-visit.ts';
import { hiddenField, request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let ada: Caller;
let apis: ApiService;
/** Of every test its own. */
let id: string;
let made = 0;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  ada = await callerOf(server, sessionToken);
  ({ apis } = server.services);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(() => {
  made += 1;
  id = `api-${made}`;
});

const orders = documentOf(
  {
    '/orders': { get: { tags: ['orders'] }, post: { tags: ['orders'] } },
    '/orders/{id}': { get: { tags: ['orders'] } },
  },
  { info: { title: 'Orders', version: '2.1' } },
);

const register = (rest: object = {}) =>
  apis.create(ada, { id, identifier: `https://${id}.test`, name: `API ${made}`, ...rest });
const stored = () => apis.get(ada, id);
const ask = (path: string, options: Parameters<typeof request>[2] = {}) =>
  request(server, path, { sessionToken, ...options });

/** As browsers send a form with a file. */
async function upload(path: string, parts: Readonly<Record<string, string | Blob>>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) form.set(name, value);
  const encoded = new Response(form);
  const headers = { 'Content-Type': encoded.headers.get('content-type') ?? '' };
  return ask(path, { method: 'POST', headers, body: new Uint8Array(await encoded.arrayBuffer()) });
}

describe.each([true, false])('with script: %s', (javaScriptEnabled) => {
  test('an API is registered, its description uploaded, looked at and imported', async () => {
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled });
    await page.goto('/');
    await page.getByRole('link', { name: 'APIs', exact: true }).click();
    await page.getByRole('link', { name: 'New API' }).click();
    await page.getByLabel('Name', { exact: true }).fill(`Orders ${made}`);
    await page.getByLabel('Id', { exact: true }).fill(id);
    await page.getByLabel('Identifier').fill(`HTTPS://${id}.Test/v1`);
    await page.getByRole('button', { name: 'Create API' }).click();
    expect(await heading(page)).toBe(`Orders ${made}`);
    expect(await page.getByText(`Stored as https://${id}.test/v1`).isVisible()).toBe(true);
    expect(await page.getByText('No company yet').isVisible()).toBe(true);
    await page.getByRole('link', { name: 'Import a description' }).click();
    const buffer = Buffer.from(JSON.stringify(orders));
    await page.getByLabel('File').setInputFiles({ name: 'orders.json', mimeType: 'application/json', buffer });
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    expect(await heading(page)).toBe('What the import would do');
    expect(await page.getByRole('main').innerText()).toMatch(
      /Orders 2\.1.*with 3 operations\. Nothing has changed yet\./s,
    );
    expect(await page.getByRole('region', { name: 'Added: 2' }).innerText()).toMatch(
      /orders:read[^]*2 operations[^]*orders:write/,
    );
    expect((await stored()).privileges).toEqual([]);
    await page.getByRole('button', { name: 'Import', exact: true }).first().click();
    expect(await heading(page)).toBe(`Orders ${made}`);
    expect(await page.getByText('Privileges: 2 added.').isVisible()).toBe(true);
    expect((await stored()).privileges.map(({ scope, operations }) => [scope, operations])).toEqual([
      ['orders:read', 2],
      ['orders:write', 1],
    ]);
    await end();
  });

  test('companies are found by name, chosen, and taken away again', async () => {
    const company = await makeCompany(server.database, { name: `Findable ${made}` });
    await register({ privileges: [{ scope: 'a' }] });
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled });
    await page.goto(`/apis/${id}`);
    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('Chosen companies').check();
    await page.getByLabel('Find a company').fill('findable');
    await page.getByLabel('Find a company').press('Enter');
    await page.getByLabel(`Findable ${made}`).check();
    // Looking for another one keeps what is ticked.
    await page.getByLabel('Find a company').fill('nothing like this');
    await page.getByRole('button', { name: 'Find' }).click();
    expect(await page.getByLabel(`Findable ${made}`).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByText('Holders of Reseller and Company Admin in Findable').isVisible()).toBe(true);
    expect((await stored()).availableTo).toEqual([company.id]);
    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('No company').check();
    await page.getByRole('button', { name: 'Save' }).click();
    expect((await stored()).availableTo).toEqual([]);
    await end();
  });

  test('an API that nobody uses is deleted after a question', async () => {
    await register();
    const { page, end } = await visit(browser, server, { sessionToken, javaScriptEnabled });
    await page.goto(`/apis/${id}`);
    await page.getByRole('link', { name: 'Delete API' }).click();
    await page.getByRole('button', { name: 'Delete API' }).click();
    expect(await page.getByText(`Deleted API ${made}.`).isVisible()).toBe(true);
    await expect(stored()).rejects.toMatchObject({ status: 404 });
    await end();
  });
});

test('a pasted description is imported; what a role holds is kept and named before', async () => {
  await register({ availableTo: 'all' });
  await apis.import(ada, id, JSON.stringify(orders), { dryRun: false });
  await makeRole(server.database, { name: `Writer ${made}`, companyId: 'co_root', privileges: [`${id}/orders:write`] });
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/apis/${id}/import`);
  const next = documentOf({ '/orders': { get: { tags: ['orders'] } }, '/returns': { get: { tags: ['returns'] } } });
  await page.getByLabel('Pasted document').fill(JSON.stringify(next));
  await page.getByRole('button', { name: 'Show what it would do' }).click();
  expect(await page.getByRole('region', { name: 'Kept: 1' }).innerText()).toContain(`Held by the role Writer ${made}`);
  expect(await page.getByText('get the 1 new privilege at once').isVisible()).toBe(true);
  const changed = page.getByRole('region', { name: 'Changed: 1' });
  await changed.getByText('1 operation fewer').click();
  expect(await changed.innerText()).toContain('− GET /orders/{id}');
  await page.getByRole('button', { name: 'Import', exact: true }).first().click();
  expect(await page.getByText('1 kept because roles hold them').isVisible()).toBe(true);
  expect((await stored()).privileges.map(({ scope, operations }) => [scope, operations])).toEqual([
    ['orders:read', 1],
    ['returns:read', 1],
    ['orders:write', 0],
  ]);
  await end();
});

test('faults of a description stand beside the field, each with its place, and the text is kept', async () => {
  await register();
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto(`/apis/${id}/import`);
  const wrong = JSON.stringify(documentOf({ pets: { get: {} }, '/a b': { get: {} } }));
  await page.getByLabel('Pasted document').fill(wrong);
  await page.getByRole('button', { name: 'Show what it would do' }).click();
  expect(await faultsOf(page, 'text')).toContain('/paths/pets: A path begins with /.');
  expect(await page.getByLabel('Pasted document').inputValue()).toBe(wrong);
  await end();
});

describe('the import over the wire', () => {
  const json = JSON.stringify(orders);

  test('a file and a text are one too many, neither is one too few', async () => {
    await register();
    const both = await upload(`/apis/${id}/import`, { file: new Blob([json]), text: json });
    expect([both.status, both.text.includes('not both')]).toEqual([422, true]);
    const neither = await upload(`/apis/${id}/import`, { text: '  ' });
    expect([neither.status, neither.text.includes('Choose a file')]).toEqual([422, true]);
  });

  test('what is applied is what was shown: after a change it is shown again', async () => {
    await register();
    const shown = await upload(`/apis/${id}/import`, { text: json });
    const [document, version] = [hiddenField(shown.text, 'document'), hiddenField(shown.text, 'version')];
    await apis.update(ada, id, { privileges: [{ scope: 'orders:read', level: 'root' }] });
    const stale = await upload(`/apis/${id}/import`, { document, version });
    expect([stale.status, stale.text.includes('changed while you looked')]).toEqual([409, true]);
    expect((await stored()).importedAt).toBeNull();
    const applied = await upload(`/apis/${id}/import`, { document, version: hiddenField(stale.text, 'version') });
    expect([applied.status, applied.headers.get('location')]).toEqual([303, `/apis/${id}`]);
    expect((await stored()).privileges[0]).toMatchObject({ scope: 'orders:read', level: 'root' });
  });

  test.each([
    ['what is not packed', 'bm90IGd6aXA='],
    ['what is no base64', '%%%'],
    ['a bomb', gzipSync(Buffer.alloc(100 * 1024 * 1024)).toString('base64')],
  ])('400 for %s in place of the document', async (_name, document) => {
    await register();
    const answer = await upload(`/apis/${id}/import`, { document, version: '1' });
    expect(answer.status).toBe(400);
    expect((await stored()).importedAt).toBeNull();
  });

  test.each([
    ['a form without a file', { form: { text: json } }, 415],
    [
      'a body that is no form',
      { method: 'POST', body: 'x', headers: { 'Content-Type': 'multipart/form-data; boundary=b' } },
      400,
    ],
  ])('%s is refused', async (_name, options, status) => {
    await register();
    expect((await ask(`/apis/${id}/import`, options)).status).toBe(status);
  });

  test('fields that the form does not have are refused', async () => {
    await register();
    expect((await upload(`/apis/${id}/import`, { text: json, colour: 'blue' })).status).toBe(400);
    expect((await upload(`/apis/${id}/import`, { other: new Blob([json]) })).status).toBe(400);
  });

  test('more than 30 MiB is refused', async () => {
    await register();
    const answer = await upload(`/apis/${id}/import`, { text: ' '.repeat(30 * 1024 * 1024) });
    expect(answer.status).toBe(413);
  });
});

describe('privileges by hand', () => {
  test('one is added, changed and removed', async () => {
    await register();
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/apis/${id}`);
    await page.getByRole('link', { name: 'Add one by hand' }).click();
    await page.getByLabel('Scope').fill('orders:read?all&more');
    await page.getByLabel('What it allows').fill('See <every> order');
    await page.getByRole('button', { name: 'Add privilege' }).click();
    expect(await page.getByText('Added the privilege orders:read?all&more.').isVisible()).toBe(true);
    await page.getByRole('link', { name: 'orders:read?all&more' }).click();
    await page.getByLabel('Reseller').check();
    await page.getByRole('button', { name: 'Save changes' }).click();
    expect((await stored()).privileges).toMatchObject([
      { scope: 'orders:read?all&more', group: 'orders', description: 'See <every> order', level: 'reseller' },
    ]);
    await page.getByRole('link', { name: 'orders:read?all&more' }).click();
    await page.getByRole('button', { name: 'Remove privilege' }).click();
    expect(await page.getByText('Removed the privilege orders:read?all&more.').isVisible()).toBe(true);
    expect((await stored()).privileges).toEqual([]);
    await end();
  });

  test('a scope that is none, and one that is there already, are told beside the field', async () => {
    await register({ privileges: [{ scope: 'a' }] });
    const { page, end } = await visit(browser, server, { sessionToken });
    await page.goto(`/apis/${id}/privileges/new`);
    await page.getByLabel('Scope').fill('a b');
    await page.getByRole('button', { name: 'Add privilege' }).click();
    expect(await faultsOf(page, 'scope')).toContain('RFC 6749');
    await page.getByLabel('Scope').fill('a');
    await page.getByRole('button', { name: 'Add privilege' }).click();
    expect(await faultsOf(page, 'scope')).toContain('already');
    await end();
  });

  test('one that a role holds stays, and the page says who holds it', async () => {
    await register({ availableTo: 'all', privileges: [{ scope: 'a' }] });
    await makeRole(server.database, { name: `Holder ${made}`, companyId: 'co_root', privileges: [`${id}/a`] });
    const { version } = await stored();
    const answer = await ask(`/apis/${id}/privileges/remove`, { form: { scope: 'a', version: String(version) } });
    expect([answer.status, answer.text.includes(`Holder ${made}`)]).toEqual([409, true]);
  });
});

test('an API in use is not deleted, and the page says what is in the way', async () => {
  await register({ availableTo: 'all', privileges: [{ scope: 'a' }] });
  await makeRole(server.database, { name: `Holder ${made}`, companyId: 'co_root', privileges: [`${id}/a`] });
  const answer = await ask(`/apis/${id}/delete`, { form: {} });
  expect([answer.status, answer.text.includes(`the role Holder ${made}`)]).toEqual([409, true]);
});

test('a form that is stale keeps what was typed and saves over it knowingly', async () => {
  await register();
  const form = { name: `Renamed ${made}`, version: '1' };
  await apis.update(ada, id, { description: 'meanwhile' });
  const stale = await ask(`/apis/${id}`, { form });
  expect([stale.status, stale.text.includes(`value="Renamed ${made}"`)]).toEqual([409, true]);
  const again = await ask(`/apis/${id}`, { form: { ...form, version: hiddenField(stale.text, 'version') } });
  expect(again.status).toBe(303);
  expect(await stored()).toMatchObject({ name: `Renamed ${made}`, description: 'meanwhile' });
});

test('faults of a new API stand beside their fields, taken names too', async () => {
  await register();
  const { page, end } = await visit(browser, server, { sessionToken });
  await page.goto('/apis/new');
  await page.getByLabel('Name', { exact: true }).fill('\u00a0');
  await page.getByLabel('Id', { exact: true }).fill('No Good');
  await page.getByLabel('Identifier').fill('https://x.test/#a');
  await page.getByRole('button', { name: 'Create API' }).click();
  expect(await faultsOf(page, 'name')).toContain('Enter a name');
  expect(await faultsOf(page, 'id')).toContain('1 to 40 characters');
  expect(await faultsOf(page, 'identifier')).toContain('no fragment');
  await page.getByLabel('Name', { exact: true }).fill(`Another ${made}`);
  await page.getByLabel('Id', { exact: true }).fill(id);
  await page.getByLabel('Identifier').fill(`urn:another:${made}`);
  await page.getByRole('button', { name: 'Create API' }).click();
  expect(await faultsOf(page, 'id')).toContain('already');
  await end();
});

describe('who may', () => {
  test('a company’s administrator has no such pages, nor a way to them', async () => {
    const company = await makeCompany(server.database, { name: `Plain ${made}` });
    const { invitation } = await invite(company.id);
    const overview = await ask('/', { sessionToken: invitation });
    expect(overview.text).not.toContain('href="/apis"');
    for (const path of ['/apis', '/apis/new', '/apis/management']) {
      expect([path, (await ask(path, { sessionToken: invitation })).status]).toEqual([path, 403]);
    }
  });

  test('the Management API is shown and cannot be changed', async () => {
    const shown = await ask('/apis/management');
    expect(shown.text).toContain('This API is built in');
    expect(shown.text).not.toContain('/apis/management/edit');
    for (const path of [
      '/apis/management/import',
      '/apis/management/availability',
      '/apis/management/privileges/new',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 409]);
    }
    expect((await ask('/apis/management/delete', { form: {} })).status).toBe(409);
  });

  test('without a session one is asked to sign in, and led back', async () => {
    const answer = await request(server, '/apis/management');
    expect(answer.headers.get('location')).toBe('/login?next=%2Fapis%2Fmanagement');
  });
});

/** The session of a new user of the company, who is its administrator. */
async function invite(companyId: string): Promise<{ invitation: string }> {
  const { invitationToken } = await server.services.users.create(await callerOf(server, sessionToken), {
    email: `admin-${made}@example.test`,
    name: 'Admin',
    companyId,
    roleId: 'role_company_admin',
  });
  const origin = { requestId: '0'.repeat(32), ip: '127.0.0.1', userAgent: 'Tests' };
  const password = 'a password that nobody else has thought of';
  const session = await server.services.accounts.acceptInvitation({ token: invitationToken, password }, origin);
  return { invitation: session.sessionToken };
}

describe('look', () => {
  const looks = (['light', 'dark'] as const).flatMap((scheme) => [1280, 390].map((width) => ({ scheme, width })));
  let bigId: string;

  beforeAll(async () => {
    bigId = 'shop';
    await apis.create(ada, {
      id: bigId,
      identifier: 'https://shop.example.com',
      name: 'Shop',
      description: 'Orders, returns and stock.',
    });
    const tags = ['orders', 'returns', 'stock', 'customers', 'invoices', 'shipments', 'reports'];
    const paths = Object.fromEntries(
      tags.flatMap((tag) => [
        [`/${tag}`, { get: { tags: [tag] }, post: { tags: [tag] } }],
        [`/${tag}/{id}`, { get: { tags: [tag] }, delete: { tags: [tag] } }],
      ]),
    );
    await apis.import(ada, bigId, JSON.stringify(documentOf(paths, { info: { title: 'Shop', version: '3' } })), {
      dryRun: false,
    });
    const company = await makeCompany(server.database, { name: 'Northwind Traders' });
    await apis.update(ada, bigId, { availableTo: [company.id] });
    await makeRole(server.database, {
      name: 'Returns desk',
      companyId: company.id,
      privileges: ['shop/returns:write'],
    });
  });

  const next = JSON.stringify(
    documentOf(
      {
        '/orders': { get: { tags: ['orders'] } },
        '/orders/{id}/history': { get: { tags: ['orders'] } },
        '/gifts': { post: { tags: ['gifts'] } },
      },
      { info: { title: 'Shop', version: '4' }, servers: [{ url: 'https://{x}.example.com/{y}' }] },
    ),
  );

  const ways: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
    apis: (page) => page.goto('/apis'),
    'apis-none-match': (page) => page.goto('/apis?q=nothing+like+this'),
    'api-new': (page) => page.goto('/apis/new'),
    'api-new-faults': async (page) => {
      await page.goto('/apis/new');
      await page.getByRole('button', { name: 'Create API' }).click();
    },
    api: (page) => page.goto(`/apis/${bigId}`),
    'api-search': (page) => page.goto(`/apis/${bigId}?q=return`),
    'api-management': (page) => page.goto('/apis/management'),
    'api-edit': (page) => page.goto(`/apis/${bigId}/edit`),
    'api-availability': (page) => page.goto(`/apis/${bigId}/availability`),
    'api-privilege': (page) => page.goto(`/apis/${bigId}/privileges/edit?scope=orders%3Aread`),
    'api-privilege-new': (page) => page.goto(`/apis/${bigId}/privileges/new`),
    'api-import': (page) => page.goto(`/apis/${bigId}/import`),
    'api-import-faults': async (page) => {
      await page.goto(`/apis/${bigId}/import`);
      await page.getByLabel('Pasted document').fill('{"openapi":"3.1.0","info":{},"paths":{"a":{},"b":{}}}');
      await page.getByRole('button', { name: 'Show what it would do' }).click();
    },
    'api-import-preview': async (page) => {
      await page.goto(`/apis/${bigId}/import`);
      await page.getByLabel('Pasted document').fill(next);
      await page.getByRole('button', { name: 'Show what it would do' }).click();
      await page.getByRole('heading', { name: 'What the import would do' }).waitFor();
    },
    'api-delete': (page) => page.goto(`/apis/${bigId}/delete`),
  };

  test.each(looks)(
    'in $scheme colours, $width px wide, every page is accessible and nothing sticks out',
    async ({ scheme, width }) => {
      const { page, end } = await visit(browser, server, {
        sessionToken,
        colorScheme: scheme,
        viewport: { width, height: 860 },
      });
      for (const [name, way] of Object.entries(ways)) {
        await way(page);
        const folder = process.env['POSTERN_SHOTS'];
        if (folder) await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true });
        const { violations } = await new AxeBuilder({ page }).analyze();
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect([
          name,
          violations.map((each) => `${each.id}: ${each.nodes.map(({ html }) => html).join(' ')}`),
          overflow,
        ]).toEqual([name, [], 0]);
      }
      await end();
    },
    120_000,
  );
});
