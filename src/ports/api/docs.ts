// The OpenAPI document at /api/openapi.json and Swagger UI at /docs. Both are public.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Context, Middleware, Next } from 'koa';
import { h } from 'preact';
import { DocsPage } from '../../../views/pages/docs.tsx';
import { renderPage } from '../../../views/render.ts';
import { hasSeen } from '../http/entity-tag-list.ts';
import { createStaticAssets } from '../http/static-assets.ts';
import { buildOpenApi } from './openapi.ts';
import { routes } from './routes.ts';

export interface DocsParts {
  readonly issuer: string;
  /** Whether the visitor has a session of the pages; decides what the link back is called. */
  readonly isSignedIn: (ctx: Context) => boolean | Promise<boolean>;
}

const DOCUMENT_PATH = '/api/openapi.json';

/** What Swagger UI needs, measured in Chromium: nothing inline, no evaluated code; its icons are `data:` images. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const require = createRequire(import.meta.url);

/** Answers `/docs`, `/docs/assets/*` and `/api/openapi.json`; put it in front of `createApi`. */
export function createDocs({ issuer, isSignedIn }: DocsParts): Middleware {
  const document = createDocument(issuer);
  const page = createPage(isSignedIn);
  const assets = createStaticAssets({
    prefix: '/docs/assets/',
    directory: dirname(require.resolve('swagger-ui-dist/package.json')),
    names: ['swagger-ui.css', 'swagger-ui-bundle.js'],
  });
  return (ctx: Context, next: Next) => {
    if (ctx.path === DOCUMENT_PATH) return readOnly(ctx, document);
    if (ctx.path === '/docs') return readOnly(ctx, page);
    return assets(ctx, next);
  };
}

async function readOnly(ctx: Context, answer: (ctx: Context) => void | Promise<void>): Promise<void> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return answer(ctx);
  ctx.status = 405;
  ctx.set('Allow', 'GET, HEAD');
}

function createDocument(issuer: string): (ctx: Context) => void {
  const text = JSON.stringify(buildOpenApi(issuer, routes));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 20);
  return (ctx) => {
    ctx.status = 200;
    ctx.set('Cache-Control', 'no-cache');
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.etag = digest;
    if (hasSeen(ctx.get('if-none-match'), ctx.response.get('etag'))) {
      ctx.status = 304;
      return;
    }
    ctx.type = 'application/json';
    ctx.body = text;
  };
}

function createPage(isSignedIn: DocsParts['isSignedIn']): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const signedIn = await isSignedIn(ctx);
    ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
    ctx.set('Cache-Control', 'private, no-cache');
    ctx.type = 'text/html';
    ctx.body = renderPage(h(DocsPage, { apiName: 'Management API', specHref: DOCUMENT_PATH, signedIn }));
  };
}
