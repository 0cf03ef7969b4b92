// The one place that says which rows a caller can see: by a condition in each query, and by what its transaction tells PostgreSQL.
import { escapeLiteral } from 'pg';
import type { Reach } from '../domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../domain/company/company.ts';
import type { SqlValues } from './sql-values.ts';

/**
 * The first wall: an SQL condition on the columns that hold a row's company and that company's path. Rows without a company are seen
 * by the system and by whoever reaches everything: the root company with all below it.
 */
export function withinReach(reach: Reach | null, columns: { id: string; path: string }, values: SqlValues): string {
  if (reach === null || reachesAll(reach)) return 'true';
  if (!reach.subtree) return `${columns.id} = ${values.add(reach.companyId)}`;
  // Every path ends in `/`, and `0` is the character after it: this range is all that begins with the path, in an index too.
  const end = `${reach.companyPath.slice(0, -1)}0`;
  return `(${columns.path} >= ${values.add(reach.companyPath)} AND ${columns.path} < ${values.add(end)})`;
}

/**
 * The second wall, row-level security: the statement with which a transaction binds itself, for good, to the rows within reach.
 * Answers undefined for whoever reaches everything, who is bound to nothing.
 */
export function enterReach(reach: Reach | undefined): string | undefined {
  if (reach === undefined || reachesAll(reach)) return undefined;
  return `SELECT enter_reach(${escapeLiteral(reach.companyPath)}, ${reach.subtree})`;
}

function reachesAll(reach: Reach): boolean {
  return reach.subtree && reach.companyId === ROOT_COMPANY_ID;
}
