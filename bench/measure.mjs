// How the benchmarks measure: servers as processes of their own on one core, load from the others, rounds one after another so that a
// noisy moment hits all servers alike, medians and worst.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';

const root = fileURLToPath(new URL('..', import.meta.url));

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '16' },
  },
});
const [rounds, seconds, connections] = [options.rounds, options.seconds, options.connections].map(Number);

// Counted before anything is pinned: afterwards this process sees its own cores alone.
const cores = availableParallelism();
const otherCores = `1-${cores - 1}`;
const hasTaskset = cores > 1 && isOnPath('taskset');

function isOnPath(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Moves a process with all its threads. */
function pin(pid, list) {
  if (hasTaskset) execFileSync('taskset', ['-acp', list, String(pid)], { stdio: 'ignore' });
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function untilItAnswers(url, child) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`a server of the benchmark ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer) return;
    await pause(50);
  }
  throw new Error(`${url} does not answer`);
}

/** Seconds of CPU that a process has used so far, its threads included. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function childrenOf(pid) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map();
  for (const each of pids) {
    try {
      const stat = readFileSync(`/proc/${each}/stat`, 'latin1');
      parents.set(Number(each), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const isBelow = (each) => {
    for (let at = parents.get(each); at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true;
    return false;
  };
  return [...parents.keys()].filter(isBelow);
}

function sumOfCpu(pids) {
  return pids.reduce((sum, pid) => {
    try {
      return sum + cpuSeconds(pid);
    } catch {
      return sum;
    }
  }, 0);
}

function spawnNode(args, env) {
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Postern with a database of its own, and one client made on its command line. */
export async function startPostern(role, variables = {}) {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const env = { PORT: String(port), POSTERN_DATA_DIR: data, ...variables };
  const child = spawnNode(['dist/src/main.js'], env);
  await untilItAnswers(`http://127.0.0.1:${port}/readyz`, child);
  const made = execFileSync(
    process.execPath,
    ['dist/src/cli.js', 'clients', 'create', '--name', 'bench', '--role', role, '--json'],
    { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8' },
  );
  const { client_id: id, client_secret: secret } = JSON.parse(made);
  return { child, port, data, client: { id, secret }, discard: () => rmSync(data, { recursive: true, force: true }) };
}

/** A server of `bench/servers`. */
export async function startServer(file, env = {}) {
  const port = await freePort();
  const child = spawnNode([`bench/servers/${file}`], { BENCH_PORT: String(port), ...env });
  await untilItAnswers(`http://127.0.0.1:${port}/`, child);
  return { child, port, discard: () => undefined };
}

/** One run: requests of this kind for so many seconds. Every answer must be 2xx. */
async function load({ port, child, requests }, duration) {
  const others = childrenOf(child.pid);
  const before = { own: cpuSeconds(child.pid), others: sumOfCpu(others) };
  const result = await autocannon({ url: `http://127.0.0.1:${port}`, connections, duration, ...requests });
  const answers = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || answers === 0) {
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors on port ${port}`);
  }
  return {
    perSecond: answers / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuMicroseconds: ((cpuSeconds(child.pid) - before.own) / answers) * 1e6,
    otherMicroseconds: ((sumOfCpu(others) - before.others) / answers) * 1e6,
  };
}

/**
 * Loads the servers in turn, after a warm-up. `requests` of each is what autocannon sends it. The same process may stand there several
 * times, with different requests. Answers them with their `runs`.
 */
export async function measure(servers) {
  if (hasTaskset) {
    pin(process.pid, otherCores);
    for (const { child } of servers) {
      pin(child.pid, '0');
      for (const other of childrenOf(child.pid)) pin(other, otherCores);
    }
  }
  console.log(
    `${process.version} on ${cpus()[0]?.model ?? 'an unknown processor'}; ${connections} connections, ${rounds} rounds of ${seconds} s, ` +
      (hasTaskset ? 'servers on one core, load on the others' : 'servers and load on the same cores'),
  );
  const measured = servers.map((server) => ({ ...server, runs: [] }));
  for (const server of measured) await load(server, 3);
  for (let round = 0; round < rounds; round += 1) {
    for (const server of measured) server.runs.push(await load(server, seconds));
  }
  return measured;
}

export async function stop(servers) {
  const ended = servers.map(({ child }) => new Promise((resolve) => child.once('exit', resolve)));
  for (const { child } of servers) child.kill('SIGTERM');
  await Promise.all(ended);
  for (const { discard } of servers) discard();
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Of a value in each round to that of another server in the same round. */
export function ratios(runs, base, value) {
  return runs.map((run, at) => run[value] / base[at][value]);
}

/** The figures that every table has. */
export function figures(runs) {
  return {
    'p50 ms': median(runs.map((run) => run.p50)),
    'p99 ms': median(runs.map((run) => run.p99)),
    'CPU µs': Math.round(median(runs.map((run) => run.cpuMicroseconds))),
  };
}

/** What autocannon sends for tokens of a client. */
export function tokenRequests({ id, secret }) {
  return {
    requests: [
      {
        method: 'POST',
        path: '/oauth2/token',
        headers: {
          authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials&scope=clients%3Aread+audit%3Aread',
      },
    ],
  };
}
