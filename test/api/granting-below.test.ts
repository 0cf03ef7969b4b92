// What a reseller may hand on in a company below: an API can be available there and not to the reseller itself.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeApi } from '../support/factories.ts';
import { asProblem, asRegistered } from './answers.ts';
import { call, toCaller } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let root: string;
let bolt: string;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, database, acme } = installation;
  await makeApi(database, { id: 'billing', availableTo: [acme.id], privileges: [{ scope: 'invoices:read' }] });
  root = server.login('root', { company: installation.root, role: 'reseller' });
  bolt = server.login('bolt', { company: installation.bolt, role: 'company_admin' });
});

afterAll(() => installation.close());

const register = (token: string, companyId: string) =>
  call(installation.server, 'POST', '/api/v1/clients', {
    token,
    json: { name: 'job', role_id: 'role_company_admin', company_id: companyId },
  });

test('root registers, changes and rotates a Company Admin of a company whose API root itself does not have', async () => {
  const { server, acme } = installation;
  const registered = await register(root, acme.id);
  expect(registered.status, registered.text).toBe(201);
  const path = `/api/v1/clients/${asRegistered(registered).client_id}`;
  const changed = await call(server, 'PATCH', path, { token: root, json: { name: 'another', default_api: 'billing' } });
  expect(changed.status, changed.text).toBe(200);
  expect((await call(server, 'POST', `${path}/secrets`, { token: root })).status).toBe(201);
});

test('root makes a role of that company with a privilege of that API, and none of its own with it', async () => {
  const { server, acme } = installation;
  const make = (companyId: string) =>
    call(server, 'POST', '/api/v1/roles', {
      token: root,
      json: { name: `Invoices of ${companyId}`, company_id: companyId, privileges: ['billing/invoices:read'] },
    });
  expect((await make(acme.id)).status).toBe(201);
  const refused = await make(installation.root.id);
  expect(refused.status).toBe(422);
  expect(asProblem(refused).errors?.[0]?.pointer).toBe('/privileges/0');
});

test('a token asked for with fewer scopes of the Management API hands on no more of it below than it has', async () => {
  const { server } = installation;
  const narrow = server.login('narrow', {
    company: installation.root,
    role: 'reseller',
    scopes: ['clients:read', 'clients:write'],
  });
  const refused = await register(narrow, installation.acme.id);
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain('billing/');
  expect(refused.text).toContain('management/');
});

test('whoever reaches one company alone gains nothing by it', async () => {
  expect(toCaller('bolt', { company: installation.bolt, role: 'company_admin' }).reach.subtree).toBe(false);
  expect((await register(bolt, installation.acme.id)).status).toBe(422);
  expect((await register(bolt, installation.bolt.id)).status).toBe(201);
});
