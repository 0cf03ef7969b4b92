// API tokens in the pages, over the wire: the list, and the form that makes one and shows its value once.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { makeApi } from '../support/factories.ts';
import {
  auditBox,
  listApiTokens,
  makeApiToken,
  makeClient,
  postNew,
  rowNames,
  storedApiToken,
  VALUE,
} from './api-token-fixtures.ts';
import { hiddenField, request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf } from './people.ts';
import { makePageTenants, makeReseller, makeSignedIn, type PageTenants } from './tenants.ts';

const DAY = 24 * 60 * 60 * 1000;

let server: PageServer;
let tenants: PageTenants;
/** As she is since there is an API more. */
let ada: Caller;
let sessionToken: string;

beforeAll(async () => {
  server = await startPages();
  tenants = await makePageTenants(server);
  ({ sessionToken } = tenants);
  await makeApi(server.database, {
    id: 'parcels',
    privileges: [{ scope: 'parcels:read' }, { scope: 'parcels:write' }],
  });
  ada = await callerOf(server, sessionToken);
});
afterAll(() => server.close());

const get = (path: string, as = sessionToken) => request(server, path, { sessionToken: as });
const countAll = async () => (await listApiTokens(server, ada)).length;

/** Somebody of the root company with these privileges alone. */
async function makeHolder(name: string, scopes: readonly string[], companyId: string = ROOT_COMPANY_ID) {
  const role = await server.services.roles.create(ada, {
    name: `Role of ${name}`,
    companyId,
    privileges: scopes.map((scope) => `management/${scope}`),
  });
  return makeSignedIn(server, ada, { name, companyId, roleId: role.id });
}

describe('the list', () => {
  test('says what an API token is for while there is none, and offers the first', async () => {
    const { text } = await get('/api-tokens');
    expect(text).toContain('No API tokens yet');
    expect(text).toContain('href="/api-tokens/new"');
  });

  test('shows name, owner, API, privileges, hint, expiry and last use of each, newest first', async () => {
    const client = await makeClient(server, ada, 'list-client');
    const soon = new Date(server.clock.now().getTime() + 3 * DAY);
    await makeApiToken(server, ada, { name: 'of Ada' });
    const token = await makeApiToken(server, ada, {
      name: 'of a client',
      clientId: client.clientId,
      expiresAt: soon,
      privileges: ['management/audit:read', 'management/clients:read'],
    });
    const { text } = await get('/api-tokens');
    expect(rowNames(text)).toEqual(['of a client', 'of Ada']);
    expect(text).toContain(`href="/clients/${client.clientId}"`);
    expect(text).toContain(`href="/users/${ada.id}"`);
    expect(text).toContain(token.hint);
    expect(text).toContain('2 privileges');
    expect(text).toMatch(/Soon<\/span>.*in 3 days/s);
    expect(text).toContain('href="/api-tokens" aria-current="page"');
  });

  test('is searched, filtered by kind of owner, by owner, by expiry and by company, and sorted', async () => {
    const client = await makeClient(server, ada, 'filtered-client', { companyId: tenants.contoso.id });
    const other = await makeClient(server, ada, 'empty-client');
    const expiresAt = new Date(server.clock.now().getTime() + 60_000);
    await makeApiToken(server, ada, { name: 'aardvark feed', clientId: client.clientId, expiresAt });
    server.clock.forward({ minutes: 2 });
    const namesAt = async (query: string) => rowNames((await get(`/api-tokens?${query}`)).text);
    expect(await namesAt('q=AARDVARK')).toEqual(['aardvark feed']);
    expect(await namesAt('q=filtered-cl')).toEqual(['aardvark feed']);
    expect(await namesAt('owner_type=user')).toEqual(['of Ada']);
    expect(await namesAt('expired=true')).toEqual(['aardvark feed']);
    expect(await namesAt('expired=false')).not.toContain('aardvark feed');
    expect(await namesAt(`company_id=${tenants.contoso.id}`)).toEqual(['aardvark feed']);
    expect((await namesAt('sort=name'))[0]).toBe('aardvark feed');
    const ofOne = await get(`/api-tokens?client_id=${client.clientId}`);
    expect(rowNames(ofOne.text)).toEqual(['aardvark feed']);
    expect(ofOne.text).toContain(`/api-tokens/new?client_id=${client.clientId}`);
    expect(ofOne.text).toMatch(/Expired<\/span>/);
    const ofNone = await get(`/api-tokens?client_id=${other.clientId}`);
    expect(ofNone.text).toContain('No API token matches');
    expect(ofNone.text).toMatch(/<option value="[^"]*" selected>empty-client/);
  });

  test('pages through more than fit on one, and never loses or repeats one', async () => {
    const clients = await Promise.all(['page-one', 'page-two'].map((name) => makeClient(server, ada, name)));
    for (const { clientId } of clients) {
      for (let made = 0; made < 30; made += 1) {
        await makeApiToken(server, ada, { name: `paged ${made}`, clientId });
      }
    }
    const first = await get('/api-tokens?q=paged');
    const next = /href="(\/api-tokens\?[^"]*cursor=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await get(next);
    expect([rowNames(first.text).length, rowNames(second.text).length]).toEqual([50, 10]);
    expect(second.text).toContain('First page');
  });

  test.each([['owner_type=company'], ['expired=soon'], ['sort=hint']])('refuses the choice %s', async (query) => {
    expect((await get(`/api-tokens?${query}`)).status).toBe(422);
  });
});

