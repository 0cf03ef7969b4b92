// What an OpenAPI document makes of an API: privileges, operations, and the difference to what is stored.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { compareImport, importOpenApi, type StoredPrivilege } from '../../../src/domain/api/openapi-import.ts';
import { documentOf, type OperationSketch } from './documents.ts';

function scopesOf(paths: Record<string, Record<string, OperationSketch>>, rest: object = {}) {
  const { privileges } = importOpenApi(JSON.stringify(documentOf(paths, rest)));
  return Object.fromEntries(
    privileges.map(({ scope, operations }) => [scope, operations.map(({ method, path }) => `${method} ${path}`)]),
  );
}

describe('a document without OAuth scopes of its own', () => {
  test('gets one privilege to read and one to write for each tag: safe methods read, others write', () => {
    const paths = {
      '/pets': {
        get: { tags: ['pets'] },
        post: { tags: ['pets'] },
        options: { tags: ['pets'] },
        head: { tags: ['pets'] },
      },
      '/pets/{id}': { put: { tags: ['pets'] }, patch: { tags: ['pets'] }, delete: { tags: ['pets'] } },
      '/status': { get: { tags: ['health'] } },
    };
    expect(scopesOf(paths)).toEqual({
      'pets:read': ['GET /pets', 'OPTIONS /pets', 'HEAD /pets'],
      'pets:write': ['POST /pets', 'PUT /pets/{id}', 'DELETE /pets/{id}', 'PATCH /pets/{id}'],
      'health:read': ['GET /status'],
    });
  });

  test('groups what has no tag by the first segment of its path', () => {
    const paths = { '/users/{id}': { get: {} }, '/{tenant}/x': { get: { tags: [] } }, '/': { delete: {} } };
    expect(Object.keys(scopesOf(paths))).toEqual(['users:read', 'tenant:read', 'root:write']);
  });

  test('counts an operation with several tags to each of them, and any one is enough', () => {
    const document = documentOf({ '/a': { get: { tags: ['x', 'y', 'x'] } } });
    const { privileges, operations } = importOpenApi(JSON.stringify(document));
    expect(privileges.map(({ scope }) => scope)).toEqual(['x:read', 'y:read']);
    expect(operations[0]?.scopes).toEqual([['x:read'], ['y:read']]);
  });

  test('describes each privilege by its tag', () => {
    const tags = [{ name: 'pets', description: 'Everything about\nyour pets.\n\nLong documentation follows.' }];
    const { privileges } = importOpenApi(JSON.stringify(documentOf({ '/a': { get: { tags: ['pets'] } } }, { tags })));
    expect(privileges).toEqual([
      {
        scope: 'pets:read',
        group: 'pets',
        description: 'Read pets: Everything about your pets.',
        level: 'company',
        operations: [{ method: 'GET', path: '/a' }],
      },
    ]);
  });

  test('writes tags in the characters of a scope, and keeps apart what then looks alike', () => {
    const tags = ['Pet Store', 'Pet-Store', 'Café "A"', 'Pet\tStore', 'Питомцы', '宠物'];
    const paths = Object.fromEntries(tags.map((tag, index) => [`/p${index}`, { get: { tags: [tag] } }]));
    const scopes = Object.keys(scopesOf(paths));
    expect(scopes).toEqual([
      expect.stringMatching(/^Pet-Store-[0-9a-f]{8}:read$/),
      'Pet-Store:read',
      'Cafe-A:read',
      expect.stringMatching(/^Pet-Store-[0-9a-f]{8}:read$/),
      expect.stringMatching(/^[0-9a-f]{8}:read$/),
      expect.stringMatching(/^[0-9a-f]{8}:read$/),
    ]);
    expect(new Set(scopes).size).toBe(6);
    const reordered = Object.fromEntries(
      tags.toReversed().map((tag, index) => [`/p${index}`, { get: { tags: [tag] } }]),
    );
    expect(Object.keys(scopesOf(reordered)).sort()).toEqual(scopes.sort());
  });
});

