// The document that Swagger UI gets for an imported API.

import { describe, expect, test } from 'vitest';
import { importOpenApi } from '../../../src/domain/api/openapi-import.ts';
import { toSwaggerDocument } from '../../../src/domain/api/swagger-document.ts';

const responses = { 200: { description: 'Pets' } };
/** What an operation without any gets, so that Swagger UI shows what comes back. */
const answered = { responses: { default: { description: 'The answer.' } } };

const source = {
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  servers: [{ url: 'https://pets.test/v1' }],
  security: [{ theirs: ['read'] }],
  paths: {
    '/pets': {
      summary: 'All',
      get: { operationId: 'list', responses },
      post: { responses, security: [{ theirs: ['write'] }, { key: [] }] },
    },
    '/open': { get: { security: [] } },
    '/key': { get: { security: [{ key: [] }] } },
    '/twin': { $ref: '#/components/pathItems/twin' },
    'x-note': { get: 'kept' },
  },
  webhooks: { born: { post: { security: [{ theirs: ['read'] }], summary: 'A pet is born' } } },
  components: {
    schemas: { Pet: { type: 'object' } },
    pathItems: { twin: { get: { operationId: 'twin' } } },
    securitySchemes: {
      theirs: {
        type: 'oauth2',
        flows: { implicit: { authorizationUrl: 'https://x.test', scopes: { read: 'See pets', write: 'Change pets' } } },
      },
      key: { type: 'apiKey', in: 'query', name: 'k' },
    },
  },
};

const imported = importOpenApi(JSON.stringify(source));
const before = JSON.stringify(imported.document);
const swagger = toSwaggerDocument(imported.document, {
  tokenUrl: 'https://postern.test/oauth2/token',
  identifier: 'https://pets.test/v1',
  privileges: imported.privileges,
  operations: imported.operations,
});

describe('the document for Swagger UI', () => {
  test('has our client_credentials flow as its only security scheme, with the privileges as scopes', () => {
    expect(swagger['components']).toMatchObject({
      schemas: { Pet: { type: 'object' } },
      securitySchemes: {
        postern: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: 'https://postern.test/oauth2/token',
              scopes: { read: 'See pets', write: 'Change pets' },
            },
          },
        },
      },
    });
    expect(JSON.stringify(swagger)).not.toMatch(/theirs|apiKey|"key":/);
  });

  test('asks at each operation for the privileges that cover it', () => {
    expect(swagger['paths']).toEqual({
      '/pets': {
        summary: 'All',
        get: { operationId: 'list', responses, security: [{ postern: ['read'] }] },
        post: { responses, security: [{ postern: ['write'] }] },
      },
      '/open': { get: { ...answered, security: [{ postern: [] }] } },
      '/key': { get: { ...answered, security: [{ postern: [] }] } },
      '/twin': { get: { ...answered, operationId: 'twin', security: [{ postern: ['read'] }] } },
      'x-note': { get: 'kept' },
    });
    expect(swagger['security']).toBeUndefined();
    expect(swagger['webhooks']).toEqual({ born: { post: { summary: 'A pet is born' } } });
  });

  test('keeps the servers, the version and all else, and leaves the stored document as it is', () => {
    expect(swagger).toMatchObject({ openapi: '3.1.0', info: source.info, servers: source.servers });
    expect(JSON.stringify(imported.document)).toBe(before);
  });
});

describe('servers', () => {
  const serversOf = (servers: object[] | undefined, identifier: string) => {
    const { document } = importOpenApi(JSON.stringify({ ...source, servers }));
    return toSwaggerDocument(document, { tokenUrl: 'https://x.test/t', identifier, privileges: [], operations: [] })[
      'servers'
    ];
  };

  test.each([
    ['a path', [{ url: '/v3', description: 'Live' }], [{ url: 'https://pets.test/v3', description: 'Live' }]],
    ['a relative path', [{ url: './v3' }], [{ url: 'https://pets.test/v3' }]],
    ['none at all', undefined, [{ url: 'https://pets.test/' }]],
    ['an empty list', [], [{ url: 'https://pets.test/' }]],
    ['a full address', [{ url: 'http://other.test/v3' }], [{ url: 'http://other.test/v3' }]],
    ['a variable in front', [{ url: '{scheme}://x.test' }], [{ url: '{scheme}://x.test' }]],
    ['the scheme left open', [{ url: '//x.test/v1' }], [{ url: '//x.test/v1' }]],
  ])('without a host stand for that of the API, never for this one: %s', (_name, servers, expected) => {
    expect(serversOf(servers, 'https://pets.test:443/api')).toEqual(expected);
  });

  test('are left as they are where the identifier names no host', () => {
    expect(serversOf([{ url: '/v3' }], 'urn:example:pets')).toEqual([{ url: '/v3' }]);
  });

  test.each([
    ['https://API.Example.com:8443/v1', ['https://api.example.com:8443']],
    ['https://user:secret@x.test/', ['https://x.test']],
    ['//x.test/v1', []],
    ['/v1', []],
    ['javascript:alert(1)', []],
    ["https://x.test;script-src 'unsafe-inline'/", []],
    ['https://[2001:db8::1]/', ['https://[2001:db8::1]']],
  ])('are called at their origins, and nothing else gets into a header: %s', (url, origins) => {
    expect(importOpenApi(JSON.stringify({ ...source, servers: [{ url }] })).serverOrigins).toEqual(origins);
  });
});
