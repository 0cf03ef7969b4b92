// The one place that says which rows a caller can see.
import type { Reach } from '../domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../domain/company/company.ts';
import type { SqlValues } from './sql-values.ts';

/**
 * An SQL condition on the columns that hold a row's company and that company's path. Rows without a company are seen by the system
 * and by whoever reaches everything: the root company with all below it.
 */
export function withinReach(reach: Reach | null, columns: { id: string; path: string }, values: SqlValues): string {
  if (reach === null || reachesAll(reach)) return 'true';
  if (!reach.subtree) return `${columns.id} = ${values.add(reach.companyId)}`;
  // Every path ends in `/`, and `0` is the character after it: this range is all that begins with the path, in an index too.
  const end = `${reach.companyPath.slice(0, -1)}0`;
  return `(${columns.path} >= ${values.add(reach.companyPath)} AND ${columns.path} < ${values.add(end)})`;
}

function reachesAll(reach: Reach): boolean {
  return reach.subtree && reach.companyId === ROOT_COMPANY_ID;
}
