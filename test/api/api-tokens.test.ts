// API tokens over the Management API: made, listed, changed, regenerated, deleted, and shown once. Who may do what to whose is in
// api-token-rights.test.ts, what a token can do in api-tokens-at-work.test.ts.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { isWellFormedCredential } from '../../src/domain/client/credential.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { makeApi, makeApiToken, makeUser } from '../support/factories.ts';
import {
  asApiToken,
  asApiTokens,
  asChangedApiToken,
  asCreatedApiToken,
  asEvents,
  asProblem,
  asRegistered,
  pointersOf,
  type RegisteredClient,
} from './answers.ts';
import { type Answer, call, toCaller } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let administrator: Caller;
let token: string;
let client: RegisteredClient;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, database, root } = installation;
  await makeApi(database, { id: 'github', privileges: [{ scope: 'repos:read' }, { scope: 'repos:write' }] });
  await makeApi(database, { id: 'private', availableTo: [installation.bolt.id], privileges: [{ scope: 'all' }] });
  const caller = toCaller('root', { company: root, role: 'reseller' });
  // The role Reseller at root holds those of all APIs.
  const privileges = new Set([...caller.privileges, 'github/repos:read', 'github/repos:write']);
  administrator = { ...caller, privileges };
  token = server.admit('root', administrator);
});

afterAll(() => installation.close());

beforeEach(async () => {
  client = asRegistered(await ask('POST', '/clients', { name: 'siem-connector', role_id: 'role_company_admin' }));
});

