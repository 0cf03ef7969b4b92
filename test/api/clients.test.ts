// Clients over the Management API: registered, shown, listed, changed, deleted.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import {
  asChanged,
  asClient,
  asClients,
  asEvents,
  asProblem,
  asRegistered,
  type Client,
  pointersOf,
  type RegisteredClient,
  withoutSecret,
} from './answers.ts';
import { call, toCaller, type Answer } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let root: string;

beforeAll(async () => {
  installation = await startInstallation();
  root = installation.server.login('root', { company: installation.root, role: 'reseller' });
});

afterAll(() => installation.close());

const ask = (method: string, path: string, json?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, {
    token: root,
    ...(json === undefined ? {} : { json }),
    ...(headers ? { headers } : {}),
  });

async function register(fields: object = {}): Promise<{ json: RegisteredClient; headers: Headers; tag: string }> {
  const answer = await ask('POST', '/clients', { name: 'job', role_id: 'role_company_admin', ...fields });
  expect(answer.status, answer.text).toBe(201);
  return { json: asRegistered(answer), headers: answer.headers, tag: tagOf(answer) };
}

const tagOf = (answer: Answer) => answer.headers.get('etag') ?? '';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('POST /api/v1/clients', () => {
  test('with a name and a role alone answers 201 with the defaults and the secret beside them', async () => {
    const { json, headers } = await register({ name: 'siem-connector' });
    expect(json).toEqual({
      client_id: expect.stringMatching(/^pst_[0-9A-Za-z]{20,}$/),
      name: 'siem-connector',
      description: '',
      company_id: installation.root.id,
      role_id: 'role_company_admin',
      role: 'Company Admin',
      status: 'active',
      ip_restriction: { mode: 'off', rules: [] },
      default_api: 'management',
      token_lifetime: 86_400,
      token_format: 'jwt',
      auth_method: 'client_secret',
      expires_at: null,
      created_at: time,
      updated_at: json.created_at,
      last_used_at: null,
      secrets: [
        {
          id: expect.any(String),
          hint: json.client_secret.slice(-4),
          created_at: time,
          expires_at: null,
          last_used_at: null,
          last_used_ip: null,
        },
      ],
      client_secret: expect.any(String),
      notices: [],
    });
    expect(isWellFormedCredential(json.client_secret, 'psts_')).toBe(true);
    expect(headers.get('location')).toBe(`/api/v1/clients/${json.client_id}`);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('keeps all that may be given', async () => {
    const given = {
      name: 'everything',
      role_id: 'role_company_admin',
      company_id: installation.acme.id,
      description: 'line one\nline two',
      status: 'inactive',
      ip_restriction: { mode: 'report', rules: ['203.0.113.7', '10.0.0.0/8', '2001:db8::/32'] },
      default_api: 'management',
      token_lifetime: 60,
      token_format: 'opaque',
      auth_method: 'client_secret',
    };
    const { json } = await register({ ...given, expires_at: '2999-01-31T13:00:00+01:00' });
    expect(json).toMatchObject({ ...given, expires_at: '2999-01-31T12:00:00.000Z' });
  });

  test('the secret is in no other answer and in no audit event', async () => {
    const { json } = await register();
    const shown = [
      await ask('GET', `/clients/${json.client_id}`),
      await ask('GET', '/clients?limit=200'),
      await ask('PATCH', `/clients/${json.client_id}`, { description: 'x' }),
      await ask('GET', `/audit-events?client_id=${json.client_id}`),
    ];
    for (const { status, text } of shown) {
      expect(status).toBe(200);
      expect(text).not.toContain(json.client_secret);
      expect(text).not.toContain('client_secret":"');
    }
    expect(installation.server.logged()).not.toContain(json.client_secret);
  });

  test('a rule with host bits is stored as its network, with a notice that points to it', async () => {
    const { json } = await register({ ip_restriction: { mode: 'enforce', rules: ['10.0.0.1', '192.168.1.30/24'] } });
    expect(json.ip_restriction.rules).toEqual(['10.0.0.1', '192.168.1.0/24']);
    expect(json.notices).toEqual([
      { pointer: '/ip_restriction/rules/1', detail: expect.stringContaining('192.168.1.0/24') },
    ]);
  });

  test('two clients may have the same name', async () => {
    const [one, two] = [await register({ name: 'twin' }), await register({ name: 'twin' })];
    expect(one.json.client_id).not.toBe(two.json.client_id);
  });

  test.each([
    ['an unknown role', { role_id: 'role_none' }, '/role_id'],
    ['an unknown company', { company_id: 'co_none' }, '/company_id'],
    ['an unknown API', { default_api: 'none' }, '/default_api'],
    ['an expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['a role with quotes', { role_id: "' or ''='" }, '/role_id'],
  ])('%s is a 422 that points to it', async (_name, fields, pointer) => {
    const answer = await ask('POST', '/clients', { name: 'x', role_id: 'role_company_admin', ...fields });
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  test.each([
    "Robert'); DROP TABLE client;--",
    '<script>alert(1)</script>',
    '"quoted" & \\escaped\\ %s %00 ${x} {{y}}',
    'ﷺ مرحبا 日本語 Zażółć',
    '👩‍👩‍👧‍👦 family',
    'a'.repeat(200),
    '😀'.repeat(200),
    'null',
    '__proto__',
  ])('the name %j comes back as it was sent', async (name) => {
    const { json } = await register({ name, description: name });
    expect([json.name, json.description]).toEqual([name, name]);
    const list = await ask('GET', `/clients?name=${encodeURIComponent(name)}`);
    expect(asClients(list).items.map(({ client_id }) => client_id)).toEqual([json.client_id]);
  });

  test('RFC 5198 §3 › a name is kept in normal form C and trimmed', async () => {
    expect((await register({ name: '  Cafe\u0301 ' })).json.name).toBe('Café');
  });
});

describe('GET /api/v1/clients/{client_id}', () => {
  test('shows what registering answered, without what was shown once', async () => {
    const { json } = await register();
    const answer = await ask('GET', `/clients/${json.client_id}`);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(withoutSecret(json));
  });

  test('RFC 9110 §13.1.2 › If-None-Match with its ETag, also a weak one or one of several, gets 304; another 200', async () => {
    const { json, tag } = await register();
    const path = `/clients/${json.client_id}`;
    expect(tag).toBe(tagOf(await ask('GET', path)));
    for (const seen of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const answer = await ask('GET', path, undefined, { 'If-None-Match': seen });
      expect([seen, answer.status, answer.text, tagOf(answer)]).toEqual([seen, 304, '', tag]);
    }
    for (const other of ['"x"', '"1"', 'nonsense']) {
      expect((await ask('GET', path, undefined, { 'If-None-Match': other })).status).toBe(200);
    }
  });

  test('a new secret changes the ETag, so that 304 never hides it', async () => {
    const { json, headers } = await register();
    await ask('POST', `/clients/${json.client_id}/secrets`);
    const seen = { 'If-None-Match': headers.get('etag') ?? '' };
    const answer = await ask('GET', `/clients/${json.client_id}`, undefined, seen);
    expect([answer.status, asClient(answer).secrets.length]).toEqual([200, 2]);
  });

  test('RFC 9110 §13.1.1 › If-Match with a stale ETag gets 412', async () => {
    const { json, headers } = await register();
    await ask('PATCH', `/clients/${json.client_id}`, { description: 'changed' });
    const stale = { 'If-Match': headers.get('etag') ?? '' };
    expect((await ask('GET', `/clients/${json.client_id}`, undefined, stale)).status).toBe(412);
  });
});

describe('GET /api/v1/clients', () => {
  const names = ['b-two', 'a-one', 'd-four', 'c-three', 'e-five'];
  let ids: Map<string, string>;

  beforeAll(async () => {
    ids = new Map();
    for (const [at, name] of names.entries()) {
      const company = at % 2 === 0 ? installation.bolt : installation.acme;
      const status = name === 'd-four' ? 'inactive' : 'active';
      const fields = { name: `list-${name}`, description: `100%_${at}`, company_id: company.id, status };
      ids.set(name, (await register(fields)).json.client_id);
    }
  });

  const namesOf = (answer: Answer) => asClients(answer).items.map(({ name }) => name.replace('list-', ''));

  test('newest first', async () => {
    expect(namesOf(await ask('GET', '/clients?q=list-'))).toEqual(names.toReversed());
  });

  test.each([
    ['status=inactive', ['d-four']],
    ['sort=name', names.toSorted()],
    ['name=list-a-one', ['a-one']],
    ['role_id=role_company_admin&status=active&sort=name', ['a-one', 'b-two', 'c-three', 'e-five']],
    ['role_id=role_reseller', []],
    ['company_id=co_none', []],
  ])('%s', async (query, expected) => {
    expect(namesOf(await ask('GET', `/clients?q=list-&${query}`))).toEqual(expected);
  });

  test('of one company', async () => {
    const answer = await ask('GET', `/clients?q=list-&company_id=${installation.acme.id}`);
    expect(namesOf(answer)).toEqual(['c-three', 'a-one']);
  });

  test.each(['LIST-A-ONE', '100%_1', 'LiSt-a'])(
    'q=%s finds it without regard to case, % and _ as themselves',
    async (q) => {
      expect(namesOf(await ask('GET', `/clients?q=${encodeURIComponent(q)}`))).toEqual(['a-one']);
    },
  );

  test('q finds by the beginning of the client ID', async () => {
    const id = ids.get('c-three') ?? '';
    expect(namesOf(await ask('GET', `/clients?q=${id.slice(0, 16)}`))).toEqual(['c-three']);
  });

  test.each(['created_at', 'name', 'last_used_at'])('pages of two, sorted by %s, show each once', async (sort) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await ask('GET', `/clients?q=list-&limit=2&sort=${sort}${from}`);
      expect(answer.status).toBe(200);
      expect(asClients(answer).items.length).toBeLessThanOrEqual(2);
      seen.push(...namesOf(answer));
      cursor = asClients(answer).next_cursor;
    } while (cursor !== null && seen.length < 20);
    expect(seen.toSorted()).toEqual(names.toSorted());
  });

  test.each(['x', '0', 'eyJ9', '%27%20or%201=1', 'AAAA'])('the cursor %s is a 422 at /query/cursor', async (cursor) => {
    const answer = await ask('GET', `/clients?cursor=${cursor}`);
    expect(answer.status).toBe(422);
    expect(asProblem(answer).errors).toEqual([{ pointer: '/query/cursor', detail: expect.any(String) }]);
  });

  test('without a limit it is fifty', async () => {
    for (let at = 0; at < 51; at++) await register({ name: `many-${at}` });
    const answer = await ask('GET', '/clients?q=many-');
    expect(asClients(answer).items).toHaveLength(50);
    expect(asClients(answer).next_cursor).toEqual(expect.any(String));
    expect((await ask('GET', '/clients?q=many-&limit=200')).json).toMatchObject({ next_cursor: null });
  });
});

describe('PATCH /api/v1/clients/{client_id}', () => {
  let path: string;
  let before: Client;
  let tag: string;

  beforeEach(async () => {
    const answer = await register({
      description: 'before',
      token_lifetime: 600,
      token_format: 'opaque',
      expires_at: '2999-01-01T00:00:00Z',
      ip_restriction: { mode: 'enforce', rules: ['203.0.113.7'] },
    });
    before = withoutSecret(answer.json);
    tag = answer.tag;
    path = `/clients/${before.client_id}`;
  });

  test.each([
    [{ name: 'after' }, { name: 'after' }],
    [{ status: 'inactive' }, { status: 'inactive' }],
    [{ description: null }, { description: '' }],
    [
      { token_lifetime: null, token_format: null },
      { token_lifetime: 86_400, token_format: 'jwt' },
    ],
    [
      { auth_method: null, default_api: null },
      { auth_method: 'client_secret', default_api: 'management' },
    ],
    [{ expires_at: null }, { expires_at: null }],
    [{ ip_restriction: null }, { ip_restriction: { mode: 'off', rules: [] } }],
    [{ ip_restriction: { mode: 'report' } }, { ip_restriction: { mode: 'report', rules: ['203.0.113.7'] } }],
    [{ ip_restriction: { mode: null } }, { ip_restriction: { mode: 'off', rules: ['203.0.113.7'] } }],
    [{ ip_restriction: { rules: ['::1'] } }, { ip_restriction: { mode: 'enforce', rules: ['::1'] } }],
    [{ ip_restriction: { mode: 'off', rules: null } }, { ip_restriction: { mode: 'off', rules: [] } }],
    [{ ip_restriction: {} }, {}],
    [{}, {}],
  ])('RFC 7396 §2 › %j changes that alone', async (patch, changed) => {
    const answer = await ask('PATCH', path, patch);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toEqual({ ...before, ...changed, updated_at: time, notices: [] });
    const { notices: _notices, ...client } = asChanged(answer);
    const shown = await ask('GET', path);
    expect(shown.json).toEqual(client);
    expect(tagOf(shown)).toBe(tagOf(answer));
  });

  test('nothing changed leaves the ETag and makes no audit event', async () => {
    const answer = await ask('PATCH', path, { description: 'before', ip_restriction: { rules: ['203.0.113.7/32'] } });
    expect(tagOf(answer)).toBe(tag);
    const events = await ask('GET', `/audit-events?target_id=${before.client_id}&action=client.updated`);
    expect(asEvents(events).items).toEqual([]);
  });

  test.each([{ rules: [] }, { rules: null }])(
    'the last rule of a restriction in force cannot be taken away: %j',
    async (part) => {
      const answer = await ask('PATCH', path, { ip_restriction: part });
      expect(answer.status).toBe(422);
      expect(pointersOf(answer)).toEqual(['/ip_restriction/rules']);
    },
  );

  test('an expiry that has passed since may stay while something else changes', async () => {
    const answer = await register({ expires_at: new Date(Date.now() + 60_000).toISOString() });
    const late = await ask('PATCH', `/clients/${answer.json.client_id}`, { expires_at: '2020-01-01T00:00:00Z' });
    expect([late.status, pointersOf(late)]).toEqual([422, ['/expires_at']]);
  });

  test('RFC 9110 §13.1.1 › If-Match with the ETag, *, one of several, or the version alone is carried out', async () => {
    let current = tag;
    for (const [at, header] of ['*', null, 'list', 'version'].entries()) {
      const version = /\d+/.exec(current)?.[0] ?? '';
      const value =
        { '*': '*', list: `"0-000000000000", "x,y", ${current}`, version: `"${version}"` }[header ?? ''] ?? current;
      const answer = await ask('PATCH', path, { description: `number ${at}` }, { 'If-Match': value });
      expect([value, answer.status]).toEqual([value, 200]);
      expect(tagOf(answer)).not.toBe(current);
      current = tagOf(answer);
    }
  });

  test.each(['stale', 'weak', '"x"', '"2147483648-000000000000"', '"99999999999999999999"', '""'])(
    'RFC 9110 §13.1.1 › If-Match with %s is a 412 and changes nothing',
    async (kind) => {
      await ask('PATCH', path, { description: 'by somebody else' });
      const value = kind === 'stale' ? tag : kind === 'weak' ? `W/${tagOf(await ask('GET', path))}` : kind;
      const answer = await ask('PATCH', path, { description: 'mine' }, { 'If-Match': value });
      expect(answer.status).toBe(412);
      expect(asProblem(answer).type).toBe('urn:postern:problem:resource.changed');
      expect(asClient(await ask('GET', path)).description).toBe('by somebody else');
    },
  );

  test.each(['abc', '1', "'1'", '"1', '1"', '"a" "b"', ', ,', '*, "1"'])(
    'RFC 9110 §8.8.3 › If-Match: %s is a 400',
    async (value) => {
      expect((await ask('PATCH', path, { description: 'x' }, { 'If-Match': value })).status).toBe(400);
    },
  );

  test('If-Match holds for a client that was only used or given a secret since', async () => {
    await ask('POST', `${path}/secrets`);
    const answer = await ask('PATCH', path, { description: 'mine' }, { 'If-Match': tag });
    expect(answer.status).toBe(200);
  });

  test('of ten changes at once under the same If-Match exactly one is carried out', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => ask('PATCH', path, { description: `racer ${at}` }, { 'If-Match': tag })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(412)]);
    const winner = answers.find(({ status }) => status === 200);
    expect(winner && asChanged(winner).description).toBe(asClient(await ask('GET', path)).description);
  });

  test('the audit event names who changed what from where, under the request id', async () => {
    const answer = await ask('PATCH', path, { status: 'inactive', name: 'after' }, { 'User-Agent': 'rotation-job/2' });
    const events = asEvents(await ask('GET', `/audit-events?request_id=${answer.headers.get('x-request-id')}`));
    expect(events.items).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        time,
        company_id: installation.root.id,
        action: 'client.updated',
        outcome: 'success',
        reason: null,
        actor: { type: 'client', id: 'pst_caller_root', name: 'root' },
        target: { type: 'client', id: before.client_id, name: 'after' },
        ip: '127.0.0.1',
        user_agent: 'rotation-job/2',
        request_id: answer.headers.get('x-request-id'),
        changes: { status: ['active', 'inactive'], name: ['job', 'after'] },
        details: null,
      },
    ]);
  });
});

