// The strict front of the OAuth endpoints: what is no plain form by POST is refused before anything else looks at it.
import type { Context } from 'koa';
import { Problem } from '../../base/problem.ts';
import { decodeUtf8, parseForm, readBody } from '../http/body.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';

/** Parameters by name, each once; what was sent empty is left out, as RFC 6749 §3.1 wants it. */
export type OAuthForm = Readonly<Record<string, string>>;

const MAX_BODY_BYTES = 56 * 1024;
const FORM_TYPE = 'application/x-www-form-urlencoded';
const JSON_TYPE = /^(?:application|text)\/(?:[\w.!#$&^+-]+\+)?json$/;

/** In a URL they would end up in logs, and ignoring them would grant something else than was asked (RFC 6749 §2.3.1). */
const NEVER_IN_QUERY = new Set([
  'access_token',
  'client_assertion',
  'client_id',
  'client_ip',
  'client_secret',
  'company_id',
  'grant_type',
  'refresh_token',
  'resource',
  'scope',
  'token',
]);

/** Reads the form of a POST; throws what the caller did wrong. */
export async function readForm(ctx: Context): Promise<OAuthForm> {
  requireMethod(ctx, ['POST']);
  refuseQuery(ctx);
  refuseContentType(ctx);
  const fields = parseForm(decodeUtf8(await readBody(ctx, MAX_BODY_BYTES)));
  for (const name in fields) if (fields[name] === '') delete fields[name];
  return fields;
}

/** 405 with `Allow` for any other method. */
export function requireMethod(ctx: Context, allowed: readonly string[]): void {
  if (allowed.includes(ctx.method)) return;
  throw new OAuthError(405, 'invalid_request', `Use ${allowed.join(' or ')} here.`, { Allow: allowed.join(', ') });
}

function refuseQuery(ctx: Context): void {
  if (ctx.querystring === '') return;
  for (const name of new URLSearchParams(ctx.querystring).keys()) {
    if (NEVER_IN_QUERY.has(name)) throw invalidRequest(`Send ${name} in the form body, never in the URL.`);
  }
}

function refuseContentType(ctx: Context): void {
  const header = ctx.req.headers['content-type'];
  if (header === FORM_TYPE) return;
  const type = (header ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === FORM_TYPE) return;
  const hint = `Send the parameters as a form: Content-Type: ${FORM_TYPE}, such as grant_type=client_credentials.`;
  if (type && JSON_TYPE.test(type)) throw invalidRequest(`The body is JSON. ${hint}`);
  const hasBody = ctx.req.headers['transfer-encoding'] !== undefined || (ctx.request.length ?? 0) > 0;
  if (type || hasBody) throw new Problem('request.unsupported_media_type', hint);
}
