// What a token costs. Starts three servers on this machine and loads them in turn, round after round, so that a noisy moment hits
// all of them: an endpoint made by hand on node:http, bare oidc-provider in memory, and Postern with its audit log on PostgreSQL.
//
//   npm run bench                       five rounds of four seconds
//   npm run bench -- --rounds 9 --seconds 6 --connections 16
//
// Where taskset exists, each server runs on the first core and the load (with PostgreSQL) on the others. CPU is what the server's
// process itself used, from /proc; PostgreSQL's share is told apart. Nothing here passes or fails.

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

function start(args, env) {
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function startPostern() {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const env = { PORT: String(port), POSTERN_DATA_DIR: data };
  const child = start(['dist/src/main.js'], env);
  await untilItAnswers(`http://127.0.0.1:${port}/readyz`, child);
  const made = execFileSync(
    process.execPath,
    ['dist/src/cli.js', 'clients', 'create', '--name', 'bench', '--role', 'Company Admin', '--json'],
    { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8' },
  );
  const { client_id: id, client_secret: secret } = JSON.parse(made);
  const discard = () => rmSync(data, { recursive: true, force: true });
  return { name: 'Postern, audit log on PostgreSQL', child, port, client: { id, secret }, discard };
}

async function startOther(name, file, client) {
  const port = await freePort();
  const child = start([`bench/servers/${file}`], {
    BENCH_PORT: String(port),
    BENCH_CLIENT_ID: client.id,
    BENCH_CLIENT_SECRET: client.secret,
  });
  await untilItAnswers(`http://127.0.0.1:${port}/`, child);
  return { name, child, port, client, discard: () => undefined };
}

async function load({ port, client, child }, duration) {
  const others = childrenOf(child.pid);
  const before = { own: cpuSeconds(child.pid), others: sumOfCpu(others) };
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/oauth2/token`,
    method: 'POST',
    connections,
    duration,
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials&scope=clients%3Aread+audit%3Aread',
  });
  const tokens = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || tokens === 0) {
    throw new Error(`${result.non2xx} refusals and ${result.errors} errors on port ${port}`);
  }
  return {
    perSecond: tokens / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuMicroseconds: ((cpuSeconds(child.pid) - before.own) / tokens) * 1e6,
    otherMicroseconds: ((sumOfCpu(others) - before.others) / tokens) * 1e6,
  };
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

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function print(servers) {
  const base = servers[1].runs;
  const byHand = servers[0].runs;
  const rows = servers.map(({ name, runs }) => {
    const ratios = (to) => runs.map((run, at) => run.cpuMicroseconds / to[at].cpuMicroseconds);
    const cost = ratios(base);
    return {
      server: name,
      'tokens/s': Math.round(median(runs.map((run) => run.perSecond))),
      'p50 ms': median(runs.map((run) => run.p50)),
      'p99 ms': median(runs.map((run) => run.p99)),
      'CPU µs/token': Math.round(median(runs.map((run) => run.cpuMicroseconds))),
      'CPU, engine = 1': `${median(cost).toFixed(2)} (worst ${Math.max(...cost).toFixed(2)})`,
      'CPU, by hand = 1': median(ratios(byHand)).toFixed(2),
      'PostgreSQL µs/token': Math.round(median(runs.map((run) => run.otherMicroseconds))),
    };
  });
  console.table(Object.fromEntries(rows.map(({ server, ...row }) => [server, row])));
}

const started = [];
try {
  const postern = await startPostern();
  started.push(postern);
  for (const [name, file] of [
    ['by hand on node:http, in memory', 'by-hand.mjs'],
    ['bare oidc-provider, in memory', 'bare-engine.mjs'],
  ]) {
    started.push(await startOther(name, file, postern.client));
  }
  const servers = [started[1], started[2], started[0]].map((server) => ({ ...server, runs: [] }));
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
  for (const server of servers) await load(server, 3);
  for (let round = 0; round < rounds; round += 1) {
    for (const server of servers) server.runs.push(await load(server, seconds));
  }
  print(servers);
} finally {
  const ended = started.map(({ child }) => new Promise((resolve) => child.once('exit', resolve)));
  for (const { child } of started) child.kill('SIGTERM');
  await Promise.all(ended);
  for (const { discard } of started) discard();
}
