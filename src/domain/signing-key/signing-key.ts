// Signing keys: JWKs that sign access tokens. The private part is at rest only under the encryption key.

export type SigningKeyStatus = 'next' | 'current' | 'retired';

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: 'ES256';
  readonly status: SigningKeyStatus;
  /** Public members alone: kty crv x y kid alg use. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** PKCS #8 DER under the secret box, context `signing_key:<kid>`. */
  readonly sealedPrivateKey: Buffer;
  readonly createdAt: Date;
}
