// Files for pages: the right types, asked about each time, and nothing beside the folder's own files.

import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Koa from 'koa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStaticAssets } from '../../src/ports/http/static-assets.ts';

let directory: string;
let server: Server;
const style = 'body { color: black }\n'.repeat(50);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-assets-'));
  await mkdir(join(directory, 'assets', 'inner'), { recursive: true });
  await writeFile(join(directory, 'secret.txt'), 'secret');
  for (const [name, content] of [
    ['style.css', style],
    ['app.js', 'export {};'],
    ['icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['notes.md', 'not for visitors'],
    ['.hidden.css', 'x'],
    ['inner/deep.css', 'x'],
  ] as const) {
    await writeFile(join(directory, 'assets', name), content);
  }
  await symlink(join(directory, 'secret.txt'), join(directory, 'assets', 'link.txt'));
  const app = new Koa();
  app.use(createStaticAssets({ prefix: '/assets/', directory: join(directory, 'assets') }));
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(directory, { recursive: true });
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** The path goes out exactly as given; fetch would tidy it up. */
function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ host: '127.0.0.1', port, path, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    })
      .on('error', reject)
      .end();
  });
}

test.each([
  ['style.css', 'text/css; charset=utf-8'],
  ['app.js', 'text/javascript; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
])('%s comes as %s and is asked about each time', async (name, type) => {
  const { status, headers } = await ask(`/assets/${name}`);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': type,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    vary: 'Accept-Encoding',
    etag: expect.stringMatching(/^"[0-9a-f]{20}"$/),
  });
});

test('the content is the file, also compressed, each with an entity tag of its own', async () => {
  const plain = await ask('/assets/style.css');
  const gzipped = await ask('/assets/style.css', { headers: { 'accept-encoding': 'gzip, br' } });
  expect(plain.body.toString()).toBe(style);
  expect(gzipped.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(gzipped.body).toString()).toBe(style);
  expect(gzipped.body.length).toBeLessThan(plain.body.length);
  expect(gzipped.headers['etag']).not.toBe(plain.headers['etag']);
});

test('what compression makes larger goes out as it is', async () => {
  const { headers, body } = await ask('/assets/app.js', { headers: { 'accept-encoding': 'gzip' } });
  expect(headers['content-encoding']).toBeUndefined();
  expect(body.toString()).toBe('export {};');
});

test('whom has it gets 304 without a body', async () => {
  const { headers } = await ask('/assets/style.css');
  const again = await ask('/assets/style.css', { headers: { 'if-none-match': String(headers['etag']) } });
  expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, headers['etag']]);
});

test('HEAD answers without a body, other methods 405', async () => {
  const head = await ask('/assets/style.css', { method: 'HEAD' });
  expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(style.length)]);
  const post = await ask('/assets/style.css', { method: 'POST' });
  expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
});

test.each([
  '/assets/',
  '/assets',
  '/assets/.',
  '/assets/..',
  '/assets/../secret.txt',
  '/assets/..%2fsecret.txt',
  '/assets/%2e%2e/secret.txt',
  '/assets/..\\secret.txt',
  '/assets//secret.txt',
  '/assets/inner/deep.css',
  '/assets/inner/../style.css',
  '/assets/%00style.css',
  '/assets/style.css%00.svg',
  '/assets/style.css/',
  '/assets/STYLE.CSS',
  '/assets/constructor',
  '/assets/__proto__',
  '/assets/notes.md',
  '/assets/link.txt',
  '/Assets/style.css',
  '//assets/style.css',
])('%s is a 404', async (path) => {
  const { status, body } = await ask(path);
  expect(status).toBe(404);
  expect(body.toString()).not.toContain('secret');
});
