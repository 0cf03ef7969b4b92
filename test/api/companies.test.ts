// Companies over the Management API: made, shown, listed, changed, suspended, deleted, each within reach alone.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { asChangedCompany, asCompanies, asCompany, asEvents, asProblem, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
let reseller: ReturnType<typeof asChangedCompany>;
let made = 0;

beforeAll(async () => {
  installation = await startInstallation();
  const { server, root, acme } = installation;
  server.login('root', { company: root, role: 'reseller' });
  server.login('acme', { company: acme, role: 'company_admin' });
  reseller = await create({ name: 'Reseller Ltd', reseller: true });
  server.login('reseller', { company: { ...reseller, path: `co_root/${reseller.id}/` }, role: 'reseller' });
});

afterAll(() => installation.close());

interface Options {
  readonly token?: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

const ask = (method: string, path: string, options: Options = {}): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token: 'root', ...options });

async function create(fields: object = {}, token = 'root') {
  made += 1;
  const answer = await ask('POST', '/companies', { json: { name: `Company ${made}`, ...fields }, token });
  expect(answer.status, answer.text).toBe(201);
  return asChangedCompany(answer);
}

const patch = (id: string, json: unknown, token = 'root', query = '') =>
  ask('PATCH', `/companies/${id}${query}`, { json, token });

const idsOf = (answer: Answer) => asCompanies(answer).items.map(({ id }) => id);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('POST /api/v1/companies', () => {
  test('with a name alone answers 201 with the defaults, below the caller’s own company', async () => {
    const answer = await ask('POST', '/companies', { json: { name: '  Northwind ' }, token: 'reseller' });
    const company = asChangedCompany(answer);
    expect(company).toEqual({
      id: expect.stringMatching(/^co_[0-9A-Za-z]{20}$/),
      name: 'Northwind',
      parent_id: reseller.id,
      reseller: false,
      status: 'active',
      ip_restriction: { mode: 'off', rules: [] },
      created_at: time,
      updated_at: company.created_at,
      notices: [],
    });
    expect(answer.headers.get('location')).toBe(`/api/v1/companies/${company.id}`);
    const shown = await ask('GET', `/companies/${company.id}`);
    expect(shown.headers.get('etag')).toBe(answer.headers.get('etag'));
    expect({ ...asCompany(shown), notices: [] }).toEqual(company);
  });

  test('with everything, in canonical form with notices', async () => {
    const company = await create({
      parent_id: reseller.id,
      reseller: true,
      ip_restriction: { mode: 'report', rules: ['192.168.1.30/24'] },
    });
    expect(company).toMatchObject({
      parent_id: reseller.id,
      reseller: true,
      ip_restriction: { mode: 'report', rules: ['192.168.1.0/24'] },
      notices: [{ pointer: '/ip_restriction/rules/0' }],
    });
  });

  test.each([
    [{}, ['/name']],
    [{ name: '' }, ['/name']],
    [{ name: 'a\u202eb' }, ['/name']],
    [{ name: 'x'.repeat(201) }, ['/name']],
    [{ name: 'x', id: 'co_mine' }, ['/id']],
    [{ name: 'x', status: 'suspended' }, ['/status']],
    [{ name: 'x', reseller: 'yes', colour: 1 }, ['/colour', '/reseller']],
    [{ name: 'x', parent_id: 'co_none' }, ['/parent_id']],
    [{ name: 'x', parent_id: 7 }, ['/parent_id']],
    [{ name: 'x', ip_restriction: { mode: 'enforce', rules: [] } }, ['/ip_restriction/rules']],
    [
      { name: 'x', ip_restriction: { mode: 'enforce', rules: ['1.2.3', '::1%lo'] } },
      ['/ip_restriction/rules/0', '/ip_restriction/rules/1'],
    ],
  ])('%j is a 422', async (json, pointers) => {
    const answer = await ask('POST', '/companies', { json });
    expect([answer.status, pointersOf(answer).toSorted()]).toEqual([422, pointers]);
  });

  test('a parent out of reach is a 422 in the words for one that does not exist; one that is no reseller is told so', async () => {
    const below = (parent_id: string) =>
      ask('POST', '/companies', { json: { name: 'x', parent_id }, token: 'reseller' });
    const [foreign, above, unknown] = [
      await below(installation.bolt.id),
      await below(installation.root.id),
      await below('co_none'),
    ];
    expect(asProblem(foreign).errors).toEqual([{ pointer: '/parent_id', detail: 'There is no such company.' }]);
    expect([asProblem(above).errors, asProblem(unknown).errors]).toEqual([
      asProblem(foreign).errors,
      asProblem(foreign).errors,
    ]);
    const plain = await ask('POST', '/companies', { json: { name: 'x', parent_id: installation.acme.id } });
    expect([plain.status, pointersOf(plain)]).toEqual([422, ['/parent_id']]);
  });

  test('a name that a sibling has is a 409, whatever its case and form', async () => {
    await create({ name: 'Ürsel & Co' });
    for (const name of ['ürsel & co', 'U\u0308RSEL & CO', 'Ürsel ＆ Co']) {
      const answer = await ask('POST', '/companies', { json: { name } });
      expect([answer.status, pointersOf(answer)]).toEqual([409, ['/name']]);
    }
  });
});

