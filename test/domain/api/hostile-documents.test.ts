// Documents that are broken, huge, recursive or malicious: refused with the place and the remedy, quickly, and never half.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src/base/problem.ts';
import { importOpenApi } from '../../../src/domain/api/openapi-import.ts';
import { documentOf } from './documents.ts';

function refusal(source: string | Uint8Array): Problem {
  try {
    importOpenApi(source);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('the document was taken');
}

const good = documentOf({ '/a': { get: {} } });
const yaml = 'openapi: 3.1.0\ninfo: { title: x, version: "1" }\npaths: { /a: { get: {} } }\n';

describe('what is no OpenAPI 3 document', () => {
  test.each([
    ['nothing', '', '', /empty/],
    ['a text', 'hello', '', /is an object/],
    ['a list', '[1]', '', /is an object/],
    ['JSON cut off', '{"openapi": "3.1.0", ', '', /not valid JSON/],
    ['JSON with a comma too many', '{\n"openapi": "3.1.0",\n}', '', /line 3, column 1/],
    ['broken YAML', 'openapi: "3.1.0\ninfo: [', '', /not valid YAML, at line \d+, column \d+/],
    ['several YAML documents', `${yaml}---\n${yaml}`, '', /not valid YAML/],
    ['an object without a version', '{}', '/openapi', /no member openapi/],
    ['Swagger 2', '{"swagger":"2.0","paths":{}}', '/swagger', /Convert the document to OpenAPI 3/],
    ['OpenAPI 4', JSON.stringify({ ...good, openapi: '4.0.0' }), '/openapi', /3\.0 or 3\.1/],
    ['a version that is an object', JSON.stringify({ ...good, openapi: {} }), '/openapi', /no member openapi/],
    ['no title', JSON.stringify({ ...good, info: {} }), '/info/title', /Add info/],
    ['no paths', JSON.stringify({ ...good, paths: null }), '/paths', /no paths/],
    ['no operations', JSON.stringify({ ...good, paths: { '/a': {} } }), '/paths', /no operations/],
    ['paths that are a list', JSON.stringify({ ...good, paths: [1] }), '/paths', /no paths/],
  ])('%s', (_name, source, pointer, detail) => {
    const { errors, code } = refusal(source);
    expect(code).toBe('request.invalid');
    expect(errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
  });

  test('bytes that are no UTF-8', () => {
    expect(refusal(Buffer.from([0x7b, 0xff, 0xfe])).detail).toContain('UTF-8');
  });

  test('more than 20 MB', () => {
    expect(refusal(Buffer.alloc(20 * 1024 * 1024 + 1, 0x20)).code).toBe('request.too_large');
  });
});

describe('repeated names', () => {
  test('in JSON', () => {
    const source = '{"openapi":"3.1.0","info":{"title":"x"},"paths":{"/a":{"get":{},"post":{},"g\\u0065t":{}}}}';
    expect(refusal(source).errors).toEqual([
      { pointer: '/paths/~1a/get', detail: 'The name stands here twice. Remove one.' },
    ]);
  });

  test('in JSON lists are found at their index', () => {
    const source = '{"openapi":"3.1.0","x":[{"a":[1,2],"b":"}{\\\\"},{"a":1,"a":2}]}';
    expect(refusal(source).errors[0]?.pointer).toBe('/x/1/a');
  });

  test('in YAML', () => {
    const source = `${yaml}info: { title: y }\n`;
    expect(refusal(source).errors).toEqual([
      { pointer: '/info', detail: expect.stringMatching(/^Line 4, column 1: .*twice/) },
    ]);
  });

  test('100,000 distinct names in YAML are no reason to take minutes', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `  k${index}: 1`).join('\n');
    expect(importOpenApi(`${yaml}x-many:\n${names}\n`).operations).toHaveLength(1);
  });
});

