// Signing keys in the database; the private part comes sealed and stays so.
import type { SigningKeyStore } from '../domain/stores.ts';
import type { SigningKey } from '../domain/signing-key/signing-key.ts';
import { FIRST_OF_ITS_KIND_LOCK } from './advisory-locks.ts';
import type { Statements } from './database-session.ts';
import { signingKeyEntity, type SigningKeyRow } from './entities/signing-key.ts';

export function createSigningKeyStore({ manager, query }: Statements): SigningKeyStore {
  return {
    async list() {
      const { rows } = await query<SigningKeyRow>('SELECT * FROM signing_key ORDER BY created_at DESC, kid');
      return rows.map(toSigningKey);
    },
    async insert(key) {
      await manager.insert(signingKeyEntity, {
        kid: key.kid,
        algorithm: key.algorithm,
        status: key.status,
        public_jwk: key.publicJwk,
        sealed_private_key: key.sealedPrivateKey,
        created_at: key.createdAt,
      });
    },
    async lock() {
      await query(`SELECT pg_advisory_xact_lock(${FIRST_OF_ITS_KIND_LOCK})`);
    },
  };
}

function toSigningKey(row: SigningKeyRow): SigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    status: row.status,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    createdAt: row.created_at,
  };
}
