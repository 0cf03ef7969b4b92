// Users over the Management API: invited, shown, listed, changed, deleted; and the password for jobs that rotate it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearerHash } from '../../src/domain/user/opening.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { asEvents, asInvited, asProblem, asUser, asUsers, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

const password = 'mauve otter declines politely';

let installation: Installation;
let made = 0;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, root, acme, bolt } = installation;
  server.login('root', { company: root, role: 'reseller' });
  server.login('acme', { company: acme, role: 'company_admin' });
  server.login('bolt', { company: bolt, role: 'company_admin' });
});

afterAll(() => installation.close());

interface Options {
  readonly token?: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

const ask = (method: string, path: string, options: Options = {}): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token: 'root', ...options });

async function invite(fields: object = {}, token = 'acme') {
  made += 1;
  const json = { email: `user-${made}@acme.test`, name: `User ${made}`, role_id: 'role_company_admin', ...fields };
  const answer = await ask('POST', '/users', { json, token });
  expect(answer.status, answer.text).toBe(201);
  return asInvited(answer);
}

const tokenOf = (url: string) => new URL(url).searchParams.get('token') ?? '';

const isGood = (url: string) =>
  installation.storage.read(
    async (stores) => (await stores.links.find(bearerHash(tokenOf(url)), 'invitation', new Date())) !== undefined,
  );

const storedHash = async (id: string) =>
  (
    await installation.database.query<{ password_hash: string | null }>(
      'SELECT password_hash FROM user_account WHERE id = $1',
      [id],
    )
  )[0]?.password_hash;

