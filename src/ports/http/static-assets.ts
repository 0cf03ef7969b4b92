// Files that pages load: served from a list made at the start, so that no path from outside ever reaches the file system.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware } from 'koa';
import { hasSeen } from './entity-tag-list.ts';

interface AssetFolder {
  /** With slashes at both ends: `/assets/`. */
  readonly prefix: string;
  readonly directory: string;
  /** Names to serve; every file that lies directly in the directory when absent. */
  readonly names?: readonly string[];
}

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  /** Of the plain content, hexadecimal. */
  readonly digest: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * GET and HEAD of the folder's files, each read once when it is first asked for. Names stay the same from version to version, so
 * browsers ask again each time and get a 304. What is no file of the folder is left to the next middleware.
 */
export function createStaticAssets({ prefix, directory, names }: AssetFolder): Middleware {
  const served = new Set(names ?? listFiles(directory));
  const loaded = new Map<string, Promise<Asset>>();
  const load = (name: string) => {
    const known = loaded.get(name) ?? loadAsset(join(directory, name));
    loaded.set(name, known);
    // A file that could not be read is tried again at the next request.
    known.catch(() => loaded.delete(name));
    return known;
  };
  return async (ctx, next) => {
    const name = ctx.path.startsWith(prefix) ? ctx.path.slice(prefix.length) : '';
    if (!served.has(name)) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.status = 405;
      ctx.set('Allow', 'GET, HEAD');
      return;
    }
    send(ctx, await load(name));
  };
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map((entry) => entry.name);
}

async function loadAsset(path: string): Promise<Asset> {
  const type = TYPES[extname(path)];
  if (type === undefined) throw new Error(`no content type is known for ${path}`);
  const plain = await readFile(path);
  return {
    type,
    plain,
    gzipped: await promisify(gzip)(plain),
    digest: createHash('sha256').update(plain).digest('hex').slice(0, 20),
  };
}

function send(ctx: Context, asset: Asset): void {
  const isGzipped = asset.gzipped.length < asset.plain.length && ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  ctx.set('Cache-Control', 'no-cache');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.vary('Accept-Encoding');
  ctx.status = 200;
  // Each encoding is a representation of its own (RFC 9110 §8.8.3.3).
  ctx.etag = isGzipped ? `${asset.digest}-gzip` : asset.digest;
  if (hasSeen(ctx.get('if-none-match'), ctx.response.get('etag'))) {
    ctx.status = 304;
    return;
  }
  if (isGzipped) ctx.set('Content-Encoding', 'gzip');
  ctx.type = asset.type;
  ctx.body = isGzipped ? asset.gzipped : asset.plain;
}
