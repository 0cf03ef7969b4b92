// Who calls: the access token of the Authorization header (RFC 6750) and the answers to those that bring none.
import type { Context } from 'koa';
import type { Problem } from '../../base/problem.ts';
import { type Caller, mayCall, type Origin } from '../../domain/access/caller.ts';
import type { AddressRefusal } from '../../domain/access/access-decision.ts';
import { describeAddressRefusal } from '../../domain/access/refused-address.ts';
import type { LiveOwner } from '../../domain/access/live-owner.ts';
import type { IpAddress } from '../../domain/address/ip-address.ts';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import { isWellFormedCredential } from '../../domain/client/credential.ts';
import { readAuthorization } from '../http/authorization.ts';
import type { RequestState } from '../http/request-context.ts';
import { ApiProblem } from './api-problem.ts';

export interface BearerFacts {
  /** undefined when the deciding hop was no address. */
  readonly address: IpAddress | undefined;
  readonly origin: Origin;
}

/** A caller with what `GET /api/v1/me` tells it about itself. */
export interface AuthenticatedBearer {
  readonly ok: true;
  readonly caller: Caller;
  /** Whoever the token belongs to. */
  readonly owner: Pick<LiveOwner, 'type' | 'id' | 'name'>;
  /** `expiresAt` null: never. */
  readonly token: { readonly expiresAt: Date | null };
  readonly ip: {
    /** Canonical text; null when the deciding hop was no address. */
    readonly address: string | null;
    /** Whether `enforce` would let it in; with `report` it may be false although the call passes. */
    readonly allowed: boolean;
    readonly mode: IpRestrictionMode;
  };
  /** The client's secret, the youngest of several; null when it has none any more, for a user, and for an API token. */
  readonly secret: { readonly hint: string; readonly expiresAt: Date | null } | null;
  /** null for an access token. */
  readonly apiToken: { readonly id: string; readonly name: string; readonly hint: string } | null;
}

export type BearerVerdict =
  | AuthenticatedBearer
  /** Unknown, malformed, expired, revoked, of another audience, or of an owner that is inactive or gone. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | {
      readonly ok: false;
      readonly reason: 'address_refused';
      readonly refusal: AddressRefusal;
      readonly address: string | null;
    };

export interface BearerAuthenticator {
  /** Reads the state of this moment. Throws `service.unavailable` when it cannot know. */
  authenticate(token: string, facts: BearerFacts): Promise<BearerVerdict>;
}

const REALM = 'Bearer realm="postern"';
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The caller, or 401 (no token or a bad one), 403 (refused address), 400 (a token where it does not belong). */
export async function authenticate(
  ctx: Context & { state: RequestState },
  authenticator: BearerAuthenticator,
  issuer: string,
): Promise<AuthenticatedBearer> {
  const token = readBearer(ctx, issuer);
  const verdict = await authenticator.authenticate(token, { address: ctx.state.address, origin: ctx.state.origin });
  if (verdict.ok) return verdict;
  if (verdict.reason === 'invalid_token') {
    throw badToken(
      'This token is not valid here, or no longer: it is for another API, has expired, was revoked or deleted, or whoever it belongs to is inactive.',
    );
  }
  throw addressRefused(verdict.refusal, verdict.address);
}

/** 403 that names the privilege, with the scope to ask for (RFC 6750 §3.1). */
export function requireScope(caller: Caller, scope: string | null): void {
  if (scope === null || mayCall(caller, scope)) return;
  throw new ApiProblem(
    'request.forbidden',
    `This needs the privilege ${scope}. Your role does not hold it, or the access token was requested without it.`,
    { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  );
}

/** Every 403 carries a challenge, also one that the domain decides, such as a grant beyond one's own rights. */
export function challengeOf(problem: Problem): string | undefined {
  return problem.code === 'request.forbidden' ? `${REALM}, error="insufficient_scope"` : undefined;
}

function readBearer(ctx: Context, issuer: string): string {
  const query = new URLSearchParams(ctx.querystring);
  if (query.has('access_token')) {
    throw badRequest('Send the access token in the Authorization header. In a URL it would end up in logs.');
  }
  const { scheme, credentials: token, isRepeated } = readAuthorization(ctx.req);
  if (isRepeated) throw badRequest('There is more than one Authorization header. Send one.');
  const hint = `Send "Authorization: Bearer <access token or API token>". An access token comes from ${issuer}/oauth2/token in exchange for client ID and secret.`;
  if (scheme !== 'bearer' && scheme !== 'token') throw unauthenticated(hint);
  if (scheme === 'token' && !token.startsWith('pstt_')) {
    throw unauthenticated(`The scheme Token is for API tokens, which begin with pstt_. ${hint}`);
  }
  // What people paste first; the check characters make sure that it is one, and it is not repeated.
  if (isWellFormedCredential(token, 'psts_')) {
    throw badToken(`This is a client secret, not an access token. Exchange it for one at ${issuer}/oauth2/token.`);
  }
  if (!B64TOKEN.test(token)) {
    throw badToken(token === '' ? 'The Authorization header has no access token.' : 'The access token is malformed.');
  }
  return token;
}

/** RFC 6750 §3.1: whoever sends no token of this kind gets a challenge without an error code. */
function unauthenticated(detail: string): Problem {
  return new ApiProblem('request.unauthenticated', detail, { 'WWW-Authenticate': REALM });
}

function badRequest(detail: string): Problem {
  return new ApiProblem('request.malformed', detail, { 'WWW-Authenticate': `${REALM}, error="invalid_request"` });
}

function badToken(detail: string): Problem {
  return new ApiProblem('request.unauthenticated', detail, {
    'WWW-Authenticate': `${REALM}, error="invalid_token", error_description="${detail}"`,
  });
}

/** No error code: neither another token nor a wider scope would help. */
function addressRefused(refusal: AddressRefusal, address: string | null): Problem {
  return new ApiProblem('request.address_refused', describeAddressRefusal(refusal, address), {
    'WWW-Authenticate': REALM,
  });
}
