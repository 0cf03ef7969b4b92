// `npm run check` asks every tool that can judge the code without running it, and says each one's verdict. Names choose among
// them: `npm run check -- types lint`. The machine's cores set how many run at once.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const noOutput = ['--noEmit', '--incremental', 'false', '--tsBuildInfoFile', 'null', '--pretty'];

// Slowest first, so that a machine with two cores is busy to the end.
const CHECKS = [
  { name: 'dead-code', command: ['knip', '--no-progress', '--treat-config-hints-as-errors'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', command: ['oxlint'] },
  // The product with its libraries' own declarations; then the tests too, which use the browser's types.
  { name: 'types', command: ['typescript:tsc', '-p', 'tsconfig.json', ...noOutput] },
  { name: 'test-types', command: ['typescript:tsc', '-p', 'tsconfig.test.json', '--noEmit', '--pretty'] },
];

/** Path of a program that a package brings, without a shell in between: `prettier`, or `typescript:tsc`. */
function programOf(name) {
  const [packageName, program = packageName] = name.split(':');
  const packagePath = join(root, 'node_modules', packageName, 'package.json');
  const { bin } = createRequire(import.meta.url)(packagePath);
  return join(dirname(packagePath), typeof bin === 'string' ? bin : bin[program]);
}

function run([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [programOf(program), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ passed: false, output: error.message }));
    child.on('close', (status) => resolve({ passed: status === 0, output: Buffer.concat(chunks).toString().trim() }));
  });
}

async function verdictOf({ name, command }) {
  const startedAt = performance.now();
  const { passed, output } = await run(command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.padStart(5)} s`);
  if (!passed) console.log(`\n${output || 'It ended without a word.'}\n`);
  return passed;
}

/** Takes from the list until it is empty; several of these share one. */
async function work(waiting, verdicts) {
  for (let check = waiting.shift(); check; check = waiting.shift()) verdicts.push(await verdictOf(check));
}

const names = process.argv.slice(2);
const waiting = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
if (waiting.length < names.length) {
  console.error(`Checks are: ${CHECKS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const verdicts = [];
await Promise.all(Array.from({ length: availableParallelism() }, () => work(waiting, verdicts)));
if (verdicts.includes(false) || verdicts.length === 0) process.exitCode = 1;
