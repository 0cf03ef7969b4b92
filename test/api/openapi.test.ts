// The OpenAPI document says what the router does, no more and no less.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { MANAGEMENT_PRIVILEGES } from '../../src/domain/api/privilege.ts';
import type { ApiServices } from '../../src/ports/api/contract.ts';
import { examples } from '../../src/ports/api/examples.ts';
import { createRouter } from '../../src/ports/api/router.ts';
import { routes } from '../../src/ports/api/routes.ts';
import { problemSchema } from '../../src/ports/api/schemas.ts';
import {
  asDocument,
  documentSchema,
  examplesOf,
  type OpenApiDocument,
  operationsOf,
  validatorOf,
} from './openapi-document.ts';
import { type ApiServer, awayStorage, call, rootCompany, startApiServer } from './api-server.ts';

let server: ApiServer;
let document: OpenApiDocument;
let served: unknown;

beforeAll(async () => {
  server = await startApiServer({ storage: awayStorage, clock: systemClock, issuer: 'https://id.example.com' });
  server.login('everything', { company: rootCompany, role: 'reseller' });
  const answer = await call(server, 'GET', '/api/openapi.json');
  served = answer.json;
  document = asDocument(answer);
});

afterAll(() => server.close());

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const operations = () => operationsOf(document);

test('no path stands in the router that is not in the document, and the other way round', () => {
  const router = createRouter({
    issuer: '',
    services: {} as ApiServices,
    authenticator: { authenticate: async () => ({ ok: false, reason: 'invalid_token' }) },
    log: createLog('silent'),
  });
  const mounted = router.stack.map(({ path }) => String(path).replaceAll(/:(\w+)/g, '{$1}'));
  expect(mounted.length).toBeGreaterThan(8);
  expect(mounted.toSorted()).toEqual(Object.keys(document.paths).toSorted());
});

test('every method of every path answers 405 unless the document has it', async () => {
  for (const [path, item] of Object.entries<object>(document.paths)) {
    for (const method of METHODS.filter((each) => each !== 'trace')) {
      const answer = await call(server, method.toUpperCase(), path.replaceAll(/[{}]/g, ''), { token: 'everything' });
      const isKnown = method in item || (method === 'head' && 'get' in item);
      expect({ method, path, is405: answer.status === 405 }).toEqual({ method, path, is405: !isKnown });
    }
  }
});

