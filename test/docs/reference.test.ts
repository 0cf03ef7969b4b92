// docs/reference/ says what the program is made of; `npm run docs` makes it anew.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { AUDIT_ACTIONS } from '../../src/domain/audit/audit-event.ts';
import { routes } from '../../src/ports/api/routes.ts';

const COMMITTED = 'docs/reference';
const FILES = [
  'audit-events.md',
  'commands.md',
  'configuration.md',
  'metrics.md',
  'openapi.json',
  'privileges.md',
  'problem-codes.md',
];
let made = '';

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'postern-reference-'));
  execFileSync(process.execPath, ['tools/build.mjs']);
  execFileSync(process.execPath, ['tools/reference.mjs', made]);
});

afterAll(() => rm(made, { recursive: true, force: true }));

describe('docs/reference/', () => {
  test('has the files that `npm run docs` makes, and no others', () => {
    expect(readdirSync(made).toSorted()).toEqual(FILES);
    expect(readdirSync(COMMITTED).toSorted()).toEqual(FILES);
  });

  test.each(FILES)('%s is what `npm run docs` makes now', (name) => {
    expect(readFileSync(join(COMMITTED, name), 'utf8')).toBe(readFileSync(join(made, name), 'utf8'));
  });

  test('leaves nothing out: every setting, every audit action, every route', () => {
    const configuration = readFileSync(join(made, 'configuration.md'), 'utf8');
    const auditEvents = readFileSync(join(made, 'audit-events.md'), 'utf8');
    const openapi = readFileSync(join(made, 'openapi.json'), 'utf8');
    expect(SETTINGS.map(({ name }) => name).filter((name) => !configuration.includes(`| \`${name}\``))).toEqual([]);
    expect(Object.keys(AUDIT_ACTIONS).filter((action) => !auditEvents.includes(`| \`${action}\` |`))).toEqual([]);
    expect(routes.map(({ path }) => path).filter((path) => !openapi.includes(`"${path}": {`))).toEqual([]);
  });
});
