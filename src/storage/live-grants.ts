// What a role grants in a company, as the live views read it: the statement, and one object for all that have the same.
import type { GrantedApi } from '../domain/api/privilege.ts';

/**
 * A part of a statement: from rows `asked` with a role and a company, as `apis`, the JSON text for `createGrantsReader`. What a role
 * grants in a company is worked out once for all that have both.
 */
export const GRANTED_TO_ASKED = `
granted AS (
  SELECT pair.role_id, pair.company_id, json_agg(json_build_object('id', a.id, 'identifier', a.identifier, 'name', a.name,
    'scopes', share.scopes) ORDER BY a.id)::text AS apis
  FROM (SELECT DISTINCT role_id, company_id FROM asked) pair
  CROSS JOIN LATERAL (
    SELECT g.api_id, json_agg(g.scope ORDER BY g.position, g.scope) AS scopes
    FROM granted_privileges(pair.role_id, pair.company_id) g GROUP BY g.api_id
  ) share
  JOIN api a ON a.id = share.api_id
  GROUP BY pair.role_id, pair.company_id
)`;

const MAX_SHARED_GRANTS = 1000;

/** Thousands of clients hold the same role: they share one object for what it grants. */
export function createGrantsReader(): (apis: string | null) => ReadonlyMap<string, GrantedApi> {
  const shared = new Map<string, ReadonlyMap<string, GrantedApi>>();
  return (apis) => {
    const text = apis ?? '[]';
    const known = shared.get(text);
    if (known) return known;
    if (shared.size >= MAX_SHARED_GRANTS) shared.clear();
    const list = JSON.parse(text) as readonly GrantedApi[];
    const grants = new Map(list.map((api) => [api.id, api] as const));
    shared.set(text, grants);
    return grants;
  };
}
