// Companies in the database.
import type { Company } from '../domain/company/company.ts';
import type { CompanyStore } from '../domain/stores.ts';
import type { Statements } from './database-session.ts';
import type { CompanyRow } from './entities/company.ts';
import { withinReach } from './reach.ts';
import { SqlValues } from './sql-values.ts';

export function createCompanyStore({ query }: Pick<Statements, 'query'>): CompanyStore {
  return {
    async find(id, reach) {
      const values = new SqlValues();
      const { rows } = await query<CompanyRow>(
        `SELECT * FROM company c
         WHERE c.id = ${values.add(id)} AND ${withinReach(reach, { id: 'c.id', path: 'c.path' }, values)}`,
        values.list,
      );
      return rows[0] && toCompany(rows[0]);
    },
  };
}

function toCompany(row: CompanyRow): Company {
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id,
    path: row.path,
    reseller: row.reseller,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}
