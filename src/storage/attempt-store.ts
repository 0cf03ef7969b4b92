// Attempts by key and window in the database, so that all instances count together.
import type { AttemptStore } from '../domain/stores.ts';
import type { Statements } from './database-session.ts';
import { attemptEntity, type AttemptRow } from './entities/attempt.ts';

export function createAttemptStore({ manager, query }: Statements): AttemptStore {
  return {
    async count(key, windowSeconds, now) {
      const windowMilliseconds = windowSeconds * 1000;
      const endsAt = new Date(now.getTime() + windowMilliseconds);
      // A window may end later than ours would, since clocks differ; one that ends much later is from a clock that was wrong.
      const latestEnd = new Date(endsAt.getTime() + windowMilliseconds);
      const { rows } = await query<Pick<AttemptRow, 'attempts' | 'window_ends_at'>>(
        `INSERT INTO attempt AS a (key, attempts, window_ends_at) VALUES ($1, 1, $3)
         ON CONFLICT (key) DO UPDATE SET
           attempts = CASE WHEN a.window_ends_at > $2 AND a.window_ends_at <= $4 THEN a.attempts + 1 ELSE 1 END,
           window_ends_at = CASE WHEN a.window_ends_at > $2 AND a.window_ends_at <= $4 THEN a.window_ends_at ELSE $3 END
         RETURNING attempts, window_ends_at`,
        [key, now, endsAt, latestEnd],
      );
      const [row] = rows;
      if (!row) throw new Error('a counted attempt is missing');
      return { attempts: row.attempts, windowEndsAt: row.window_ends_at };
    },
    async forget(key) {
      await manager.delete(attemptEntity, { key });
    },
  };
}
