// The order in which a request meets the ports, from the first look at it to the page that says that there is nothing here.
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Middleware } from 'koa';
import type { Log } from '../base/log.ts';
import type { IpMatcher } from '../domain/address/ip-matcher.ts';
import type { Gate } from '../ports/gate/gate.ts';
import type { IgnoredForwardingTally } from '../ports/http/ignored-forwarding.ts';
import { createIdentifyRequest, requestContext, type RequestState } from '../ports/http/request-context.ts';
import { answerErrors, logRequests, refuseMalformed } from './request-front.ts';

interface Parts {
  readonly log: Log;
  readonly isHttps: boolean;
  readonly trustedProxies: IpMatcher;
  readonly ignored?: IgnoredForwardingTally | undefined;
  /** Stands before all the others: it is asked before every call of somebody else's API, and Koa would double what that costs. */
  readonly gate?: Gate;
  /** In order; the last one answers whatever reaches it. */
  readonly ports: readonly Middleware<RequestState>[];
}

/**
 * Koa's `proxy` stays off: it would believe the leftmost X-Forwarded-For, which anybody can write. Its own error handler prints
 * stacks to standard error; ours writes to the log.
 */
export function createHttpApp({
  log,
  isHttps,
  trustedProxies,
  ignored,
  gate,
  ports,
}: Parts): (request: IncomingMessage, response: ServerResponse) => unknown {
  const app = new Koa<RequestState>({ proxy: false, env: 'production' });
  app.on('error', (error: unknown) => logLateError(log, error));
  const identify = createIdentifyRequest({ trustedProxies, log, ignored });
  app.use(requestContext({ identify, log }));
  app.use(logRequests(log));
  app.use(answerErrors({ log, isHttps }));
  app.use(refuseMalformed());
  for (const port of ports) app.use(port);
  const handle = app.callback();
  if (!gate) return handle;
  return (request, response) =>
    gate.takes(request) ? gate.answer(request, response, identify(request)) : handle(request, response);
}

/** After the answer has begun: mostly a caller who did not wait for the end of it. */
function logLateError(log: Log, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isCallerGone = /^(?:ECONNRESET|EPIPE|ECANCELED|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_WRITE_AFTER_END)$/.test(
    code,
  );
  log[isCallerGone ? 'debug' : 'error']({ err: error }, 'an answer could not be sent');
}
