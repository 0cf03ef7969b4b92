// What is kept of custom roles, for those who make, change and delete them.
import type { QueryResultRow } from 'pg';
import type { Reach } from '../domain/access/caller.ts';
import type { PrivilegeLevel } from '../domain/api/privilege.ts';
import type { CustomRole, FullRole, RoleHolders, RoleStore } from '../domain/role/role-store.ts';
import { nameKey } from '../domain/text.ts';
import { ROLE_NAMES_LOCK } from './advisory-locks.ts';
import type { Statements } from './database-session.ts';
import { roleEntity, type RoleRow } from './entities/role.ts';
import { withinReach } from './reach.ts';
import { isSeenRole } from './role-reach.ts';
import { searchText } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

type CustomRoleStore = Pick<
  RoleStore,
  'lockNames' | 'findForUpdate' | 'findNameClash' | 'levelsOf' | 'holdersOf' | 'insert' | 'update' | 'delete'
>;

export function createCustomRoleStore(statements: Statements): CustomRoleStore {
  const { manager, query } = statements;
  return {
    async lockNames() {
      await query(`SELECT pg_advisory_xact_lock(${ROLE_NAMES_LOCK})`);
    },
    findForUpdate: (roleId, reach) => findForUpdate(statements, roleId, reach),
    findNameClash: (name, companyIds, exceptRoleId) => findNameClash(statements, name, companyIds, exceptRoleId),
    levelsOf: (privileges, companyId) => levelsOf(statements, privileges, companyId),
    holdersOf: (roleId, reach, companyIds) => holdersOf(statements, roleId, reach, companyIds ?? null),
    async insert(role) {
      await manager.insert(roleEntity, {
        ...toFields(role),
        id: role.id,
        kind: role.kind,
        company_id: role.companyId,
        created_at: role.createdAt,
        version: role.version,
      });
      await writeLists(statements, role);
    },
    async update(role) {
      await manager.update(roleEntity, { id: role.id }, { ...toFields(role), version: () => 'version + 1' });
      await writeLists(statements, role);
    },
    async delete(roleId) {
      await manager.delete(roleEntity, { id: roleId });
    },
  };
}

function toFields(role: CustomRole) {
  return {
    name: role.name,
    name_key: nameKey(role.name),
    search_text: searchText(role.name, role.description),
    description: role.description,
    updated_at: role.updatedAt,
  };
}

/** What is there already stays untouched, so that nobody is told of a change that is none. */
async function writeLists({ query }: Statements, { id, privileges, availableTo }: CustomRole): Promise<void> {
  await query(
    `DELETE FROM role_privilege rp WHERE rp.role_id = $1
       AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS given (name) WHERE given.name = rp.api_id || '/' || rp.scope)`,
    [id, privileges],
  );
  // An API's id has no `/`, a scope may.
  await query(
    `INSERT INTO role_privilege (role_id, api_id, scope)
     SELECT $1, split_part(given.name, '/', 1), substr(given.name, position('/' IN given.name) + 1)
     FROM unnest($2::text[]) AS given (name)
     ON CONFLICT DO NOTHING`,
    [id, privileges],
  );
  await query(
    `DELETE FROM role_company rc WHERE rc.role_id = $1
       AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS given (id) WHERE given.id = rc.company_id)`,
    [id, availableTo],
  );
  // Policies look at a row before it turns out to be there: one of a company beyond the reach, which keeps the role, must not be tried.
  await query(
    `INSERT INTO role_company (role_id, company_id)
     SELECT $1, given.id FROM unnest($2::text[]) AS given (id)
     WHERE NOT EXISTS (SELECT FROM role_company rc WHERE rc.role_id = $1 AND rc.company_id = given.id)
     ON CONFLICT DO NOTHING`,
    [id, availableTo],
  );
}

interface FullRow extends RoleRow {
  readonly privileges: readonly string[];
  readonly available_to: readonly string[];
}