test('without a token every operation answers 401, with one that may nothing 403 but for /me', async () => {
  server.login('nothing', { company: rootCompany, role: 'reseller', scopes: [] });
  for (const { method, path, operation } of operations()) {
    const concrete = path.replaceAll(/[{}]/g, '');
    const stranger = await call(server, method.toUpperCase(), concrete);
    const powerless = await call(server, method.toUpperCase(), concrete, { token: 'nothing' });
    expect([path, stranger.status, powerless.status]).toEqual([path, 401, path.endsWith('/me') ? 200 : 403]);
    const [scope] = operation.security[0]?.['oauth2'] ?? [];
    if (scope) expect(powerless.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
  }
});

describe('the document', () => {
  test('is OpenAPI 3.1 without a member that the specification does not know, on the server that it came from', () => {
    expect(documentSchema.parse(served)).toEqual(served);
    expect(document.servers).toEqual([{ url: '/' }]);
  });

  test.each([
    ['a misspelt keyword', { properties: { a: { type: 'string', maxLenght: 5 } } }],
    ['a type that JSON Schema has not', { type: 'text' }],
    ['a pattern that is none', { type: 'string', pattern: '(' }],
  ])('would be found out with %s', (_name, wrong) => {
    const components = { ...document.components, schemas: { ...document.components.schemas, Wrong: wrong } };
    expect(documentSchema.safeParse({ ...document, components }).success).toBe(false);
  });

  test('describes the client credentials grant with this server’s token endpoint and every privilege as a scope', () => {
    const { oauth2, bearer } = document.components.securitySchemes;
    expect(oauth2.flows.clientCredentials.tokenUrl).toBe('https://id.example.com/oauth2/token');
    expect(Object.keys(oauth2.flows.clientCredentials.scopes)).toEqual(MANAGEMENT_PRIVILEGES.map(({ scope }) => scope));
    for (const each of MANAGEMENT_PRIVILEGES) {
      expect(oauth2.flows.clientCredentials.scopes[each.scope]).toBe(each.description);
    }
    expect(bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  test('names for every operation an id of its own, a known tag, a known privilege, and its refusals', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const scopes = new Set(Object.keys(document.components.securitySchemes.oauth2.flows.clientCredentials.scopes));
    const tags = new Set(document.tags.map(({ name }) => name));
    for (const { operation } of operations()) {
      expect(operation.tags.every((tag) => tags.has(tag))).toBe(true);
      expect(operation.security[0]?.['oauth2']?.every((scope) => scopes.has(scope))).toBe(true);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '422', '503']));
    }
  });

  test('declares every variable of a path', () => {
    for (const { path, operation } of operations()) {
      const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  test('has no reference that leads nowhere and no component that nothing leads to', () => {
    const referred = new Set(JSON.stringify(document).match(/(?<="\$ref":")[^"]+/g));
    for (const reference of referred) {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((value, key) => Object(value)[key], served);
      expect(target, reference).toBeDefined();
    }
    for (const kind of ['schemas', 'responses', 'headers'] as const) {
      for (const name of Object.keys(document.components[kind]))
        expect(referred).toContain(`#/components/${kind}/${name}`);
    }
  });

  test('calls answers open to further members, and requests closed', () => {
    const { Client, ClientRegistration, ClientPatch } = document.components.schemas;
    expect(Client).toMatchObject({ type: 'object', required: expect.arrayContaining(['last_used_at']) });
    expect(Client?.additionalProperties).toBeUndefined();
    expect(ClientRegistration?.additionalProperties).toBe(false);
    expect(ClientPatch?.additionalProperties).toBe(false);
  });

  test('never calls anything but itself', () => {
    // Examples are examples.
    const text = JSON.stringify(document, (name, value: unknown) => (name === 'example' ? undefined : value));
    expect(text.match(/https?:\/\/[^/"]+/g)).toEqual(['https://id.example.com']);
  });
});

test('every example fits the schema that it stands beside', () => {
  let seen = 0;
  for (const { operationId, success, body } of routes) {
    for (const [schema, example] of [
      [success.schema, success.example],
      [body?.schema, body?.example],
    ] as const) {
      if (example === undefined) continue;
      seen += 1;
      expect([operationId, schema?.safeParse(example).error]).toEqual([operationId, undefined]);
    }
  }
  expect(seen).toBeGreaterThan(12);
  expect(problemSchema.safeParse(examples.problem).success).toBe(true);
});

test('every example fits the JSON Schema of the document, and would not with a value of another type', () => {
  const examples = examplesOf(document);
  expect(examples.length).toBeGreaterThan(20);
  for (const { place, schema, example } of examples) {
    if (example === undefined) continue;
    const validator = validatorOf(document, schema);
    expect([place, validator.safeParse(example).error]).toEqual([place, undefined]);
    const [name] = Object.keys(Object(example));
    if (name)
      expect([place, validator.safeParse({ ...Object(example), [name]: { x: 1 } }).success]).toEqual([place, false]);
  }
});

test('every refusal is problem+json with an example and the header fields that belong to it', () => {
  const { responses } = document.components;
  for (const [name, { content, headers }] of Object.entries(responses)) {
    expect([name, Object.keys(content ?? {})]).toEqual([name, ['application/problem+json']]);
    expect(headers).toHaveProperty('X-Request-Id');
  }
  for (const name of ['Unauthenticated', 'Forbidden'])
    expect(responses[name]?.headers).toHaveProperty('WWW-Authenticate');
  expect(responses['Unavailable']?.headers).toHaveProperty('Retry-After');
});

test('every answer with a body has an example', () => {
  for (const { operationId, success } of routes) {
    expect([operationId, success.schema === undefined]).toEqual([operationId, success.example === undefined]);
  }
});

describe('GET /api/openapi.json', () => {
  test('is JSON that caches may keep and must ask about', async () => {
    const answer = await call(server, 'GET', '/api/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers 304 to whom has it already', async () => {
    const { headers } = await call(server, 'GET', '/api/openapi.json');
    const again = await call(server, 'GET', '/api/openapi.json', {
      headers: { 'If-None-Match': headers.get('etag') ?? '' },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('any other method is a 405', async () => {
    const answer = await call(server, 'POST', '/api/openapi.json');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
