// Registered APIs over the Management API, on a real database.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { documentOf } from '../domain/api/documents.ts';
import { makeRole } from '../support/factories.ts';
import { asApi, asApis, asChangedApi, asEvents, asImport, asPrivileges, asProblem, pointersOf } from './answers.ts';
import { type Answer, call } from './api-server.ts';
import { type Installation, startInstallation } from './installation.ts';

let installation: Installation;
/** Of every test its own. */
let id: string;
let made = 0;

beforeAll(async () => {
  installation = await startInstallation();
  installation.server.login('root', { company: installation.root, role: 'reseller' });
  installation.server.login('reader', { company: installation.root, role: 'reseller', scopes: ['apis:read'] });
  installation.server.login('acme', { company: installation.acme, role: 'company_admin' });
});

afterAll(() => installation.close());

beforeEach(() => {
  made += 1;
  id = `api-${made}`;
});

interface Options {
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

const ask = (method: string, path: string, options: Options = {}): Promise<Answer> =>
  call(installation.server, method, `/api/v1${path}`, { token: 'root', ...options });

const register = (rest: object = {}) =>
  ask('POST', '/apis', { json: { id, identifier: `https://${id}.test`, name: `API ${made}`, ...rest } });

const source = documentOf({
  '/pets': { get: { tags: ['pets'] }, post: { tags: ['pets'] } },
  '/pets/{id}': { get: { tags: ['pets'] } },
});

const sendDocument = (body: string, query = '', type = 'application/json', headers: Record<string, string> = {}) =>
  ask('POST', `/apis/${id}/import${query}`, { body, headers: { 'Content-Type': type, ...headers } });

describe('POST /api/v1/apis', () => {
  test('registers an API, available to no company', async () => {
    const answer = await register({ privileges: [{ scope: 'orders:read', description: 'See orders' }] });
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/api/v1/apis/${id}`]);
    const api = asChangedApi(answer);
    expect(api).toEqual({
      id,
      identifier: `https://${id}.test`,
      name: `API ${made}`,
      description: '',
      built_in: false,
      available_to: [],
      privileges: [
        { scope: 'orders:read', group: 'orders', description: 'See orders', level: 'company', operations: 0 },
      ],
      docs_private: false,
      unknown_operations: 'refuse',
      imported_at: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      notices: [],
    });
    const { notices: _notices, ...shown } = api;
    const again = await ask('GET', `/apis/${id}`);
    expect(asApi(again)).toEqual(shown);
    expect(again.headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('tells in a notice how the identifier is stored', async () => {
    const { identifier, notices } = asChangedApi(await register({ identifier: 'HTTPS://Shop.Example/A' }));
    expect([identifier, notices]).toEqual([
      'https://shop.example/A',
      [{ pointer: '/identifier', detail: 'Stored as https://shop.example/A: this is what tokens carry.' }],
    ]);
  });

  test.each([
    ['a relative identifier', { identifier: '/orders' }, ['/identifier']],
    ['a fragment', { identifier: 'https://x.test/#a' }, ['/identifier']],
    ['an id with capitals', { id: 'Orders' }, ['/id']],
    ['an id that ends in a hyphen', { id: 'orders-' }, ['/id']],
    ['an id of 41 characters', { id: 'a'.repeat(41) }, ['/id']],
    ['an id that the pages need', { id: 'new' }, ['/id']],
    ['a name with a control character', { name: 'a\u0007b' }, ['/name']],
    ['RFC 6749 §3.3 › a scope with a blank', { privileges: [{ scope: 'a b' }] }, ['/privileges/0/scope']],
    [
      'RFC 6749 §3.3 › a scope with a quote',
      { privileges: [{ scope: 'ok' }, { scope: 'a"b' }] },
      ['/privileges/1/scope'],
    ],
    ['RFC 6749 §3.3 › a scope with a backslash', { privileges: [{ scope: 'a\\b' }] }, ['/privileges/0/scope']],
    ['RFC 6749 §3.3 › a scope beyond ASCII', { privileges: [{ scope: 'café' }] }, ['/privileges/0/scope']],
    ['a scope twice', { privileges: [{ scope: 'a' }, { scope: 'a' }] }, ['/privileges/1/scope']],
    ['what is counted and not written', { privileges: [{ scope: 'a', operations: 1 }] }, ['/privileges/0/operations']],
    ['a level that there is not', { privileges: [{ scope: 'a', level: 'galaxy' }] }, ['/privileges/0/level']],
    ['a company that there is not', { available_to: ['co_nothing'] }, ['/available_to/0']],
    ['some other word for all', { available_to: 'everyone' }, ['/available_to']],
    ['an unknown field', { colour: 'blue' }, ['/colour']],
    ['a read-only field', { built_in: true, imported_at: null }, ['/built_in', '/imported_at']],
    ['5,001 privileges', { privileges: Array.from({ length: 5001 }, (_, n) => ({ scope: `s${n}` })) }, ['/privileges']],
  ])('%s is refused with its pointer', async (_name, rest, pointers) => {
    const answer = await register(rest);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer).toSorted()).toEqual(pointers);
    expect((await ask('GET', `/apis/${id}`)).status).toBe(404);
  });

  test('takes 5,000 privileges with long descriptions, and no body of more than 4 MiB', async () => {
    const privileges = Array.from({ length: 5000 }, (_, n) => ({ scope: `scope:${n}`, description: 'd'.repeat(290) }));
    const answer = await register({ privileges });
    expect(answer.status).toBe(201);
    expect(asChangedApi(answer).privileges).toHaveLength(5000);
    const tooMuch = await ask('PATCH', `/apis/${id}`, { json: { description: 'd'.repeat(4 * 1024 * 1024) } });
    expect(tooMuch.status).toBe(413);
  });

  test('a duplicate is a conflict at its field', async () => {
    await register();
    expect(pointersOf(await register({ name: 'x', identifier: 'urn:x:1' }))).toEqual(['/id']);
    expect(pointersOf(await register({ id: `${id}-b`, name: 'x' }))).toEqual(['/identifier']);
    const sameName = await register({ id: `${id}-b`, identifier: 'urn:x:1', name: ` ａPI ${made} ` });
    expect([sameName.status, pointersOf(sameName)]).toEqual([409, ['/name']]);
  });
});

