// The state of a token at this moment: signature or stored hash, lifetime, revocation, and whoever it belongs to, all read live.
import { createHash } from 'node:crypto';
import { type Clock, toNumericDate } from '../../base/clock.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import { decideStanding } from '../access/access-decision.ts';
import { narrowClient } from '../access/narrowing.ts';
import type { LiveApiToken, LiveApiTokens, LiveUser, LiveUsers } from '../api-token/live-api-token.ts';
import { isWellFormedCredential } from '../client/credential.ts';
import type { LiveClient, LiveClients } from '../client/live-client.ts';
import type { LiveCompanies } from '../company/live-company.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import type { OpaqueToken } from './access-token.ts';
import { type InspectedToken, type ReadToken, readToken, type StoredClaims } from './inspected-token.ts';
import { createJwtReader } from './jwt-reader.ts';

/** Revocations and opaque tokens as the token path reads them: from memory while the change feed is alive. */
export interface LiveTokens {
  isRevoked(jti: string): Soon<boolean>;
  findOpaque(tokenHash: string): Soon<OpaqueToken | undefined>;
}

export interface TokenInspector {
  /**
   * undefined for whatever is not a good token of ours; no promise when everything is in memory. Mostly the same object as before as
   * long as nothing about token and client has changed. Rejects with `service.unavailable` when it cannot know.
   */
  inspect(token: string): Soon<InspectedToken | undefined>;
}

interface Parts {
  readonly issuer: string;
  readonly keys: () => KeyRing;
  readonly liveClients: LiveClients;
  readonly liveCompanies: LiveCompanies;
  readonly liveTokens: LiveTokens;
  readonly liveApiTokens: LiveApiTokens;
  readonly liveUsers: LiveUsers;
  readonly clock: Clock;
}

/** How far a clock of another instance may be ahead of ours. */
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_TOKEN_LENGTH = 16 * 1024;

export function createTokenInspector(parts: Parts): TokenInspector {
  const { liveClients, liveCompanies, liveTokens } = parts;
  const readJwt = createJwtReader(parts);

  const judge = (read: ReadToken): Soon<InspectedToken | undefined> => {
    const { claims, judgement } = read;
    const own = liveClients.peek(claims.client_id);
    const now = parts.clock.now();
    if (judgement && judgement.client === own && now.getTime() < judgement.goodUntil) {
      const revoked = liveTokens.isRevoked(claims.jti);
      if (revoked === false) return judgement.token;
      return whenThere(revoked, (isRevoked) => (isRevoked ? undefined : judgement.token));
    }
    return judgeAnew(read, own, now);
  };

  const judgeAnew = (read: ReadToken, known: LiveClient | undefined, now: Date): Soon<InspectedToken | undefined> => {
    const { claims, generation } = read;
    const nowSeconds = toNumericDate(now);
    if (claims.exp <= nowSeconds || claims.iat > nowSeconds + CLOCK_TOLERANCE_SECONDS) return undefined;
    return whenThere(known ?? liveClients.find(claims.client_id), (own) => {
      if (!own || generation !== own.tokenGeneration) return undefined;
      return whenThere(narrowTo(claims.company_id, own), (client) => {
        if (!client || decideStanding(client, now)) return undefined;
        return whenThere(liveTokens.isRevoked(claims.jti), (isRevoked) => {
          if (isRevoked) return undefined;
          if (read.judgement?.client !== client) {
            read.judgement = { client, token: describe(claims, client), goodUntil: endOf(claims, client) };
          }
          return read.judgement.token;
        });
      });
    });
  };

  /** undefined when the company no longer lies below the client's, or the client has another role by now. */
  const narrowTo = (companyId: string, own: LiveClient): Soon<LiveClient | undefined> => {
    if (companyId === own.companyId) return own;
    if (!own.reach.subtree) return undefined;
    const company = liveCompanies.peek(companyId) ?? liveCompanies.find(companyId);
    return whenThere(company, (live) => live && narrowClient(own, live));
  };

  return {
    inspect(token) {
      if (token.length > MAX_TOKEN_LENGTH) return undefined;
      if (token.startsWith('pstt_')) return inspectApiToken(parts, token);
      if (!token.includes('.')) return whenThere(readOpaque(parts, token), (opaque) => opaque && judge(opaque));
      const read = readJwt(token);
      return read && judge(read);
    },
  };
}