describe('DELETE /api/v1/clients/{client_id}', () => {
  test('is a 204 without a body, then everything about it is a 404', async () => {
    const { json } = await register();
    const path = `/clients/${json.client_id}`;
    const answer = await ask('DELETE', path);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const [method, below] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/secrets'],
      ['POST', '/revoke-tokens'],
      ['DELETE', `/secrets/${json.secrets[0]?.id}`],
    ] as const) {
      expect((await ask(method, path + below)).status).toBe(404);
    }
    expect((await ask('PATCH', path, { name: 'x' })).status).toBe(404);
  });

  test('RFC 9110 §13.1.1 › with a stale If-Match is a 412 and the client stays', async () => {
    const { json, headers } = await register();
    await ask('PATCH', `/clients/${json.client_id}`, { description: 'changed' });
    const stale = { 'If-Match': headers.get('etag') ?? '' };
    expect((await ask('DELETE', `/clients/${json.client_id}`, undefined, stale)).status).toBe(412);
    const current = { 'If-Match': tagOf(await ask('GET', `/clients/${json.client_id}`)) };
    expect((await ask('DELETE', `/clients/${json.client_id}`, undefined, current)).status).toBe(204);
  });

  test('RFC 9110 §13.2.2 › what does not exist is a 404 whatever If-Match says', async () => {
    const headers = { 'If-Match': '"1-000000000000"' };
    expect((await ask('DELETE', '/clients/pst_aaaaaaaaaaaaaaaaaaaaaaaa', undefined, headers)).status).toBe(404);
  });
});

