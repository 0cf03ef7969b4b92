// Signing keys and revoked tokens, as they are stored.
import { EntitySchema } from 'typeorm';
import type { SigningKey, SigningKeyStatus } from '../../domain/signing-key/signing-key.ts';

export interface SigningKeyRow {
  readonly kid: string;
  readonly algorithm: SigningKey['algorithm'];
  readonly status: SigningKeyStatus;
  readonly public_jwk: Readonly<Record<string, string>>;
  readonly sealed_private_key: Buffer;
  readonly created_at: Date;
}

export const signingKeyEntity = new EntitySchema<SigningKeyRow>({
  name: 'signing_key',
  columns: {
    kid: { type: 'text', collation: 'C', primary: true },
    algorithm: { type: 'text' },
    status: { type: 'text' },
    public_jwk: { type: 'jsonb' },
    sealed_private_key: { type: 'bytea' },
    created_at: { type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'signing_key_current', columns: ['status'], unique: true, where: `(status = 'current'::text)` }],
  checks: [{ name: 'signing_key_status', expression: `status IN ('next', 'current', 'retired')` }],
});

export interface RevokedTokenRow {
  readonly jti: string;
  readonly client_id: string;
  readonly expires_at: Date;
}

export const revokedTokenEntity = new EntitySchema<RevokedTokenRow>({
  name: 'revoked_token',
  columns: {
    jti: { type: 'text', collation: 'C', primary: true },
    client_id: { type: 'text', collation: 'C' },
    expires_at: { type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'revoked_token_expiry', columns: ['expires_at'] }],
});
