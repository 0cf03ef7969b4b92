// What every request gets first: an id, the caller's real address, a log line at the end.
import type { IncomingMessage } from 'node:http';
import type { Context, DefaultState, Middleware } from 'koa';
import type { Origin } from '../../domain/access/caller.ts';
import { type CallerEvidence, ignoredForwarding, resolveCallerAddress } from '../../domain/address/caller-address.ts';
import { formatIpAddress, type IpAddress } from '../../domain/address/ip-address.ts';
import type { IpMatcher } from '../../domain/address/ip-matcher.ts';
import { systemClock } from '../../base/clock.ts';
import { randomRequestId } from '../../base/random.ts';
import type { Log } from '../../base/log.ts';
import { createIgnoredForwardingTally, type IgnoredForwardingTally } from './ignored-forwarding.ts';

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
  /** One of its own when absent. */
  readonly ignored?: IgnoredForwardingTally | undefined;
}

interface KnownAddress {
  readonly address: IpAddress | undefined;
  readonly ip: string | null;
  /** Whether forwarding headers were there and said nothing. */
  readonly isForwardingIgnored: boolean;
}

const MAX_KNOWN = 10_000;
/** Longer chains of proxies are read each time. */
const MAX_KNOWN_LENGTH = 200;

/** The request id is always ours: one from outside could be made to point at another's refusal. */
export function createIdentifyRequest({ trustedProxies, log, ignored }: Parts): IdentifyRequest {
  const tally = ignored ?? createIgnoredForwardingTally({ log, clock: systemClock });
  // The same callers come again and again, and what is read from the same words is the same.
  const known = new Map<string, KnownAddress>();
  return (request) => {
    const requestId = randomRequestId();
    const peer = request.socket.remoteAddress ?? '';
    const forwardedFor = forwardedLines(request);
    const key = forwardedFor.length === 0 ? peer : `${peer} ${forwardedFor.join(',')}`;
    let found = known.get(key);
    if (!found) {
      found = readAddress({ peer, forwardedFor, trustedProxies });
      if (known.size >= MAX_KNOWN) known.clear();
      if (key.length <= MAX_KNOWN_LENGTH) known.set(key, found);
    }
    if (found.isForwardingIgnored) tally.record(peer);
    const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT) || null;
    return { requestId, address: found.address, origin: { requestId, ip: found.ip, userAgent } };
  };
}

function readAddress(evidence: CallerEvidence): KnownAddress {
  const address = resolveCallerAddress(evidence);
  const ip = address ? formatIpAddress(address) : null;
  return { address, ip, isForwardingIgnored: ignoredForwarding(evidence) };
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