describe('IP rules that shut out the client that saves them', () => {
  const rules = { ip_restriction: { mode: 'enforce', rules: ['203.0.113.0/24'] } };

  test('are a 409 for the client itself, and saved with confirm=true; of another client nobody is asked', async () => {
    const { json: self } = await register();
    const { json: other } = await register();
    installation.server.answer('self', {
      ok: true,
      caller: { ...toCaller('self', { company: installation.root, role: 'company_admin' }), id: self.client_id },
      owner: { type: 'client', id: self.client_id, name: self.name },
      token: { expiresAt: null },
      ip: { address: '127.0.0.1', allowed: true, mode: 'off' },
      secret: null,
      apiToken: null,
    });
    const change = (clientId: string, query = '') =>
      call(installation.server, 'PATCH', `/api/v1/clients/${clientId}${query}`, { token: 'self', json: rules });
    const asked = await change(self.client_id);
    expect([asked.status, pointersOf(asked)]).toEqual([409, ['/ip_restriction/rules']]);
    expect(asProblem(asked).detail).toMatch(/127\.0\.0\.1.*\?confirm=true/);
    expect(asChanged(await change(other.client_id))).toMatchObject(rules);
    expect(asChanged(await change(self.client_id, '?confirm=true'))).toMatchObject(rules);
  });
});