const idsOf = (answer: Answer) => asUsers(answer).items.map(({ id }) => id);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('POST /api/v1/users', () => {
  test('answers 201 with the user and a link that no other answer shows', async () => {
    const json = { email: 'Ada@Acme.test', name: 'Ada', role_id: 'role_company_admin' };
    const answer = await ask('POST', '/users', { json, token: 'acme' });
    const user = asInvited(answer);
    expect(user).toEqual({
      id: expect.stringMatching(/^usr_[0-9A-Za-z]{20}$/),
      email: 'Ada@Acme.test',
      name: 'Ada',
      company_id: installation.acme.id,
      role_id: 'role_company_admin',
      role: 'Company Admin',
      status: 'active',
      ip_exempt: false,
      created_at: time,
      updated_at: user.created_at,
      last_sign_in_at: null,
      invitation_url: expect.stringMatching(/^http:\/\/localhost:3000\/invitation\?token=[A-Za-z0-9_-]{43}$/),
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('location')).toBe(`/api/v1/users/${user.id}`);
    expect(await isGood(user.invitation_url)).toBe(true);
    const { invitation_url: _url, ...shown } = user;
    expect(asUser(await ask('GET', `/users/${user.id}`, { token: 'acme' }))).toEqual(shown);
    const events = await ask('GET', `/audit-events?target_id=${user.id}`);
    expect(asEvents(events).items.map(({ action }) => action)).toEqual(['user.created']);
    const token = tokenOf(user.invitation_url);
    expect(events.text + installation.server.logged()).not.toContain(token);
  });

  test.each([
    [{}, ['/email', '/name', '/role_id']],
    [{ email: 'nobody', name: 'x', role_id: 'role_company_admin' }, ['/email']],
    [{ email: 'a@b.test', name: '', role_id: 'role_company_admin' }, ['/name']],
    [{ email: 'a@b.test', name: 'x', role_id: 'role_none' }, ['/role_id']],
    [{ email: 'a@b.test', name: 'x', role_id: 'role_company_admin', company_id: 'co_none' }, ['/company_id']],
    [
      { email: 'a@b.test', name: 'x', role_id: 'role_company_admin', password: 'x', status: 'inactive' },
      ['/password', '/status'],
    ],
    [{ email: 'a@b.test', name: 'x', role_id: 'role_company_admin', ip_exempt: 'yes' }, ['/ip_exempt']],
  ])('%j is a 422', async (json, pointers) => {
    const answer = await ask('POST', '/users', { json });
    expect([answer.status, pointersOf(answer).toSorted()]).toEqual([422, pointers]);
  });

  test('foreign companies and roles are a 422 in the words for those that do not exist', async () => {
    const base = { email: 'stranger@acme.test', name: 'x', role_id: 'role_company_admin' };
    const attempt = (fields: object) => ask('POST', '/users', { json: { ...base, ...fields }, token: 'acme' });
    const company = await attempt({ company_id: installation.bolt.id });
    expect(asProblem(company).errors).toEqual(asProblem(await attempt({ company_id: 'co_none' })).errors);
    const role = await attempt({ role_id: 'role_reseller' });
    expect([role.status, asProblem(role).errors]).toEqual([
      422,
      asProblem(await attempt({ role_id: 'role_none' })).errors,
    ]);
  });

  test('an address that somebody has is a 409, whatever its case', async () => {
    const { email } = await invite();
    const json = { email: email.toUpperCase(), name: 'x', role_id: 'role_company_admin' };
    const answer = await ask('POST', '/users', { json, token: 'bolt' });
    expect([answer.status, pointersOf(answer)]).toEqual([409, ['/email']]);
  });

  test('a role that holds more than one does oneself is a 403', async () => {
    const { server, acme } = installation;
    server.login('weak', { company: acme, role: 'company_admin', scopes: ['users:read', 'users:write'] });
    const json = { email: 'weak@acme.test', name: 'x', role_id: 'role_company_admin' };
    expect((await ask('POST', '/users', { json, token: 'weak' })).status).toBe(403);
  });

  test('any text is taken as it is or refused at its place', async () => {
    const { id } = await invite();
    for (const { text } of naughtyStrings) {
      const named = await ask('PATCH', `/users/${id}`, { json: { name: text } });
      if (named.status === 200) expect(asUser(named).name).toBe(text.normalize('NFC').trim());
      else expect([named.status, pointersOf(named)]).toEqual([422, ['/name']]);
      const addressed = await ask('PATCH', `/users/${id}`, { json: { email: text } });
      if (addressed.status === 200) expect(asUser(addressed).email).toBe(text.normalize('NFC').trim());
      else expect([addressed.status, pointersOf(addressed)]).toEqual([422, ['/email']]);
      const secret = await ask('PUT', `/users/${id}/password`, { json: { password: text } });
      if (secret.status !== 204) expect([secret.status, pointersOf(secret)]).toEqual([422, ['/password']]);
    }
  });
});

describe('GET /api/v1/users', () => {
  test('shows what lies within reach, and no filter widens it', async () => {
    const own = await invite();
    const foreign = await invite({}, 'bolt');
    const all = idsOf(await ask('GET', '/users?limit=200'));
    expect(all).toEqual(expect.arrayContaining([own.id, foreign.id]));
    const seen = idsOf(await ask('GET', '/users?limit=200', { token: 'acme' }));
    expect(seen).toContain(own.id);
    expect(seen).not.toContain(foreign.id);
    for (const query of [`company_id=${installation.bolt.id}`, `q=${foreign.email}`, `email=${foreign.email}`]) {
      expect(idsOf(await ask('GET', `/users?${query}`, { token: 'acme' }))).toEqual([]);
    }
  });

  test('filters and sorts', async () => {
    const b = await invite({ email: 'b-filter@acme.test', name: 'Filter B' });
    const a = await invite({ email: 'a-filter@acme.test', name: 'Filter A' });
    await ask('PATCH', `/users/${b.id}`, { json: { status: 'inactive' } });
    const ids = async (query: string) => idsOf(await ask('GET', `/users?${query}`));
    expect(await ids('q=filter')).toEqual([a.id, b.id]);
    expect(await ids('q=FILTER%20b')).toEqual([b.id]);
    expect(await ids('q=filter&sort=email')).toEqual([a.id, b.id]);
    expect(await ids('q=filter&status=inactive')).toEqual([b.id]);
    expect(await ids('q=filter&role_id=role_reseller')).toEqual([]);
    expect(await ids('email=A-FILTER%40acme.test')).toEqual([a.id]);
    await installation.storage.write((stores) => stores.users.recordSignIn(b.id, new Date()));
    expect(await ids('q=filter&sort=last_sign_in_at')).toEqual([b.id, a.id]);
  });

  test.each(['created_at', 'email', 'last_sign_in_at'])('pages through all sorted by %s, each once', async (sort) => {
    const all = idsOf(await ask('GET', `/users?limit=200&sort=${sort}`));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = asUsers(await ask('GET', `/users?limit=4&sort=${sort}${from}`));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(all.length).toBeGreaterThan(6);
    expect(seen).toEqual(all);
  });
});

describe('PATCH /api/v1/users/{id}', () => {
  test('changes what is sent and nothing else, with old and new in the audit log', async () => {
    const { invitation_url: _url, ...user } = await invite();
    const json = { name: 'Renamed', ip_exempt: true, email: `new-${user.email}` };
    const changed = asUser(await ask('PATCH', `/users/${user.id}`, { json, token: 'acme' }));
    expect(changed).toEqual({ ...user, ...json, updated_at: time });
    const [event] = asEvents(await ask('GET', `/audit-events?target_id=${user.id}&action=user.updated`)).items;
    expect(event?.changes).toEqual({
      name: [user.name, 'Renamed'],
      email: [user.email, `new-${user.email}`],
      ip_exempt: [false, true],
    });
    expect(asUser(await ask('PATCH', `/users/${user.id}`, { json: { ip_exempt: null } })).ip_exempt).toBe(false);
    for (const field of ['name', 'email', 'status', 'role_id', 'company_id', 'role', 'last_sign_in_at', 'id']) {
      const answer = await ask('PATCH', `/users/${user.id}`, { json: { [field]: null } });
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/${field}`]]);
    }
  });

  test('moves a user to another company within reach, and to no other', async () => {
    const user = await invite();
    const move = (company_id: string, token: string) =>
      ask('PATCH', `/users/${user.id}`, { json: { company_id }, token });
    const foreign = await move(installation.bolt.id, 'acme');
    expect([foreign.status, asProblem(foreign).errors]).toEqual([422, asProblem(await move('co_none', 'acme')).errors]);
    expect(asUser(await move(installation.bolt.id, 'root')).company_id).toBe(installation.bolt.id);
    expect((await ask('GET', `/users/${user.id}`, { token: 'acme' })).status).toBe(404);
  });

  test('under If-Match; signing in does not make a tag stale', async () => {
    const { id } = await invite();
    const tag = (await ask('GET', `/users/${id}`)).headers.get('etag') ?? '';
    await installation.storage.write((stores) => stores.users.recordSignIn(id, new Date()));
    const change = (name: string) => ask('PATCH', `/users/${id}`, { json: { name }, headers: { 'If-Match': tag } });
    expect((await change('First')).status).toBe(200);
    expect((await change('Second')).status).toBe(412);
    expect((await ask('DELETE', `/users/${id}`, { headers: { 'If-Match': tag } })).status).toBe(412);
  });

  test('the last who can manage users stays', async () => {
    const user = await invite({ role_id: 'role_reseller' }, 'root');
    expect((await ask('PUT', `/users/${user.id}/password`, { json: { password } })).status).toBe(204);
    for (const json of [{ status: 'inactive' }, { company_id: installation.acme.id, role_id: 'role_company_admin' }]) {
      expect((await ask('PATCH', `/users/${user.id}`, { json })).status).toBe(409);
    }
    expect((await ask('DELETE', `/users/${user.id}`)).status).toBe(409);
  });
});

describe('PUT /api/v1/users/{id}/password', () => {
  test('sets it, voids the invitation, and tells neither answer nor log nor event', async () => {
    const user = await invite();
    const answer = await ask('PUT', `/users/${user.id}/password`, { json: { password }, token: 'acme' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await storedHash(user.id)).toMatch(/^hashed:/);
    expect(await isGood(user.invitation_url)).toBe(false);
    const events = await ask('GET', `/audit-events?target_id=${user.id}`);
    expect(asEvents(events).items[0]).toMatchObject({ action: 'user.password_set', changes: null });
    expect(events.text + installation.server.logged()).not.toContain(password);
  });

  test.each([
    [{}, '/password'],
    [{ password: null }, '/password'],
    [{ password: 'short' }, '/password'],
    [{ password: 'passwordpassword' }, '/password'],
    [{ password: 'x'.repeat(501) }, '/password'],
    [{ password, current: 'x' }, '/current'],
  ])('%j is a 422', async (json, pointer) => {
    const { id } = await invite();
    const answer = await ask('PUT', `/users/${id}/password`, { json });
    expect([answer.status, pointersOf(answer)]).toEqual([422, [pointer]]);
    expect(await storedHash(id)).toBeNull();
  });
});

describe('POST /api/v1/users/{id}/invitation', () => {
  test('answers a new link and voids the one before', async () => {
    const user = await invite();
    const answer = await ask('POST', `/users/${user.id}/invitation`, { token: 'acme' });
    const again = asInvited(answer);
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/api/v1/users/${user.id}`]);
    expect([await isGood(user.invitation_url), await isGood(again.invitation_url)]).toEqual([false, true]);
    const [event] = asEvents(await ask('GET', `/audit-events?target_id=${user.id}`)).items;
    expect(event).toMatchObject({ action: 'user.invited', details: { expires_at: time } });
  });

  test('of somebody inactive is a 409', async () => {
    const { id } = await invite();
    await ask('PATCH', `/users/${id}`, { json: { status: 'inactive' } });
    expect((await ask('POST', `/users/${id}/invitation`)).status).toBe(409);
  });
});

