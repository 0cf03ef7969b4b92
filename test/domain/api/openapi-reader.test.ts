// Documents are read on a thread of their own, within bounds. The thread runs the compiled program, which `npm test` builds first.

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src/base/problem.ts';
import { createOpenApiReader } from '../../../src/domain/api/openapi-reader.ts';
import { documentOf } from './documents.ts';

const program = new URL('../../../dist/src/domain/api/openapi-thread.js', import.meta.url);
const source = JSON.stringify(documentOf({ '/pets': { get: { tags: ['pets'] }, put: { tags: ['pets'] } } }));
/** Takes seconds to read, wherever. */
const slow = `openapi: 3.1.0\n${Array.from({ length: 200_000 }, (_, index) => `x-${index}: [1, 2]`).join('\n')}`;

async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw new Error('the document was taken', { cause: error });
}

describe.skipIf(!existsSync(program)).each([
  ['on its own thread', program],
  ['on the thread of the caller', undefined],
])('a document read %s', (_name, where) => {
  const reader = createOpenApiReader({ program: where });

  test('is given back as text with its privileges and operations, and becomes what Swagger UI gets', async () => {
    const imported = await reader.import(Buffer.from(source));
    expect(JSON.parse(imported.documentJson)).toEqual(JSON.parse(source));
    expect(imported.privileges.map(({ scope }) => scope)).toEqual(['pets:read', 'pets:write']);
    const swagger = JSON.parse(
      await reader.swagger(imported.documentJson, { tokenUrl: 'https://x.test/t', identifier: 'urn:x', ...imported }),
    );
    expect(swagger.paths['/pets'].put.security).toEqual([{ postern: ['pets:write'] }]);
  });

  test('is refused with every fault at its place', async () => {
    const problem = await refusalOf(reader.import(JSON.stringify(documentOf({ 'a b': { get: {} } }))));
    expect(problem.code).toBe('request.invalid');
    expect(problem.errors).toEqual([{ pointer: '/paths/a b', detail: 'A path begins with /.' }]);
  });
});

describe.skipIf(!existsSync(program))('the thread', () => {
  test('that takes too long is ended, and the document refused', async () => {
    const problem = await refusalOf(createOpenApiReader({ program, timeoutMilliseconds: 20 }).import(slow));
    expect(problem.detail).toContain('takes too long');
  });

  test('works on one document at a time; when too many wait, further ones are told to come back', async () => {
    const reader = createOpenApiReader({ program, maxWaiting: 1 });
    const first = reader.import(source);
    const second = reader.import(source);
    const third = await refusalOf(reader.import(source));
    expect(third).toMatchObject({ code: 'request.too_many', retryAfterSeconds: 60 });
    expect((await first).title).toBe('Pets');
    expect((await second).title).toBe('Pets');
    expect((await reader.import(source)).title).toBe('Pets');
  });
});
