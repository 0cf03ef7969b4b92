// What every request gets first: an id, the caller's real address, a log line at the end.
import type { IncomingMessage } from 'node:http';
import type { Context, DefaultState, Middleware } from 'koa';
import type { Origin } from '../../domain/access/caller.ts';
import { ignoredForwarding, resolveCallerAddress } from '../../domain/address/caller-address.ts';
import { formatIpAddress, type IpAddress } from '../../domain/address/ip-address.ts';
import type { IpMatcher } from '../../domain/address/ip-matcher.ts';
import { randomRequestId } from '../../base/random.ts';
import type { Log } from '../../base/log.ts';

/** What is known of a request before anything of it is looked at. */
export interface RequestIdentity {
  requestId: string;
  origin: Origin;
  /** undefined when the deciding hop of X-Forwarded-For was no address. */
  address: IpAddress | undefined;
}

export type IdentifyRequest = (request: IncomingMessage) => RequestIdentity;

/** `ctx.state` of every request. */
export interface RequestState extends DefaultState, RequestIdentity {
  /** The client or user who turned out to be calling; for the log. */
  callerId?: string;
  log: Log;
}

export type RequestContext = Context & { state: RequestState };

const MAX_USER_AGENT = 500;

interface Parts {
  readonly trustedProxies: IpMatcher;
  readonly log: Log;
}

/** The request id is always ours: one from outside could be made to point at another's refusal. */
export function createIdentifyRequest({ trustedProxies, log }: Parts): IdentifyRequest {
  let warned = false;
  return (request) => {
    const requestId = randomRequestId();
    const peer = request.socket.remoteAddress ?? '';
    const evidence = { peer, forwardedFor: forwardedLines(request), trustedProxies };
    const address = resolveCallerAddress(evidence);
    if (!warned && ignoredForwarding(evidence)) {
      warned = true;
      log.warn(
        { peer },
        'X-Forwarded-For came from a peer that is not trusted and is ignored. If this is your proxy, name it in POSTERN_TRUSTED_PROXIES.',
      );
    }
    const origin = {
      requestId,
      ip: address ? formatIpAddress(address) : null,
      userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT) || null,
    };
    return { requestId, address, origin };
  };
}

/** Sets `X-Request-Id` on every answer. */
export function requestContext({ identify, log }: { identify: IdentifyRequest; log: Log }): Middleware<RequestState> {
  return async (ctx, next) => {
    Object.assign(ctx.state, identify(ctx.req));
    ctx.state.log = log;
    ctx.set('X-Request-Id', ctx.state.requestId);
    await next();
  };
}

/** All lines of the header, in order: Node joins them by `, ` for this name, raw headers keep them apart. */
function forwardedLines({ headers }: IncomingMessage): string[] {
  const lines = headers['x-forwarded-for'];
  if (lines === undefined) return [];
  return Array.isArray(lines) ? lines : [lines];
}
