// Which roles a caller can see.
import type { Reach } from '../domain/access/caller.ts';
import { withinReach } from './reach.ts';
import type { SqlValues } from './sql-values.ts';

/** An SQL condition on `role r`: the standard ones, those of companies within reach, and those made available to one. */
export function isSeenRole(reach: Reach, values: SqlValues): string {
  const isOwned = withinReach(reach, { id: 'r.company_id', path: 'r.company_path' }, values);
  const isAvailable = withinReach(reach, { id: 'rc.company_id', path: 'rc.company_path' }, values);
  return `(
  r.kind = 'standard' OR ${isOwned}
  OR EXISTS (SELECT FROM role_company rc WHERE rc.role_id = r.id AND ${isAvailable})
)`;
}
