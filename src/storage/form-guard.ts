// Forms that make something do so once, over all instances: whoever stores the form's key first goes on.
import type { DataSource } from 'typeorm';
import { unavailable } from '../base/problem.ts';
import { poolOf } from './pool.ts';

/** Both throw `service.unavailable` when they cannot know. */
export interface FormGuard {
  /** True for the first who asks for this key; for the others false, for two days (housekeeping.ts). */
  claim(key: string): Promise<boolean>;
  /** Gives the key back: what the form asked for did not happen. */
  release(key: string): Promise<void>;
}

export function createFormGuard({ dataSource }: { dataSource: DataSource }): FormGuard {
  const pool = poolOf(dataSource);
  const run = async (sql: string, key: string): Promise<number> => {
    try {
      return (await pool.query(sql, [key])).rowCount ?? 0;
    } catch (error) {
      throw unavailable(error);
    }
  };
  return {
    async claim(key) {
      const stored = await run('INSERT INTO used_form (key, used_at) VALUES ($1, now()) ON CONFLICT DO NOTHING', key);
      return stored === 1;
    },
    async release(key) {
      await run('DELETE FROM used_form WHERE key = $1', key);
    },
  };
}
