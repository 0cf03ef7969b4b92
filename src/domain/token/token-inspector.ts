// The state of an access token at this moment: signature and lifetime, revocation, and the client behind it, all read live.
import { createHash } from 'node:crypto';
import { type Clock, toNumericDate } from '../../base/clock.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import { decideStanding } from '../access/access-decision.ts';
import { narrowClient } from '../access/narrowing.ts';
import type { GrantedApi } from '../api/privilege.ts';
import type { LiveClient, LiveClients } from '../client/live-client.ts';
import type { LiveCompanies } from '../company/live-company.ts';
import type { KeyRing } from '../signing-key/key-ring.ts';
import { type AccessTokenClaims, generationOf, type OpaqueToken } from './access-token.ts';

/** A token that is good right now, from an address about which nothing is said yet. */
export interface InspectedToken {
  readonly jti: string;
  /** Narrowed to the company that the token is confined to. */
  readonly client: LiveClient;
  readonly audience: string;
  /** undefined when the client no longer holds anything on the API: see `isForNothing`. */
  readonly api: GrantedApi | undefined;
  /** What was issued, less what the role has lost since; a token never gains. */
  readonly scopes: readonly string[];
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
}

/** Revocations and opaque tokens as the token path reads them: from memory while the change feed is alive. */
export interface LiveTokens {
  isRevoked(jti: string): Soon<boolean>;
  findOpaque(tokenHash: string): Soon<OpaqueToken | undefined>;
}

/**
 * The API was taken from the company, or the role has nothing there any more: no such token could be had now, so that it means as
 * little as none. It can still be revoked, for good.
 */
export function isForNothing({ api }: InspectedToken): boolean {
  return api === undefined;
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
  readonly clock: Clock;
}

type StoredClaims = Pick<AccessTokenClaims, 'client_id' | 'aud' | 'iat' | 'exp' | 'jti' | 'scope' | 'company_id'>;

/** How far a clock of another instance may be ahead of ours. */
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_VERIFIED = 10_000;

export function createTokenInspector(parts: Parts): TokenInspector {
  const { liveClients, liveCompanies, liveTokens } = parts;
  const readJwt = createJwtReader(parts);

  const judge = (claims: StoredClaims): Soon<InspectedToken | undefined> => {
    const now = parts.clock.now();
    const nowSeconds = toNumericDate(now);
    if (claims.exp <= nowSeconds || claims.iat > nowSeconds + CLOCK_TOLERANCE_SECONDS) return undefined;
    return whenThere(liveClients.peek(claims.client_id) ?? liveClients.find(claims.client_id), (own) => {
      if (!own || generationOf(claims.jti) !== own.tokenGeneration) return undefined;
      return whenThere(narrowTo(claims.company_id, own), (client) => {
        if (!client || decideStanding(client, now)) return undefined;
        const revoked = liveTokens.isRevoked(claims.jti);
        return whenThere(revoked, (isRevoked) => (isRevoked ? undefined : describe(claims, client)));
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
      const claims = token.includes('.') ? readJwt(token) : readOpaque(parts, token);
      return whenThere(claims, (read) => read && judge(read));
    },
  };
}

/** What was last made of these claims, for the client as it was then: a client that changed is another object. */
const described = new WeakMap<StoredClaims, InspectedToken>();

function describe(claims: StoredClaims, client: LiveClient): InspectedToken {
  const known = described.get(claims);
  if (known?.client === client) return known;
  const api = [...client.grants.values()].find((each) => each.identifier === claims.aud);
  const held = new Set(api?.scopes);
  const token = {
    jti: claims.jti,
    client,
    audience: claims.aud,
    api,
    scopes: claims.scope.split(' ').filter((scope) => held.has(scope)),
    issuedAtSeconds: claims.iat,
    expiresAtSeconds: claims.exp,
  };
  described.set(claims, token);
  return token;
}

/** Verifies a signature once and remembers the claims; everything that can change is looked at each time by `inspect`. */
function createJwtReader({ issuer, keys }: Parts): (token: string) => StoredClaims | undefined {
  // By signature, which is short beside the token and as unlike any other.
  const verified = new Map<string, { token: string; kid: string; claims: StoredClaims }>();
  return (token) => {
    const signature = token.slice(-SIGNATURE_LENGTH);
    const known = verified.get(signature);
    if (known?.token === token) return keys().find(known.kid) ? known.claims : undefined;
    const read = verifyJwt(token, issuer, keys());
    if (!read) return undefined;
    if (verified.size >= MAX_VERIFIED) {
      const oldest = verified.keys().next();
      if (!oldest.done) verified.delete(oldest.value);
    }
    verified.set(signature, { token, ...read });
    return read.claims;
  };
}

/** ES256 in base64url. */
const SIGNATURE_LENGTH = 86;
const JWT_FORM = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

function verifyJwt(token: string, issuer: string, keys: KeyRing): { kid: string; claims: StoredClaims } | undefined {
  const parts = JWT_FORM.exec(token);
  if (!parts?.[1] || !parts[2] || !parts[3]) return undefined;
  const header = parseObject(parts[1]);
  if (!header || typeof header['kid'] !== 'string' || 'crit' in header) return undefined;
  if (typeof header['typ'] !== 'string' || header['typ'].toLowerCase() !== 'at+jwt') return undefined;
  const key = keys.find(header['kid']);
  if (!key || header['alg'] !== key.algorithm) return undefined;
  const signed = Buffer.from(`${parts[1]}.${parts[2]}`, 'latin1');
  const signature = Buffer.from(parts[3], 'base64url');
  // base64url has spare bits: only the spelling that was issued counts, else revoked and remembered tokens would have doubles.
  if (signature.toString('base64url') !== parts[3] || !key.verifyData(signed, signature)) return undefined;
  const claims = parseObject(parts[2]);
  return claims && isOurs(claims, issuer) ? { kid: key.kid, claims } : undefined;
}

function isOurs(claims: Record<string, unknown>, issuer: string): claims is Record<string, unknown> & StoredClaims {
  return (
    claims['iss'] === issuer &&
    ['client_id', 'aud', 'jti', 'scope', 'company_id'].every((name) => typeof claims[name] === 'string') &&
    Number.isInteger(claims['iat']) &&
    Number.isInteger(claims['exp'])
  );
}

function parseObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** SHA-256 in base64url: all that is stored of an opaque token's value. */
export function opaqueTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function readOpaque({ liveTokens }: Parts, token: string): Soon<StoredClaims | undefined> {
  // 43 characters come from the engine; anything else was never issued and costs no query.
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
  return whenThere(liveTokens.findOpaque(opaqueTokenHash(token)), (stored) => stored && claimsOf(stored));
}

const claimed = new WeakMap<OpaqueToken, StoredClaims>();

function claimsOf(stored: OpaqueToken): StoredClaims {
  const known = claimed.get(stored);
  if (known) return known;
  const claims = {
    client_id: stored.clientId,
    company_id: stored.companyId,
    aud: stored.audience,
    scope: stored.scope,
    jti: stored.jti,
    iat: toNumericDate(stored.issuedAt),
    exp: toNumericDate(stored.expiresAt),
  };
  claimed.set(stored, claims);
  return claims;
}