describe('GET /api/v1/companies', () => {
  test('a reseller sees its own and those below, without what stands above', async () => {
    const child = await create({ parent_id: reseller.id });
    const seen = asCompanies(await ask('GET', '/companies?limit=200', { token: 'reseller' })).items;
    expect(seen.map(({ id }) => id)).toEqual(expect.arrayContaining([reseller.id, child.id]));
    expect(seen.map(({ id }) => id)).not.toContain(installation.acme.id);
    expect(seen.find(({ id }) => id === reseller.id)?.parent_id).toBeNull();
    expect(seen.filter(({ id }) => id !== reseller.id).every(({ parent_id }) => parent_id !== 'co_root')).toBe(true);
  });

  test('filters by text, place, status and kind; no filter widens the reach', async () => {
    const one = await create({ name: 'Filter one', parent_id: reseller.id, reseller: true });
    const two = await create({ name: 'Filter two', parent_id: one.id });
    await patch(two.id, { status: 'suspended' });
    const ids = async (query: string, token = 'root') => idsOf(await ask('GET', `/companies?${query}`, { token }));
    expect(await ids('q=FILTER')).toEqual([two.id, one.id]);
    expect(await ids('q=filter&sort=name')).toEqual([one.id, two.id]);
    expect(await ids('q=filter&status=suspended')).toEqual([two.id]);
    expect(await ids('q=filter&reseller=true')).toEqual([one.id]);
    expect(await ids('q=filter&reseller=false')).toEqual([two.id]);
    expect(await ids(`parent_id=${one.id}`)).toEqual([two.id]);
    expect(await ids('parent_id=co_root', 'reseller')).toEqual([]);
    expect(await ids('q=acme', 'reseller')).toEqual([]);
    expect(await ids('q=%25')).toEqual([]);
  });

  test.each(['created_at', 'name'])('pages through all of them sorted by %s, each once', async (sort) => {
    for (let n = 0; n < 5; n += 1) await create({ name: `Page ${sort} ${n}` });
    const all = idsOf(await ask('GET', `/companies?limit=200&sort=${sort}`));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = asCompanies(await ask('GET', `/companies?limit=3&sort=${sort}${from}`));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(all.length).toBeGreaterThan(6);
    expect(seen).toEqual(all);
  });

  test.each(['status=paused', 'reseller=1', 'sort=id', 'limit=0', 'colour=red', 'cursor=x', 'parent_id='])(
    '%s is a 422',
    async (query) => {
      const answer = await ask('GET', `/companies?${query}`);
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/query/${query.split('=')[0]}`]]);
    },
  );
});

describe('PATCH /api/v1/companies/{id}', () => {
  test('changes what is sent and nothing else, with old and new in the audit log', async () => {
    const { id } = await create({ parent_id: reseller.id });
    const answer = await patch(id, { name: 'Renamed', reseller: true }, 'reseller');
    expect(asChangedCompany(answer)).toMatchObject({ name: 'Renamed', reseller: true, status: 'active' });
    const [event] = asEvents(await ask('GET', `/audit-events?target_id=${id}&action=company.updated`)).items;
    expect(event?.changes).toMatchObject({ name: [expect.any(String), 'Renamed'], reseller: [false, true] });
  });

  test('null resets what has a default; status, name and place have none', async () => {
    const { id } = await create({ reseller: true, ip_restriction: { mode: 'report', rules: ['192.0.2.1'] } });
    const reset = asChangedCompany(await patch(id, { reseller: null, ip_restriction: null }));
    expect(reset).toMatchObject({ reseller: false, ip_restriction: { mode: 'off', rules: [] } });
    for (const field of ['name', 'status', 'parent_id', 'id', 'created_at', 'updated_at']) {
      const answer = await patch(id, { [field]: null });
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/${field}`]]);
    }
  });

  test('a stale If-Match is a 412, the one that was seen is taken', async () => {
    const { id } = await create();
    const seen = (await ask('GET', `/companies/${id}`)).headers.get('etag') ?? '';
    const change = (name: string) =>
      ask('PATCH', `/companies/${id}`, { json: { name }, headers: { 'If-Match': seen } });
    expect((await change(`First ${id}`)).status).toBe(200);
    expect((await change(`Second ${id}`)).status).toBe(412);
    expect((await ask('DELETE', `/companies/${id}`, { headers: { 'If-Match': seen } })).status).toBe(412);
    expect((await ask('GET', `/companies/${id}`, { headers: { 'If-None-Match': seen } })).status).toBe(200);
  });

  test('suspends and reactivates, each with an event of its own', async () => {
    const { id } = await create({ parent_id: reseller.id });
    expect(asChangedCompany(await patch(id, { status: 'suspended' }, 'reseller')).status).toBe('suspended');
    expect(asChangedCompany(await patch(id, { status: 'active' }, 'reseller')).status).toBe('active');
    const { items } = asEvents(await ask('GET', `/audit-events?target_id=${id}`));
    expect(items.map(({ action }) => action)).toEqual(['company.reactivated', 'company.suspended', 'company.created']);
  });

  test('what must stay a reseller is a 409 that says why', async () => {
    const { id } = await create({ reseller: true });
    await create({ parent_id: id });
    const answer = await patch(id, { reseller: false });
    expect([answer.status, pointersOf(answer)]).toEqual([409, ['/reseller']]);
    expect(asProblem(answer).detail).toContain('1 company below it');
  });

  test('one’s own company is a 403, but for its IP restriction', async () => {
    for (const json of [{ name: 'x' }, { reseller: false }, { status: 'suspended' }]) {
      expect((await patch(reseller.id, json, 'reseller')).status).toBe(403);
    }
    const restricted = { ip_restriction: { mode: 'report', rules: ['192.0.2.1'] } };
    expect(asChangedCompany(await patch(reseller.id, restricted, 'reseller'))).toMatchObject(restricted);
    expect((await patch(reseller.id, { ip_restriction: null }, 'reseller')).status).toBe(200);
  });

  test('IP rules that shut out who saves them are a 409, and saved with confirm=true', async () => {
    const { id } = await create();
    const json = { ip_restriction: { mode: 'enforce', rules: ['203.0.113.0/24'] } };
    const asked = await patch(id, json);
    expect([asked.status, pointersOf(asked)]).toEqual([409, ['/ip_restriction/rules']]);
    expect(asProblem(asked).detail).toMatch(/127\.0\.0\.1.*\?confirm=true/);
    expect((await patch(id, json, 'root', '?confirm=false')).status).toBe(409);
    expect((await patch(id, json, 'root', '?confirm=yes')).status).toBe(422);
    expect(asChangedCompany(await patch(id, json, 'root', '?confirm=true'))).toMatchObject(json);
    expect((await patch(id, { ip_restriction: { rules: ['127.0.0.0/8'] } })).status).toBe(200);
    const posted = { name: 'Shut', ...json };
    expect((await ask('POST', '/companies', { json: posted })).status).toBe(409);
    expect((await ask('POST', '/companies?confirm=true', { json: posted })).status).toBe(201);
  });
});