const ask = (method: string, to: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(installation.server, method, `/api/v1${to}`, { token, headers, ...(json === undefined ? {} : { json }) });

const make = (fields: object = {}): Promise<Answer> =>
  ask('POST', '/api-tokens', {
    name: 'nightly export',
    client_id: client.client_id,
    privileges: ['audit:read'],
    ...fields,
  });

const made = async (fields: object = {}) => asCreatedApiToken(await make(fields));

async function storedClient() {
  const found = await installation.storage.read((stores) => stores.clients.find(client.client_id, null));
  if (!found) throw new Error('there is no such client');
  return found;
}

/** As every later answer shows it. */
function withoutValue<T extends { api_token: string; notices: unknown }>({ api_token: _v, notices: _n, ...entry }: T) {
  return entry;
}

describe('POST /api/v1/api-tokens', () => {
  test('answers 201 with the entry and the value', async () => {
    const answer = await make();
    expect(answer.status, answer.text).toBe(201);
    const created = asCreatedApiToken(answer);
    expect(created).toEqual({
      id: expect.stringMatching(/^tok_/),
      name: 'nightly export',
      company_id: 'co_root',
      client_id: client.client_id,
      user_id: null,
      owner: 'siem-connector',
      api: 'management',
      privileges: ['management/audit:read'],
      ip_restriction: { mode: 'off', rules: [] },
      hint: created.api_token.slice(-4),
      expires_at: null,
      created_at: created.updated_at,
      updated_at: created.issued_at,
      issued_at: expect.any(String),
      last_used_at: null,
      last_used_ip: null,
      api_token: expect.any(String),
      notices: [],
    });
    expect(isWellFormedCredential(created.api_token, 'pstt_')).toBe(true);
    expect(answer.headers.get('location')).toBe(`/api/v1/api-tokens/${created.id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const shown = await ask('GET', `/api-tokens/${created.id}`);
    expect(asApiToken(shown)).toEqual(withoutValue(created));
    expect(shown.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('belongs to a user when one is named', async () => {
    const user = await makeUser(installation.storage, { name: 'Ada' });
    const created = await made({ client_id: undefined, user_id: user.id });
    expect([created.client_id, created.user_id, created.owner]).toEqual([null, user.id, 'Ada']);
  });

  test('belongs to the caller when nobody is named: a client, a user, the owner of an API token', async () => {
    const { server } = installation;
    const user = await makeUser(installation.storage);
    const apiToken = { id: 'tok_x', ownerType: 'user' as const, ownerId: user.id, expiresAt: null };
    server.admit('a-client', { ...administrator, id: client.client_id });
    server.admit('a-user', { ...administrator, type: 'user', id: user.id });
    server.admit('an-api-token', { ...administrator, type: 'api_token', id: 'tok_x', apiToken });
    const owners = [];
    for (const each of ['a-client', 'a-user', 'an-api-token']) {
      const json = { name: 'mine', privileges: ['audit:read'] };
      const { client_id, user_id } = asCreatedApiToken(
        await call(server, 'POST', '/api/v1/api-tokens', { token: each, json }),
      );
      owners.push([client_id, user_id]);
    }
    expect(owners).toEqual([
      [client.client_id, null],
      [null, user.id],
      [null, user.id],
    ]);
  });

  test('not to both a client and a user', async () => {
    const user = await makeUser(installation.storage);
    const answer = await make({ user_id: user.id });
    expect([answer.status, pointersOf(answer)]).toEqual([422, ['/user_id']]);
  });

  test('privileges are stored once each and in the order of the catalogue, however they were sent', async () => {
    const privileges = ['audit:read', 'management/clients:read', 'clients:read', 'management/audit:read'];
    expect((await made({ privileges })).privileges).toEqual(['management/clients:read', 'management/audit:read']);
    const ofAnother = await made({ privileges: ['github/repos:write', 'github/repos:read'] });
    expect([ofAnother.api, ofAnother.privileges]).toEqual(['github', ['github/repos:read', 'github/repos:write']]);
  });

  test.each([
    ['none', [], ['/privileges']],
    ['one that does not exist', ['audit:read', 'audit:raed'], ['/privileges/1']],
    ['one of an API that the owner’s company does not have', ['private/all'], ['/privileges/0']],
    ['one of an API that does not exist', ['nothing/all'], ['/privileges/0']],
    ['such of two APIs', ['audit:read', 'github/repos:read', 'clients:read'], ['/privileges/1']],
    ['one that the owner lacks', ['audit:read', 'companies:read'], ['/privileges/1']],
    ['no texts', [1, null], ['/privileges/0', '/privileges/1']],
    ['an empty one', [''], ['/privileges/0']],
  ])('privileges: %s is a 422 that points to it', async (_name, privileges, pointers) => {
    const answer = await make({ privileges });
    expect([answer.status, pointersOf(answer)]).toEqual([422, pointers]);
  });

  test('a 422 says what is wrong with a privilege', async () => {
    const details = async (privileges: string[]) => asProblem(await make({ privileges })).errors?.[0]?.detail;
    expect(await details(['companies:read'])).toBe('siem-connector does not hold management/companies:read.');
    expect(await details(['audit:read', 'github/repos:read'])).toBe(
      'An API token is for one API: github/repos:read and management/audit:read are of two. Make a token for each.',
    );
    expect(await details(['private/all'])).toBe(await details(['nothing/all']));
  });

  test.each([
    ['without a name', { name: undefined }, ['/name']],
    ['with an empty name', { name: ' ' }, ['/name']],
    ['without privileges', { privileges: undefined }, ['/privileges']],
    ['with an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, ['/expires_at']],
    ['with an end that is no time', { expires_at: 'tomorrow' }, ['/expires_at']],
    ['with a restriction to nothing', { ip_restriction: { mode: 'enforce', rules: [] } }, ['/ip_restriction/rules']],
    [
      'with a rule that is none',
      { ip_restriction: { mode: 'enforce', rules: ['1.2.3'] } },
      ['/ip_restriction/rules/0'],
    ],
    ['with an unknown field', { scope: 'audit:read' }, ['/scope']],
    [
      'with fields that are read-only',
      { api_token: 'pstt_x', hint: 'x', api: 'github' },
      ['/api_token', '/hint', '/api'],
    ],
    ['with an owner that is no text', { client_id: 5 }, ['/client_id']],
    ['with an owner that is null', { user_id: null }, ['/user_id']],
  ])('%s is a 422', async (_name, fields, pointers) => {
    const answer = await make(fields);
    expect([answer.status, pointersOf(answer)]).toEqual([422, pointers]);
  });

  test('IP rules are kept in canonical form, with a notice; its own address is nobody’s concern before it exists', async () => {
    const { ip_restriction, notices } = await made({
      ip_restriction: { mode: 'enforce', rules: ['192.0.2.30/24', '198.51.100.7'] },
    });
    expect(ip_restriction).toEqual({ mode: 'enforce', rules: ['192.0.2.0/24', '198.51.100.7'] });
    expect(notices.map(({ pointer }) => pointer)).toEqual(['/ip_restriction/rules/0']);
  });

  test('the 51st of an owner is a 409, until one is deleted', async () => {
    const owner = await storedClient();
    for (let number = 0; number < 49; number += 1) await makeApiToken(installation.storage, owner);
    const fiftieth = await made();
    const refused = await make();
    expect([refused.status, asProblem(refused).detail]).toEqual([
      409,
      'siem-connector has 50 API tokens already. Delete one that is no longer used, then make another.',
    ]);
    await ask('DELETE', `/api-tokens/${fiftieth.id}`);
    const atOnce = await Promise.all(Array.from({ length: 4 }, () => make()));
    expect(atOnce.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  });
});

describe('the value', () => {
  test('stands in the one answer that made it, and nowhere else', async () => {
    const created = await made();
    const changed = await ask('PATCH', `/api-tokens/${created.id}`, { name: 'weekly export' });
    const regenerated = await ask('POST', `/api-tokens/${created.id}/regenerate`);
    const values = [created.api_token, asCreatedApiToken(regenerated).api_token];
    const elsewhere = [
      changed.text,
      (await ask('GET', `/api-tokens/${created.id}`)).text,
      (await ask('GET', `/api-tokens?client_id=${client.client_id}`)).text,
      (await ask('GET', `/audit-events?target_id=${created.id}`)).text,
      installation.server.logged(),
      JSON.stringify(await installation.database.query('SELECT * FROM api_token WHERE id = $1', [created.id])),
      JSON.stringify(await installation.database.query('SELECT * FROM change')),
    ];
    for (const text of elsewhere) for (const value of values) expect(text).not.toContain(value);
    expect(elsewhere[5]).toContain(opaqueTokenHash(values[1] ?? ''));
    expect(elsewhere[5]).not.toContain(opaqueTokenHash(values[0] ?? ''));
  });
});

describe('GET /api/v1/api-tokens', () => {
  const names = (answer: Answer) => asApiTokens(answer).items.map(({ name }) => name);

  test('is newest first, in pages', async () => {
    for (const name of ['first', 'second', 'third']) await made({ name });
    const first = await ask('GET', `/api-tokens?client_id=${client.client_id}&limit=2`);
    expect(names(first)).toEqual(['third', 'second']);
    const cursor = asApiTokens(first).next_cursor;
    const second = await ask('GET', `/api-tokens?client_id=${client.client_id}&limit=2&cursor=${cursor}`);
    expect([names(second), asApiTokens(second).next_cursor]).toEqual([['first'], null]);
    expect(names(await ask('GET', `/api-tokens?client_id=${client.client_id}&sort=name`))).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(pointersOf(await ask('GET', '/api-tokens?cursor=abc'))).toEqual(['/query/cursor']);
  });

  test('is filtered by owner, kind of owner, company, API, text and expiry', async () => {
    const user = await makeUser(installation.storage, { companyId: installation.acme.id });
    const { id: ofUser } = await made({ client_id: undefined, user_id: user.id });
    const owner = await storedClient();
    const expired = await makeApiToken(installation.storage, owner, { expiresAt: new Date('2026-01-01T00:00:00Z') });
    const plain = await made({ name: 'Forty-two % of it' });
    const github = await made({ privileges: ['github/repos:read'], expires_at: '2999-01-01T00:00:00Z' });
    const found = async (query: string) =>
      asApiTokens(await ask('GET', `/api-tokens?${query}`)).items.map(({ id }) => id);
    const ours = `client_id=${client.client_id}`;
    expect(await found(ours)).toEqual([github.id, plain.id, expired.id]);
    expect(await found(`user_id=${user.id}`)).toEqual([ofUser]);
    expect(await found(`company_id=${installation.acme.id}&owner_type=user`)).toEqual([ofUser]);
    expect(await found(`company_id=${installation.acme.id}&owner_type=client`)).toEqual([]);
    expect(await found(`${ours}&api=github`)).toEqual([github.id]);
    expect(await found(`${ours}&q=${encodeURIComponent('TWO %')}`)).toEqual([plain.id]);
    expect(await found(`${ours}&q=connector&expired=true`)).toEqual([expired.id]);
    expect(await found(`${ours}&expired=false`)).toEqual([github.id, plain.id]);
  });

  test.each(['expired=yes', 'owner_type=company', 'sort=-name', 'client_id=', 'hint=x'])(
    '?%s is a 422',
    async (query) => {
      const answer = await ask('GET', `/api-tokens?${query}`);
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/query/${query.split('=')[0]}`]]);
    },
  );
});

