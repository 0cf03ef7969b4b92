// Roles in the database. Which of them a company can choose and what they grant there is said by functions of the schema alone.
import { z } from 'zod';
import type { Reach } from '../domain/access/caller.ts';
import type { RoleStore } from '../domain/role/role-store.ts';
import type { RoleSummary } from '../domain/role/role.ts';
import type { PageRequest } from '../domain/stores.ts';
import { cursorInstant, cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import { createCustomRoleStore } from './custom-role-store.ts';
import type { Statements } from './database-session.ts';
import type { RoleRow } from './entities/role.ts';
import { isSeenRole } from './role-reach.ts';
import { withinReach } from './reach.ts';
import { containing } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export function createRoleStore(statements: Statements): RoleStore {
  const { query } = statements;
  return {
    ...createCustomRoleStore(statements),
    findChoosable: (roleId, companyId) => findChoosable(statements, roleId, companyId),
    async listChoosable(companyId) {
      const { rows } = await query<Pick<RoleRow, 'id' | 'name' | 'description'>>(
        'SELECT id, name, description FROM choosable_roles($1) ORDER BY kind DESC, name_key, id',
        [companyId],
      );
      return rows;
    },
    async listCovered(companyId, privileges) {
      const { rows } = await query<{ id: string; name: string; isCovered: boolean }>(
        `SELECT r.id, r.name, NOT EXISTS (
           SELECT g.api_id || '/' || g.scope FROM granted_privileges(r.id, $1) g EXCEPT SELECT unnest($2::text[])
         ) AS "isCovered"
         FROM choosable_roles($1) r ORDER BY r.kind DESC, r.name_key, r.id`,
        [companyId, privileges],
      );
      return rows;
    },
    privilegesOf: (roleId, companyId) => privilegesOf(statements, roleId, companyId),
    find: (roleId, reach) => findRole(statements, roleId, reach),
    list: (filter, page, reach) => listRoles(statements, filter, page, reach),
  };
}

async function findChoosable(statements: Statements, roleId: string, companyId: string) {
  const { query, isWriting } = statements;
  if (isWriting) {
    // Locked first and read afterwards: whoever changes or deletes the role or the company waits, or is waited for. The reference to
    // come would take the same locks, but only after what is read here was decided upon.
    await query('SELECT FROM role WHERE id = $1 FOR KEY SHARE', [roleId]);
    await query('SELECT FROM company WHERE id = $1 FOR KEY SHARE', [companyId]);
  }
  const { rows } = await query<Pick<RoleRow, 'id' | 'name'>>('SELECT id, name FROM choosable_roles($2) WHERE id = $1', [
    roleId,
    companyId,
  ]);
  return rows[0] && { ...rows[0], privileges: await privilegesOf(statements, roleId, companyId) };
}

async function privilegesOf({ query }: Statements, roleId: string, companyId: string): Promise<readonly string[]> {
  const { rows } = await query<{ name: string }>(
    `SELECT api_id || '/' || scope AS name FROM granted_privileges($1, $2) ORDER BY api_id, position, scope`,
    [roleId, companyId],
  );
  return rows.map(({ name }) => name);
}

interface SummaryRow extends RoleRow {
  readonly company_name: string | null;
  readonly privileges: readonly string[];
  readonly available_to: readonly string[];
  readonly client_count: number;
  readonly user_count: number;
}

interface Asked {
  readonly reach: Reach;
  /** Conditions on `role r` beyond that it is seen. */
  readonly conditions: (values: SqlValues) => readonly string[];
  readonly limit: number;
}

/**
 * Newest first, as somebody with that reach sees them: what standard roles hold in their company, holders and companies that they know
 * of. Holders are counted for all of them at once: a standard role may have tens of thousands, and a search for each would add up.
 */
async function findSummaries({ query }: Statements, { reach, conditions, limit }: Asked): Promise<SummaryRow[]> {
  const values = new SqlValues();
  const asking = values.add(reach.companyId);
  const reached = (table: string) =>
    withinReach(reach, { id: `${table}.company_id`, path: `${table}.company_path` }, values);
  const seen = [isSeenRole(reach, values), ...conditions(values)].join(' AND ');
  const held = (table: string) => `
    SELECT h.role_id, count(*)::integer AS count FROM ${table} h
    WHERE h.role_id = ANY (ARRAY(SELECT id FROM asked)) AND ${reached('h')} GROUP BY h.role_id`;
  const { rows } = await query<SummaryRow>(
    `WITH asked AS MATERIALIZED (
       SELECT r.* FROM role r WHERE ${seen} ORDER BY r.created_at DESC, r.id DESC LIMIT ${values.add(limit)}
     ), clients AS (${held('client')}), users AS (${held('user_account')})
     SELECT r.*, role_owner_name(r.id) AS company_name,
       CASE r.kind
         WHEN 'standard' THEN ARRAY(
           SELECT g.api_id || '/' || g.scope FROM granted_privileges(r.id, ${asking}) g
           ORDER BY g.api_id, g.position, g.scope)
         ELSE ARRAY(
           SELECT p.api_id || '/' || p.scope FROM role_privilege rp JOIN privilege p USING (api_id, scope)
           WHERE rp.role_id = r.id ORDER BY p.api_id, p.position, p.scope)
       END AS privileges,
       ARRAY(
         SELECT rc.company_id FROM role_company rc WHERE rc.role_id = r.id AND ${reached('rc')} ORDER BY rc.company_id
       ) AS available_to,
       coalesce(clients.count, 0) AS client_count, coalesce(users.count, 0) AS user_count
     FROM asked r
     LEFT JOIN clients ON clients.role_id = r.id
     LEFT JOIN users ON users.role_id = r.id
     ORDER BY r.created_at DESC, r.id DESC`,
    values.list,
  );
  return rows;
}

async function findRole(statements: Statements, roleId: string, reach: Reach): Promise<RoleSummary | undefined> {
  const conditions = (values: SqlValues) => [`r.id = ${values.add(roleId)}`];
  const [row] = await findSummaries(statements, { reach, conditions, limit: 1 });
  return row && toSummary(row);
}

const position = z.tuple([cursorInstant, cursorText]);

async function listRoles(
  statements: Statements,
  filter: { q?: string | undefined; kind?: string | undefined; companyId?: string | undefined },
  page: PageRequest,
  reach: Reach,
) {
  const after = decodeCursor(page.cursor, 'roles', position);
  const conditions = (values: SqlValues) => [
    ...(filter.q === undefined ? [] : [`r.search_text LIKE ${values.add(containing(filter.q))}`]),
    ...(filter.kind === undefined ? [] : [`r.kind = ${values.add(filter.kind)}`]),
    ...(filter.companyId === undefined ? [] : [`r.company_id = ${values.add(filter.companyId)}`]),
    ...(after ? [`(r.created_at, r.id) < (${values.add(after[0])}::timestamptz, ${values.add(after[1])})`] : []),
  ];
  const rows = await findSummaries(statements, { reach, conditions, limit: page.limit + 1 });
  return pageOf(rows, page.limit, toSummary, (row) => encodeCursor('roles', [row.created_at.toISOString(), row.id]));
}

function toSummary(row: SummaryRow): RoleSummary {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    kind: row.kind,
    companyId: row.company_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    companyName: row.company_name,
    privileges: row.privileges,
    availableTo: row.available_to,
    clientCount: row.client_count,
    userCount: row.user_count,
  };
}
