// Which operation a request calls: what OpenAPI says of templates, and what a gate must not let itself be told.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ApiOperation,
  compileOperationMatcher,
  type HttpMethod,
} from '../../../src/domain/api/operation-matcher.ts';

function operation(
  line: string,
  scopes: ApiOperation['scopes'] = [],
  manySegments: readonly string[] = [],
): ApiOperation {
  const [method = '', ...rest] = line.split(' ');
  return { method: method as HttpMethod, path: rest.join(' '), manySegments, scopes };
}

function finder(lines: readonly string[], basePaths?: readonly string[]) {
  const matcher = compileOperationMatcher(
    lines.map((line) => operation(line)),
    basePaths,
  );
  return (method: string, path: string) => {
    const found = matcher.find(method, path)?.operation;
    return found && `${found.method} ${found.path}`;
  };
}

describe('OpenAPI 3.1 §4.8.8 ›', () => {
  const find = finder([
    'GET /pets/{id}',
    'DELETE /pets/{id}',
    'GET /pets/mine',
    'GET /pets/mine/{toy}/parts',
    'GET /pets/{id}/toys',
    'GET /{entity}/me',
    'GET /files/{name}.json',
    'GET /files/{name}.{ext}',
    'GET /files/{name}',
    'PUT /files/{name}',
    'GET /maps/{x},{y}',
    'POST /',
    'GET /pets/',
  ]);

  test.each([
    ['GET', '/pets/mine', 'GET /pets/mine'],
    ['GET', '/pets/7', 'GET /pets/{id}'],
    ['GET', '/pets/mine/toys', 'GET /pets/{id}/toys'],
    ['GET', '/pets/mine/ball/parts', 'GET /pets/mine/{toy}/parts'],
    ['GET', '/pets/me', 'GET /pets/{id}'],
    ['GET', '/users/me', 'GET /{entity}/me'],
    ['GET', '/files/a.json', 'GET /files/{name}.json'],
    ['GET', '/files/a.xml', 'GET /files/{name}.{ext}'],
    ['GET', '/files/a.b.json', 'GET /files/{name}.json'],
    ['GET', '/files/.json', 'GET /files/{name}'],
    ['GET', '/files/json', 'GET /files/{name}'],
    ['GET', '/maps/1,2', 'GET /maps/{x},{y}'],
    ['GET', '/maps/1,2,3', 'GET /maps/{x},{y}'],
    ['POST', '/', 'POST /'],
    ['GET', '/pets/', 'GET /pets/'],
    ['PUT', '/files/a.json', 'PUT /files/{name}'],
    ['GET', '/pets/7?a=/pets/mine', 'GET /pets/{id}'],
    ['HEAD', '/pets/7', 'GET /pets/{id}'],
  ])('%s %s is %s', (method, path, expected) => {
    expect(find(method, path)).toBe(expected);
  });

  test.each([
    ['a method of the templated path alone', 'DELETE', '/pets/mine'],
    ['another method', 'PUT', '/pets/7'],
    ['a method in lower case', 'get', '/pets/7'],
    ['a path in upper case', 'GET', '/Pets/7'],
    ['a slash at the end', 'GET', '/pets/7/'],
    ['no slash at the end', 'GET', '/pets'],
    ['an empty parameter', 'GET', '/pets//toys'],
    ['a mixed part without its parameter', 'GET', '/maps/1,'],
    ['a longer path', 'GET', '/pets/7/toys/1'],
    ['a shorter path', 'GET', '/pets/mine/ball'],
  ])('%s is unknown: %s %s', (_name, method, path) => {
    expect(find(method, path)).toBeUndefined();
  });
});

describe('a path that can be read in more than one way is no operation', () => {
  const find = finder([
    'GET /a/{id}',
    'GET /a/{id}/b',
    'GET /a/{x}/{y}',
    'GET /a/{x}/{y}/{z}',
    'GET /admin',
    'GET /{any}',
  ]);

  test.each([
    '/a/x%2Fb',
    '/a/x%2fb',
    '/a/..',
    '/a/.',
    '/a/%2e%2e/admin',
    '/a/.%2E/admin',
    '/a/../admin',
    '/a/./b',
    '/a//b',
    '//a/b',
    '/a\\b',
    '/a/x%5C..%5Cadmin',
    '/admin;jsessionid=1',
    '/a;/../admin',
    '/a/x%00',
    '/a/x%0d%0a',
    '/a/%',
    '/a/%zz',
    '/a/%c0%af',
    '/a/%ed%a0%80',
    '/a/x y',
    '/a/é',
    '/a/x#y',
    'a/b',
    '',
    '*',
    'http://x.test/admin',
  ])('%j', (path) => {
    expect(find('GET', path)).toBeUndefined();
  });
});