describe('PATCH /api/v1/api-tokens/{id}', () => {
  test('changes what is sent and keeps the rest', async () => {
    const created = await made({ ip_restriction: { mode: 'enforce', rules: ['192.0.2.7'] } });
    const path = `/api-tokens/${created.id}`;
    const patch = { privileges: ['clients:read', 'audit:read'], expires_at: '2999-01-01T00:00:00Z' };
    const changed = asChangedApiToken(await ask('PATCH', path, patch));
    expect(changed).toEqual({
      ...withoutValue(created),
      privileges: ['management/clients:read', 'management/audit:read'],
      expires_at: '2999-01-01T00:00:00.000Z',
      updated_at: changed.updated_at,
      notices: [],
    });
    const moded = asChangedApiToken(await ask('PATCH', path, { ip_restriction: { mode: 'report' }, expires_at: null }));
    expect([moded.ip_restriction, moded.expires_at]).toEqual([{ mode: 'report', rules: ['192.0.2.7'] }, null]);
    const freed = asChangedApiToken(await ask('PATCH', path, { ip_restriction: null }));
    expect(freed.ip_restriction).toEqual({ mode: 'off', rules: [] });
  });

  test('may make it one for another API, with privileges of that alone', async () => {
    const { id } = await made();
    const changed = asChangedApiToken(await ask('PATCH', `/api-tokens/${id}`, { privileges: ['github/repos:read'] }));
    expect([changed.api, changed.privileges]).toEqual(['github', ['github/repos:read']]);
  });

  test('that changes nothing leaves ETag and audit log as they are', async () => {
    const answer = await make();
    const { id, name } = asCreatedApiToken(answer);
    const same = await ask('PATCH', `/api-tokens/${id}`, { name, expires_at: null, privileges: ['audit:read'] });
    expect([same.status, same.headers.get('etag')]).toEqual([200, answer.headers.get('etag')]);
    const events = asEvents(await ask('GET', `/audit-events?target_id=${id}`));
    expect(events.items.map(({ action }) => action)).toEqual(['api_token.created']);
  });

  test.each([
    [{ client_id: 'pst_x' }, ['/client_id']],
    [{ user_id: 'usr_x', owner: 'x', api: 'github' }, ['/user_id', '/owner', '/api']],
    [{ issued_at: '2026-01-01T00:00:00Z', last_used_at: null }, ['/issued_at', '/last_used_at']],
    [{ privileges: [] }, ['/privileges']],
    [{ privileges: null }, ['/privileges']],
    [{ privileges: ['companies:read'] }, ['/privileges/0']],
    [{ name: null }, ['/name']],
    [{ expires_at: '2020-01-01T00:00:00Z' }, ['/expires_at']],
    [{ ip_restriction: { mode: 'enforce' } }, ['/ip_restriction/rules']],
  ])('%j is a 422', async (patch, pointers) => {
    const { id } = await made();
    const answer = await ask('PATCH', `/api-tokens/${id}`, patch);
    expect([answer.status, pointersOf(answer)]).toEqual([422, pointers]);
  });

  test('RFC 9110 §13.1.1 › a stale If-Match is a 412, for PATCH, regenerate and DELETE', async () => {
    const answer = await make();
    const path = `/api-tokens/${asCreatedApiToken(answer).id}`;
    const seen = { 'If-Match': answer.headers.get('etag') ?? '' };
    const changed = await ask('PATCH', path, { name: 'other' }, seen);
    expect(changed.status).toBe(200);
    expect((await ask('PATCH', path, { name: 'third' }, seen)).status).toBe(412);
    expect((await ask('POST', `${path}/regenerate`, undefined, seen)).status).toBe(412);
    expect((await ask('DELETE', path, undefined, seen)).status).toBe(412);
    const now = { 'If-Match': changed.headers.get('etag') ?? '' };
    const regenerated = await ask('POST', `${path}/regenerate`, undefined, now);
    expect(regenerated.status).toBe(201);
    expect((await ask('DELETE', path, undefined, { 'If-Match': regenerated.headers.get('etag') ?? '' })).status).toBe(
      204,
    );
  });
});

