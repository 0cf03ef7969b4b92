// Access tokens: what they claim, how they are told apart, and how the stored state of one is read.
import { randomBase62 } from '../../base/random.ts';

/** RFC 9068 §2.2 and ours: `company_id` and `role`. Instants are seconds since 1970. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope: string;
  readonly company_id: string;
  readonly role: string;
}

/** An opaque token as it is kept: under the SHA-256 of its value. */
export interface OpaqueToken {
  /** SHA-256 of the bearer value, base64url. */
  readonly tokenHash: string;
  readonly jti: string;
  readonly clientId: string;
  readonly companyId: string;
  readonly audience: string;
  readonly scope: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const JTI = /^(\d{1,10})-[0-9A-Za-z]{22}$/;

/** `<generation of the client>-<131 random bits>`: with the generation inside, *end all tokens* needs no clock. */
export function createTokenId(generation: number): string {
  return `${generation}-${randomBase62(22)}`;
}

/** The client's generation at the time of issue; undefined for an identifier that is not ours. */
export function generationOf(jti: string): number | undefined {
  const digits = JTI.exec(jti)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