describe('percent-encoding', () => {
  const find = finder(['GET /café/{id}', 'GET /caf%C3%A9s', 'GET /a b/x', 'GET /~user/%7Bid%7D', 'GET /p/{id}']);

  test.each([
    ['/caf%C3%A9/1', 'GET /café/{id}'],
    ['/caf%c3%a9/1', 'GET /café/{id}'],
    ['/%63af%C3%A9s', 'GET /caf%C3%A9s'],
    ['/a%20b/x', 'GET /a b/x'],
    ['/%7Euser/%7bid%7d', 'GET /~user/%7Bid%7D'],
    ['/p/100%25', 'GET /p/{id}'],
    ['/p/%252F', 'GET /p/{id}'],
    ['/p/...', 'GET /p/{id}'],
    ['/p/%3Fa=b', 'GET /p/{id}'],
  ])('%s is %s', (path, expected) => {
    expect(find('GET', path)).toBe(expected);
  });
});

describe('base paths', () => {
  test('are looked below, the longest first', () => {
    const find = finder(['GET /users', 'GET /v1/users'], ['/api', '/api/v1']);
    expect(find('GET', '/api/users')).toBe('GET /users');
    expect(find('GET', '/api/v1/users')).toBe('GET /users');
    expect(find('GET', '/users')).toBeUndefined();
    expect(find('GET', '/apix/users')).toBeUndefined();
  });
});

describe('parameters that hold slashes', () => {
  const matcher = compileOperationMatcher([
    operation('GET /contents/{path}', [], ['path']),
    operation('GET /contents/readme', []),
    operation('GET /refs/{ref}/status', [], ['ref']),
    operation('GET /refs/{ref}', [], ['ref']),
  ]);
  const find = (path: string) => matcher.find('GET', path)?.operation.path;

  test.each([
    ['/contents/a', '/contents/{path}'],
    ['/contents/a/b/c.txt', '/contents/{path}'],
    ['/contents/readme', '/contents/readme'],
    ['/contents/readme/x', '/contents/{path}'],
    ['/refs/heads/main/status', '/refs/{ref}/status'],
    ['/refs/heads/main', '/refs/{ref}'],
    ['/refs/status', '/refs/{ref}'],
    ['/contents', undefined],
    ['/contents/', undefined],
    ['/contents/a/', undefined],
    ['/contents/a/../b', undefined],
  ])('%s is %s', (path, expected) => {
    expect(find(path)).toBe(expected);
  });
});

describe('operations that no request tells apart', () => {
  const matcher = compileOperationMatcher([
    operation('GET /a/{x}', [['a'], ['b']]),
    operation('GET /a/{y}', [['c']]),
    operation('GET /z/{x}', [['a']]),
    operation('GET /z/{y}', []),
  ]);

  test('need what both need', () => {
    expect(matcher.find('GET', '/a/1')?.scopes).toEqual([
      ['a', 'c'],
      ['b', 'c'],
    ]);
  });

  test('are covered by no privilege when one of them is not', () => {
    expect(matcher.find('GET', '/z/1')?.scopes).toEqual([]);
  });
});

describe('against a plain reading of the rules', () => {
  const name = fc.constantFrom('a', 'b', 'c', '{x}', '{y}', 'v{x}', '{x}--{y}');
  const template = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const value = fc.constantFrom('a', 'b', 'c', 'v1', '1--2', 'v1--2', 'zz');
  const path = fc.array(value, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

  /** How concrete each part is, from left to right; compared as text. */
  const rank = (text: string) =>
    text
      .replaceAll(/\{[^}]*\}/g, '{}')
      .split('/')
      .map((part) => (part === '{}' ? '0' : part.includes('{}') ? String(part.replaceAll('{}', '').length) : '9'))
      .join('');
  const asExpression = (text: string) => new RegExp(`^${text.replaceAll(/\{[^}]*\}/g, '[^/]+')}$`);

  test('the most concrete template that fits is found, whatever order they stand in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 30 }), path, (templates, request) => {
        const found = compileOperationMatcher(templates.map((each) => operation(`GET ${each}`))).find('GET', request);
        const fitting = templates.filter((each) => asExpression(each).test(request));
        const best = fitting.map(rank).sort().at(-1);
        expect(found && rank(found.operation.path)).toBe(best);
        if (found) expect(fitting).toContain(found.operation.path);
      }),
      { numRuns: 3_000 },
    );
  });

  test('any text at all is found nowhere or at a path that fits it', () => {
    const find = finder(['GET /{a}', 'GET /{a}/{b}', 'GET /{a}/{b}/{c}', 'GET /']);
    const parts = fc.oneof(fc.string(), fc.constantFrom('/', '..', '%2e', '%2F', '\\', ';', '%', '//', '?'));
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (texts) => {
        const request = `/${texts.join('')}`;
        const found = find('GET', request);
        if (found === undefined) return;
        const [plain = ''] = request.split('?');
        expect(plain.split('/')).toHaveLength(found.split('/').length);
        expect(decodeURIComponent(new URL(plain, 'http://x.test').pathname)).toBe(decodeURIComponent(plain));
      }),
      { numRuns: 5_000 },
    );
  });
});