describe('YAML that grows', () => {
  test('a billion laughs', () => {
    const levels = Array.from({ length: 12 }, (_, index) => {
      const aliases = Array(10).fill(`*l${index}`).join(', ');
      return `x-l${index + 1}: &l${index + 1} [${aliases}]`;
    });
    const source = `${yaml}x-l0: &l0 [lol, lol]\n${levels.join('\n')}\n`;
    expect(refusal(source).detail).toContain('out of bounds');
  });

  test('one long text many times', () => {
    const source = `${yaml}x-long: &long ${'a'.repeat(100_000)}\nx-many: [${Array(1_000).fill('*long').join(', ')}]\n`;
    expect(refusal(source).detail).toContain('out of bounds');
  });

  test('an alias within its own anchor', () => {
    expect(refusal(`${yaml}x-self: &self { a: *self }\n`).errors).toEqual([
      { pointer: '/x-self/a', detail: expect.stringContaining('names nothing that is complete before it') },
    ]);
  });

  test('an alias of nothing', () => {
    expect(refusal(`${yaml}x-none: *none\n`).code).toBe('request.invalid');
  });

  test.each(['- ', '[', '{a: ', '? '])('nested a hundred thousand times with %j', (open) => {
    expect(refusal(`${yaml}x-deep:\n  ${open.repeat(100_000)}`).code).toBe('request.invalid');
  });

  test('names that are no text', () => {
    expect(refusal(`${yaml}? [a, b]\n: 1\n`).detail).toContain('a name must be plain text');
  });
});

test.each([
  ['lists', '['],
  ['objects', '{"a":'],
])('JSON of %s nested 100,000 times is refused', (_name, open) => {
  const close = open === '[' ? ']' : '}';
  const source = `{"openapi":"3.1.0","x":${open.repeat(100_000)}1${close.repeat(100_000)}}`;
  expect(refusal(source).detail).toContain('nested more than 200 levels');
});

test('names of the language are only names', () => {
  const source =
    '{"openapi":"3.1.0","info":{"title":"x"},"paths":{"/a":{"get":{"tags":["__proto__","constructor"]}}},"__proto__":{"security":[]},"components":{"securitySchemes":{"__proto__":{"type":"oauth2"}}}}';
  const { privileges } = importOpenApi(source);
  expect(privileges.map(({ scope }) => scope)).toEqual(['__proto__:read', 'constructor:read']);
  const polluted = importOpenApi(`${yaml}__proto__: { polluted: true }\nx-a: { __proto__: { polluted: true } }\n`);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(Reflect.get(Object.getPrototypeOf(polluted.document), 'polluted')).toBeUndefined();
});

describe('references', () => {
  const at = (item: object, components: object = {}) => JSON.stringify({ ...good, paths: { '/a': item }, components });

  test.each([
    ['to a URL', { $ref: 'https://evil.test/a.json' }, {}, /not followed. Bundle/],
    ['to a file', { $ref: './a.json#/a' }, {}, /not followed/],
    ['to nothing', { $ref: '#/components/pathItems/none' }, {}, /leads nowhere/],
    ['to what every object inherits', { $ref: '#/constructor/prototype' }, {}, /leads nowhere/],
    ['to itself', { $ref: '#/paths/~1a' }, {}, /circle/],
    [
      'in a ring',
      { $ref: '#/components/pathItems/b' },
      { pathItems: { b: { $ref: '#/components/pathItems/c' }, c: { $ref: '#/components/pathItems/b' } } },
      /circle/,
    ],
    ['that are no text', { $ref: 7 }, {}, /A reference is text/],
  ])('of a path item %s', (_name, item, components, detail) => {
    expect(refusal(at(item, components)).errors).toContainEqual({
      pointer: '/paths/~1a/$ref',
      detail: expect.stringMatching(detail),
    });
  });

  test('elsewhere are not looked at', () => {
    const paths = { '/a': { get: { responses: { 200: { $ref: 'https://evil.test/a.json' } } } } };
    expect(importOpenApi(JSON.stringify(documentOf(paths))).operations).toHaveLength(1);
  });
});

