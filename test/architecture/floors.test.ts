// Holds the code to the plan of rooms and floors in ARCHITECTURE.md. Each rule is also shown code that breaks it, so that a rule
// which has stopped seeing anything is noticed.
import { describe, expect, test } from 'vitest';
import { readSourceFiles, toSourceFile, type SourceFile } from './source-files.ts';

/** The first that fits. What a room may import beside its own files; of `typesOf` only what compilation removes. */
const ROOMS: readonly { room: string; mayImport: readonly string[]; typesOf?: readonly string[] }[] = [
  { room: 'src/main.ts', mayImport: ['src/app/', 'src/config/', 'src/base/'] },
  { room: 'src/cli.ts', mayImport: ['src/app/', 'src/config/', 'src/base/'] },
  { room: 'src/app/', mayImport: ['src/ports/', 'src/storage/', 'src/domain/', 'src/config/', 'src/base/'] },
  { room: 'src/ports/http/', mayImport: ['src/domain/', 'src/base/', 'views/'] },
  // One for each of the other ways in or out, made from the folders that are there.
  { room: 'src/ports/*/', mayImport: ['src/ports/http/', 'src/domain/', 'src/base/', 'views/'] },
  { room: 'src/storage/', mayImport: ['src/domain/', 'src/base/', 'migrations/'] },
  { room: 'src/domain/', mayImport: ['src/base/'] },
  { room: 'src/config/', mayImport: ['src/base/'] },
  { room: 'src/base/', mayImport: [] },
  { room: 'views/', mayImport: [], typesOf: ['src/domain/', 'src/base/'] },
  { room: 'migrations/', mayImport: [] },
];

/** Packages that shape the code around them stay in the rooms made for them. */
const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['src/ports/oauth/'],
  typeorm: ['src/storage/', 'migrations/'],
  pg: ['src/storage/', 'migrations/'],
  koa: ['src/ports/', 'src/app/'],
  '@koa/router': ['src/ports/'],
  'preact-render-to-string': ['views/'],
};
const VIEW_PACKAGES = new Set(['preact', 'preact-render-to-string']);

const MAX_LINES = 300;
/** Each with its reason. */
const LONGER_FILES: Readonly<Record<string, string>> = {
  'migrations/1764000000001-initial.ts':
    'the whole schema in the order in which it is made; migrations are not split later',
};

/** `last-manager`, the last user who can manage users, is a word of the business. */
const DRAWERS = /(^|-)(utils?|helpers?|common|misc|(?<!last-)managers?|shared|stuff)$/;

function roomOf(path: string): (typeof ROOMS)[number] & { own: string } {
  const port = /^src\/ports\/[^/]+\//.exec(path)?.[0];
  for (const each of ROOMS) {
    if (path.startsWith(each.room)) return { ...each, own: each.room };
    if (each.room === 'src/ports/*/' && port !== undefined) return { ...each, own: port };
  }
  throw new Error(`${path} stands in no room of the plan`);
}

function floorFaults({ path, imports }: SourceFile): string[] {
  const { own, mayImport, typesOf = [] } = roomOf(path);
  return imports
    .filter(({ isOurs }) => isOurs)
    .filter(({ target, isTypeOnly }) => {
      const allowed = [own, ...mayImport, ...(isTypeOnly ? typesOf : [])];
      return !allowed.some((prefix) => target.startsWith(prefix));
    })
    .map(({ target }) => `${path} imports ${target}`);
}

function packageFaults({ path, imports }: SourceFile): string[] {
  return imports
    .filter(({ isOurs }) => !isOurs)
    .filter(({ target }) => {
      if (path.startsWith('views/') && !path.startsWith('views/assets/') && !VIEW_PACKAGES.has(target)) return true;
      const rooms = PACKAGE_ROOMS[target];
      return rooms !== undefined && !rooms.some((room) => path.startsWith(room));
    })
    .map(({ target }) => `${path} imports ${target}`);
}

/** Every cycle that a walk in depth meets, as `a → b → a`. */
function cycles(files: readonly SourceFile[]): string[] {
  const targetsOf = new Map(
    files.map(({ path, imports }) => [path, imports.filter(({ isOurs }) => isOurs).map(({ target }) => target)]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const target of targetsOf.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return found;
}

function lengthFaults({ path, lines }: SourceFile): string[] {
  if (lines.length <= MAX_LINES || LONGER_FILES[path] !== undefined) return [];
  return [`${path} has ${String(lines.length)} lines`];
}

function nameFaults({ path, isBarrel }: SourceFile): string[] {
  const parts = path.split('/').map((part) => part.replace(/\.[a-z.]+$/, ''));
  const faults = [];
  if (parts.some((part) => DRAWERS.test(part))) faults.push(`${path} is a drawer for anything`);
  if (parts.some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part))) faults.push(`${path} is not in kebab-case`);
  if (parts.at(-1) === 'index' || isBarrel) faults.push(`${path} is a barrel`);
  return faults;
}

function headFaults({ path, lines }: SourceFile): string[] {
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  return first !== undefined && /^(\/\/|\/\*)\s*\S/.test(first) ? [] : [`${path} does not say what lives there`];
}

