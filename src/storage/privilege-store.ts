// The catalogue of privileges in the database.
import { z } from 'zod';
import type { Privilege } from '../domain/api/privilege.ts';
import type { PageRequest, PrivilegeStore } from '../domain/stores.ts';
import { cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import type { PrivilegeRow } from './entities/api.ts';
import { containingAsIs } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export function createPrivilegeStore({ query }: Statements): PrivilegeStore {
  return {
    list: (filter, page, companyId) => listPrivileges(query, filter, page, companyId),
    async isApiAvailable(apiId, companyId) {
      const { rowCount } = await query(
        'SELECT FROM company c CROSS JOIN LATERAL available_apis(c.path) a WHERE c.id = $2 AND a.id = $1',
        [apiId, companyId],
      );
      return rowCount !== 0;
    },
  };
}

const position = z.tuple([cursorText, cursorText, cursorText]);

async function listPrivileges(
  query: Statements['query'],
  filter: { q?: string | undefined; api?: string | undefined },
  page: PageRequest,
  companyId: string,
) {
  const values = new SqlValues();
  const conditions = [`c.id = ${values.add(companyId)}`];
  if (filter.q !== undefined) {
    // The collation of the columns knows the case of ASCII letters alone.
    conditions.push(
      `concat_ws(E'\\n', p.scope, p.group_name, p.description) COLLATE "default" ILIKE ${values.add(containingAsIs(filter.q))}`,
    );
  }
  if (filter.api !== undefined) conditions.push(`p.api_id = ${values.add(filter.api)}`);
  const after = decodeCursor(page.cursor, 'privileges', position);
  if (after) {
    const placeholders = after.map((value) => values.add(value));
    conditions.push(`(p.api_id, p.group_name, p.scope) > (${placeholders.join(', ')})`);
  }
  const { rows } = await query<PrivilegeRow>(
    `SELECT p.* FROM company c
     CROSS JOIN LATERAL available_apis(c.path) a
     JOIN privilege p ON p.api_id = a.id
     WHERE ${conditions.join(' AND ')}
     ORDER BY p.api_id, p.group_name, p.scope LIMIT ${values.add(page.limit + 1)}`,
    values.list,
  );
  return pageOf(rows, page.limit, toPrivilege, (row) =>
    encodeCursor('privileges', [row.api_id, row.group_name, row.scope]),
  );
}

function toPrivilege(row: PrivilegeRow): Privilege {
  return {
    apiId: row.api_id,
    scope: row.scope,
    group: row.group_name,
    description: row.description,
    level: row.level,
  };
}
