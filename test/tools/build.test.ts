// The build runs before every start: it must be right after any change, cost nothing without one, and survive company.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

let project = '';

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'postern-build-'));
  await mkdir(join(project, 'tools'));
  for (const name of ['tools/build.mjs', 'tsconfig.json', 'package.json']) await cp(resolve(name), join(project, name));
  await symlink(resolve('node_modules'), join(project, 'node_modules'), 'dir');
  await write(
    'src/main.ts',
    "import { page } from '../views/page.tsx';\nexport const main: string = page();\nconsole.log(main);\n",
  );
  await write('src/room/other.ts', 'export const other = 1;\n');
  await write('views/page.tsx', 'export function page(): string {\n  return "first";\n}\n');
});

afterEach(async () => await rm(project, { recursive: true, force: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(project, path, '..'), { recursive: true });
  await writeFile(join(project, path), content);
}

async function run(...args: string[]): Promise<{ status: number | null; output: string; pid: number }> {
  const child = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: child.exitCode, output: out + err, pid: child.pid ?? 0 };
}

const build = async () => await run(join(project, 'tools/build.mjs'));

async function inDist(): Promise<string[]> {
  const entries = await readdir(join(project, 'dist'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => entry.name)
    .sort();
}

test('the first build makes a program that runs, and leaves no folder of its own behind', async () => {
  expect(await build()).toMatchObject({ status: 0, output: '' });
  expect(await run('dist/src/main.js')).toMatchObject({ status: 0, output: 'first\n' });
  expect(await inDist()).toEqual(['.stamp', 'main.js', 'other.js', 'page.js']);
  expect((await readdir(project)).filter((name) => name.startsWith('.dist'))).toEqual([]);
});

test('an installation without development packages can be built: the compiler alone is enough', async () => {
  await unlink(join(project, 'node_modules'));
  await mkdir(join(project, 'node_modules'));
  for (const name of ['typescript', '@typescript']) {
    await symlink(resolve('node_modules', name), join(project, 'node_modules', name), 'dir');
  }
  await write('views/page.tsx', "import { sep } from 'node:path';\nexport const page = (): string => typeof sep;\n");
  expect(await build()).toMatchObject({ status: 0, output: '' });
  expect((await run('dist/src/main.js')).output).toBe('string\n');
});

test('a build without a change writes nothing', async () => {
  await build();
  const before = await stat(join(project, 'dist/src/main.js'));
  await build();
  const after = await stat(join(project, 'dist/src/main.js'));
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test('a changed source is compiled, even one put back with an older time', async () => {
  await build();
  await write('views/page.tsx', 'export function page(): string {\n  return "older";\n}\n');
  await utimes(join(project, 'views/page.tsx'), 1_000_000, 1_000_000);
  await build();
  expect((await run('dist/src/main.js')).output).toBe('older\n');
});

test('a new source appears in dist and a deleted one vanishes', async () => {
  await build();
  await write('migrations/one.ts', 'export const one = 1;\n');
  await unlink(join(project, 'src/room/other.ts'));
  await build();
  expect(await inDist()).toEqual(['.stamp', 'main.js', 'one.js', 'page.js']);
});

test('an output that somebody deleted is made again', async () => {
  await build();
  await unlink(join(project, 'dist/views/page.js'));
  await build();
  expect((await run('dist/src/main.js')).output).toBe('first\n');
});

test('a source that can’t be compiled fails, is named, and leaves the last good program', async () => {
  await build();
  await write('views/page.tsx', 'export function page(: string {\n');
  const failed = await build();
  expect(failed.status).toBe(1);
  expect(failed.output).toContain('views/page.tsx');
  expect((await run('dist/src/main.js')).output).toBe('first\n');
  expect((await build()).status).toBe(1);
});

test('four builds at once all succeed, and so does a start right after each', async () => {
  const results = await Promise.all(
    [1, 2, 3, 4].map(async () => [await build(), await run('dist/src/main.js')] as const),
  );
  for (const [built, ran] of results) {
    expect(built).toMatchObject({ status: 0, output: '' });
    expect(ran.output).toBe('first\n');
  }
});

test('the folder of a killed build is cleared away by the next', async () => {
  const { pid } = await run('-e', '');
  await write(`.dist-${pid}/src/main.js`, 'half');
  await build();
  expect((await readdir(project)).filter((name) => name.startsWith('.dist'))).toEqual([]);
  expect(await readFile(join(project, 'dist/src/main.js'), 'utf8')).not.toContain('half');
});
