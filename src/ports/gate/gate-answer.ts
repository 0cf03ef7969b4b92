// What the gate answers: headers that a proxy hands on, or a refusal in the words of RFC 6750, which many proxies hand on as well.
import type { ServerResponse } from 'node:http';
import { Problem, type ProblemCode } from '../../base/problem.ts';
import { formatIpAddress, type IpAddress } from '../../domain/address/ip-address.ts';
import { describeAddressRefusal } from '../../domain/access/refused-address.ts';
import type { GateVerdict } from '../../domain/gate/gate-decision.ts';
import type { InspectedToken } from '../../domain/token/inspected-token.ts';
import { problemJson } from '../http/problem-response.ts';

/** One that isn't let in: the decision's, or what can't be decided for want of a token or of a question that can be read. */
export type GateRefusal =
  | Exclude<GateVerdict, { allowed: true }>
  | { readonly reason: 'no_token' | 'several_tokens' }
  | { readonly reason: 'unreadable_question'; readonly fault: string };

interface Told {
  readonly code: ProblemCode;
  readonly detail: string;
  /** Of RFC 6750 §3.1; where there is none, neither another token nor more scope would help. */
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly scope?: string;
}

/** Empty, never to be kept: the next call may be answered differently. */
export function sendPass(response: ServerResponse, requestId: string, token: InspectedToken): void {
  response.writeHead(200, [
    'X-Request-Id',
    requestId,
    'Cache-Control',
    'no-store',
    ...identityHeaders(token),
    'Content-Length',
    '0',
  ]);
  response.end();
}

const identities = new WeakMap<InspectedToken, readonly string[]>();

function identityHeaders(token: InspectedToken): readonly string[] {
  const known = identities.get(token);
  if (known) return known;
  const { owner, scopes } = token;
  const headers = [
    // Of a user's API token the user's id, which no client has: a header that stays away would let the caller's own through some proxies.
    ['X-Auth-Client-Id', owner.id],
    ['X-Auth-Company-Id', owner.companyId],
    ['X-Auth-Role', owner.roleName],
    ['X-Auth-Scope', scopes.join(' ')],
  ].map(([name = '', value = '']) => [name, headerValue(value)]);
  identities.set(token, headers.flat());
  return headers.flat();
}

/**
 * Names may have any letters, headers have ASCII: what is not printable ASCII, and `%`, is percent-encoded as UTF-8, so that
 * `decodeURIComponent` gives the name back. Most names stay as they are.
 */
export function headerValue(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]+/g, (part) => encodeURIComponent(part));
}

export function sendRefusal(
  response: ServerResponse,
  requestId: string,
  refusal: GateRefusal,
  address: IpAddress | undefined,
): void {
  const told = tell(refusal, address);
  sendProblem(response, requestId, new Problem(told.code, told.detail), challengeOf(refusal, told));
}

/** undefined: a fault of ours. */
export function sendProblem(
  response: ServerResponse,
  requestId: string,
  problem: Problem | undefined,
  challenge?: string,
): void {
  const body = JSON.stringify(problemJson(problem, requestId));
  const retryAfter = problem?.retryAfterSeconds;
  response.writeHead(problem?.status ?? 500, {
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** RFC 6750 §3. In it the description reaches callers through proxies that keep the body for themselves. */
function challengeOf({ reason }: GateRefusal, { detail, error, scope }: Told): string {
  const realm = 'Bearer realm="postern"';
  // RFC 6750 §3.1: whoever sends no token gets no error code and no more.
  if (reason === 'no_token') return realm;
  return [
    realm,
    ...(error ? [`error="${error}"`] : []),
    `error_description="${detail.replaceAll('"', "'").replaceAll(/[^\x20-\x7e]|\\/g, '?')}"`,
    ...(scope ? [`scope="${scope}"`] : []),
  ].join(', ');
}

const UNAUTHENTICATED = 'request.unauthenticated';
const FORBIDDEN = 'request.forbidden';

function tell(refusal: GateRefusal, address: IpAddress | undefined): Told {
  switch (refusal.reason) {
    case 'no_token':
      return { code: UNAUTHENTICATED, detail: 'Send "Authorization: Bearer <access token or API token>".' };
    case 'several_tokens':
      return {
        code: UNAUTHENTICATED,
        error: 'invalid_request',
        detail: 'There is more than one Authorization header. Send one.',
      };
    case 'invalid_token':
      return {
        code: UNAUTHENTICATED,
        error: 'invalid_token',
        detail:
          'This token is not valid here, or no longer: it is for another API, has expired, was revoked or deleted, or whoever it belongs to is inactive.',
      };
    case 'address_refused':
      return {
        code: 'request.address_refused',
        detail: describeAddressRefusal(refusal.refusal, address ? formatIpAddress(address) : null),
      };
    case 'insufficient_scope':
      return {
        code: FORBIDDEN,
        error: 'insufficient_scope',
        scope: refusal.scopes.join(' '),
        detail: `This needs the scope ${refusal.scopes.join(' ')}. The role does not hold it, or the token was made without it.`,
      };
    case 'unreadable_question':
      return {
        code: FORBIDDEN,
        detail: `The proxy asks the gate in a way that it does not understand. ${refusal.fault}`,
      };
    case 'unknown_operation':
    case 'uncovered_operation':
    case 'ambiguous_path':
    case 'unknown_api':
    case 'untold_request':
      return { code: FORBIDDEN, detail: DETAILS[refusal.reason] };
  }
}

type PlainReason = 'unknown_operation' | 'uncovered_operation' | 'ambiguous_path' | 'unknown_api' | 'untold_request';

const DETAILS: Readonly<Record<PlainReason, string>> = {
  unknown_operation: 'The description of this API has no such operation.',
  uncovered_operation: 'No privilege of this API covers this operation.',
  ambiguous_path: 'This path can be read in more than one way, and so it is not let through.',
  unknown_api: 'The proxy asks the gate about an API that there is not.',
  untold_request: 'The proxy does not tell the gate, or tells it in two ways, which call this is.',
};
