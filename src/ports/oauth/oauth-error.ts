// What an OAuth caller is told when something is wrong (RFC 6749 §5.2), and the one place where it becomes an answer.
import type { Context } from 'koa';
import { LanesFullError } from '../../base/bcrypt-lanes.ts';
import type { Log } from '../../base/log.ts';
import { warnRepeatedly } from '../../base/repeated-warning.ts';
import { Problem, type ProblemCode } from '../../base/problem.ts';

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'temporarily_unavailable'
  | 'server_error';

/** The challenge of every 401 (RFC 7617). The realm is no host name, so that it cannot be made to lie. */
export const BASIC_CHALLENGE = 'Basic realm="postern", charset="UTF-8"';

export class OAuthError extends Error {
  readonly status: number;
  readonly code: OAuthErrorCode;
  readonly description: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Why in truth, as the audit log has it. It is counted and never told. */
  readonly reason: string;

  constructor(
    status: number,
    code: OAuthErrorCode,
    description: string,
    headers: Record<string, string> = {},
    reason: string = code,
  ) {
    super(`${code}: ${description}`);
    this.name = 'OAuthError';
    this.status = status;
    this.code = code;
    this.description = description;
    this.headers = headers;
    this.reason = reason;
  }
}

export function invalidRequest(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description);
}

/** 401 with the challenge. The reference is the request id, under which an administrator finds the true reason. */
export function invalidClient(what: string, requestId: string, reason: string): OAuthError {
  const headers = { 'WWW-Authenticate': BASIC_CHALLENGE };
  return new OAuthError(401, 'invalid_client', `${what} (ref ${requestId})`, headers, reason);
}

/** RFC 6749 has no code for it; the status and `Retry-After` say what to do. */
export function tooManyAttempts(waitSeconds: number, requestId: string): OAuthError {
  const description = `Too many failed attempts. Wait ${waitSeconds} seconds (ref ${requestId})`;
  const headers = { 'Retry-After': String(waitSeconds) };
  return new OAuthError(429, 'temporarily_unavailable', description, headers, 'too_many_attempts');
}

/** Status and code by problem; what is not here cannot come up at these endpoints. */
const CODES: Partial<Record<ProblemCode, readonly [number, OAuthErrorCode]>> = {
  'request.malformed': [400, 'invalid_request'],
  'request.too_large': [413, 'invalid_request'],
  'request.unsupported_media_type': [415, 'invalid_request'],
  'service.unavailable': [503, 'temporarily_unavailable'],
};

const LANES_FULL_RETRY_SECONDS = 1;
const DEFAULT_RETRY_SECONDS = 2;

/** Whatever was thrown, as an OAuth caller is told of it. Faults of ours are logged in full and told as 500 without their text. */
export function toOAuthError(error: unknown, log: Log, requestId: string): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof LanesFullError) {
    warnRepeatedly(log, { request_id: requestId }, 'too many client secrets are waiting to be checked');
    return unavailable('Too many requests at once. Try again.', LANES_FULL_RETRY_SECONDS);
  }
  const mapped = error instanceof Problem ? CODES[error.code] : undefined;
  if (!(error instanceof Problem) || !mapped) {
    log.error({ err: error, request_id: requestId }, 'an OAuth request failed because of a fault in Postern');
    return new OAuthError(500, 'server_error', `Postern failed to answer this request (ref ${requestId})`);
  }
  const [status, code] = mapped;
  if (status !== 503) return new OAuthError(status, code, error.detail);
  warnRepeatedly(log, { err: error.cause ?? error, request_id: requestId }, error.detail);
  return unavailable(error.detail, error.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS);
}

function unavailable(description: string, retryAfterSeconds: number): OAuthError {
  return new OAuthError(503, 'temporarily_unavailable', description, { 'Retry-After': String(retryAfterSeconds) });
}

export function sendOAuthError(ctx: Context, error: OAuthError): void {
  for (const [name, value] of Object.entries(error.headers)) ctx.set(name, value);
  sendJson(ctx, error.status, { error: error.code, error_description: describe(error.description) });
}

/** JSON whatever `Accept` says, never to be cached (RFC 6749 §5.1). */
export function sendJson(ctx: Context, status: number, body: object): void {
  ctx.status = status;
  forbidCaching(ctx);
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = JSON.stringify(body);
}

export function forbidCaching(ctx: Context): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Pragma', 'no-cache');
}

/** RFC 6749 §5.2: printable ASCII without `"` and `\`. */
function describe(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x7e]|\\/g, '?');
}
