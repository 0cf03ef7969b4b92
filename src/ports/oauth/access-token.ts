// The access token itself: its claims (RFC 9068 §2.2) and, for the short lane, the signed JWT.
import { toNumericDate } from '../../base/clock.ts';
import type { LiveClient } from '../../domain/client/live-client.ts';
import type { OpenSigningKey } from '../../domain/signing-key/key-ring.ts';
import { type AccessTokenClaims, createTokenId } from '../../domain/token/access-token.ts';
import type { Grant } from '../../domain/token/grant.ts';

export function claimsOf(issuer: string, client: LiveClient, grant: Grant, now: Date): AccessTokenClaims {
  const iat = toNumericDate(now);
  return {
    iss: issuer,
    sub: client.clientId,
    client_id: client.clientId,
    aud: grant.api.identifier,
    iat,
    exp: iat + grant.lifetimeSeconds,
    jti: createTokenId(client.tokenGeneration),
    scope: grant.scopes.join(' '),
    company_id: client.companyId,
    role: client.roleName,
  };
}

/** The same header as the engine writes; encoded once for each key. */
const headers = new WeakMap<OpenSigningKey, string>();

function headerOf(key: OpenSigningKey): string {
  const known = headers.get(key);
  if (known !== undefined) return known;
  const header = JSON.stringify({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid });
  const encoded = Buffer.from(header).toString('base64url');
  headers.set(key, encoded);
  return encoded;
}

export function signJwt(claims: AccessTokenClaims, key: OpenSigningKey): string {
  const input = `${headerOf(key)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${input}.${key.signData(Buffer.from(input, 'latin1')).toString('base64url')}`;
}
