// What every request gets first: an id, the caller's real address, a log line at the end.
import type { Context, DefaultState, Middleware } from 'koa';
import type { Origin } from '../../domain/access/caller.ts';
import { ignoredForwarding, resolveCallerAddress } from '../../domain/address/caller-address.ts';
import { formatIpAddress, type IpAddress } from '../../domain/address/ip-address.ts';
import type { IpMatcher } from '../../domain/address/ip-matcher.ts';
import { randomRequestId } from '../../base/random.ts';
import type { Log } from '../../base/log.ts';

/** `ctx.state` of every request. */
export interface RequestState extends DefaultState {
  requestId: string;
  origin: Origin;
  /** undefined when the deciding hop of X-Forwarded-For was no address. */
  address: IpAddress | undefined;
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

/** Sets `X-Request-Id` on every answer. The id is always ours: one from outside could be made to point at another's refusal. */
export function requestContext({ trustedProxies, log }: Parts): Middleware<RequestState> {
  let warned = false;
  return async (ctx, next) => {
    const requestId = randomRequestId();
    const evidence = { peer: ctx.req.socket.remoteAddress ?? '', forwardedFor: forwardedLines(ctx), trustedProxies };
    const address = resolveCallerAddress(evidence);
    if (!warned && ignoredForwarding(evidence)) {
      warned = true;
      log.warn(
        { peer: evidence.peer },
        'X-Forwarded-For came from a peer that is not trusted and is ignored. If this is your proxy, name it in POSTERN_TRUSTED_PROXIES.',
      );
    }
    ctx.state.requestId = requestId;
    ctx.state.address = address;
    ctx.state.origin = {
      requestId,
      ip: address ? formatIpAddress(address) : null,
      userAgent: ctx.get('user-agent').slice(0, MAX_USER_AGENT) || null,
    };
    ctx.state.log = log;
    ctx.set('X-Request-Id', requestId);
    await next();
  };
}

/** All lines of the header, in order: Node joins them by `, ` for this name, raw headers keep them apart. */
function forwardedLines(ctx: Context): string[] {
  const lines = ctx.req.headers['x-forwarded-for'];
  if (lines === undefined) return [];
  return Array.isArray(lines) ? lines : [lines];
}
