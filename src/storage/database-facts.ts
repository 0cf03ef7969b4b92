// What the database tells of itself, for the system page.
import type { DataSource } from 'typeorm';
import type { DatabaseFacts } from '../domain/system/system-service.ts';
import { toProblem } from './database-error.ts';
import { DatabaseSession } from './database-session.ts';

/** By it the sessions of change feeds are told from others: each process has one. */
export const FEED_APPLICATION_NAME = 'postern feed';

const FACTS = `
SELECT current_setting('server_version') AS version,
  pg_database_size(current_database())::text AS size,
  (SELECT count(*)::integer FROM pg_stat_activity
   WHERE datname = current_database() AND application_name = $1) AS processes,
  (SELECT coalesce(array_agg(name::text ORDER BY id), '{}') FROM migration) AS migrations`;

interface FactsRow {
  readonly version: string;
  readonly size: string;
  readonly processes: number;
  readonly migrations: readonly string[];
}

export async function readDatabaseFacts(dataSource: DataSource): Promise<DatabaseFacts> {
  try {
    const session = await DatabaseSession.open(dataSource, { isWriting: false });
    try {
      const { rows } = await session.query<FactsRow>(FACTS, [FEED_APPLICATION_NAME]);
      const [row] = rows;
      if (!row) throw new Error('the server answered without a row');
      return {
        version: row.version,
        sizeBytes: Number(row.size),
        processes: row.processes,
        migrations: row.migrations,
      };
    } finally {
      await session.release();
    }
  } catch (error) {
    throw toProblem(error);
  }
}