describe('a document with OAuth scopes of its own', () => {
  const components = {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: {
          implicit: {
            authorizationUrl: 'https://x.test',
            scopes: { 'read:pets': 'See your\npets', unused: 'Nothing' },
          },
          clientCredentials: { tokenUrl: 'https://x.test', scopes: { 'write:pets': 'Change pets', admin: '' } },
        },
      },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://x.test' },
    },
  };

  test('gets those that an operation asks for, and no others', () => {
    const paths = {
      '/pets': {
        get: { tags: ['pet'], security: [{ oauth: ['read:pets'] }] },
        post: { security: [{ oauth: ['write:pets'] }] },
      },
      '/keys': { get: { security: [{ key: [] }] } },
      '/more': { get: { security: [{ oidc: ['profile'] }] } },
    };
    expect(scopesOf(paths, { components })).toEqual({
      'read:pets': ['GET /pets'],
      'write:pets': ['POST /pets'],
      profile: ['GET /more'],
    });
    const { privileges, problems } = importOpenApi(JSON.stringify(documentOf(paths, { components })));
    expect(privileges[0]).toMatchObject({ group: 'pet', description: 'See your pets', level: 'company' });
    expect(problems).toEqual([
      { pointer: '/paths/~1keys/get', detail: expect.stringContaining('no privilege covers it') },
      { pointer: '/paths/~1more/get/security/0', detail: 'The scope profile is declared by no scheme.' },
    ]);
  });

  test.each([
    ['all scopes of one requirement', [{ oauth: ['b', 'a'] }], [['a', 'b']]],
    ['one requirement of several', [{ oauth: ['a'] }, { oauth: ['b'] }], [['a'], ['b']]],
    ['a requirement less where another one is part of it', [{ oauth: ['a', 'b'] }, { oauth: ['a'] }], [['a']]],
    ['the scopes of several schemes together', [{ oauth: ['a'], oidc: ['b'], key: [] }], [['a', 'b']]],
    ['nothing where the document says that everybody may', [], [[]]],
    ['nothing where it is optional', [{ oauth: ['a'] }, {}], [[]]],
    ['the impossible where only another scheme is asked for', [{ key: [] }], []],
    ['the impossible where nothing is said', undefined, []],
  ])('asks for %s', (_name, security, scopes) => {
    const paths = {
      '/a': { get: security === undefined ? {} : { security } },
      '/b': { get: { security: [{ oauth: ['a'] }] } },
    };
    const { operations } = importOpenApi(JSON.stringify(documentOf(paths, { components })));
    expect(operations[0]?.scopes).toEqual(scopes);
  });

  test('inherits what the document says for all operations', () => {
    const paths = { '/a': { get: {}, post: { security: [{ oauth: ['b'] }] } } };
    expect(scopesOf(paths, { components, security: [{ oauth: ['a'] }] })).toEqual({ a: ['GET /a'], b: ['POST /a'] });
  });

  test('falls back to tags when no operation asks for any', () => {
    const paths = { '/a': { get: { tags: ['t'], security: [{ key: [] }] } } };
    expect(scopesOf(paths, { components })).toEqual({ 't:read': ['GET /a'] });
  });
});

