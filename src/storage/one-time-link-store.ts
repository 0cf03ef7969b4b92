// One-time links in the database: setting up the first user, and invitations.
import type { OneTimeLinkStore } from '../domain/stores.ts';
import type { Statements } from './database-session.ts';
import { oneTimeLinkEntity } from './entities/user-account.ts';

export function createOneTimeLinkStore({ manager, query, isWriting }: Statements): OneTimeLinkStore {
  return {
    async insert(link) {
      await manager.insert(oneTimeLinkEntity, {
        token_hash: link.tokenHash,
        kind: link.kind,
        user_id: link.userId,
        expires_at: link.expiresAt,
      });
    },
    async find(tokenHash, kind, now) {
      // Whoever finds it to use it makes a second one wait, who then finds nothing.
      const { rows } = await query<{ user_id: string | null }>(
        `SELECT user_id FROM one_time_link WHERE token_hash = $1 AND kind = $2 AND expires_at > $3
         ${isWriting ? 'FOR UPDATE' : ''}`,
        [tokenHash, kind, now],
      );
      return rows[0] && { userId: rows[0].user_id };
    },
    async deleteAll(kind, userId) {
      await query('DELETE FROM one_time_link WHERE kind = $1 AND ($2::text IS NULL OR user_id = $2)', [kind, userId]);
    },
  };
}