describe('DELETE /api/v1/companies/{id}', () => {
  test('removes an empty company; another says what is in the way', async () => {
    const { id } = await create({ reseller: true });
    const child = await create({ parent_id: id });
    const full = await ask('DELETE', `/companies/${id}`);
    expect([full.status, asProblem(full).detail]).toEqual([409, expect.stringContaining('1 company')]);
    expect((await ask('DELETE', `/companies/${child.id}`)).status).toBe(204);
    expect((await ask('DELETE', `/companies/${id}`)).status).toBe(204);
    expect((await ask('GET', `/companies/${id}`)).status).toBe(404);
    expect((await ask('DELETE', `/companies/${id}`)).status).toBe(404);
  });

  test('one’s own is a 403', async () => {
    expect((await ask('DELETE', `/companies/${reseller.id}`, { token: 'reseller' })).status).toBe(403);
    expect((await ask('DELETE', '/companies/co_root')).status).toBe(403);
  });
});

test('a company out of reach answers as one that does not exist, in every word', async () => {
  const { root, bolt } = installation;
  for (const [method, json] of [
    ['GET', undefined],
    ['PATCH', { name: 'mine' }],
    ['DELETE', undefined],
  ] as const) {
    const [unknown, ...foreign] = await Promise.all(
      ['co_none', bolt.id, root.id].map(async (id) => {
        const answer = await ask(method, `/companies/${id}`, { token: 'reseller', ...(json ? { json } : {}) });
        return { status: answer.status, problem: { ...asProblem(answer), instance: '' } };
      }),
    );
    expect(unknown?.status).toBe(404);
    expect(foreign).toEqual([unknown, unknown]);
  }
});

test('a Company Admin has no business with companies, not even their own', async () => {
  for (const [method, path] of [
    ['GET', '/companies'],
    ['GET', `/companies/${installation.acme.id}`],
    ['POST', '/companies'],
    ['PATCH', `/companies/${installation.acme.id}`],
    ['DELETE', `/companies/${installation.acme.id}`],
  ] as const) {
    const json = method === 'GET' || method === 'DELETE' ? {} : { json: { name: 'x' } };
    expect((await ask(method, path, { token: 'acme', ...json })).status).toBe(403);
  }
});

test('any text as a name is taken as it is or refused at its place', async () => {
  const parent = await create({ reseller: true });
  expect(naughtyStrings.length).toBeGreaterThan(100);
  for (const { text: name } of naughtyStrings) {
    const answer = await ask('POST', '/companies', { json: { name, parent_id: parent.id } });
    if (answer.status === 201) expect(asChangedCompany(answer).name).toBe(name.normalize('NFC').trim());
    else expect([[409, 422].includes(answer.status), pointersOf(answer)]).toEqual([true, ['/name']]);
  }
});
