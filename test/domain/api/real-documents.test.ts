// Real documents as npm carries them.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importOpenApi } from '../../../src/domain/api/openapi-import.ts';
import { compileOperationMatcher } from '../../../src/domain/api/operation-matcher.ts';
import { toSwaggerDocument } from '../../../src/domain/api/swagger-document.ts';

/** Not resolved as a module: packages needn't export their documents. */
const packages = new URL('../../../node_modules/', import.meta.url);

const documents = [
  {
    name: '@octokit/openapi',
    file: 'generated/api.github.com.json',
    operations: 1_000,
    request: ['GET', '/repos/o/r/issues/1', ['issues:read']],
  },
  {
    name: '@directus/specs',
    file: 'dist/openapi.json',
    operations: 100,
    request: ['DELETE', '/users/7', ['Users:write']],
  },
  {
    name: '@blockfrost/openapi',
    file: 'openapi.yaml',
    operations: 100,
    request: ['GET', '/api/v0/blocks/latest', ['Cardano-Blocks:read']],
  },
  {
    name: '@ideal-postcodes/openapi',
    file: 'dist/openapi.yaml',
    operations: 30,
    request: ['GET', '/v1/keys/ak_1', ['Keys:read']],
  },
] as const;

describe.each(documents)('$name', ({ name, file, operations, request }) => {
  const path = new URL(`${name}/${file}`, packages);

  test('is imported, every operation is covered and found again, and its requests need the right privilege', () => {
    const imported = importOpenApi(readFileSync(path));
    expect(imported.operations.length).toBeGreaterThanOrEqual(operations);
    const matcher = compileOperationMatcher(imported.operations, imported.basePaths);
    const known = new Set(imported.privileges.map(({ scope }) => scope));
    for (const operation of imported.operations) {
      expect(operation.scopes.flat().every((scope) => known.has(scope)) && operation.scopes.length > 0).toBe(true);
      const url = (imported.basePaths[0] ?? '') + operation.path.replaceAll(/\{[^}]+\}/g, 'zz9');
      const found = matcher.find(operation.method, url);
      expect(found?.operation.method, url).toBe(operation.method);
    }
    const [method, url, scopes] = request;
    expect(matcher.find(method, url)?.scopes).toEqual([scopes]);
    const parts = { tokenUrl: 'https://postern.test/oauth2/token', identifier: 'urn:example:api', ...imported };
    const again = importOpenApi(JSON.stringify(toSwaggerDocument(imported.document, parts)));
    expect(again.privileges.map(({ scope }) => scope).sort()).toEqual([...known].sort());
  }, 60_000);
});
