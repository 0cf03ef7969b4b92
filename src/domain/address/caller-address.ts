// The address a request really comes from: the TCP peer, or what proxies we trust say of it.

import { isIPv6 } from 'node:net';
import { parseIpAddress, type IpAddress } from './ip-address.ts';
import type { IpMatcher } from './ip-matcher.ts';

export interface CallerEvidence {
  /** The socket's remote address; undefined when the socket has gone. */
  readonly peer: string | undefined;
  /** The value of every X-Forwarded-For header line, in the order received. */
  readonly forwardedFor: readonly string[];
  readonly trustedProxies: IpMatcher;
}

/**
 * Reads X-Forwarded-For from the right to the first hop that isn't a trusted proxy; what stands left of it anyone may
 * have written and is not looked at. All hops trusted: the leftmost. Undefined means unknown: the deciding hop, an
 * empty one too, is no address. Without a trusted peer the header says nothing.
 */
export function resolveCallerAddress(evidence: CallerEvidence): IpAddress | undefined {
  let caller = parsePeer(evidence.peer);
  if (evidence.forwardedFor.length === 0) return caller;
  const chain = evidence.forwardedFor.join(',');
  let end = chain.length;
  while (caller !== undefined && end >= 0 && evidence.trustedProxies.allows(caller)) {
    const comma = end === 0 ? -1 : chain.lastIndexOf(',', end - 1);
    caller = parseHop(chain.slice(comma + 1, end));
    end = comma;
  }
  return caller;
}

/** True when a forwarding header came from a peer that isn't trusted: a proxy missing from the settings, or a forger. */
export function ignoredForwarding(evidence: CallerEvidence): boolean {
  return evidence.forwardedFor.length > 0 && !evidence.trustedProxies.allows(parsePeer(evidence.peer));
}

/** The kernel adds a zone to link-local peers; rules have none. */
function parsePeer(peer: string | undefined): IpAddress | undefined {
  return peer === undefined ? undefined : parseIpAddress(peer.replace(/%.*$/s, ''));
}

/** Room for any address with port and padding; beyond it a hop costs no more time than its length check. */
const MAX_HOP_LENGTH = 200;

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. */
function parseHop(hop: string): IpAddress | undefined {
  if (hop.length > MAX_HOP_LENGTH) return undefined;
  const text = hop.replace(/^[ \t]+|[ \t]+$/g, '');
  const [, inBrackets, plain, port = '0'] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (Number(port) > 65_535) return undefined;
  if (inBrackets !== undefined) return isIPv6(inBrackets) ? parseIpAddress(inBrackets) : undefined;
  return parseIpAddress(plain ?? text);
}
