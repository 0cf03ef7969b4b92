// The gate's decision: may this token, from this address, make this call of this API? Pure; whatever it needs was read before.
import { type AddressRefusal, haveHostNames, judgeAddress, type JudgedAddress } from '../access/access-decision.ts';
import type { IpAddress } from '../address/ip-address.ts';
import type { LiveApi } from '../api/live-api.ts';
import type { OperationMatcher } from '../api/operation-matcher.ts';
import { splitRequestPath } from '../api/path-template.ts';
import { type InspectedToken, isForNothing } from '../token/inspected-token.ts';

/** The call that the gate stands before. */
export interface OriginalRequest {
  readonly method: string;
  /** As the caller sent it, with or without its query. */
  readonly path: string;
}

export interface GateQuestion {
  /** What the proxy says that the call needs, all of it; none: it is found by the operation that is called. */
  readonly scopes: readonly string[];
  /** undefined: the proxy doesn't say what is called. */
  readonly original: OriginalRequest | undefined;
}

export type GateVerdict =
  /** `reported`: as what the address would have been refused, did the rules not only report. */
  | { readonly allowed: true; readonly token: InspectedToken; readonly reported: AddressRefusal | undefined }
  /** None of ours, or no longer, or for another API. */
  | { readonly allowed: false; readonly reason: 'invalid_token' }
  /** `refusal` is the reason for the audit log. */
  | {
      readonly allowed: false;
      readonly reason: 'address_refused';
      readonly token: InspectedToken;
      readonly refusal: AddressRefusal;
    }
  /** `scopes` is what to ask for: the set of which the token lacks least. */
  | { readonly allowed: false; readonly reason: 'insufficient_scope'; readonly scopes: readonly string[] }
  | { readonly allowed: false; readonly reason: 'unknown_operation' | 'uncovered_operation' | 'ambiguous_path' }
  /** The proxy asks about an API that there isn't, or doesn't say what is called although that decides. */
  | { readonly allowed: false; readonly reason: 'unknown_api' | 'untold_request' };

export type GateApi = Pick<LiveApi, 'identifier' | 'hasOperations' | 'matcher' | 'unknownOperations'>;

/** `token` and `api` as they are at this moment; the API is the one that the proxy asks about. `address` undefined: it cannot be told. */
export function decideGate(
  token: InspectedToken | undefined,
  api: GateApi | undefined,
  question: GateQuestion,
  address: IpAddress | undefined,
): GateVerdict {
  if (!token) return { allowed: false, reason: 'invalid_token' };
  // After the token, so that strangers can't find out which APIs there are.
  if (!api) return { allowed: false, reason: 'unknown_api' };
  // RFC 9068 §4: a token for another API is none here, whatever its scopes are called.
  if (token.audience !== api.identifier || isForNothing(token)) return { allowed: false, reason: 'invalid_token' };
  const { refusal, reported } = judgedAddressOf(token, address);
  if (refusal) return { allowed: false, reason: 'address_refused', token, refusal };
  return decideScope(token.scopes, api, question) ?? { allowed: true, token, reported };
}

/** The same address is the same object most of the time (ports/http/request-context.ts), and the same token too. */
function judgedAddressOf(token: InspectedToken, address: IpAddress | undefined): JudgedAddress {
  const known = token.judgedAddress;
  if (known && known.address === address) return known;
  const judged = judgeAddress(token.owner, address);
  if (!haveHostNames(token.owner)) token.judgedAddress = judged;
  return judged;
}

/** undefined when the scopes are enough. */
function decideScope(held: readonly string[], api: GateApi, question: GateQuestion): GateVerdict | undefined {
  if (question.scopes.length > 0) return decideSets(held, [question.scopes]);
  // Nothing says what a call needs: a token for the API is enough.
  if (!api.hasOperations) return undefined;
  if (!question.original) return { allowed: false, reason: 'untold_request' };
  const { path } = question.original;
  // Some servers take `get` for GET.
  const method = question.original.method.toUpperCase();
  const described = api.matcher.find(method, path);
  // Before `allow` can let it through: the server behind could read it as an operation that isn't open to this token.
  if (!described && !splitRequestPath(withoutQuery(path))) return { allowed: false, reason: 'ambiguous_path' };
  const operation = described ?? findTwin(api, method, path);
  if (operation && operation.scopes.length > 0) return decideSets(held, operation.scopes);
  if (api.unknownOperations === 'allow') return undefined;
  return { allowed: false, reason: operation ? 'uncovered_operation' : 'unknown_operation' };
}

/** Many servers take a path with and without a slash at its end for the same: where unknown ones pass, both need what one needs. */
function findTwin(api: GateApi, method: string, path: string): ReturnType<OperationMatcher['find']> {
  if (api.unknownOperations !== 'allow') return undefined;
  const plain = withoutQuery(path);
  return api.matcher.find(method, plain.endsWith('/') ? plain.slice(0, -1) : `${plain}/`);
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

function decideSets(held: readonly string[], sets: readonly (readonly string[])[]): GateVerdict | undefined {
  let nearest: readonly string[] = [];
  let fewest = Infinity;
  for (const set of sets) {
    let missing = 0;
    for (const scope of set) if (!held.includes(scope)) missing += 1;
    if (missing === 0) return undefined;
    if (missing < fewest) {
      fewest = missing;
      nearest = set;
    }
  }
  return { allowed: false, reason: 'insufficient_scope', scopes: nearest };
}
