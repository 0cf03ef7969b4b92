// What stands before and around every port: the log line of a request, the answer when something fails, and the refusal of
// request lines and Host headers that no port should have to think about.
import type { Context, Middleware } from 'koa';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import { sendProblemJson, toProblem } from '../ports/http/problem-response.ts';
import type { RequestState } from '../ports/http/request-context.ts';
import { errorHtml } from '../ports/pages/error-answer.ts';
import { setSecurityHeaders } from '../ports/pages/security-headers.ts';

type FrontContext = Context & { state: RequestState };

/**
 * Told at `debug` alone: each token is an audit event already, and a line for each would cost a tenth of issuing it; health and
 * assets are noise.
 */
const QUIET = /^\/(?:oauth2|\.well-known|assets|docs\/assets)\/|^\/(?:healthz|readyz)$/;
const MAX_PATH = 300;

export function logRequests(log: Log): Middleware<RequestState> {
  return async (ctx, next) => {
    const startedAt = performance.now();
    await next();
    const isFault = ctx.status >= 500 && ctx.status !== 503;
    const level = isFault ? 'error' : QUIET.test(ctx.path) ? 'debug' : 'info';
    log[level](
      {
        request_id: ctx.state.requestId,
        method: ctx.method,
        path: ctx.path.slice(0, MAX_PATH),
        status: ctx.status,
        milliseconds: Math.round((performance.now() - startedAt) * 10) / 10,
        ip: ctx.state.origin.ip,
        ...(ctx.state.callerId === undefined ? {} : { caller: ctx.state.callerId }),
      },
      'request',
    );
  };
}

/** The last to catch: in the form that who asks there can read, never a stack. */
export function answerErrors({ log, isHttps }: { log: Log; isHttps: boolean }): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error, log, ctx.state.requestId);
      // Left by the one that failed, for an answer that isn't given.
      for (const name of ctx.res.getHeaderNames()) if (!KEPT_HEADERS.has(name)) ctx.remove(name);
      sendFailure(ctx, problem, isHttps);
    }
  };
}

const KEPT_HEADERS = new Set(['x-request-id', 'connection']);

function sendFailure(ctx: FrontContext, problem: Problem | undefined, isHttps: boolean): void {
  const { requestId } = ctx.state;
  if (/^\/api(?:\/|$)/.test(ctx.path)) return sendProblemJson(ctx, problem, requestId);
  if (/^\/(?:oauth2|\.well-known)\//.test(ctx.path)) return sendOAuthError(ctx, problem);
  setSecurityHeaders(ctx, isHttps);
  ctx.status = problem?.status ?? 500;
  if (problem?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = errorHtml({ problem, requestId, place: null, path: undefined, frame: undefined });
}

/** RFC 6749 §5.2 and §4.1.2.1. */
function sendOAuthError(ctx: FrontContext, problem: Problem | undefined): void {
  const status = problem?.status ?? 500;
  const error = status === 503 ? 'temporarily_unavailable' : status >= 500 ? 'server_error' : 'invalid_request';
  ctx.status = status;
  if (problem?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Pragma', 'no-cache');
  ctx.type = 'application/json';
  const description = problem?.detail ?? 'Postern failed to answer this request.';
  ctx.body = JSON.stringify({ error, error_description: `${description} (ref ${ctx.state.requestId})` });
}

/** 400 for a request whose Host or target is malformed; an absolute target (RFC 9112 §3.2.2) is taken for its path. */
export function refuseMalformed(): Middleware<RequestState> {
  let lastGoodHost: string | undefined;
  return async (ctx, next) => {
    const target = ctx.req.url ?? '';
    if (!target.startsWith('/')) {
      // One that cannot be parsed must not be met again by whoever words the refusal.
      ctx.req.url = '/';
      ctx.req.url = pathOfAbsolute(target);
    }
    if (ctx.req.httpVersionMajor !== 1) throw new Problem('request.malformed', 'Send HTTP/1.1 or HTTP/1.0.');
    const host = ctx.req.headers.host;
    if (host !== lastGoodHost || hostLines(ctx.req.rawHeaders) > 1) {
      checkHost(ctx.req.rawHeaders, host);
      lastGoodHost = host;
    }
    if (ctx.path.includes('%')) checkEncoding(ctx.path);
    await next();
  };
}

const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

function checkHost(rawHeaders: readonly string[], host: string | undefined): void {
  // HTTP/1.0 knows no Host; for HTTP/1.1 Node has refused its absence.
  if (host === undefined) return;
  if (hostLines(rawHeaders) > 1)
    throw new Problem('request.malformed', 'There is more than one Host header. Send one.');
  if (!HOST.test(host))
    throw new Problem('request.malformed', 'The Host header is not a host name, with or without a port.');
}

/** Node keeps the first of several and forgets the others (RFC 9112 §3.2: refuse). */
function hostLines(rawHeaders: readonly string[]): number {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') lines += 1;
  }
  return lines;
}

function pathOfAbsolute(target: string): string {
  const path = /^https?:\/\/[^/?#]+([/?].*)?$/is.exec(target);
  if (!path) throw new Problem('request.malformed', 'The request target is not a path.');
  const rest = path[1] ?? '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function checkEncoding(path: string): void {
  try {
    if (!decodeURIComponent(path).includes('\0')) return;
  } catch {
    // Answered as below.
  }
  throw new Problem('request.malformed', 'The path is not percent-encoded correctly, or contains a NUL character.');
}
