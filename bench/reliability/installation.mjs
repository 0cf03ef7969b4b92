// Postern as its users run it, for benchmarks that stop it, kill it or take its database away: a process on a data directory and a
// port that outlive it, and its database as seen from behind.
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { findRunningEmbeddedPostgres } from '../../dist/src/storage/embedded/embedded-postgres.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const READY_MILLISECONDS = 60_000;

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A place for one; nothing runs yet. bcrypt is as dear as by default. */
export async function makeInstallation(variables = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  // Under root the database runs as somebody else, who has to pass through.
  chmodSync(folder, 0o711);
  const port = await freePort();
  const data = join(folder, 'data');
  const env = { ...process.env, NODE_ENV: 'production', PORT: String(port), POSTERN_DATA_DIR: data, ...variables };
  return new Installation(folder, data, port, env);
}

class Installation {
  constructor(folder, data, port, env) {
    Object.assign(this, { folder, data, port, env, url: `http://127.0.0.1:${port}`, log: '', child: undefined });
  }

  /** Returns when it is ready, with how long that took. */
  async start() {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      cwd: root,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.log += chunk));
    this.exited = new Promise((resolve) => child.once('close', (status, signal) => resolve({ status, signal })));
    await this.ready();
    return performance.now() - startedAt;
  }

  async ready() {
    const until = performance.now() + READY_MILLISECONDS;
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`Postern ended: ${this.log.slice(-3_000)}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.status === 200) return;
      if (performance.now() > until) throw new Error(`not ready: ${this.log.slice(-3_000)}`);
      await pause(10);
    }
  }

  async end(signal) {
    this.child.kill(signal);
    return await this.exited;
  }

  async createClient(name, role) {
    const args = ['dist/src/cli.js', 'clients', 'create', '--name', name, '--role', role, '--json'];
    const { stdout } = await run(process.execPath, args, { cwd: root, env: this.env });
    const { client_id: id, client_secret: secret } = JSON.parse(stdout);
    return { id, secret };
  }

  async query(sql, values = []) {
    const connection = await findRunningEmbeddedPostgres(this.data);
    if (!connection) throw new Error('the embedded database does not run');
    const client = new pg.Client({ ...connection, ssl: false });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The process of the database server. */
  postmaster() {
    return Number(readFileSync(join(this.data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
  }

  discard() {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** What has no part that belongs to it, or a part without it; every row is a fault. */
export const HALF_WRITTEN = `
  SELECT 'client without a secret' AS what, client_id AS id FROM client c
    WHERE NOT EXISTS (SELECT FROM client_secret s WHERE s.client_id = c.client_id)
      AND NOT EXISTS (SELECT FROM audit_event e WHERE e.target_id = c.client_id AND e.action = 'client_secret.deleted')
  UNION ALL SELECT 'client without its event', client_id FROM client c
    WHERE NOT EXISTS (SELECT FROM audit_event e WHERE e.target_id = c.client_id AND e.action = 'client.created')
  UNION ALL SELECT 'event of a client that is not there', target_id FROM audit_event e
    WHERE e.action = 'client.created' AND NOT EXISTS (SELECT FROM client c WHERE c.client_id = e.target_id)
      AND NOT EXISTS (SELECT FROM audit_event d WHERE d.target_id = e.target_id AND d.action = 'client.deleted')
  UNION ALL SELECT 'deleted client that is there', target_id FROM audit_event e
    WHERE e.action = 'client.deleted' AND EXISTS (SELECT FROM client c WHERE c.client_id = e.target_id)`;

export function jtiOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).jti;
}

export function requestToken(url, { id, secret }, headers = {}) {
  return fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`, ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

/** The status; 0 when there was no answer at all. The body is JSON, or undefined. */
export async function settle(answering) {
  try {
    const answer = await answering;
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  } catch {
    return { status: 0, body: undefined };
  }
}

export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}
