// Postern as its users run it: real processes, on data directories and ports of their own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './eventually.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CommandResult {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON, whatever it is. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it as it came
  readonly json: any;
}

export interface StartOptions {
  /** Variables beside those that are always set; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Made, and removed at the end of the test file, when absent. */
  readonly dataDirectory?: string;
  readonly port?: number;
}

export interface PosternProcess {
  readonly url: string;
  readonly port: number;
  readonly dataDirectory: string;
  /** What it was started with; good for commands too. */
  readonly env: Readonly<Record<string, string>>;
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Everything on standard output; each line must be JSON. */
  log(): LogLine[];
  stdout(): string;
  stderr(): string;
  /** Of the newest line that has one. */
  setupLink(): string | undefined;
  /** Resolves when `/readyz` answers 200; rejects when it ends before. */
  ready(): Promise<void>;
  command(...args: readonly string[]): Promise<CommandResult>;
  /** A client with the role Company Admin, from every address. */
  createClient(): Promise<TestClient>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM unless another signal is named, and the end. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface TestClient {
  readonly client_id: string;
  readonly client_secret: string;
}

let isBuilt = false;

/** Compiles what changed since the last time; once in each test process. */
export function buildPostern(): void {
  if (isBuilt) return;
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools/build.mjs')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
  isBuilt = true;
}

const started: PosternProcess[] = [];
const folders: string[] = [];

/** For `afterAll`: kills what still runs and removes the data. */
export async function cleanUpPostern(): Promise<void> {
  await Promise.all(
    started.splice(0).map(async (each) => {
      each.signal('SIGKILL');
      await each.exited;
    }),
  );
  // An embedded database whose program was killed needs a moment to end.
  for (const folder of folders.splice(0))
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Other accounts can pass through it, as the embedded database needs when root runs the tests. */
export async function makeDataDirectory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-app-'));
  await chmod(folder, 0o711);
  folders.push(folder);
  return join(folder, 'data');
}

/** Nobody listens on it now. */
export function findFreePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => found(port));
    });
  });
}

/** Starts and doesn't wait. bcrypt is cheap unless asked otherwise. */
export async function launchPostern(options: StartOptions = {}): Promise<PosternProcess> {
  buildPostern();
  const port = options.port ?? (await findFreePort());
  const dataDirectory = options.dataDirectory ?? (await makeDataDirectory());
  const env = environment({ PORT: String(port), POSTERN_DATA_DIR: dataDirectory, ...options.env });
  const child = spawn(process.execPath, [join(ROOT, 'dist/src/main.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const exited = new Promise<Exit>((done) => {
    child.once('close', (status, signal) => done({ status, signal }));
  });
  const postern = toProcess({ child, exited, output, port, dataDirectory, env });
  started.push(postern);
  return postern;
}

/** Starts and waits until it is ready. */
export async function startPostern(options: StartOptions = {}): Promise<PosternProcess> {
  const postern = await launchPostern(options);
  await postern.ready();
  return postern;
}

interface Facts {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly output: { out: string; err: string };
  readonly port: number;
  readonly dataDirectory: string;
  readonly env: Record<string, string>;
}

function toProcess({ child, exited, output, port, dataDirectory, env }: Facts): PosternProcess {
  const url = `http://127.0.0.1:${port}`;
  const log = () =>
    output.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  const command = (...args: readonly string[]) => runCommand(env, ...args);
  return {
    url,
    port,
    dataDirectory,
    env,
    child,
    exited,
    log,
    stdout: () => output.out,
    stderr: () => output.err,
    setupLink: () => /https?:\/\/\S+\/setup\?token=\S+/.exec(output.out)?.[0],
    ready: () => waitUntilReady(url, exited, output),
    command,
    async createClient() {
      const { status, json, err } = await command(
        'clients',
        'create',
        '--name',
        'test',
        '--role',
        'Company Admin',
        '--json',
      );
      if (status !== 0) throw new Error(`clients create: ${err}`);
      return json as TestClient;
    },
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await exited;
    },
  };
}

async function waitUntilReady(url: string, exited: Promise<Exit>, output: { out: string; err: string }): Promise<void> {
  let end: Exit | undefined;
  void exited.then((exit) => (end = exit));
  await eventually(
    'Postern is ready',
    async () => {
      if (end !== undefined) throw new Error(`Postern ended while starting: ${output.err}${output.out}`);
      const response = await fetch(`${url}/readyz`).catch(() => undefined);
      return response?.status === 200;
    },
    25_000,
  );
}

/** One command of the command line, as `npm run -s postern -- …` runs it. */
export async function runCommand(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  buildPostern();
  const child = spawn(process.execPath, [join(ROOT, 'dist/src/cli.js'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const status = await new Promise<number | null>((done) => child.once('close', done));
  return {
    status,
    out,
    err,
    get json() {
      return JSON.parse(out);
    },
  };
}

/** Nothing of what the tests themselves run under, but for where programs are. */
export function environment(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PG_BIN: process.env['PG_BIN'],
    POSTERN_BCRYPT_COST: '4',
    ...variables,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A token request with HTTP Basic. */
export async function requestToken(url: string, client: TestClient): Promise<Response> {
  const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64');
  return await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}
