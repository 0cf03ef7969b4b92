// The OpenAPI document at /api/openapi.json and Swagger UI at /docs, both public; and the same for every API with an imported
// description, at /docs/{api id} and /docs/{api id}/openapi.json.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context, Middleware, Next } from 'koa';
import { h } from 'preact';
import { DocsPage, type DocsPageProps } from '../../../views/pages/docs.tsx';
import { renderPage } from '../../../views/render.ts';
import { Problem } from '../../base/problem.ts';
import type { ApiDocs } from '../../domain/api/api-docs.ts';
import type { PublishedApi } from '../../domain/api/api-store.ts';
import { originOf } from '../../domain/api/openapi-servers.ts';
import { MANAGEMENT_API_ID, managementIdentifier } from '../../domain/api/privilege.ts';
import { hasSeen } from '../http/entity-tag-list.ts';
import { createStaticAssets } from '../http/static-assets.ts';
import { buildOpenApi } from './openapi.ts';
import { routes } from './routes.ts';

export interface DocsParts {
  readonly issuer: string;
  readonly apiDocs: ApiDocs;
  /** Whether the visitor has a session of the pages: private descriptions are for those who do. */
  readonly isSignedIn: (ctx: Context) => boolean | Promise<boolean>;
}

const DOCUMENT_PATH = '/api/openapi.json';
const OF_API = /^\/docs\/([a-z0-9-]{1,40})(\/openapi\.json)?$/;

/** More are folded up at first: drawing them takes the browser seconds. */
const MAX_UNFOLDED = 100;

const require = createRequire(import.meta.url);

/**
 * Answers `/docs`, `/docs/…` and `/api/openapi.json`; put it in front of `createApi`. An API that has no description, or a private one
 * that the visitor may not see, is left to the next, as if it did not exist.
 */
export function createDocs(parts: DocsParts): Middleware {
  const { issuer, apiDocs, isSignedIn } = parts;
  const document = createDocument(issuer);
  const assets = createStaticAssets({
    prefix: '/docs/assets/',
    directory: dirname(require.resolve('swagger-ui-dist/package.json')),
    names: ['swagger-ui.css', 'swagger-ui-bundle.js'],
  });
  return async (ctx: Context, next: Next) => {
    if (ctx.path === DOCUMENT_PATH) return readOnly(ctx, () => document(ctx));
    if (ctx.path === '/docs') return readOnly(ctx, () => sendPage(ctx, parts, undefined));
    const [, apiId, isDocument] = OF_API.exec(ctx.path) ?? [];
    // Whoever makes the address of an API's page from its id finds the built-in one too.
    if (apiId === MANAGEMENT_API_ID) return readOnly(ctx, () => ctx.redirect(isDocument ? DOCUMENT_PATH : '/docs'));
    if (apiId === undefined) return assets(ctx, next);
    const api = await apiDocs.find(apiId, () => isSignedIn(ctx));
    if (!api) return next();
    return readOnly(ctx, () => (isDocument ? sendImported(ctx, apiDocs, api) : sendPage(ctx, parts, api)));
  };
}

async function readOnly(ctx: Context, answer: () => void | Promise<void>): Promise<void> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return answer();
  ctx.status = 405;
  ctx.set('Allow', 'GET, HEAD');
}

/** Made when it is first asked for: most processes never are. As bytes, so that sending it costs no encoding. */
function createDocument(issuer: string): (ctx: Context) => void {
  let made: { readonly bytes: Buffer; readonly digest: string } | undefined;
  const make = () => {
    const bytes = Buffer.from(JSON.stringify(buildOpenApi(issuer, routes)));
    return { bytes, digest: createHash('sha256').update(bytes).digest('hex').slice(0, 20) };
  };
  return (ctx) => {
    const { bytes, digest } = (made ??= make());
    ctx.set('Cache-Control', 'no-cache');
    if (isKnown(ctx, digest)) return;
    ctx.type = 'application/json';
    ctx.body = bytes;
  };
}

/** Sets what every document carries; true when 304 says enough. */
function isKnown(ctx: Context, digest: string): boolean {
  ctx.status = 200;
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.etag = digest;
  if (!hasSeen(ctx.get('if-none-match'), ctx.response.get('etag'))) return false;
  ctx.status = 304;
  return true;
}

async function sendImported(ctx: Context, apiDocs: ApiDocs, api: PublishedApi): Promise<void> {
  const { gzipped, digest } = await apiDocs.read(api);
  ctx.set('Cache-Control', api.docsPrivate ? 'private, no-cache' : 'no-cache');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.vary('Accept-Encoding');
  const isGzipped = ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (isKnown(ctx, isGzipped ? `${digest}-gzip` : digest)) return;
  if (isGzipped) ctx.set('Content-Encoding', 'gzip');
  const body = isGzipped ? gzipped : await promisify(gunzip)(gzipped);
  ctx.type = 'application/json';
  ctx.body = body;
}

async function sendPage(ctx: Context, parts: DocsParts, api: PublishedApi | undefined): Promise<void> {
  const signedIn = await parts.isSignedIn(ctx);
  const others = await listOthers(parts.apiDocs, signedIn);
  const page = api ? pageOf(api) : managementPage(parts.issuer);
  const apis = [
    { href: '/docs', name: MANAGEMENT_NAME },
    ...others.map(({ id, name }) => ({ href: `/docs/${id}`, name })),
  ];
  ctx.set('Content-Security-Policy', contentSecurityPolicy(api));
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
  ctx.set('Cache-Control', 'private, no-cache');
  ctx.type = 'text/html';
  ctx.body = renderPage(h(DocsPage, { ...page, signedIn, here: ctx.path, apis }));
}

const MANAGEMENT_NAME = 'Management API';

type ApiPage = Pick<DocsPageProps, 'apiName' | 'specHref' | 'resource' | 'folded'>;

function managementPage(issuer: string): ApiPage {
  return { apiName: MANAGEMENT_NAME, specHref: DOCUMENT_PATH, resource: managementIdentifier(issuer), folded: false };
}

function pageOf({ id, name, identifier, operationCount }: PublishedApi): ApiPage {
  const folded = operationCount > MAX_UNFOLDED;
  return { apiName: name, specHref: `/docs/${id}/openapi.json`, resource: identifier, folded };
}

/** The page of the Management API is there even while the database is away. */
async function listOthers(apiDocs: ApiDocs, signedIn: boolean): Promise<readonly PublishedApi[]> {
  try {
    return await apiDocs.list(signedIn);
  } catch (error) {
    if (error instanceof Problem && error.code === 'service.unavailable') return [];
    throw error;
  }
}

/**
 * What Swagger UI needs, measured in Chromium: nothing inline, no evaluated code; its icons are `data:` images. It calls this server
 * for tokens, and the API where its description says that it is.
 */
function contentSecurityPolicy(api: PublishedApi | undefined): string {
  const origins = api ? [...api.serverOrigins, originOf(api.identifier) ?? ''].filter(Boolean) : [];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    ['connect-src', "'self'", ...new Set(origins)].join(' '),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
