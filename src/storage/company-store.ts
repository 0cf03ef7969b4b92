// Companies in the database.
import { z } from 'zod';
import type { Reach } from '../domain/access/caller.ts';
import type { Company } from '../domain/company/company.ts';
import type {
  CompanyContents,
  CompanyFilter,
  CompanySort,
  CompanySummary,
  CompanyStore,
} from '../domain/company/company-store.ts';
import { RESELLER_ROLE_ID } from '../domain/role/role.ts';
import type { PageRequest } from '../domain/stores.ts';
import { nameKey } from '../domain/text.ts';
import { cursorInstant, cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import { companyEntity, type CompanyRow } from './entities/company.ts';
import { withinReach } from './reach.ts';
import { containing } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export function createCompanyStore(statements: Statements): CompanyStore {
  const { manager, query } = statements;
  return {
    find: (id, reach) => findCompany(statements, id, reach, ''),
    findForUpdate: (id, reach) => findCompany(statements, id, reach, 'FOR UPDATE'),
    findSummary: (id, reach) => findSummary(statements, id, reach),
    list: (filter, page, reach) => listCompanies(statements, filter, page, reach),
    count: (reach) => countCompanies(statements, reach),
    namesOf: (ids, reach) => namesOf(statements, ids, reach),
    async isNameTaken(name, parentId, exceptId) {
      const { rows } = await query<{ taken: boolean }>(
        `SELECT EXISTS (
           SELECT FROM company WHERE parent_id = $1 AND name_key = $2 AND id IS DISTINCT FROM $3
         ) AS taken`,
        [parentId, nameKey(name), exceptId],
      );
      return rows[0]?.taken === true;
    },
    contentsOf: (id) => contentsOf(statements, id),
    async resellerPrivileges(id) {
      const { rows } = await query<{ name: string }>(
        `SELECT p.api_id || '/' || p.scope AS name
         FROM company c CROSS JOIN LATERAL available_apis(c.path) a JOIN privilege p ON p.api_id = a.id
         WHERE c.id = $1 AND p.level = 'reseller' ORDER BY p.api_id, p.position, p.scope`,
        [id],
      );
      return rows.map(({ name }) => name);
    },
    async insert(company) {
      await manager.insert(companyEntity, {
        ...toFields(company),
        id: company.id,
        parent_id: company.parentId,
        path: company.path,
        created_at: company.createdAt,
        version: company.version,
      });
    },
    async update(company) {
      await manager.update(companyEntity, { id: company.id }, { ...toFields(company), version: () => 'version + 1' });
    },
    async delete(id) {
      await manager.delete(companyEntity, { id });
    },
  };
}

/** What changes with a company: it never moves. */
function toFields(company: Company) {
  return {
    name: company.name,
    name_key: nameKey(company.name),
    reseller: company.reseller,
    status: company.status,
    ip_mode: company.ipRestriction.mode,
    ip_rules: [...company.ipRestriction.rules],
    updated_at: company.updatedAt,
  };
}

const COMPANY = { id: 'c.id', path: 'c.path' };

async function findCompany(
  { query }: Statements,
  id: string,
  reach: Reach | null,
  lock: '' | 'FOR UPDATE',
): Promise<Company | undefined> {
  const values = new SqlValues();
  const { rows } = await query<CompanyRow>(
    `SELECT * FROM company c WHERE c.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)} ${lock}`,
    values.list,
  );
  return rows[0] && toCompany(rows[0]);
}

interface SummaryRow extends CompanyRow {
  readonly parent_name: string | null;
  readonly is_suspended: boolean;
}

const SUMMARY = `
SELECT c.*, parent.name AS parent_name, is_suspended(c.path) AS is_suspended
FROM company c LEFT JOIN company parent ON parent.id = c.parent_id`;

async function findSummary({ query }: Statements, id: string, reach: Reach | null) {
  const values = new SqlValues();
  const { rows } = await query<SummaryRow>(
    `${SUMMARY} WHERE c.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] && toSummary(rows[0], reach);
}

/** The longest name makes a cursor of a few hundred characters. */
const SORTED_NAME = 'left(c.name_key, 80)';
const byTime = z.tuple([cursorInstant, cursorText]);
const byName = z.tuple([cursorText, cursorText]);

async function listCompanies({ query }: Statements, filter: CompanyFilter, page: PageRequest, reach: Reach) {
  const sort: CompanySort = filter.sort ?? 'created_at';
  const values = new SqlValues();
  const conditions = [withinReach(reach, COMPANY, values), ...filterConditions(filter, reach, values)];
  const after = decodeCursor(page.cursor, `companies.${sort}`, sort === 'name' ? byName : byTime);
  if (after) {
    const [value, id] = [values.add(after[0]), values.add(after[1])];
    conditions.push(
      sort === 'name'
        ? `(${SORTED_NAME}, c.id) > (${value}, ${id})`
        : `(c.created_at, c.id) < (${value}::timestamptz, ${id})`,
    );
  }
  const order = sort === 'name' ? `${SORTED_NAME}, c.id` : 'c.created_at DESC, c.id DESC';
  const { rows } = await query<SummaryRow>(
    `${SUMMARY} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${values.add(page.limit + 1)}`,
    values.list,
  );
  const position = (row: SummaryRow) =>
    sort === 'name' ? [...row.name_key].slice(0, 80).join('') : row.created_at.toISOString();
  return pageOf(
    rows,
    page.limit,
    (row) => toSummary(row, reach),
    (row) => encodeCursor(`companies.${sort}`, [position(row), row.id]),
  );
}

async function countCompanies({ query }: Statements, reach: Reach): Promise<{ active: number; suspended: number }> {
  const values = new SqlValues();
  const { rows } = await query<{ active: number; suspended: number }>(
    `SELECT count(*) FILTER (WHERE c.status = 'active')::integer AS active,
       count(*) FILTER (WHERE c.status = 'suspended')::integer AS suspended
     FROM company c WHERE ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] ?? { active: 0, suspended: 0 };
}

async function namesOf(
  { query }: Statements,
  ids: readonly string[],
  reach: Reach,
): Promise<ReadonlyMap<string, string>> {
  const values = new SqlValues();
  const { rows } = await query<{ id: string; name: string }>(
    `SELECT c.id, c.name FROM company c WHERE c.id = ANY (${values.add(ids)}) AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function filterConditions(filter: CompanyFilter, reach: Reach, values: SqlValues): string[] {
  const conditions: string[] = [];
  if (filter.q !== undefined) conditions.push(`c.name_key LIKE ${values.add(containing(filter.q))}`);
  if (filter.parentId !== undefined) {
    // What one's own company stands below lies out of reach, and a guess at it is not answered.
    conditions.push(`c.parent_id = ${values.add(filter.parentId)} AND c.id <> ${values.add(reach.companyId)}`);
  }
  if (filter.status !== undefined) conditions.push(`c.status = ${values.add(filter.status)}`);
  if (filter.reseller !== undefined) conditions.push(`c.reseller = ${values.add(filter.reseller)}`);
  return conditions;
}

async function contentsOf({ query }: Statements, id: string): Promise<CompanyContents> {
  const { rows } = await query<CompanyContents & { resellerRoles: string[] }>(
    `SELECT
       (SELECT count(*)::integer FROM company WHERE parent_id = $1) AS companies,
       (SELECT count(*)::integer FROM client WHERE company_id = $1) AS clients,
       (SELECT count(*)::integer FROM user_account WHERE company_id = $1) AS users,
       (SELECT count(*)::integer FROM role WHERE company_id = $1) AS roles,
       (SELECT count(*)::integer FROM client WHERE company_id = $1 AND role_id = $2)
         + (SELECT count(*)::integer FROM user_account WHERE company_id = $1 AND role_id = $2) AS resellers,
       ARRAY(
         SELECT r.name FROM role r WHERE r.company_id = $1 AND EXISTS (
           SELECT FROM role_privilege rp JOIN privilege p USING (api_id, scope)
           WHERE rp.role_id = r.id AND p.level = 'reseller')
         ORDER BY r.name_key
       ) AS "resellerRoles"`,
    [id, RESELLER_ROLE_ID],
  );
  if (!rows[0]) throw new Error('a query without a table gave no row');
  return rows[0];
}

function toCompany(row: CompanyRow): Company {
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id,
    path: row.path,
    reseller: row.reseller,
    status: row.status,
    ipRestriction: { mode: row.ip_mode, rules: row.ip_rules },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

/** The name of the company above is told to those who reach it too. */
function toSummary(row: SummaryRow, reach: Reach | null): CompanySummary {
  const isTop = reach !== null && row.id === reach.companyId;
  return { ...toCompany(row), parentName: isTop ? null : row.parent_name, isSuspended: row.is_suspended };
}
