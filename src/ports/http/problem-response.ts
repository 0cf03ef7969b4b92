// The one place where problems become answers: a status, Retry-After where it helps, and problem+json (RFC 9457).
import type { Context } from 'koa';
import type { Log } from '../../base/log.ts';
import { Problem } from '../../base/problem.ts';
import { warnRepeatedly } from '../../base/repeated-warning.ts';

/**
 * Anything thrown as a Problem. What is not one is a fault of ours: it is logged in full and told as 500 without its text.
 * A service that is away fails every request: the log says so once, then how often in a minute.
 */
export function toProblem(error: unknown, log: Log, requestId: string): Problem | undefined {
  if (error instanceof Problem) {
    if (error.status >= 500) warnRepeatedly(log, { err: error.cause ?? error, request_id: requestId }, error.detail);
    return error;
  }
  log.error({ err: error, request_id: requestId }, 'a request failed because of a fault in Postern');
  return undefined;
}

/** RFC 9457 body. `instance` is the request id, with which an administrator finds the log line. */
export function problemJson(problem: Problem | undefined, requestId: string): Record<string, unknown> {
  if (!problem) {
    return {
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      detail: 'Postern failed to answer this request. The log has the reason under the request id.',
      instance: `urn:request:${requestId}`,
    };
  }
  return {
    type: `urn:postern:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: `urn:request:${requestId}`,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
  };
}

export function sendProblemJson(ctx: Context, problem: Problem | undefined, requestId: string): void {
  ctx.status = problem?.status ?? 500;
  if (problem?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify(problemJson(problem, requestId));
}
