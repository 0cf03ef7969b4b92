// One API token in the pages, over the wire: its facts, changing it, a new value, its end, and what its owner's pages say of it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import {
  auditBox,
  listApiTokens,
  makeApiToken,
  makeClient,
  rowNames,
  storedApiToken,
  VALUE,
} from './api-token-fixtures.ts';
import { hiddenField, request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { makePageTenants, makeSignedIn, type PageTenants } from './tenants.ts';

let server: PageServer;
let tenants: PageTenants;
let ada: Caller;
let sessionToken: string;

beforeAll(async () => {
  server = await startPages();
  tenants = await makePageTenants(server);
  ({ sessionToken, ada } = tenants);
});
afterAll(() => server.close());

const get = (path: string, as = sessionToken) => request(server, path, { sessionToken: as });
const post = (path: string, form: Readonly<Record<string, string>> = {}, as = sessionToken) =>
  request(server, path, { sessionToken: as, form });
const later = (minutes: number) => new Date(server.clock.now().getTime() + minutes * 60_000);

/** A client of the root company whose role holds these privileges. */
async function makeHolder(name: string, scopes: readonly string[]) {
  const privileges = scopes.map((scope) => `management/${scope}`);
  const role = await server.services.roles.create(ada, {
    name: `Role of ${name}`,
    companyId: ROOT_COMPANY_ID,
    privileges,
  });
  return { role, client: await makeClient(server, ada, name, { roleId: role.id }) };
}

describe('the page of a token', () => {
  test('says whose it is, what it may do, from where and until when, and leads to its events', async () => {
    const client = await makeClient(server, ada, 'fact-client');
    const token = await makeApiToken(server, ada, {
      name: 'fact feed',
      clientId: client.clientId,
      privileges: ['management/clients:read', 'management/audit:read'],
      ipRestriction: { mode: 'enforce', rules: ['203.0.113.7', 'vpn.test'] },
      expiresAt: later(60 * 24 * 40),
    });
    await server.database.query(
      `UPDATE api_token SET last_used_at = now(), last_used_ip = '198.51.100.9' WHERE id = $1`,
      [token.id],
    );
    const { text } = await get(`/api-tokens/${token.id}`);
    for (const words of [
      'fact feed',
      `href="/clients/${client.clientId}"`,
      'See clients, their secrets’ hints',
      'Read the audit log',
      token.hint,
      '203.0.113.7',
      'It stands for 198.51.100.7',
      'in 40 days',
      '198.51.100.9',
      `href="/audit?q=${token.id}"`,
      'Management API',
    ]) {
      expect(text).toContain(words);
    }
    const events = await get(`/audit?q=${token.id}`);
    expect(events.text).toContain('api_token.created');
    expect(events.text).toContain(`href="/api-tokens/${token.id}"`);
  });

  test('says when its owner is inactive or has lost a privilege, and when it has expired', async () => {
    const { client, role } = await makeHolder('losing-client', ['clients:read', 'audit:read']);
    const token = await makeApiToken(server, ada, {
      name: 'losing feed',
      clientId: client.clientId,
      privileges: ['management/clients:read', 'management/audit:read'],
      expiresAt: later(2),
    });
    const path = `/api-tokens/${token.id}`;
    expect((await get(path)).text).not.toContain('doesn’t hold it now');
    await server.services.roles.update(ada, role.id, { privileges: ['management/audit:read'] });
    await server.services.clients.update(ada, client.clientId, { status: 'inactive' });
    const after = await get(path);
    // Beside that one alone.
    expect(after.text).toMatch(/clients:read<\/code>.*doesn’t hold it now/s);
    expect(after.text.split('doesn’t hold it now')).toHaveLength(2);
    expect(after.text).toContain('Its owner is inactive');
    server.clock.forward({ minutes: 3 });
    expect((await get(path)).text).toContain('This API token has expired');
  });

  test('whose owner may do more is looked at and deleted, not changed', async () => {
    const { role } = await makeHolder('weak', ['api-tokens:read', 'api-tokens:write', 'audit:read']);
    const weak = await makeSignedIn(server, ada, { name: 'Weak Keeper', companyId: ROOT_COMPANY_ID, roleId: role.id });
    const token = await makeApiToken(server, ada, { name: 'too strong' });
    const path = `/api-tokens/${token.id}`;
    const shown = await get(path, weak.sessionToken);
    expect(shown.text).toContain('You can delete it, but not change it');
    expect(shown.text).not.toContain(`${path}/edit`);
    expect(shown.text).not.toContain(`${path}/regenerate`);
    expect((await get(`${path}/edit`, weak.sessionToken)).status).toBe(403);
    expect((await post(path, { name: 'mine' }, weak.sessionToken)).status).toBe(403);
    const regenerated = await post(`${path}/regenerate`, {}, weak.sessionToken);
    expect([regenerated.status, VALUE.test(regenerated.text)]).toEqual([403, false]);
    expect((await storedApiToken(server, ada, 'too strong')).version).toBe(token.version);
    expect((await post(`${path}/delete`, {}, weak.sessionToken)).status).toBe(303);
    expect(await listApiTokens(server, ada, { q: 'too strong' })).toEqual([]);
  });
});

describe('changing a token', () => {
  test('name, privileges, expiry and addresses, with what saving changed; its value stays', async () => {
    const token = await makeApiToken(server, ada, { name: 'before', expiresAt: later(60) });
    const form = {
      name: 'after',
      expiry: 'never',
      ip_mode: 'enforce',
      ip_rules: '192.168.1.30/24',
      'privilege:management/clients:read': 'on',
      ...auditBox,
    };
    const saved = await post(`/api-tokens/${token.id}`, { ...form, version: '1' });
    expect([saved.status, saved.headers.get('location')]).toEqual([303, `/api-tokens/${token.id}`]);
    const flash = saved.headers.get('set-cookie')?.split(';')[0] ?? '';
    const shown = await request(server, `/api-tokens/${token.id}`, {
      headers: { Cookie: `postern_session=${sessionToken}; ${flash}` },
    });
    expect(shown.text).toContain('Saved the changes to after, with these differences:');
    expect(await storedApiToken(server, ada, 'after')).toMatchObject({
      id: token.id,
      hint: token.hint,
      scopes: ['clients:read', 'audit:read'],
      expiresAt: null,
      ipRestriction: { mode: 'enforce', rules: ['192.168.1.0/24'] },
    });
  });

  test('an expiry that nobody touched stays to the millisecond', async () => {
    const expiresAt = new Date('2098-05-06T07:08:09.123Z');
    const token = await makeApiToken(server, ada, { name: 'exact', expiresAt });
    const form = await get(`/api-tokens/${token.id}/edit`);
    expect(form.text).toContain('value="2098-05-06T07:08"');
    await post(`/api-tokens/${token.id}`, { name: 'exact still', expires_at: '2098-05-06T07:08', ...auditBox });
    expect((await storedApiToken(server, ada, 'exact still')).expiresAt).toEqual(expiresAt);
  });

  test('what its owner lost meanwhile is shown, can’t be ticked, and stays unless other privileges are chosen', async () => {
    const { client, role } = await makeHolder('idle-client', ['clients:read', 'audit:read', 'roles:read']);
    const token = await makeApiToken(server, ada, {
      name: 'idle feed',
      clientId: client.clientId,
      privileges: ['management/clients:read', 'management/audit:read'],
    });
    await server.services.roles.update(ada, role.id, {
      privileges: ['management/audit:read', 'management/roles:read'],
    });
    const form = await get(`/api-tokens/${token.id}/edit`);
    expect(form.text).toMatch(/privilege:management\/clients:read"[^>]* disabled/);
    expect(form.text).toContain('Its owner doesn’t hold it now.');
    expect((await post(`/api-tokens/${token.id}`, { name: 'idle feed renamed', ...auditBox })).status).toBe(303);
    const renamed = await storedApiToken(server, ada, 'idle feed renamed');
    expect(renamed.scopes).toEqual(['clients:read', 'audit:read']);
    const chosen = await post(`/api-tokens/${token.id}`, { 'privilege:management/roles:read': 'on', ...auditBox });
    expect(chosen.status).toBe(303);
    expect([...(await storedApiToken(server, ada, 'idle feed renamed')).scopes].sort()).toEqual([
      'audit:read',
      'roles:read',
    ]);
  });

  test('does not overwrite what somebody else saved meanwhile without telling', async () => {
    const token = await makeApiToken(server, ada, { name: 'contested' });
    await server.services.apiTokens.update(ada, token.id, { name: 'changed by another' });
    const answer = await post(`/api-tokens/${token.id}`, {
      name: 'typed',
      version: String(token.version),
      ...auditBox,
    });
    expect([answer.status, answer.text.includes('was changed since you opened this form')]).toEqual([409, true]);
    expect(answer.text).toContain('value="typed"');
    expect(answer.text).toMatch(/privilege:management\/audit:read" checked/);
    await storedApiToken(server, ada, 'changed by another');
    const again = await post(`/api-tokens/${token.id}`, {
      name: 'typed',
      version: hiddenField(answer.text, 'version'),
      ...auditBox,
    });
    expect(again.status).toBe(303);
  });

  test('faults keep what was typed, and nothing is written', async () => {
    const token = await makeApiToken(server, ada, { name: 'kept whole' });
    const answer = await post(`/api-tokens/${token.id}`, {
      name: '',
      ip_mode: 'enforce',
      ip_rules: '1.2.3',
      ...auditBox,
    });
    expect(answer.status).toBe(422);
    for (const field of ['name', 'ip_rules']) expect(answer.text).toContain(`id="f-${field}-error"`);
    expect(answer.text).toContain('1.2.3</textarea>');
    const nothing = await post(`/api-tokens/${token.id}`, { name: 'none ticked' });
    expect([nothing.status, nothing.text.includes('Choose at least one privilege.')]).toEqual([422, true]);
    expect((await storedApiToken(server, ada, 'kept whole')).version).toBe(token.version);
  });

  test.each([
    ['its owner', { owner: 'user:usr_x' }],
    ['its API', { api: 'management' }],
  ])('%s is no part of the form', async (_, more) => {
    const token = await makeApiToken(server, ada, { name: 'fixed parts' });
    expect((await post(`/api-tokens/${token.id}`, { ...more, ...auditBox })).status).toBe(400);
    await server.services.apiTokens.delete(ada, token.id);
  });
});

describe('a new value', () => {
  test('is asked about, shown once, and takes the place of the old one', async () => {
    const token = await makeApiToken(server, ada, { name: 'renewed' });
    const path = `/api-tokens/${token.id}/regenerate`;
    const asked = await get(path);
    expect(asked.text).toContain(`The value ending in ${token.hint} stops working at once`);
    const form = { form_id: hiddenField(asked.text, 'form_id') };
    const answers = await Promise.all([1, 2].map(() => post(path, form)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const shown = answers.find(({ status }) => status === 200);
    expect(shown?.headers.get('cache-control')).toBe('no-store');
    expect(shown?.text).toContain('The old value has stopped working.');
    const value = VALUE.exec(shown?.text ?? '')?.[0] ?? '';
    const after = await storedApiToken(server, ada, 'renewed');
    expect([after.id, after.hint]).toEqual([token.id, value.slice(-4)]);
    const repeated = answers.find(({ status }) => status === 409);
    expect(repeated?.text).toContain('This value was made and shown already');
    expect(repeated?.text).not.toContain('pstt_');
    expect((await get(`/api-tokens/${token.id}`)).text).not.toContain(value);
    expect(server.logged()).not.toContain(value);
  });

  test('is not made for one that has expired: the page says what to do first', async () => {
    const token = await makeApiToken(server, ada, { name: 'past', expiresAt: later(1) });
    server.clock.forward({ minutes: 2 });
    for (const answer of [
      await get(`/api-tokens/${token.id}/regenerate`),
      await post(`/api-tokens/${token.id}/regenerate`),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.text).toContain('later expiry first');
      expect(answer.text).not.toMatch(VALUE);
    }
  });
});

test('deleting is asked about, and what it did stays in the audit log, which leads to no page that is gone', async () => {
  const token = await makeApiToken(server, ada, { name: 'short-lived' });
  const asked = await get(`/api-tokens/${token.id}/delete`);
  expect(asked.text).toContain(`Whatever still uses the value ending in ${token.hint} is refused`);
  const answer = await post(`/api-tokens/${token.id}/delete`);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/api-tokens']);
  expect((await get(`/api-tokens/${token.id}`)).status).toBe(404);
  const events = await get('/audit?action=api_token.deleted&q=short-lived');
  expect(events.text).toContain('short-lived');
  expect(events.text).toContain('api token');
  expect(events.text).not.toContain(`href="/api-tokens/${token.id}"`);
});

describe('the pages of owners', () => {
  test('a client shows its newest tokens, leads to all of them and to a new one, and says how many end with it', async () => {
    const client = await makeClient(server, ada, 'owning-client');
    const path = `/clients/${client.clientId}`;
    expect((await get(path)).text).toContain('This client has none.');
    for (let made = 0; made < 7; made += 1) {
      await makeApiToken(server, ada, { name: `owned ${made}`, clientId: client.clientId });
    }
    const { text } = await get(path);
    expect(rowNames(text).filter((name) => name.startsWith('owned'))).toEqual([6, 5, 4, 3, 2].map((n) => `owned ${n}`));
    expect(text).toContain(`href="/api-tokens?client_id=${client.clientId}"`);
    expect(text).toContain(`href="/api-tokens/new?client_id=${client.clientId}"`);
    expect((await get(`${path}/revoke-tokens`)).text).toContain('Its 7 API tokens are deleted.');
    expect((await get(`${path}/delete`)).text).toContain('Its 7 API tokens are deleted with it');
    expect((await post(`${path}/revoke-tokens`)).status).toBe(303);
    expect(await listApiTokens(server, ada, { clientId: client.clientId })).toEqual([]);
    expect((await get(`${path}/delete`)).text).not.toContain('Its API token');
  });

  test('a user shows theirs, and the questions before keeping one out say how many', async () => {
    const grace = await makeSignedIn(server, ada, { name: 'Grace Tokens', companyId: tenants.contoso.id });
    await makeApiToken(server, ada, { name: 'of Grace', userId: grace.user.id });
    const path = `/users/${grace.user.id}`;
    const { text } = await get(path);
    expect(rowNames(text)).toContain('of Grace');
    expect(text).toContain(`href="/api-tokens/new?user_id=${grace.user.id}"`);
    expect((await get(`${path}/deactivate`)).text).toContain('Their API token is refused until they are active again.');
    expect((await get(`${path}/delete`)).text).toContain('Their API token is deleted too');
    expect((await post(`${path}/delete`)).status).toBe(303);
    expect(await listApiTokens(server, ada, { q: 'of Grace' })).toEqual([]);
  });

  test('who may not see API tokens is told that there may be some', async () => {
    const client = await makeClient(server, ada, 'unseen-tokens', {
      roleId: (await makeHolder('unseen', ['clients:read'])).role.id,
    });
    const { role } = await makeHolder('blind', ['clients:read', 'clients:write']);
    const blind = await makeSignedIn(server, ada, {
      name: 'Blind Keeper',
      companyId: ROOT_COMPANY_ID,
      roleId: role.id,
    });
    const page = await get(`/clients/${client.clientId}`, blind.sessionToken);
    expect(page.text).not.toContain('id="api-tokens"');
    const asked = await get(`/clients/${client.clientId}/delete`, blind.sessionToken);
    expect(asked.text).toContain('Its API tokens, if there are any, are deleted with it');
  });
});
