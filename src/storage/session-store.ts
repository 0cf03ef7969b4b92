// Sessions of the pages in the database.
import type { SessionStore } from '../domain/stores.ts';
import type { Session } from '../domain/user/user.ts';
import type { Statements } from './database-session.ts';
import { sessionEntity, type SessionRow } from './entities/user-account.ts';

export function createSessionStore({ manager, query }: Statements): SessionStore {
  return {
    async insert(session) {
      await manager.insert(sessionEntity, toRow(session));
    },
    async findByTokenHash(tokenHash) {
      const { rows } = await query<SessionRow>('SELECT * FROM session WHERE token_hash = $1', [tokenHash]);
      return rows[0] && toSession(rows[0]);
    },
    async listOfUser(userId) {
      const { rows } = await query<SessionRow>(
        'SELECT * FROM session WHERE user_id = $1 ORDER BY created_at DESC, id DESC',
        [userId],
      );
      return rows.map(toSession);
    },
    async touch(sessionId, seenAt) {
      // Of two requests at once the later one counts, in whatever order they arrive here.
      await query('UPDATE session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2', [sessionId, seenAt]);
    },
    async actFor(sessionId, companyId) {
      await query('UPDATE session SET acting_company_id = $2 WHERE id = $1', [sessionId, companyId]);
    },
    async delete(sessionId) {
      await manager.delete(sessionEntity, { id: sessionId });
    },
    async deleteOfUser(userId, exceptSessionId) {
      const { rowCount } = await query('DELETE FROM session WHERE user_id = $1 AND id IS DISTINCT FROM $2', [
        userId,
        exceptSessionId,
      ]);
      return rowCount ?? 0;
    },
  };
}

function toRow(session: Session): SessionRow {
  return {
    id: session.id,
    token_hash: session.tokenHash,
    user_id: session.userId,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    ip: session.ip,
    user_agent: session.userAgent,
    acting_company_id: session.actingCompanyId,
  };
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    tokenHash: row.token_hash,
    userId: row.user_id,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    ip: row.ip,
    userAgent: row.user_agent,
    actingCompanyId: row.acting_company_id,
  };
}