describe('POST /api/v1/api-tokens/{id}/regenerate', () => {
  test('answers 201 with another value; entry and expiry stay', async () => {
    const created = await made({ expires_at: '2999-01-01T00:00:00Z' });
    const answer = await ask('POST', `/api-tokens/${created.id}/regenerate`, {});
    expect(answer.status).toBe(201);
    const again = asCreatedApiToken(answer);
    expect(again.api_token).not.toBe(created.api_token);
    expect(isWellFormedCredential(again.api_token, 'pstt_')).toBe(true);
    expect(again).toEqual({
      ...created,
      api_token: again.api_token,
      hint: again.api_token.slice(-4),
      issued_at: again.updated_at,
      updated_at: again.updated_at,
    });
    expect(again.issued_at > created.issued_at).toBe(true);
    expect(answer.headers.get('location')).toBe(`/api/v1/api-tokens/${created.id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('of one that has expired is a 409; with a later expiry it works', async () => {
    const owner = await storedClient();
    const { id } = await makeApiToken(installation.storage, owner, { expiresAt: new Date('2026-01-01T00:00:00Z') });
    const refused = await ask('POST', `/api-tokens/${id}/regenerate`);
    expect([refused.status, asProblem(refused).detail]).toEqual([
      409,
      'This API token has expired. Give it a later expiry first, then regenerate it.',
    ]);
    expect((await ask('PATCH', `/api-tokens/${id}`, { name: 'still expired' })).status).toBe(200);
    expect((await ask('PATCH', `/api-tokens/${id}`, { expires_at: '2999-01-01T00:00:00Z' })).status).toBe(200);
    expect((await ask('POST', `/api-tokens/${id}/regenerate`)).status).toBe(201);
  });
});

describe('the end', () => {
  test('DELETE is a 204, and then it is not found', async () => {
    const { id } = await made();
    const answer = await ask('DELETE', `/api-tokens/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const [method, below] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/regenerate'],
    ] as const) {
      const gone = await ask(method, `/api-tokens/${id}${below}`);
      expect([gone.status, asProblem(gone).detail]).toEqual([404, 'There is no such API token.']);
    }
  });

  test('ending all tokens of a client deletes its API tokens, each with its event, and nobody else’s', async () => {
    const [one, two] = [await made({ name: 'one' }), await made({ name: 'two' })];
    const other = asRegistered(await ask('POST', '/clients', { name: 'other', role_id: 'role_company_admin' }));
    const kept = await made({ client_id: other.client_id });
    const answer = await ask('POST', `/clients/${client.client_id}/revoke-tokens`);
    expect(answer.status).toBe(204);
    expect(asApiTokens(await ask('GET', `/api-tokens?client_id=${client.client_id}`)).items).toEqual([]);
    expect((await ask('GET', `/api-tokens/${kept.id}`)).status).toBe(200);
    const request = answer.headers.get('x-request-id');
    const { items } = asEvents(await ask('GET', `/audit-events?request_id=${request}&order=asc`));
    expect(items.map(({ action, target }) => [action, target?.id])).toEqual([
      ['client.tokens_revoked', client.client_id],
      ['api_token.deleted', two.id],
      ['api_token.deleted', one.id],
    ]);
  });

  test('goes with its owner', async () => {
    const user = await makeUser(installation.storage);
    const ofUser = await made({ client_id: undefined, user_id: user.id });
    const ofClient = await made();
    expect((await ask('DELETE', `/users/${user.id}`)).status).toBe(204);
    expect((await ask('DELETE', `/clients/${client.client_id}`)).status).toBe(204);
    for (const { id } of [ofUser, ofClient]) expect((await ask('GET', `/api-tokens/${id}`)).status).toBe(404);
  });

  test('an API that a token is for cannot be deleted', async () => {
    const created = await made({ privileges: ['github/repos:read'] });
    const refused = await ask('DELETE', '/apis/github');
    expect([refused.status, asProblem(refused).detail]).toEqual([409, expect.stringContaining('API token')]);
    expect((await ask('GET', `/api-tokens/${created.id}`)).status).toBe(200);
  });
});

