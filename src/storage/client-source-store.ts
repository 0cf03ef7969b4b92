// The addresses from which clients were seen, as the use recorder wrote them.
import { z } from 'zod';
import type { ClientSource, ClientSourceStore } from '../domain/client/client-sources.ts';
import { cursorInstant, cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import type { ClientSourceRow } from './entities/client.ts';
import { SqlValues } from './sql-values.ts';

/** The recorder keeps fewer for each client. */
const MAX_SOURCES = 2000;

export function createClientSourceStore({ query }: Statements): ClientSourceStore {
  return {
    async list(clientId, since, page) {
      const after = decodeCursor(page.cursor, 'client_sources', z.tuple([cursorInstant, cursorText]));
      const values = new SqlValues();
      const conditions = [`client_id = ${values.add(clientId)}`, `last_seen_at >= ${values.add(since)}`];
      if (after) {
        conditions.push(`(last_seen_at, ip) < (${values.add(after[0])}::timestamptz, ${values.add(after[1])})`);
      }
      const { rows } = await query<ClientSourceRow>(
        `SELECT * FROM client_source WHERE ${conditions.join(' AND ')}
         ORDER BY last_seen_at DESC, ip DESC LIMIT ${values.add(page.limit + 1)}`,
        values.list,
      );
      return pageOf(rows, page.limit, toSource, ({ last_seen_at, ip }) =>
        encodeCursor('client_sources', [last_seen_at.toISOString(), ip]),
      );
    },
    async listAll(clientId, since) {
      const { rows } = await query<ClientSourceRow>(
        `SELECT * FROM client_source WHERE client_id = $1 AND last_seen_at >= $2
         ORDER BY last_seen_at DESC, ip DESC LIMIT ${MAX_SOURCES}`,
        [clientId, since],
      );
      return rows.map(toSource);
    },
  };
}

function toSource(row: ClientSourceRow): ClientSource {
  return {
    ip: row.ip,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    uses: Number(row.uses),
    refusals: Number(row.refusals),
  };
}