function inspectApiToken(parts: Parts, value: string): Soon<InspectedToken | undefined> {
  // A mistyped one costs no query.
  if (!isWellFormedCredential(value, 'pstt_')) return undefined;
  const { liveApiTokens, clock } = parts;
  const hash = opaqueTokenHash(value);
  return whenThere(liveApiTokens.peek(hash) ?? liveApiTokens.find(hash), (token) => {
    const now = clock.now();
    if (!token || (token.expiresAt !== null && token.expiresAt <= now)) return undefined;
    return whenThere(findOwner(parts, token), (owner) =>
      owner && !decideStanding(owner, now) ? describeApiToken(token, owner) : undefined,
    );
  });
}

function findOwner({ liveClients, liveUsers }: Parts, { ownerType, ownerId }: LiveApiToken) {
  if (ownerType === 'client') return liveClients.peek(ownerId) ?? liveClients.find(ownerId);
  return liveUsers.peek(ownerId) ?? liveUsers.find(ownerId);
}

interface DescribedApiToken {
  /** As it was then: an owner that changed is another object. */
  readonly owner: LiveClient | LiveUser;
  readonly inspected: InspectedToken;
}

const describedApiTokens = new WeakMap<LiveApiToken, DescribedApiToken>();

function describeApiToken(token: LiveApiToken, owner: LiveClient | LiveUser): InspectedToken {
  const known = describedApiTokens.get(token);
  if (known?.owner === owner) return known.inspected;
  const { ipMode: mode, ipMatcher: matcher } = token;
  const api = owner.grants.get(token.apiId);
  const held = new Set(api?.scopes);
  const inspected = {
    jti: token.id,
    owner: mode === 'off' ? owner : { ...owner, tokenRestriction: { mode, matcher } },
    apiToken: token,
    audience: token.identifier,
    api,
    scopes: token.scopes.filter((scope) => held.has(scope)),
    issuedAtSeconds: toNumericDate(token.issuedAt),
    expiresAtSeconds: token.expiresAt && toNumericDate(token.expiresAt),
    judgedAddress: undefined,
  };
  describedApiTokens.set(token, { owner, inspected });
  return inspected;
}

function endOf(claims: StoredClaims, { expiresAt }: LiveClient): number {
  return Math.min(claims.exp * 1000, expiresAt?.getTime() ?? Infinity);
}

function describe(claims: StoredClaims, client: LiveClient): InspectedToken {
  const api = [...client.grants.values()].find((each) => each.identifier === claims.aud);
  const held = new Set(api?.scopes);
  return {
    jti: claims.jti,
    owner: client,
    apiToken: undefined,
    audience: claims.aud,
    api,
    scopes: claims.scope.split(' ').filter((scope) => held.has(scope)),
    issuedAtSeconds: claims.iat,
    expiresAtSeconds: claims.exp,
    judgedAddress: undefined,
  };
}

/** SHA-256 in base64url: all that is stored of an opaque token's value. */
export function opaqueTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function readOpaque({ liveTokens }: Parts, token: string): Soon<ReadToken | undefined> {
  // 43 characters come from the engine; anything else was never issued and costs no query.
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
  return whenThere(liveTokens.findOpaque(opaqueTokenHash(token)), (stored) => stored && readOf(stored));
}

const reads = new WeakMap<OpaqueToken, ReadToken>();

function readOf(stored: OpaqueToken): ReadToken {
  const known = reads.get(stored);
  if (known) return known;
  const read = readToken({
    client_id: stored.clientId,
    company_id: stored.companyId,
    aud: stored.audience,
    scope: stored.scope,
    jti: stored.jti,
    iat: toNumericDate(stored.issuedAt),
    exp: toNumericDate(stored.expiresAt),
  });
  reads.set(stored, read);
  return read;
}