/** Locked first and read afterwards: a statement that waits for a lock sees other tables as they were before it waited. */
async function findForUpdate({ query }: Statements, roleId: string, reach: Reach): Promise<FullRole | undefined> {
  const values = new SqlValues();
  const { rowCount } = await query(
    `SELECT FROM role r WHERE r.id = ${values.add(roleId)} AND ${isSeenRole(reach, values)} FOR UPDATE`,
    values.list,
  );
  if (rowCount === 0) return undefined;
  const { rows } = await query<FullRow & QueryResultRow>(
    `SELECT r.*,
       ARRAY(
         SELECT rp.api_id || '/' || rp.scope FROM role_privilege rp WHERE rp.role_id = r.id ORDER BY rp.api_id || '/' || rp.scope
       ) AS privileges,
       ARRAY(SELECT rc.company_id FROM role_company rc WHERE rc.role_id = r.id ORDER BY rc.company_id) AS available_to
     FROM role r WHERE r.id = $1`,
    [roleId],
  );
  return rows[0] && toFullRole(rows[0]);
}

/** In companies beyond the caller's reach too. */
async function findNameClash(
  { query }: Statements,
  name: string,
  companyIds: readonly string[],
  exceptRoleId: string,
): Promise<{ companyId: string } | undefined> {
  const { rows } = await query<{ companyId: string | null }>('SELECT role_name_clash($1, $2, $3) AS "companyId"', [
    nameKey(name),
    companyIds,
    exceptRoleId,
  ]);
  const companyId = rows[0]?.companyId ?? null;
  return companyId === null ? undefined : { companyId };
}

async function levelsOf(
  { query }: Statements,
  privileges: readonly string[],
  companyId: string,
): Promise<ReadonlyMap<string, PrivilegeLevel>> {
  const { rows } = await query<{ name: string; level: PrivilegeLevel }>(
    `SELECT asked.name, p.level FROM unnest($1::text[]) AS asked (name)
     JOIN company c ON c.id = $2
     CROSS JOIN LATERAL available_apis(c.path) a
     JOIN privilege p ON p.api_id = a.id AND p.scope = substr(asked.name, position('/' IN asked.name) + 1)
     WHERE a.id = split_part(asked.name, '/', 1)`,
    [privileges, companyId],
  );
  return new Map(rows.map(({ name, level }) => [name, level]));
}

const MAX_NAMES = 5;

async function holdersOf(
  { query }: Statements,
  roleId: string,
  reach: Reach,
  companyIds: readonly string[] | null,
): Promise<RoleHolders> {
  const values = new SqlValues([roleId, companyIds]);
  const reached = withinReach(reach, { id: 'h.company_id', path: 'h.company_path' }, values);
  const { rows } = await query<RoleHolders & QueryResultRow>(
    `WITH holder AS (
       SELECT 'client' AS kind, name, name_key AS sort_key, company_id, company_path FROM client WHERE role_id = $1
       UNION ALL SELECT 'user', email, email_key, company_id, company_path FROM user_account WHERE role_id = $1
     ), named AS (
       SELECT * FROM holder h
       WHERE ${reached} AND ($2::text[] IS NULL OR h.company_id = ANY ($2))
       ORDER BY h.kind, h.sort_key LIMIT ${MAX_NAMES}
     )
     SELECT ARRAY(SELECT name FROM named WHERE kind = 'client' ORDER BY sort_key) AS "clientNames",
       ARRAY(SELECT name FROM named WHERE kind = 'user' ORDER BY sort_key) AS "userNames",
       count_role_holders($1, $2) AS count`,
    values.list,
  );
  if (!rows[0]) throw new Error('a query without a table gave no row');
  return rows[0];
}

function toFullRole(row: FullRow): FullRole {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    kind: row.kind,
    companyId: row.company_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    privileges: row.privileges,
    availableTo: row.available_to,
  };
}
