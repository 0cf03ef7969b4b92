// Roles, the catalogue of privileges, and the audit log over the Management API.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asEvent, asEvents, asPrivileges, asProblem, asRegistered, asRole, asRoles, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
  installation.server.login('root', { company: installation.root, role: 'reseller' });
  installation.server.login('acme', { company: installation.acme, role: 'company_admin' });
});

afterAll(() => installation.close());

const ask = (
  method: string,
  path: string,
  options: { json?: unknown; token?: string; headers?: Record<string, string> } = {},
) => call(installation.server, method, `/api/v1${path}`, { token: 'root', ...options });

describe('GET /api/v1/roles', () => {
  test('shows the two standard roles in full', async () => {
    const page = asRoles(await ask('GET', '/roles?kind=standard'));
    expect(page.next_cursor).toBeNull();
    expect(page.items.map(({ id }) => id).toSorted()).toEqual(['role_company_admin', 'role_reseller']);
    const admin = page.items.find(({ id }) => id === 'role_company_admin');
    expect(admin).toEqual({
      id: 'role_company_admin',
      name: 'Company Admin',
      description: expect.any(String),
      kind: 'standard',
      company_id: null,
      privileges: expect.arrayContaining(['management/clients:read', 'management/audit:read']),
      available_to: 'all',
      client_count: expect.any(Number),
      user_count: expect.any(Number),
    });
    expect(admin?.privileges).not.toContain('management/companies:read');
  });

  test('one by its id, with an ETag', async () => {
    const answer = await ask('GET', '/roles/role_company_admin');
    expect(answer.status).toBe(200);
    const tag = answer.headers.get('etag') ?? '';
    expect((await ask('GET', '/roles/role_company_admin', { headers: { 'If-None-Match': tag } })).status).toBe(304);
  });

  test.each(['role_none', 'ROLE_RESELLER', 'x'.repeat(100)])('%s is a 404', async (id) => {
    const answer = await ask('GET', `/roles/${id}`);
    expect([answer.status, asProblem(answer).detail]).toEqual([404, 'There is no such role.']);
  });

  test('a new holder counts, and changes the ETag', async () => {
    const before = await ask('GET', '/roles/role_company_admin');
    await ask('POST', '/clients', { json: { name: 'holder', role_id: 'role_company_admin' } });
    const after = await ask('GET', '/roles/role_company_admin');
    expect(asRole(after).client_count).toBe(asRole(before).client_count + 1);
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
  });
});

describe('GET /api/v1/privileges', () => {
  test('is the catalogue, in pages', async () => {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = asPrivileges(await ask('GET', `/privileges?limit=5${from}`));
      names.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor;
    } while (cursor !== null && names.length < 100);
    expect(names).toHaveLength(17);
    expect(new Set(names).size).toBe(17);
  });

  test('q and api filter it', async () => {
    const { items } = asPrivileges(await ask('GET', '/privileges?q=clients%3A&api=management'));
    expect(items).toEqual(
      expect.arrayContaining([
        {
          name: 'management/clients:read',
          api: 'management',
          scope: 'clients:read',
          group: 'Clients',
          description: expect.any(String),
          level: 'company',
        },
      ]),
    );
    expect(asPrivileges(await ask('GET', '/privileges?api=none')).items).toEqual([]);
  });
});

describe('GET /api/v1/audit-events', () => {
  const register = (name: string) => ask('POST', '/clients', { json: { name, role_id: 'role_company_admin' } });
  const targets = (answer: Answer) => asEvents(answer).items.map(({ target }) => target?.name);

  test('newest first; oldest first with order=asc', async () => {
    for (const name of ['order-1', 'order-2', 'order-3']) await register(name);
    const newest = await ask('GET', '/audit-events?q=order-');
    expect(targets(newest)).toEqual(['order-3', 'order-2', 'order-1']);
    const oldest = await ask('GET', '/audit-events?q=order-&order=asc');
    expect(targets(oldest)).toEqual(['order-1', 'order-2', 'order-3']);
  });

  test('with order=asc the cursor is never null and brings what comes next, once', async () => {
    await register('follow-1');
    const first = await ask('GET', '/audit-events?q=follow-&order=asc');
    expect(targets(first)).toEqual(['follow-1']);
    const next = (cursor: string | null) =>
      ask('GET', `/audit-events?q=follow-&order=asc&cursor=${encodeURIComponent(cursor ?? '')}`);
    const nothing = await next(asEvents(first).next_cursor);
    expect(nothing.json).toEqual({ items: [], next_cursor: expect.any(String) });
    await register('follow-2');
    await register('follow-3');
    const news = await next(asEvents(nothing).next_cursor);
    expect(targets(news)).toEqual(['follow-2', 'follow-3']);
    expect(asEvents(await next(asEvents(news).next_cursor)).items).toEqual([]);
  });

  test('a log without events has a cursor to follow too', async () => {
    const { json } = await ask('GET', '/audit-events?order=asc', { token: 'acme' });
    expect(json).toEqual({ items: [], next_cursor: expect.any(String) });
  });

  test('filters', async () => {
    const client = asRegistered(await register('filtered'));
    await ask('PATCH', `/clients/${client.client_id}`, { json: { description: 'x' } });
    const actions = async (query: string) =>
      asEvents(await ask('GET', `/audit-events?target_id=${client.client_id}&${query}`)).items.map(
        ({ action }) => action,
      );
    expect(await actions('')).toEqual(['client.updated', 'client.created']);
    expect(await actions('action=client.created')).toEqual(['client.created']);
    expect(await actions('outcome=failure')).toEqual([]);
    expect(await actions('actor_id=pst_caller_root')).toHaveLength(2);
    expect(await actions('actor_id=somebody')).toEqual([]);
    expect(await actions('reason=wrong_secret')).toEqual([]);
    expect(await actions(`client_id=${client.client_id}`)).toHaveLength(2);
    expect(await actions(`from=${client.created_at}`)).toHaveLength(2);
    expect(await actions(`to=${client.created_at}`)).toEqual([]);
    expect(await actions('from=2999-01-01T00:00:00%2B01:00')).toEqual([]);
  });

  test('one by its id, with an ETag', async () => {
    await register('single');
    const [event] = asEvents(await ask('GET', '/audit-events?q=single')).items;
    const answer = await ask('GET', `/audit-events/${event?.id}`);
    expect(asEvent(answer)).toEqual(event);
    const headers = { 'If-None-Match': answer.headers.get('etag') ?? '' };
    expect((await ask('GET', `/audit-events/${event?.id}`, { headers })).status).toBe(304);
  });

  test.each(['0', '-1', '1x', '999999999999999999', '99999999999999999999999', '1e3', 'NaN'])(
    'event %s is a 404',
    async (id) => {
      const answer = await ask('GET', `/audit-events/${id}`);
      expect([answer.status, asProblem(answer).detail]).toEqual([404, 'There is no such audit event.']);
    },
  );

  test.each(['x', '-1', '0x10', '99999999999999999999'])('the cursor %s is a 422', async (cursor) => {
    for (const order of ['asc', 'desc']) {
      const answer = await ask('GET', `/audit-events?order=${order}&cursor=${cursor}`);
      expect([answer.status, pointersOf(answer)]).toEqual([422, ['/query/cursor']]);
    }
  });
});