describe('who may', () => {
  test('a company’s administrator sees no APIs, only the privileges of those that are available', async () => {
    await register({ available_to: [installation.acme.id], privileges: [{ scope: 'mine' }] });
    expect((await ask('GET', '/apis', { token: 'acme' })).status).toBe(403);
    expect((await ask('GET', `/apis/${id}`, { token: 'acme' })).status).toBe(403);
    const { items } = asPrivileges(await ask('GET', `/privileges?api=${id}`, { token: 'acme' }));
    expect(items.map(({ name }) => name)).toEqual([`${id}/mine`]);
    installation.server.login('bolt', { company: installation.bolt, role: 'company_admin' });
    expect(asPrivileges(await ask('GET', `/privileges?api=${id}`, { token: 'bolt' })).items).toEqual([]);
  });

  test('reading alone changes nothing', async () => {
    await register();
    for (const [method, path, options] of [
      ['POST', '/apis', { json: {} }],
      ['PATCH', `/apis/${id}`, { json: {} }],
      ['DELETE', `/apis/${id}`, {}],
      ['POST', `/apis/${id}/import?dry_run=true`, { body: '{}', headers: { 'Content-Type': 'application/json' } }],
    ] as const) {
      const answer = await ask(method, path, { token: 'reader', ...options });
      expect([path, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        path,
        403,
        expect.stringContaining('scope="apis:write"'),
      ]);
    }
    expect((await ask('GET', `/apis/${id}`, { token: 'reader' })).status).toBe(200);
  });
});

