// Reads access tokens that are JWTs (RFC 9068): the signature is verified once for each token, and the claims are remembered.
import type { KeyRing } from '../signing-key/key-ring.ts';
import { type ReadToken, readToken, type StoredClaims } from './inspected-token.ts';

interface Verified {
  readonly token: string;
  readonly kid: string;
  readonly read: ReadToken;
}

interface Parts {
  readonly issuer: string;
  readonly keys: () => KeyRing;
}

const MAX_VERIFIED = 10_000;

/** undefined for what is no token of ours. Whether it has expired, or was ended, isn't looked at. */
export function createJwtReader({ issuer, keys }: Parts): (token: string) => ReadToken | undefined {
  // By signature, which is short beside the token and as unlike any other.
  const verified = new Map<string, Verified>();
  return (token) => {
    const signature = token.slice(-SIGNATURE_LENGTH);
    const known = verified.get(signature);
    if (known?.token === token) return keys().find(known.kid) ? known.read : undefined;
    const found = verifyJwt(token, issuer, keys());
    if (!found) return undefined;
    if (verified.size >= MAX_VERIFIED) {
      const oldest = verified.keys().next();
      if (!oldest.done) verified.delete(oldest.value);
    }
    const read = readToken(found.claims);
    // A copy of its own: what is cut out of a header would keep all of the header.
    verified.set(Buffer.from(signature, 'latin1').toString('latin1'), {
      token: Buffer.from(token, 'latin1').toString('latin1'),
      kid: found.kid,
      read,
    });
    return read;
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
