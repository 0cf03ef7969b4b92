// Writing APIs. An import brings thousands of rows: they go in statements of two thousand, each of which ends in time.
import type { ApiStore, ImportedDescription } from '../domain/api/api-store.ts';
import type { Api, ApiPrivilege } from '../domain/api/api.ts';
import { nameKey } from '../domain/text.ts';
import type { Statements } from './database-session.ts';
import { apiEntity } from './entities/api.ts';

type ApiWrites = Pick<
  ApiStore,
  'insert' | 'update' | 'delete' | 'writeAvailability' | 'writePrivileges' | 'writeDescription'
>;

const MAX_ROWS = 2000;

export function createApiWrites(statements: Statements): ApiWrites {
  const { manager, query } = statements;
  return {
    async insert(api) {
      await manager.insert(apiEntity, {
        ...toFields(api),
        id: api.id,
        built_in: api.builtIn,
        available_to_all: false,
        created_at: api.createdAt,
        version: api.version,
      });
    },
    async update(api) {
      await manager.update(apiEntity, { id: api.id }, { ...toFields(api), version: () => 'version + 1' });
    },
    async delete(apiId) {
      await manager.delete(apiEntity, { id: apiId });
    },
    async writeAvailability(apiId, availableTo) {
      const companyIds = availableTo === 'all' ? [] : availableTo;
      await manager.update(apiEntity, { id: apiId }, { available_to_all: availableTo === 'all' });
      await query('DELETE FROM api_company WHERE api_id = $1 AND company_id <> ALL ($2)', [apiId, companyIds]);
      for (const part of chunks(companyIds)) {
        await query(
          'INSERT INTO api_company (api_id, company_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
          [apiId, part],
        );
      }
    },
    writePrivileges: (apiId, privileges) => writePrivileges(statements, apiId, privileges),
    writeDescription: (apiId, description) => writeDescription(statements, apiId, description),
  };
}

function toFields(api: Api) {
  return {
    identifier: api.identifier,
    name: api.name,
    name_key: nameKey(api.name),
    description: api.description,
    docs_private: api.docsPrivate,
    unknown_operations: api.unknownOperations,
    updated_at: api.updatedAt,
  };
}

/** Roles refer to the rows: they are changed where they stand. */
async function writePrivileges(
  { query }: Statements,
  apiId: string,
  privileges: readonly ApiPrivilege[],
): Promise<void> {
  await query('DELETE FROM privilege WHERE api_id = $1 AND scope <> ALL ($2)', [
    apiId,
    privileges.map(({ scope }) => scope),
  ]);
  const rows = privileges.map((privilege, position) => ({ ...privilege, position }));
  for (const part of chunks(rows)) {
    await query(
      `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::integer[])
       ON CONFLICT (api_id, scope) DO UPDATE SET group_name = excluded.group_name, description = excluded.description,
         level = excluded.level, position = excluded.position
       WHERE (privilege.group_name, privilege.description, privilege.level, privilege.position)
         IS DISTINCT FROM (excluded.group_name, excluded.description, excluded.level, excluded.position)`,
      [
        apiId,
        part.map(({ scope }) => scope),
        part.map(({ group }) => group),
        part.map(({ description }) => description),
        part.map(({ level }) => level),
        part.map(({ position }) => position),
      ],
    );
  }
}

async function writeDescription(
  { manager, query }: Statements,
  apiId: string,
  { document, operations, basePaths, serverOrigins, importedAt }: ImportedDescription,
): Promise<void> {
  await manager.update(
    apiEntity,
    { id: apiId },
    { base_paths: [...basePaths], server_origins: [...serverOrigins], imported_at: importedAt },
  );
  await query(
    `INSERT INTO api_document (api_id, document) VALUES ($1, $2)
     ON CONFLICT (api_id) DO UPDATE SET document = excluded.document`,
    [apiId, document],
  );
  await writeCounts({ query }, apiId, operations);
  await query('DELETE FROM api_operation WHERE api_id = $1', [apiId]);
  for (const part of chunks(operations)) {
    const rows = part.map(({ method, path, manySegments, scopes }) => ({
      method,
      path,
      many_segments: manySegments,
      scopes,
    }));
    await query(
      `INSERT INTO api_operation (api_id, method, path, many_segments, scopes)
       SELECT $1, o.method, o.path, o.many_segments, o.scopes
       FROM jsonb_to_recordset($2::jsonb) AS o (method text, path text, many_segments text[], scopes jsonb)`,
      [apiId, JSON.stringify(rows)],
    );
  }
}

async function writeCounts(
  { query }: Pick<Statements, 'query'>,
  apiId: string,
  operations: ImportedDescription['operations'],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { scopes } of operations) {
    for (const scope of new Set(scopes.flat())) counts.set(scope, (counts.get(scope) ?? 0) + 1);
  }
  await query(
    `UPDATE privilege p SET operations = now.operations
     FROM (
       SELECT q.scope, coalesce(c.operations, 0) AS operations FROM privilege q
       LEFT JOIN unnest($2::text[], $3::integer[]) AS c (scope, operations) ON c.scope = q.scope WHERE q.api_id = $1
     ) now
     WHERE p.api_id = $1 AND p.scope = now.scope AND p.operations <> now.operations`,
    [apiId, [...counts.keys()], [...counts.values()]],
  );
}

function chunks<T>(rows: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(rows.length / MAX_ROWS) }, (_, index) =>
    rows.slice(index * MAX_ROWS, (index + 1) * MAX_ROWS),
  );
}