describe('paths', () => {
  test.each([
    'a',
    '/a//b',
    '/a?b=c',
    '/a#b',
    '/../a',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a;b',
    '/a%2Fb',
    '/a\\b',
    '/{a',
    '/a}',
    '/{a/b}',
    '/%zz',
    '/%00',
  ])('%s is refused where it stands', (path) => {
    const { errors } = refusal(JSON.stringify(documentOf({ [path]: { get: {} }, '/good': { get: {} } })));
    expect(errors).toEqual([{ pointer: `/paths/${path.replaceAll('/', '~1')}`, detail: expect.any(String) }]);
  });

  test('that no request tells apart are told of', () => {
    const { problems } = importOpenApi(
      JSON.stringify(documentOf({ '/a/{x}': { get: {} }, '/a/{y}': { get: {}, put: {} } })),
    );
    expect(problems).toEqual([
      {
        pointer: '/paths/~1a~1{y}/get',
        detail: 'No request tells this GET from that of /a/{x}: both have to be allowed.',
      },
    ]);
  });
});

describe('scopes', () => {
  test.each(['with blank', 'quote"', 'back\\slash', 'ünïcode', '', 'x'.repeat(201)])(
    '%j is refused where it stands',
    (scope) => {
      const flows = { clientCredentials: { scopes: { [scope]: 'd' } } };
      const components = { securitySchemes: { o: { type: 'oauth2', flows } } };
      const paths = { '/a': { get: { security: [{ o: [scope] }] } } };
      const { errors } = refusal(JSON.stringify(documentOf(paths, { components })));
      expect(errors.map(({ pointer }) => pointer)).toEqual([
        `/components/securitySchemes/o/flows/clientCredentials/scopes/${scope}`,
        '/paths/~1a/get/security/0',
      ]);
    },
  );
});

test.each([
  ['security', { security: 'all' }, '/security'],
  ['security', { security: [7] }, '/security/0'],
  ['security', { security: [{ o: 'x' }] }, '/security/0/o'],
  ['tags', { tags: 'x' }, '/tags'],
  ['tags', { tags: [1] }, '/tags'],
  ['tags', { tags: Array(51).fill('x') }, '/tags'],
])('%s of the wrong kind are refused: %j', (_name, operation, pointer) => {
  const source = JSON.stringify({ ...good, paths: { '/a': { get: operation } } });
  expect(refusal(source).errors[0]?.pointer).toBe(`/paths/~1a/get${pointer}`);
});

test('a thousand faults are answered with the first fifty and a count', () => {
  const paths = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`bad${index}`, { get: {} }]));
  const { errors } = refusal(JSON.stringify({ ...good, paths }));
  expect(errors).toHaveLength(51);
  expect(errors.at(-1)?.detail).toContain('950 more');
});

test('whatever values stand in the places that are read, the answer is an import or a refusal, nothing else', () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom({ $ref: '#/paths/~1a' }, { $ref: '#' }, [{ o: ['a'] }], { get: { security: [{ o: ['a'] }] } }),
  );
  const mostly = (...usual: readonly unknown[]) =>
    fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...usual) }, anything);
  const operation = fc.record(
    { tags: mostly(['t'], []), security: mostly([], [{ o: ['a'] }], [{}]), parameters: mostly([]), servers: anything },
    { requiredKeys: [] },
  );
  const path = fc.constantFrom('/a', '/{b}', '/a/{b}.{c}', '/__proto__', '/c', 'x-d', '/%41');
  const item = fc.dictionary(
    fc.constantFrom('get', 'post', 'servers', 'parameters', 'x'),
    fc.oneof({ weight: 20, arbitrary: operation }, anything),
  );
  const document = fc.record(
    {
      openapi: mostly('3.0.0', '3.1.0', 3.1),
      info: mostly({ title: 'x' }),
      servers: fc.oneof(fc.array(fc.record({ url: fc.string(), variables: anything })), anything),
      security: mostly([], [{ o: ['a'] }]),
      tags: anything,
      webhooks: anything,
      components: fc.record({
        securitySchemes: fc.dictionary(fc.constantFrom('o', '__proto__'), mostly({ type: 'oauth2' })),
        pathItems: anything,
      }),
      paths: fc.dictionary(
        fc.oneof({ weight: 20, arbitrary: path }, fc.webPath()),
        fc.oneof({ weight: 20, arbitrary: item }, anything),
      ),
    },
    { requiredKeys: ['openapi', 'info', 'paths'] },
  );
  let taken = 0;
  fc.assert(
    fc.property(document, (value) => {
      try {
        importOpenApi(JSON.stringify(value));
        taken += 1;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(taken).toBeGreaterThan(50);
  expect(taken).toBeLessThan(950);
});
