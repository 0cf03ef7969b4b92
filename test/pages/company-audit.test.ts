// The audit log for those who manage several companies: whose event it is, and one company's alone.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants, makeReseller, makeSignedIn, type PageTenants } from './tenants.ts';

let server: PageServer;
let tenants: PageTenants;

beforeAll(async () => {
  server = await startPages();
  tenants = await makePageTenants(server);
  for (const [name, company] of Object.entries({ 'acme job': tenants.acme, 'globex job': tenants.globex })) {
    await server.services.clients.register(tenants.ada, {
      name,
      companyId: company.id,
      roleId: COMPANY_ADMIN_ROLE_ID,
    });
  }
});
afterAll(() => server.close());

const get = async (path: string, sessionToken: string) => (await request(server, path, { sessionToken })).text;

/** The rows of the table as text, newest first. */
function rowsOf(html: string): string[] {
  return html
    .split('<tr role="row">')
    .slice(2)
    .map((row) =>
      row
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
}

test('each row names the company, and the filter leaves those of one company alone', async () => {
  const all = rowsOf(await get('/audit?action=client.created', tenants.sessionToken));
  expect(all.map((row) => /Company: (\w+)/.exec(row)?.[1])).toEqual(['Globex', 'Acme']);
  const html = await get(`/audit?action=client.created&company_id=${tenants.acme.id}`, tenants.sessionToken);
  expect(rowsOf(html)).toEqual([expect.stringContaining('acme job')]);
  expect(html).toMatch(new RegExp(`<option value="${tenants.acme.id}" selected[^>]*>Acme`));
});

test('an event of another company shows that company’s name, also after it was renamed', async () => {
  const company = await server.services.companies.create(tenants.ada, {
    name: 'Before',
    parentId: ROOT_COMPANY_ID,
  });
  await server.services.companies.update(tenants.ada, company.id, { name: 'After' });
  const list = await get(`/audit?action=company.created&company_id=${company.id}`, tenants.sessionToken);
  const eventId = /href="\/audit\/(\d+)"/.exec(list)?.[1] ?? '';
  const event = await get(`/audit/${eventId}`, tenants.sessionToken);
  expect(event).toMatch(/<dt>Company<\/dt><dd><bdi[^>]*>After<\/bdi>/);
});

test('a reseller sees the events of its companies, filtered or not, and none of others', async () => {
  const rita = await makeReseller(server, tenants.ada, 'Rita Audit', tenants.contoso.id);
  const all = await get('/audit?action=client.created', rita.sessionToken);
  expect(rowsOf(all)).toEqual([expect.stringContaining('acme job')]);
  const foreign = await get(`/audit?company_id=${tenants.globex.id}`, rita.sessionToken);
  expect(foreign).toContain('No event matches');
  // Ada acted, and she is of the company above: her page is not Rita's to open.
  expect(all).toContain('ada@northwind.test');
  expect(all).not.toContain(`/users/${tenants.ada.id}`);
});

test('who acted is linked for those who can open their page, and for nobody else', async () => {
  const rita = await makeReseller(server, tenants.ada, 'Rita Linked', tenants.contoso.id);
  const colleague = await makeSignedIn(server, tenants.ada, { name: 'Colleague', companyId: tenants.acme.id });
  const reader = await makeSignedIn(server, tenants.ada, { name: 'Linked Reader', companyId: tenants.acme.id });
  const linkOf = (id: string) => `href="/users/${id}"`;
  // A reseller's own people, and one's colleagues.
  const signIns = await get('/audit?action=user.signed_in', rita.sessionToken);
  expect(signIns).toContain(linkOf(colleague.user.id));
  expect(await get('/audit?action=user.signed_in', reader.sessionToken)).toContain(linkOf(colleague.user.id));
  await server.services.users.delete(tenants.ada, colleague.user.id);
  const gone = await get('/audit?action=user.signed_in', rita.sessionToken);
  expect(gone).toContain('colleague@example.test');
  expect(gone).not.toContain(linkOf(colleague.user.id));
});

test('who sees one company alone is not told its name in every row', async () => {
  const plain = await makeSignedIn(server, tenants.ada, { name: 'Plain Reader', companyId: tenants.acme.id });
  const html = await get('/audit', plain.sessionToken);
  expect(rowsOf(html).length).toBeGreaterThan(1);
  expect(rowsOf(html).join(' ')).not.toContain('Company: ');
  expect(html).not.toContain('name="company_id"');
});