test('every change is an audit event that says whose it is', async () => {
  const created = await made();
  const path = `/api-tokens/${created.id}`;
  await ask('PATCH', path, { name: 'weekly', expires_at: '2999-01-01T00:00:00Z' });
  const { hint } = asCreatedApiToken(await ask('POST', `${path}/regenerate`));
  await ask('DELETE', path);
  const { items } = asEvents(await ask('GET', `/audit-events?target_id=${created.id}&order=asc`));
  const owner = { owner_type: 'client', owner_id: client.client_id };
  const expiry = '2999-01-01T00:00:00.000Z';
  expect(
    items.map(({ action, target, changes, details }) => ({ action, name: target?.name, changes, details })),
  ).toEqual([
    {
      action: 'api_token.created',
      name: 'nightly export',
      changes: {
        name: [null, 'nightly export'],
        api: [null, 'management'],
        privileges: [null, ['management/audit:read']],
        ip_restriction: [null, { mode: 'off', rules: [] }],
      },
      details: { ...owner, hint: created.hint },
    },
    {
      action: 'api_token.updated',
      name: 'weekly',
      changes: { name: ['nightly export', 'weekly'], expires_at: [null, expiry] },
      details: { ...owner, hint: created.hint },
    },
    {
      action: 'api_token.regenerated',
      name: 'weekly',
      changes: { hint: [created.hint, hint] },
      details: { ...owner, hint },
    },
    {
      action: 'api_token.deleted',
      name: 'weekly',
      changes: {
        name: ['weekly', null],
        api: ['management', null],
        privileges: [['management/audit:read'], null],
        ip_restriction: [{ mode: 'off', rules: [] }, null],
        expires_at: [expiry, null],
      },
      details: { ...owner, hint },
    },
  ]);
  for (const { company_id, target, actor } of items) {
    expect([company_id, target?.type, actor.name]).toEqual(['co_root', 'api_token', 'root']);
  }
});