const product = readSourceFiles(['src', 'views', 'migrations'], ['.ts', '.tsx', '.js']);
const everything = [...product, ...readSourceFiles(['test', 'tools', 'bench'], ['.ts', '.tsx', '.mjs'])];
const styles = readSourceFiles(['views'], ['.css']);

describe('the plan of rooms and floors', () => {
  test('is held against the whole product, room by room', () => {
    expect(product.length).toBeGreaterThan(150);
    expect(product.flatMap(({ imports }) => imports).length).toBeGreaterThan(500);
    for (const { room } of ROOMS) {
      const inRoom = product.filter(({ path }) =>
        room.includes('*') ? path.startsWith('src/ports/') : path.startsWith(room),
      );
      expect(inRoom, `no file stands in ${room}`).not.toEqual([]);
    }
  });

  test('every imported file exists', () => {
    const known = new Set(product.map(({ path }) => path));
    const missing = product.flatMap(({ path, imports }) =>
      imports
        .filter(({ isOurs, target }) => isOurs && !known.has(target))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('no file imports upwards or sideways, and views import nothing but types', () => {
    expect(product.flatMap(floorFaults)).toEqual([]);
  });

  test('packages that shape the code stay in their rooms: the OAuth engine, the database, the web framework', () => {
    expect(product.flatMap(packageFaults)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(cycles(product)).toEqual([]);
  });
});

describe('a file', () => {
  test(`has at most ${String(MAX_LINES)} lines`, () => {
    expect(product.flatMap(lengthFaults)).toEqual([]);
  });

  test('that is allowed to be longer exists and is longer', () => {
    const longer = product.filter(({ lines }) => lines.length > MAX_LINES).map(({ path }) => path);
    expect(longer).toEqual(expect.arrayContaining(Object.keys(LONGER_FILES)));
  });

  test('is named in kebab-case after one thing, and is no barrel', () => {
    expect(everything.flatMap(nameFaults)).toEqual([]);
  });

  test('begins with a comment that says what lives there', () => {
    expect([...everything, ...styles].flatMap(headFaults)).toEqual([]);
  });
});

describe('a rule sees', () => {
  const file = (path: string, text = '// Head.\n'): SourceFile => toSourceFile(path, text);
  const importing = (path: string, specifier: string): SourceFile => file(path, `import { a } from '${specifier}';\n`);

  test.each([
    ['an import upwards', importing('src/domain/token/grant.ts', '../../ports/http/body.ts')],
    ['an import sideways', importing('src/ports/api/router.ts', '../../storage/change.ts')],
    ['an import of another port', importing('src/ports/api/router.ts', '../pages/pages.ts')],
    ['settings read where they should be handed down', importing('src/domain/text.ts', '../config/settings.ts')],
    ['a start that knows more than the wiring', importing('src/main.ts', './storage/change.ts')],
    ['a re-export', file('src/base/clock.ts', "export { a } from '../domain/text.ts';\n")],
    ['an import at run time', file('src/base/clock.ts', "const a = await import('../domain/text.ts');\n")],
    ['a value in a view', importing('views/pages/login.tsx', '../../src/domain/text.ts')],
  ])('%s', (_, broken) => expect(floorFaults(broken)).toHaveLength(1));

  test.each([
    ['the OAuth engine outside its room', importing('src/ports/api/router.ts', 'oidc-provider')],
    ['a deep import of it', importing('src/ports/api/router.ts', 'oidc-provider/lib/helpers/errors.js')],
    ['SQL in the domain', importing('src/domain/role/role.ts', 'pg')],
    ['a view with a package of its own', importing('views/pages/login.tsx', 'zod')],
  ])('%s', (_, broken) => expect(packageFaults(broken)).toHaveLength(1));

  test('a type of the domain in a view, and lets it pass', () => {
    const view = file('views/pages/login.tsx', "import type { A } from '../../src/domain/text.ts';\n");
    expect([floorFaults(view), view.imports.length]).toEqual([[], 1]);
  });

  test('a circle of three files, once', () => {
    const files = [importing('src/a.ts', './b.ts'), importing('src/b.ts', './c.ts'), importing('src/c.ts', './a.ts')];
    expect(cycles(files)).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts']);
  });

  test('a computed import, which it refuses', () => {
    expect(() => file('src/a.ts', 'await import(name);\n')).toThrow(/names no file/);
  });

  test('long files, drawers, barrels and missing heads', () => {
    expect(lengthFaults(file('src/a.ts', '// line\n'.repeat(MAX_LINES)))).toEqual([]);
    expect(lengthFaults(file('src/a.ts', '// line\n'.repeat(MAX_LINES + 1)))).toHaveLength(1);
    for (const path of [
      'src/utils.ts',
      'src/common/a.ts',
      'src/key-manager.ts',
      'src/keyRing.ts',
      'src/base/index.ts',
    ]) {
      expect(nameFaults(file(path)), path).toHaveLength(1);
    }
    for (const name of ['common-passwords', 'last-manager'])
      expect(nameFaults(file(`src/user/${name}.ts`))).toEqual([]);
    expect(headFaults(file('src/a.ts', 'export const a = 1;\n'))).toHaveLength(1);
  });

  test('a file that stands in no room', () => {
    expect(() => floorFaults(file('src/extra/a.ts'))).toThrow(/no room/);
  });
});