describe('GET /api/v1/apis', () => {
  test('has the Management API too, which is built in and available to all', async () => {
    const { items } = asApis(await ask('GET', '/apis?q=management'));
    expect(items).toMatchObject([
      { id: 'management', identifier: 'http://localhost:3000/api', built_in: true, available_to: 'all' },
    ]);
    expect(items[0]?.privileges.map(({ scope }) => scope)).toContain('clients:read');
  });

  test('pages with a cursor, and a cursor of another list is refused', async () => {
    await register();
    const first = asApis(await ask('GET', '/apis?limit=1'));
    expect(first.items).toMatchObject([{ id }]);
    const second = asApis(await ask('GET', `/apis?limit=1&cursor=${first.next_cursor}`));
    expect(second.items[0]?.id).not.toBe(id);
    const foreign = await ask('GET', `/roles?cursor=${first.next_cursor}`);
    expect(pointersOf(foreign)).toEqual(['/query/cursor']);
  });
});

describe('PATCH /api/v1/apis/{id}', () => {
  test('null resets, what is left out stays, and the answer tells who gains', async () => {
    await register({ description: 'Text', docs_private: true, privileges: [{ scope: 'a' }] });
    const changed = asChangedApi(
      await ask('PATCH', `/apis/${id}`, { json: { description: null, docs_private: null, available_to: 'all' } }),
    );
    expect(changed).toMatchObject({ description: '', docs_private: false, available_to: 'all', name: `API ${made}` });
    expect(changed.notices).toMatchObject([
      { pointer: '/available_to', detail: expect.stringContaining('all companies') },
    ]);
  });

  test('a stale If-Match is refused, the right one is taken', async () => {
    const { headers } = await register();
    const etag = headers.get('etag') ?? '';
    const change = (ifMatch: string, name: string) =>
      ask('PATCH', `/apis/${id}`, { json: { name }, headers: { 'If-Match': ifMatch } });
    expect((await change(etag, `renamed ${made}`)).status).toBe(200);
    expect((await change(etag, `again ${made}`)).status).toBe(412);
  });

  test('taking out a privilege in use is a conflict that names the role', async () => {
    await register({ available_to: 'all', privileges: [{ scope: 'a' }] });
    await makeRole(installation.database, { name: `Holder ${made}`, companyId: 'co_acme', privileges: [`${id}/a`] });
    const answer = await ask('PATCH', `/apis/${id}`, { json: { privileges: [] } });
    expect([answer.status, asProblem(answer).detail]).toEqual([
      409,
      `a is held by the role Holder ${made}. Take it out there first.`,
    ]);
    const gone = await ask('DELETE', `/apis/${id}`);
    expect([gone.status, asProblem(gone).detail]).toEqual([409, expect.stringContaining(`the role Holder ${made}`)]);
  });

  test('the Management API is fixed', async () => {
    for (const [method, path] of [
      ['PATCH', '/apis/management'],
      ['DELETE', '/apis/management'],
    ] as const) {
      const answer = await ask(method, path, method === 'PATCH' ? { json: { name: 'Mine' } } : {});
      expect([answer.status, asProblem(answer).detail]).toEqual([409, expect.stringContaining('built in')]);
    }
  });
});

test('DELETE /api/v1/apis/{id} › an API that nobody uses is gone, and the audit log keeps what it was', async () => {
  await register({ privileges: [{ scope: 'a' }] });
  expect((await ask('DELETE', `/apis/${id}`)).status).toBe(204);
  expect((await ask('DELETE', `/apis/${id}`)).status).toBe(404);
  const { items } = asEvents(await ask('GET', `/audit-events?target_id=${id}`));
  expect(items.map(({ action }) => action)).toEqual(['api.deleted', 'api.created']);
  expect(items[0]).toMatchObject({
    target: { type: 'api', id, name: `API ${made}` },
    changes: { name: [`API ${made}`, null] },
  });
});

/** Each line names the one before ten times. */
function billionLaughs(): string {
  const lines = Array.from({ length: 12 }, (_, n) => {
    const items = n === 0 ? 'lol' : `*l${n - 1}`;
    return `l${n}: &l${n} [${Array.from({ length: 10 }, () => items).join(', ')}]`;
  });
  return ['openapi: 3.1.0', ...lines].join('\n');
}

