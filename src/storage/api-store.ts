// APIs in the database: what is read of them. What is written stands in api-writes.ts, who uses them in api-uses.ts.
import { z } from 'zod';
import type { Reach } from '../domain/access/caller.ts';
import type { ApiFilter, ApiStore, PublishedApi } from '../domain/api/api-store.ts';
import type { Api, ApiPrivilege, ApiSummary, AvailableApi, CountedPrivilege } from '../domain/api/api.ts';
import type { ApiOperation, HttpMethod } from '../domain/api/operation-matcher.ts';
import type { Page, PageRequest } from '../domain/stores.ts';
import { createApiUses } from './api-uses.ts';
import { createApiWrites } from './api-writes.ts';
import { cursorInstant, cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import type { ApiDocumentRow, ApiOperationRow, ApiRow, PrivilegeRow } from './entities/api.ts';
import { withinReach } from './reach.ts';
import { containing } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export function createApiStore(statements: Statements): ApiStore {
  const { query } = statements;
  return {
    ...createApiUses(statements),
    ...createApiWrites(statements),
    find: (apiId, reach) => findApi(statements, apiId, reach),
    list: (filter, page, reach) => listApis(statements, filter, page, reach),
    async findForUpdate(apiId) {
      const { rows } = await query<ApiRow>('SELECT * FROM api WHERE id = $1 FOR UPDATE', [apiId]);
      if (!rows[0]) return undefined;
      const { rows: companies } = await query<{ company_id: string }>(
        'SELECT company_id FROM api_company WHERE api_id = $1 ORDER BY company_id',
        [apiId],
      );
      return toApi({ ...rows[0], companies: companies.map((row) => row.company_id) });
    },
    async privilegesOf(apiId) {
      const { rows } = await query<PrivilegeRow>('SELECT * FROM privilege WHERE api_id = $1 ORDER BY position, scope', [
        apiId,
      ]);
      return rows.map(toPrivilege);
    },
    operationsOf: (apiId) => operationsOf(statements, apiId),
    async listAvailable(companyId) {
      const { rows } = await query<AvailableApi>(
        `SELECT a.id, a.identifier, a.name FROM company c CROSS JOIN LATERAL available_apis(c.path) a
         WHERE c.id = $1 ORDER BY a.name_key, a.id`,
        [companyId],
      );
      return rows;
    },
    async listPublished({ withPrivate, limit }) {
      const { rows } = await query<PublishedRow>(
        `${PUBLISHED} AND ($1 OR NOT a.docs_private) ORDER BY a.name_key, a.id LIMIT $2`,
        [withPrivate, limit],
      );
      return rows.map(toPublished);
    },
    async findPublished(apiId) {
      const { rows } = await query<PublishedRow>(`${PUBLISHED} AND a.id = $1`, [apiId]);
      return rows[0] && toPublished(rows[0]);
    },
    async findDocument(apiId) {
      const { rows } = await query<Pick<ApiDocumentRow, 'document'>>(
        'SELECT document FROM api_document WHERE api_id = $1',
        [apiId],
      );
      return rows[0]?.document;
    },
  };
}

interface SummaryRow extends ApiRow {
  /** Those within reach. */
  readonly companies: readonly string[];
  readonly privilege_count: number;
}

function summaryFor(reach: Reach, values: SqlValues): string {
  const reached = withinReach(reach, { id: 'co.id', path: 'co.path' }, values);
  return `
SELECT a.*,
  ARRAY(
    SELECT ac.company_id FROM api_company ac JOIN company co ON co.id = ac.company_id
    WHERE ac.api_id = a.id AND ${reached} ORDER BY ac.company_id
  ) AS companies,
  (SELECT count(*)::integer FROM privilege p WHERE p.api_id = a.id) AS privilege_count
FROM api a`;
}

async function findApi(statements: Statements, apiId: string, reach: Reach): Promise<ApiSummary | undefined> {
  const values = new SqlValues();
  const { rows } = await statements.query<SummaryRow>(
    `${summaryFor(reach, values)} WHERE a.id = ${values.add(apiId)}`,
    values.list,
  );
  const [row] = rows;
  if (!row) return undefined;
  const privileges = await countedPrivileges(statements, [apiId]);
  return { ...toApi(row), privileges: privileges.get(apiId) ?? [] };
}

const position = z.tuple([cursorInstant, cursorText]);
/** More would make an answer of many megabytes. */
const MAX_PRIVILEGES_OF_PAGE = 20_000;

async function listApis(
  statements: Statements,
  filter: ApiFilter,
  page: PageRequest,
  reach: Reach,
): Promise<Page<ApiSummary>> {
  const values = new SqlValues();
  const conditions = ['true'];
  const select = summaryFor(reach, values);
  if (filter.q !== undefined) {
    const pattern = values.add(containing(filter.q));
    conditions.push(`(a.name_key LIKE ${pattern} OR a.id LIKE ${pattern} OR lower(a.identifier) LIKE ${pattern})`);
  }
  const after = decodeCursor(page.cursor, 'apis', position);
  if (after) {
    conditions.push(`(a.created_at, a.id) < (${values.add(after[0])}::timestamptz, ${values.add(after[1])})`);
  }
  const { rows } = await statements.query<SummaryRow>(
    `${select} WHERE ${conditions.join(' AND ')} ORDER BY a.created_at DESC, a.id DESC LIMIT ${values.add(page.limit + 1)}`,
    values.list,
  );
  const shown = rows.slice(0, Math.min(page.limit, fitting(rows)));
  const privileges = await countedPrivileges(
    statements,
    shown.map(({ id }) => id),
  );
  return pageOf(
    rows,
    shown.length,
    (row) => ({ ...toApi(row), privileges: privileges.get(row.id) ?? [] }),
    (row) => encodeCursor('apis', [row.created_at.toISOString(), row.id]),
  );
}

/** How many of the rows, one at least, have no more privileges together than a page may. */
function fitting(rows: readonly SummaryRow[]): number {
  let sum = 0;
  const excess = rows.findIndex((row, index) => {
    sum += row.privilege_count;
    return index > 0 && sum > MAX_PRIVILEGES_OF_PAGE;
  });
  return excess < 0 ? rows.length : excess;
}

async function countedPrivileges(
  { query }: Statements,
  apiIds: readonly string[],
): Promise<ReadonlyMap<string, readonly CountedPrivilege[]>> {
  const { rows } = await query<PrivilegeRow>(
    'SELECT * FROM privilege WHERE api_id = ANY ($1) ORDER BY api_id, position, scope',
    [apiIds],
  );
  const found = new Map<string, CountedPrivilege[]>();
  for (const row of rows) {
    const known = found.get(row.api_id);
    const privilege = { ...toPrivilege(row), operations: row.operations };
    if (known) known.push(privilege);
    else found.set(row.api_id, [privilege]);
  }
  return found;
}

async function operationsOf({ query }: Statements, apiId: string): Promise<readonly ApiOperation[]> {
  const { rows } = await query<ApiOperationRow>('SELECT * FROM api_operation WHERE api_id = $1 ORDER BY path, method', [
    apiId,
  ]);
  return rows.map((row) => ({
    // Written by an import alone, which knows these methods.
    method: row.method as HttpMethod,
    path: row.path,
    manySegments: row.many_segments,
    scopes: row.scopes,
  }));
}

type PublishedRow = Pick<ApiRow, 'id' | 'identifier' | 'name' | 'docs_private' | 'version' | 'server_origins'> & {
  readonly operation_count: number;
};

const PUBLISHED = `
SELECT a.id, a.identifier, a.name, a.docs_private, a.version, a.server_origins,
  (SELECT count(*)::integer FROM api_operation o WHERE o.api_id = a.id) AS operation_count
FROM api a WHERE a.imported_at IS NOT NULL`;

function toPublished(row: PublishedRow): PublishedApi {
  return {
    id: row.id,
    identifier: row.identifier,
    name: row.name,
    docsPrivate: row.docs_private,
    version: row.version,
    operationCount: row.operation_count,
    serverOrigins: row.server_origins,
  };
}

function toApi(row: ApiRow & { readonly companies: readonly string[] }): Api {
  return {
    id: row.id,
    identifier: row.identifier,
    name: row.name,
    description: row.description,
    builtIn: row.built_in,
    availableTo: row.available_to_all ? 'all' : row.companies,
    docsPrivate: row.docs_private,
    unknownOperations: row.unknown_operations,
    importedAt: row.imported_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

function toPrivilege(row: PrivilegeRow): ApiPrivilege {
  return { scope: row.scope, group: row.group_name, description: row.description, level: row.level };
}
