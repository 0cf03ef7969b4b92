// Revocations and opaque tokens in the database.
import type { TokenStore } from '../domain/stores.ts';
import type { OpaqueToken } from '../domain/token/access-token.ts';
import type { Statements } from './database-session.ts';

interface OpaqueTokenRow {
  readonly token_hash: string;
  readonly jti: string;
  readonly client_id: string;
  readonly company_id: string;
  readonly audience: string;
  readonly scope: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
}

export function createTokenStore({ query }: Pick<Statements, 'query'>): TokenStore {
  return {
    async revoke(jti, clientId, expiresAt) {
      await query(
        'INSERT INTO revoked_token (jti, client_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT (jti) DO NOTHING',
        [jti, clientId, expiresAt],
      );
    },
    async isRevoked(jti) {
      const { rowCount } = await query('SELECT FROM revoked_token WHERE jti = $1', [jti]);
      return rowCount !== 0;
    },
    async insertOpaque(token) {
      await query(
        `INSERT INTO opaque_token (token_hash, jti, client_id, company_id, audience, scope, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          token.tokenHash,
          token.jti,
          token.clientId,
          token.companyId,
          token.audience,
          token.scope,
          token.issuedAt,
          token.expiresAt,
        ],
      );
    },
    async findOpaque(tokenHash) {
      const { rows } = await query<OpaqueTokenRow>('SELECT * FROM opaque_token WHERE token_hash = $1', [tokenHash]);
      return rows[0] && toOpaqueToken(rows[0]);
    },
  };
}

function toOpaqueToken(row: OpaqueTokenRow): OpaqueToken {
  return {
    tokenHash: row.token_hash,
    jti: row.jti,
    clientId: row.client_id,
    companyId: row.company_id,
    audience: row.audience,
    scope: row.scope,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  };
}