describe('POST /api/v1/apis/{id}/import', () => {
  const yaml = `openapi: 3.0.3
info: { title: Pets, version: 1.0.0 }
paths:
  /pets:
    get: { tags: [pets] }
`;

  test('shows with dry_run what it then does', async () => {
    const { headers } = await register();
    const shown = await sendDocument(JSON.stringify(source), '?dry_run=true');
    expect(asImport(shown)).toMatchObject({
      title: 'Pets',
      operations: 3,
      added: [
        { scope: 'pets:read', group: 'pets', level: 'company', operations: 2 },
        { scope: 'pets:write', operations: 1 },
      ],
      changed: [],
      removed: [],
      kept: [],
      unchanged: 0,
    });
    expect(shown.headers.get('etag')).toBe(headers.get('etag'));
    expect(asApi(await ask('GET', `/apis/${id}`)).privileges).toEqual([]);
    const done = await sendDocument(JSON.stringify(source));
    expect(asImport(done).added).toHaveLength(2);
    const api = await ask('GET', `/apis/${id}`);
    expect(asApi(api).privileges.map(({ scope, operations }) => [scope, operations])).toEqual([
      ['pets:read', 2],
      ['pets:write', 1],
    ]);
    expect(done.headers.get('etag')).toBe(api.headers.get('etag'));
    expect(asImport(await sendDocument(JSON.stringify(source)))).toMatchObject({ added: [], unchanged: 2 });
  });

  test.each([
    ['application/yaml', yaml],
    ['application/x-yaml', yaml],
    ['text/yaml; charset=utf-8', yaml],
    ['application/vnd.oai.openapi', yaml],
    ['application/vnd.oai.openapi+json', JSON.stringify(source)],
    ['application/openapi+json', JSON.stringify(source)],
    ['application/json', JSON.stringify(source)],
  ])('takes %s', async (type, text) => {
    await register();
    expect(asImport(await sendDocument(text, '', type)).added[0]).toMatchObject({ scope: 'pets:read' });
  });

  test('a re-import tells operations that came and went', async () => {
    await register();
    await sendDocument(JSON.stringify(source));
    const next = documentOf({ '/pets': { get: { tags: ['pets'] } }, '/dogs': { get: { tags: ['pets'] } } });
    expect(asImport(await sendDocument(JSON.stringify(next), '?dry_run=true'))).toMatchObject({
      added: [],
      changed: [{ scope: 'pets:read', added_operations: ['GET /dogs'], removed_operations: ['GET /pets/{id}'] }],
      removed: [{ scope: 'pets:write', operations: 1 }],
      unchanged: 0,
    });
  });

  test('keeps what a role holds, and says for whom', async () => {
    await register({ available_to: 'all' });
    await sendDocument(JSON.stringify(source));
    await makeRole(installation.database, {
      name: `W ${made}`,
      companyId: 'co_acme',
      privileges: [`${id}/pets:write`],
    });
    const next = documentOf({ '/pets': { get: { tags: ['pets'] } } });
    const done = asImport(await sendDocument(JSON.stringify(next)));
    expect(done.kept).toMatchObject([{ scope: 'pets:write', held_by: `the role W ${made}` }]);
    expect(done.notices.map(({ detail }) => detail).join(' ')).toContain('It stays, covering nothing');
    expect(asApi(await ask('GET', `/apis/${id}`)).privileges).toMatchObject([
      { scope: 'pets:read' },
      { scope: 'pets:write', operations: 0 },
    ]);
  });

  test('honours If-Match, so that what is applied is what was shown', async () => {
    await register();
    const shown = await sendDocument(JSON.stringify(source), '?dry_run=true');
    const etag = shown.headers.get('etag') ?? '';
    await ask('PATCH', `/apis/${id}`, { json: { privileges: [{ scope: 'pets:read', level: 'root' }] } });
    const headers = { 'If-Match': etag };
    expect((await sendDocument(JSON.stringify(source), '', 'application/json', headers)).status).toBe(412);
    expect(asApi(await ask('GET', `/apis/${id}`)).imported_at).toBeNull();
  });

  test('of an API that does not exist is 404 before the document is read', async () => {
    expect((await sendDocument('no document')).status).toBe(404);
  });

  test.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['none at all', ''],
    ['another charset', 'application/json; charset=latin1'],
    ['what looks like YAML', 'application/yamlx'],
  ])('415 for %s, with what is taken', async (_name, type) => {
    await register();
    const answer = await sendDocument(JSON.stringify(source), '', type);
    expect([answer.status, answer.headers.get('accept')]).toEqual([415, expect.stringContaining('application/yaml')]);
  });

  test('415 for a compressed body', async () => {
    await register();
    const answer = await sendDocument('x', '', 'application/json', { 'Content-Encoding': 'gzip' });
    expect(answer.status).toBe(415);
  });

  test('413 for more than 20 MiB', async () => {
    await register();
    const answer = await sendDocument(' '.repeat(20 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
  });

  test('400 for an empty body', async () => {
    await register();
    expect((await sendDocument('')).status).toBe(400);
  });

  test.each([
    ['what is no JSON', '{"openapi": "3.1.0",', ''],
    ['what is no document', '[1]', ''],
    ['Swagger 2', '{"swagger":"2.0"}', '/swagger'],
    ['OpenAPI 4', '{"openapi":"4.0.0","info":{"title":"x"},"paths":{}}', '/openapi'],
    ['a path that begins with no slash', JSON.stringify(documentOf({ pets: { get: {} } })), '/paths/pets'],
    [
      'a path twice',
      '{"openapi":"3.1.0","info":{"title":"x"},"paths":{"/a":{"get":{}},"/a":{"get":{}}}}',
      '/paths/~1a',
    ],
    [
      'a reference to another document',
      JSON.stringify(documentOf({ '/a': { $ref: 'https://evil.test/a.json' } as never })),
      '/paths/~1a/$ref',
    ],
    [
      'references in a circle',
      JSON.stringify({
        ...documentOf({}),
        paths: { '/a': { $ref: '#/components/pathItems/a' } },
        components: { pathItems: { a: { $ref: '#/components/pathItems/a' } } },
      }),
      '/paths/~1a/$ref',
    ],
    [
      'RFC 6749 §3.3 › a scope with a blank',
      JSON.stringify(
        documentOf(
          { '/a': { get: { security: [{ o: ['a b'] }] } } },
          {
            components: {
              securitySchemes: { o: { type: 'oauth2', flows: { clientCredentials: { scopes: { 'a b': '' } } } } },
            },
          },
        ),
      ),
      '/components/securitySchemes/o/flows/clientCredentials/scopes/a b',
    ],
    ['a billion laughs in YAML', billionLaughs(), ''],
    ['JSON that nests 100,000 deep', '['.repeat(100_000), ''],
  ] as const)('422 for %s, with a pointer into the document, and nothing is changed', async (_name, text, pointer) => {
    await register();
    await sendDocument(JSON.stringify(source));
    const before = await ask('GET', `/apis/${id}`);
    const answer = await sendDocument(text, '', 'application/yaml');
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toContain(pointer);
    expect(asApi(await ask('GET', `/apis/${id}`))).toEqual(asApi(before));
  });

  test('GitHub’s own document is imported within seconds', async () => {
    const path = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
    await register();
    const text = readFileSync(path, 'utf8');
    const startedAt = performance.now();
    const shown = asImport(await sendDocument(text, '?dry_run=true'));
    const done = asImport(await sendDocument(text));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(shown.added).toEqual(done.added);
    expect(done.operations).toBeGreaterThan(1000);
    expect(done.added.length).toBeGreaterThan(60);
    const again = asImport(await sendDocument(text, '?dry_run=true'));
    expect(again).toMatchObject({ added: [], changed: [], removed: [], unchanged: done.added.length });
    const listedAt = performance.now();
    await ask('GET', '/apis');
    expect(performance.now() - listedAt).toBeLessThan(1000);
  }, 60_000);
});