describe('making one', () => {
  test('without an owner named it is one’s own, ends after 90 days, and its value is in this one answer', async () => {
    const form = await get('/api-tokens/new');
    expect(hiddenField(form.text, 'owner')).toBe(`user:${ada.id}`);
    expect(form.text).toMatch(/value="90" checked/);
    const answer = await postNew(server, {
      sessionToken,
      form: { name: 'nightly export', api: 'management', ...auditBox },
    });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const value = VALUE.exec(answer.text)?.[0] ?? '';
    expect(isWellFormedCredential(value, 'pstt_')).toBe(true);
    expect(answer.text).toContain(`curl &#39;${server.issuer}/api/v1/me&#39;`.replaceAll('&#39;', "'"));
    expect(answer.text).toContain('Authorization: Bearer ');
    expect(answer.text).toContain('Authorization: Token …');
    const token = await storedApiToken(server, ada, 'nightly export');
    expect(token).toMatchObject({
      ownerType: 'user',
      ownerId: ada.id,
      apiId: 'management',
      scopes: ['audit:read'],
      hint: value.slice(-4),
      ipRestriction: { mode: 'off', rules: [] },
    });
    const days = ((token.expiresAt?.getTime() ?? 0) - server.clock.now().getTime()) / DAY;
    expect(Math.round(days)).toBe(90);
    const [{ all } = { all: '' }] = await server.database.query<{ all: string }>(
      `SELECT (SELECT string_agg(to_jsonb(a)::text, '') FROM audit_event a) || (SELECT string_agg(to_jsonb(t)::text, '') FROM api_token t) AS all`,
    );
    expect(all).toContain(value.slice(-4));
    expect(all).not.toContain(value);
    expect(server.logged()).not.toContain(value);
    for (const path of ['/api-tokens', `/api-tokens/${token.id}`, `/users/${ada.id}`]) {
      expect((await get(path)).text).not.toContain(value);
    }
  });

  test.each([
    ['30', 30],
    ['365', 365],
  ])('the term of %s days counts from now', async (expiry, days) => {
    const name = `term ${expiry}`;
    await postNew(server, { sessionToken, form: { name, expiry, ...auditBox, api: 'management' } });
    const { expiresAt } = await storedApiToken(server, ada, name);
    expect(Math.round(((expiresAt?.getTime() ?? 0) - server.clock.now().getTime()) / DAY)).toBe(days);
  });

  test('never and a date are taken as they are', async () => {
    const common = { ...auditBox, api: 'management' };
    await postNew(server, { sessionToken, form: { name: 'for ever', expiry: 'never', ...common } });
    const dated = { name: 'to the minute', expiry: 'date', expires_at: '2099-01-31T12:30', ...common };
    await postNew(server, { sessionToken, form: dated });
    expect((await storedApiToken(server, ada, 'for ever')).expiresAt).toBeNull();
    expect((await storedApiToken(server, ada, 'to the minute')).expiresAt).toEqual(new Date('2099-01-31T12:30:00Z'));
  });

  test('for a client it offers what the client holds, by API, and the API is chosen before its privileges', async () => {
    const { clientId } = await makeClient(server, ada, 'parcel-client');
    const query = `?client_id=${clientId}`;
    const shown = await get(`/api-tokens/new${query}`);
    expect(hiddenField(shown.text, 'owner')).toBe(`client:${clientId}`);
    expect(shown.text).toContain('privilege:management/clients:read');
    // A Company Admin holds nothing of the root company's level.
    expect(shown.text).not.toContain('privilege:management/keys:read');
    expect(shown.text).not.toContain('privilege:parcels/');
    const typed = { name: 'parcel feed', api: 'parcels', expiry: 'never', ip_rules: '203.0.113.7' };
    const chosen = await postNew(server, { sessionToken, query, form: { ...typed, choose: 'api' } });
    expect(chosen.status).toBe(200);
    expect(chosen.text).toContain('privilege:parcels/parcels:read');
    expect(chosen.text).not.toContain('privilege:management/');
    expect(chosen.text).toContain('value="parcel feed"');
    expect(chosen.text).toMatch(/value="never" checked/);
    expect(chosen.text).toContain('203.0.113.7</textarea>');
    const made = await postNew(server, {
      sessionToken,
      query,
      form: { ...typed, 'group:parcels/Group': 'on' },
    });
    expect(made.text).toContain('https://parcels.example.test');
    expect(await storedApiToken(server, ada, 'parcel feed')).toMatchObject({
      ownerType: 'client',
      ownerId: clientId,
      apiId: 'parcels',
      scopes: ['parcels:read', 'parcels:write'],
    });
  });

  test('an owner is found by name however many there are, chosen, and what was typed stays', async () => {
    await server.database.query(
      `INSERT INTO client (client_id, name, name_key, search_text, description, company_id, company_path, role_id, status, ip_mode, ip_rules,
         default_api, token_lifetime_seconds, token_format, auth_method, token_generation, created_at, updated_at, version)
       SELECT 'pst_crowd' || lpad(n::text, 15, '0'), 'crowd ' || n, 'crowd ' || n, 'crowd ' || n, '', company_id, company_path, role_id, status, ip_mode,
         ip_rules, default_api, token_lifetime_seconds, token_format, auth_method, 0, created_at, updated_at, 1
       FROM client, generate_series(1, 300) n WHERE name = 'list-client'`,
    );
    const typed = { name: 'typed before', expiry: '30', api: 'management', ...auditBox };
    const found = await postNew(server, {
      sessionToken,
      form: { ...typed, choose: 'find', owner_q: 'crowd 277' },
    });
    expect(found.status).toBe(200);
    expect(found.text).toContain('value="client:pst_crowd000000000000277"');
    expect(found.text).toContain('value="crowd 277"');
    expect(found.text).toMatch(/privilege:management\/audit:read" checked/);
    const many = await postNew(server, { sessionToken, form: { choose: 'find', owner_q: 'crowd' } });
    expect(many.text).toContain('More match than are listed');
    const chosen = await postNew(server, {
      sessionToken,
      form: { ...typed, choose_owner: 'client:pst_crowd000000000000277' },
    });
    expect(hiddenField(chosen.text, 'owner')).toBe('client:pst_crowd000000000000277');
    expect(chosen.text).toContain('value="typed before"');
    expect(chosen.text).toMatch(/privilege:management\/audit:read" checked/);
    expect(chosen.text).toMatch(/value="30" checked/);
  });

  test('faults stand beside their fields, everything typed and ticked is kept, and nothing is written', async () => {
    const before = await countAll();
    const answer = await postNew(server, {
      sessionToken,
      form: {
        name: 'x'.repeat(201),
        api: 'management',
        expiry: 'date',
        expires_at: 'tomorrow',
        ip_mode: 'enforce',
        ip_rules: '10.0.0.0/40 "><script>',
        'privilege:management/clients:read': 'on',
      },
    });
    expect(answer.status).toBe(422);
    for (const field of ['name', 'expires_at', 'ip_rules']) expect(answer.text).toContain(`id="f-${field}-error"`);
    expect(answer.text).toContain(`value="${'x'.repeat(201)}"`);
    expect(answer.text).toContain('value="tomorrow"');
    expect(answer.text).toContain('10.0.0.0/40 &quot;>&lt;script></textarea>');
    expect(answer.text).toMatch(/privilege:management\/clients:read" checked/);
    expect(answer.text).not.toMatch(VALUE);
    expect(await countAll()).toBe(before);
  });

  test.each([
    ['no privilege', { name: 'a' }, 422, 'Choose at least one privilege.'],
    [
      'an end that has passed',
      { name: 'a', expiry: 'date', expires_at: '2001-01-01T00:00', ...auditBox },
      422,
      'Expiry must lie in the future.',
    ],
    [
      'a date that is missing',
      { name: 'a', expiry: 'date', expires_at: '', ...auditBox },
      422,
      'Enter a date and time',
    ],
    ['a term that is not offered', { name: 'a', expiry: '36500', ...auditBox }, 422, 'Choose when the token ends.'],
    ['a restriction without addresses', { name: 'a', ip_mode: 'enforce', ...auditBox }, 422, 'at least one'],
    [
      'an unknown owner',
      { name: 'a', owner: 'client:pst_nothing', ...auditBox },
      422,
      'There is no such client or user.',
    ],
    ['no owner', { name: 'a', owner: '', ...auditBox }, 422, 'Choose an owner.'],
    ['what is no owner', { name: 'a', owner: 'company:co_root', ...auditBox }, 422, 'There is no such client or user.'],
    ['an unknown privilege', { name: 'a', 'privilege:management/nothing:read': 'on' }, 422, 'no such privilege'],
    [
      'a privilege of another API',
      { name: 'a', 'privilege:parcels/parcels:read': 'on', ...auditBox },
      422,
      'another API',
    ],
    ['a box with another value', { name: 'a', 'privilege:management/audit:read': 'yes' }, 400, ''],
    ['a box for companies', { name: 'a', 'company:co_root': 'on', ...auditBox }, 400, ''],
    ['a field that the form does not have', { name: 'a', role_id: 'role_x', ...auditBox }, 400, ''],
  ])('%s is refused', async (_, form, status, words) => {
    const before = await countAll();
    const answer = await postNew(server, { sessionToken, form: { api: 'management', ...form } });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    expect(await countAll()).toBe(before);
  });

  test('the same form sent three times makes one, and shows one value', async () => {
    const shown = await get('/api-tokens/new');
    const form = {
      name: 'sent thrice',
      owner: hiddenField(shown.text, 'owner'),
      form_id: hiddenField(shown.text, 'form_id'),
      api: 'management',
      ...auditBox,
    };
    const answers = await Promise.all([1, 2, 3].map(() => request(server, '/api-tokens', { form, sessionToken })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    for (const { text } of answers.filter(({ status }) => status === 409)) {
      expect(text).toContain('This API token was created already');
      expect(text).not.toContain('pstt_');
    }
    await storedApiToken(server, ada, 'sent thrice');
  });

  test('what saving changed in the list of addresses is said', async () => {
    const form = { name: 'noticed', api: 'management', ip_mode: 'report', ip_rules: '192.168.1.30/24', ...auditBox };
    const { text } = await postNew(server, { sessionToken, form });
    expect(text).toContain('Saved, with changes');
    expect((await storedApiToken(server, ada, 'noticed')).ipRestriction).toEqual({
      mode: 'report',
      rules: ['192.168.1.0/24'],
    });
  });

  test('one owner has at most 50; the form says so, and keeps what was typed', async () => {
    const { clientId } = await makeClient(server, ada, 'full-client');
    for (let made = 0; made < 50; made += 1) {
      await makeApiToken(server, ada, { name: `full ${made}`, clientId });
    }
    const form = { name: 'one too many', api: 'management', ...auditBox };
    const answer = await postNew(server, { sessionToken, query: `?client_id=${clientId}`, form });
    expect([answer.status, answer.text.includes('has 50 API tokens already')]).toEqual([409, true]);
    expect(answer.text).toContain('value="one too many"');
  });
});

describe('rights', () => {
  test('without api-tokens:read there is no entry in the navigation, and no page', async () => {
    const weak = await makeHolder('No Tokens', ['clients:read', 'users:read']);
    expect((await get('/clients', weak.sessionToken)).text).not.toContain('href="/api-tokens"');
    for (const path of ['/api-tokens', '/api-tokens/new', '/api-tokens/tok_x']) {
      expect((await get(path, weak.sessionToken)).status).toBe(403);
    }
    const answer = await get(`/users/${weak.user.id}`, weak.sessionToken);
    expect(answer.text).not.toContain('id="api-tokens"');
  });

  test('with api-tokens:read alone one looks, and nothing is offered that would be refused', async () => {
    const reader = await makeHolder('Token Reader', ['api-tokens:read']);
    const token = await makeApiToken(server, ada, { name: 'only looked at' });
    const list = await get('/api-tokens?q=only+looked', reader.sessionToken);
    expect(list.text).toContain('only looked at');
    expect(list.text).not.toContain('/api-tokens/new');
    // Who may not see users is not led to one.
    expect(list.text).not.toContain(`/users/${ada.id}`);
    const page = await get(`/api-tokens/${token.id}`, reader.sessionToken);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('Danger zone');
    const answers = await Promise.all([
      get('/api-tokens/new', reader.sessionToken),
      get(`/api-tokens/${token.id}/edit`, reader.sessionToken),
      request(server, '/api-tokens', { sessionToken: reader.sessionToken, form: { name: 'a' } }),
      request(server, `/api-tokens/${token.id}/regenerate`, { sessionToken: reader.sessionToken, form: {} }),
      request(server, `/api-tokens/${token.id}/delete`, { sessionToken: reader.sessionToken, form: {} }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  });

  test('one makes tokens of one’s own from what one holds, and is told whose are too strong', async () => {
    const weak = await makeHolder('Own Maker', ['api-tokens:read', 'api-tokens:write', 'audit:read', 'clients:read']);
    const shown = await get('/api-tokens/new', weak.sessionToken);
    expect(shown.text).toContain('privilege:management/audit:read');
    expect(shown.text).not.toContain('privilege:management/clients:write');
    const made = await postNew(server, {
      sessionToken: weak.sessionToken,
      form: { name: 'own small one', api: 'management', ...auditBox },
    });
    expect(made.status).toBe(200);
    const more = { name: 'more than held', api: 'management', 'privilege:management/clients:write': 'on' };
    const refused = await postNew(server, { sessionToken: weak.sessionToken, form: more });
    expect([refused.status, refused.text.includes('does not hold')]).toEqual([422, true]);
    const { clientId } = await makeClient(server, ada, 'stronger-client');
    const stronger = await get(`/api-tokens/new?client_id=${clientId}`, weak.sessionToken);
    expect(stronger.status).toBe(403);
    expect(stronger.text).toContain('holds privileges that you do not hold');
    const form = { name: 'taken over', owner: `client:${clientId}`, api: 'management', ...auditBox };
    const taken = await postNew(server, { sessionToken: weak.sessionToken, form });
    expect([taken.status, taken.text.includes('value="taken over"')]).toEqual([403, true]);
    expect(await listApiTokens(server, ada, { clientId })).toEqual([]);
  });

  test('a token and an owner of a company out of reach answer as if they did not exist', async () => {
    const foreign = await makeClient(server, ada, 'globex-client', { companyId: tenants.globex.id });
    const token = await makeApiToken(server, ada, { name: 'globex feed', clientId: foreign.clientId });
    const rita = await makeReseller(server, ada, 'Rita Tokens', tenants.contoso.id);
    for (const path of ['', '/edit', '/regenerate', '/delete']) {
      const [there, nowhere] = await Promise.all([
        get(`/api-tokens/${token.id}${path}`, rita.sessionToken),
        get(`/api-tokens/tok_nothing${path}`, rita.sessionToken),
      ]);
      expect([there.status, nowhere.status]).toEqual([404, 404]);
    }
    expect(rowNames((await get('/api-tokens?q=globex', rita.sessionToken)).text)).toEqual([]);
    const form = { owner: `client:${foreign.clientId}`, name: 'a', api: 'management', ...auditBox };
    const posted = await postNew(server, { sessionToken: rita.sessionToken, form });
    expect([posted.status, posted.text.includes('There is no such client or user.')]).toEqual([422, true]);
    const found = await postNew(server, {
      sessionToken: rita.sessionToken,
      form: { choose: 'find', owner_q: 'globex' },
    });
    expect(found.text).toContain('Nobody else matches.');
    const deleted = await request(server, `/api-tokens/${token.id}/delete`, {
      sessionToken: rita.sessionToken,
      form: {},
    });
    expect(deleted.status).toBe(404);
    await storedApiToken(server, ada, 'globex feed');
  });

  test('while one acts for a company below, oneself is no owner there: one is chosen first', async () => {
    const rita = await makeReseller(server, ada, 'Rita Acting', ROOT_COMPANY_ID);
    const as = rita.sessionToken;
    await request(server, '/companies/switch', { sessionToken: as, form: { company_id: tenants.contoso.id } });
    const shown = await get('/api-tokens/new', as);
    expect([shown.status, shown.text.includes('Choose an owner first')]).toEqual([200, true]);
    expect(shown.text).not.toContain('name="owner" value=');
    const { clientId } = await makeClient(server, ada, 'contoso-client', { companyId: tenants.contoso.id });
    const form = { name: 'made while acting', owner: `client:${clientId}`, api: 'management', ...auditBox };
    expect((await postNew(server, { sessionToken: as, form })).status).toBe(200);
    expect((await storedApiToken(server, ada, 'made while acting')).companyId).toBe(tenants.contoso.id);
  });
});
