// What a role grants in a company, as the live views read it: JSON text, one object for all that have the same.
import type { GrantedApi } from '../domain/api/privilege.ts';

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