const ON_ONE: readonly [method: string, below: string, json?: unknown][] = [
  ['GET', ''],
  ['PATCH', '', { name: 'mine' }],
  ['DELETE', ''],
  ['PUT', '/password', { password }],
  ['POST', '/invitation'],
];

test.each(ON_ONE)('%s …%s: a user out of reach answers as one that does not exist', async (method, below, json) => {
  const foreign = await invite({}, 'bolt');
  const attempt = async (id: string) => {
    const answer = await ask(method, `/users/${id}${below}`, { token: 'acme', ...(json ? { json } : {}) });
    return { status: answer.status, problem: { ...asProblem(answer), instance: '' } };
  };
  const unknown = await attempt('usr_none');
  expect(unknown.status).toBe(404);
  expect(await attempt(foreign.id)).toEqual(unknown);
});

test.each(ON_ONE.slice(1))('%s …%s: a user who is stronger is a 403 with a challenge', async (method, below, json) => {
  const { id } = await invite();
  const { server, acme } = installation;
  server.login('half', { company: acme, role: 'company_admin', scopes: ['users:read', 'users:write'] });
  const answer = await ask(method, `/users/${id}${below}`, { token: 'half', ...(json ? { json } : {}) });
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    403,
    'Bearer realm="postern", error="insufficient_scope"',
  ]);
});

test('DELETE removes the user with links and sessions', async () => {
  const user = await invite();
  expect((await ask('DELETE', `/users/${user.id}`, { token: 'acme' })).status).toBe(204);
  expect((await ask('GET', `/users/${user.id}`)).status).toBe(404);
  expect(await isGood(user.invitation_url)).toBe(false);
});