describe('path items behind references', () => {
  const shared = { get: { tags: ['s'] } };

  test('are read where the reference is local, with what stands beside it', () => {
    const components = { pathItems: { 'a/b': shared, hop: { $ref: '#/components/pathItems/a~1b' } } };
    const paths = { '/x': { $ref: '#/components/pathItems/hop', post: { tags: ['s'] } } };
    const { operations } = importOpenApi(JSON.stringify({ ...documentOf({}), paths, components }));
    expect(operations.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /x', 'POST /x']);
  });
});

test('base paths are those of the servers, with each value of their variables', () => {
  const servers = [
    { url: 'https://api.example.com' },
    {
      url: 'https://{region}.example.com/{base}/',
      variables: { region: { default: 'eu' }, base: { enum: ['v1', 'v2'], default: 'v1' } },
    },
    { url: '/relative/v3' },
    { url: 'https://api.example.com/{unknown}' },
  ];
  const { basePaths, problems } = importOpenApi(JSON.stringify(documentOf({ '/a': { get: {} } }, { servers })));
  expect(basePaths).toEqual(['', '/v1', '/v2', '/relative/v3']);
  expect(problems).toEqual([{ pointer: '/servers/3/url', detail: expect.stringContaining('cannot look below') }]);
});

describe('JSON and YAML', () => {
  test('say the same', () => {
    const document = documentOf({ '/a/{id}': { get: { tags: ['a'], responses: { 200: { description: 'ok' } } } } });
    const yaml = importOpenApi(stringify(document));
    expect(yaml).toEqual(importOpenApi(Buffer.from(JSON.stringify(document))));
  });

  test('a YAML document may use anchors, comments, unquoted versions and status codes', () => {
    const source = [
      '# ours',
      'openapi: 3.1',
      'info: { title: Pets, version: 1.0 }',
      'x-tags: &tags [pets]',
      'paths:',
      '  /pets:',
      '    get: { tags: *tags, responses: { 200: { description: all } } }',
      '    post: { tags: *tags }',
    ].join('\n');
    const { privileges, document, version } = importOpenApi(`\ufeff${source}`);
    expect(privileges.map(({ scope }) => scope)).toEqual(['pets:read', 'pets:write']);
    expect(document).toMatchObject({ paths: { '/pets': { get: { responses: { '200': { description: 'all' } } } } } });
    expect(version).toBe('1');
  });

  test('whatever plain values are written as YAML come back the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (extra) => {
        const document = documentOf({ '/a': { get: {} } }, { 'x-extra': JSON.parse(JSON.stringify(extra)) });
        expect(importOpenApi(stringify(document)).document).toEqual(JSON.parse(JSON.stringify(document)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('compared with what is stored', () => {
  const operations = [{ method: 'GET', path: '/a' }] as const;
  const stored = (scope: string, rest: Partial<StoredPrivilege> = {}): StoredPrivilege => ({
    scope,
    group: 'a',
    description: 'Read a',
    level: 'company',
    operations,
    ...rest,
  });

  test('an import says what it adds, changes and removes, and how many it leaves', () => {
    const before = [
      stored('same:read', { level: 'root' }),
      stored('told:read', { description: 'Old words', level: 'reseller' }),
      stored('moved:read', { operations: [{ method: 'GET', path: '/old' }] }),
      stored('gone:read'),
      stored('by-hand', { operations: [] }),
    ];
    const imported = ['same:read', 'told:read', 'moved:read', 'new:read'].map((scope) => ({ ...stored(scope) }));
    const difference = compareImport(before, imported);
    expect(difference.added.map(({ scope }) => scope)).toEqual(['new:read']);
    expect(difference.removed.map(({ scope }) => scope)).toEqual(['gone:read']);
    expect(difference.unchanged).toBe(1);
    expect(difference.changed).toMatchObject([
      { after: { scope: 'told:read', description: 'Read a', level: 'reseller' }, addedOperations: [] },
      { addedOperations: [{ path: '/a' }], removedOperations: [{ path: '/old' }] },
    ]);
  });

  test('the same document again changes nothing', () => {
    const document = JSON.stringify(documentOf({ '/a': { get: { tags: ['x', 'y z'] }, put: {} }, '/b': { get: {} } }));
    const { privileges } = importOpenApi(document);
    const difference = compareImport(privileges, importOpenApi(document).privileges);
    expect(difference).toEqual({ added: [], changed: [], removed: [], unchanged: privileges.length });
  });
});
