// Proxies as they come from Debian, run with the configuration files of docs/gateway: only addresses and ports are set.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/postern.ts';

const GATEWAY = resolve(import.meta.dirname, '../../docs/gateway');
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;

export interface ProxyKind {
  readonly name: string;
  /** On the path, or in the places for system programs. */
  readonly program: string;
  /** Writes what it needs into the directory and answers its arguments. */
  readonly prepare: (directory: string, places: Places) => Promise<readonly string[]>;
}

interface Places {
  readonly port: number;
  readonly postern: number;
  readonly api: number;
}

/** The file as it is shown to readers, with its three ports replaced. */
async function readShown(name: string, { port, postern, api }: Places): Promise<string> {
  const text = await readFile(join(GATEWAY, name), 'utf8');
  const replaced = [
    [/:?\b8000\b/g, (match: string) => (match.startsWith(':') ? `:${port}` : `${port}`)],
    [/\b127\.0\.0\.1:3000\b/g, () => `127.0.0.1:${postern}`],
    [/\b127\.0\.0\.1:8080\b/g, () => `127.0.0.1:${api}`],
  ] as const;
  return replaced.reduce((shown, [pattern, by]) => {
    if (!pattern.test(shown)) throw new Error(`${name} has no ${pattern.source}`);
    return shown.replaceAll(pattern, by);
  }, text);
}

export const PROXIES: readonly ProxyKind[] = [
  {
    name: 'nginx',
    program: 'nginx',
    async prepare(directory, places) {
      await writeFile(join(directory, 'tickets.conf'), await readShown('nginx.conf', places));
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      await writeFile(
        join(directory, 'nginx.conf'),
        `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr;
         events { worker_connections 256; }
         http { access_log off; ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')} include tickets.conf; }`,
      );
      return ['-c', join(directory, 'nginx.conf'), '-p', directory, '-e', 'stderr'];
    },
  },
  {
    name: 'Caddy',
    program: 'caddy',
    async prepare(directory, places) {
      const shown = await readShown('Caddyfile', places);
      await writeFile(join(directory, 'Caddyfile'), `{\n\tadmin off\n}\n${shown}`);
      return ['run', '--adapter', 'caddyfile', '--config', join(directory, 'Caddyfile')];
    },
  },
  {
    name: 'HAProxy',
    program: 'haproxy',
    async prepare(directory, places) {
      const shown = await readShown('haproxy.cfg', places);
      const script = '/etc/haproxy/haproxy-gate.lua';
      if (!shown.includes(script)) throw new Error(`haproxy.cfg does not load ${script}`);
      await writeFile(join(directory, 'haproxy.cfg'), shown.replace(script, join(GATEWAY, 'haproxy-gate.lua')));
      return ['-db', '-f', join(directory, 'haproxy.cfg')];
    },
  },
];

/** Those that are on this machine; of the others it is said that they are not. */
export function findProxies(): readonly ProxyKind[] {
  return PROXIES.filter(({ name, program }) => {
    const isThere = spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH } }).status === 0;
    if (!isThere) console.info(`${name} is not on this machine: the gate is not tried behind it here.`);
    return isThere;
  });
}

export interface RunningProxy {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startProxy(kind: ProxyKind, behind: Omit<Places, 'port'>): Promise<RunningProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-proxy-'));
  const port = await findFreePort();
  const args = await kind.prepare(directory, { port, ...behind });
  const child = spawn(kind.program, args, { env: { PATH, HOME: directory }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async () => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await eventually(`${kind.name} listens`, () => {
      if (child.exitCode !== null) throw new Error(`${kind.name} ended: ${output}`);
      return accepts(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((found) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => found(false));
    socket.once('connect', () => {
      socket.destroy();
      found(true);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

export interface SeenCall {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface ProtectedApi {
  readonly port: number;
  /** Everything that got through, in order. */
  readonly seen: SeenCall[];
  close(): Promise<void>;
}

/** The API behind the proxy: answers 200 to everything, since it trusts the gate. */
export async function startProtectedApi(): Promise<ProtectedApi> {
  const seen: SeenCall[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method, url, headers, rawHeaders } = incoming;
      seen.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks) });
      response.end('from the API');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
