// `node tools/build.mjs` compiles src, views and migrations into dist, if they changed since the last time.
//
// The compiler writes into a folder of its own; only a build without a fault is moved into dist, file by file, each by a rename.
// So two builds at once, or a server that starts meanwhile, never see a half-written file, and no lock can be left behind.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stampPath = join(dist, '.stamp');
const SOURCE_FOLDERS = ['src', 'views', 'migrations'];
const SETTINGS_FILES = ['tsconfig.json', 'package.json'];
const MAX_ATTEMPTS = 3;

/** Paths of all files below a folder, relative to the project, with `/`. A folder that isn't there has none. */
function filesBelow(folder) {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function listSources() {
  return SOURCE_FOLDERS.flatMap(filesBelow)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .sort();
}

/** One line a source with its size and time of change: a new, changed, renamed or deleted one makes another text. */
function takeStamp(sources) {
  const lines = [...sources, ...SETTINGS_FILES].map((path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    return `${path} ${size} ${mtimeMs}`;
  });
  return `${lines.join('\n')}\n`;
}

function outputsOf(sources) {
  return sources.flatMap((path) => {
    const output = `dist/${path.replace(/\.tsx?$/, '.js')}`;
    return [output, `${output}.map`];
  });
}

function readOr(path, fallback) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}

function isUpToDate(sources, stamp) {
  if (readOr(stampPath, undefined) !== stamp) return false;
  const present = new Set(filesBelow('dist'));
  return outputsOf(sources).every((path) => present.has(path));
}

function compile(outDir) {
  const require = createRequire(join(root, 'package.json'));
  const packagePath = require.resolve('typescript/package.json');
  const compiler = join(dirname(packagePath), JSON.parse(readFileSync(packagePath, 'utf8')).bin.tsc);
  // Types are checked by `npm run check`; here that would make the first start two seconds longer and change no output.
  // Not incremental: the compiler's memory of what it wrote would have to be kept in step with dist, for a tenth of a second.
  // Without the types of Node.js, which an installation with `--omit=dev` does not have.
  const unchecked = ['--noCheck', '--types', 'null', '--incremental', 'false', '--tsBuildInfoFile', 'null'];
  const options = ['--outDir', outDir, ...unchecked, '--pretty'];
  const { status, error } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json', ...options], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  return status === 0;
}

function publish(outDir, sources, stamp) {
  const expected = new Set(outputsOf(sources));
  const moved = new Set();
  for (const path of filesBelow(relative(root, outDir))) {
    const target = join(dist, relative(outDir, join(root, path)));
    if (!moved.has(dirname(target))) mkdirSync(dirname(target), { recursive: true });
    moved.add(dirname(target));
    renameSync(join(root, path), target);
  }
  for (const path of filesBelow('dist')) {
    const isOurs = SOURCE_FOLDERS.some((folder) => path.startsWith(`dist/${folder}/`));
    if (isOurs && !expected.has(path)) rmSync(join(root, path), { force: true });
  }
  writeFileSync(join(outDir, '.stamp'), stamp);
  renameSync(join(outDir, '.stamp'), stampPath);
}

/** Folders of builds that were killed. */
function removeLeftOvers() {
  for (const name of readdirSync(root)) {
    const pid = /^\.dist-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** @returns whether dist is up to date now */
function build() {
  const outDir = join(root, `.dist-${process.pid}`);
  try {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const sources = listSources();
      const stamp = takeStamp(sources);
      if (isUpToDate(sources, stamp)) return true;
      removeLeftOvers();
      rmSync(outDir, { recursive: true, force: true });
      mkdirSync(outDir);
      if (!compile(outDir)) return false;
      // Sources that changed under the compiler are compiled again, so that the stamp tells the truth about dist.
      const after = listSources();
      if (takeStamp(after) !== stamp) continue;
      publish(outDir, sources, stamp);
      return true;
    }
    throw new Error('The sources kept changing while they were compiled.');
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

let isBuilt = false;
try {
  isBuilt = build();
} catch (error) {
  console.error(error.code === undefined ? error : error.message);
}
if (!isBuilt) {
  console.error('The build failed; dist was left as it was.');
  process.exitCode = 1;
}
