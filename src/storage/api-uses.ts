// Who uses an API: roles with its privileges, clients that have it as their default, API tokens, and all who may get tokens for it.
import type { Reach } from '../domain/access/caller.ts';
import type { ApiStore, AvailabilityShare, NamedCount } from '../domain/api/api-store.ts';
import type { ApiAvailability } from '../domain/api/api.ts';
import type { Statements } from './database-session.ts';
import { withinReach } from './reach.ts';
import { SqlValues } from './sql-values.ts';

type ApiUses = Pick<
  ApiStore,
  'companyNames' | 'rolesWithAny' | 'rolesByScope' | 'clientsWithDefault' | 'apiTokensFor' | 'countHolders'
>;

const MAX_NAMES = 5;

export function createApiUses(statements: Statements): ApiUses {
  const { query } = statements;
  return {
    async companyNames(companyIds, reach) {
      const values = new SqlValues();
      const reached = withinReach(reach, { id: 'co.id', path: 'co.path' }, values);
      const { rows } = await query<{ id: string; name: string }>(
        `SELECT co.id, co.name FROM company co WHERE co.id = ANY (${values.add(companyIds)}) AND ${reached}
         ORDER BY co.name_key, co.id`,
        values.list,
      );
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    async rolesWithAny(apiId, reach) {
      const values = new SqlValues();
      const holding = `EXISTS (SELECT FROM role_privilege rp WHERE rp.role_id = r.id AND rp.api_id = ${values.add(apiId)})`;
      const { rows } = await query<NamedCount>(
        `SELECT count(*)::integer AS count, ${namesOf('r', reach, values)} AS names
         FROM role r JOIN company co ON co.id = r.company_id WHERE ${holding}`,
        values.list,
      );
      return rows[0] ?? { count: 0, names: [] };
    },
    async rolesByScope(apiId, scopes, reach) {
      const values = new SqlValues();
      const { rows } = await query<NamedCount & { scope: string }>(
        `SELECT rp.scope, count(*)::integer AS count, ${namesOf('r', reach, values)} AS names
         FROM role_privilege rp JOIN role r ON r.id = rp.role_id JOIN company co ON co.id = r.company_id
         WHERE rp.api_id = ${values.add(apiId)} AND rp.scope = ANY (${values.add(scopes)})
         GROUP BY rp.scope ORDER BY rp.scope`,
        values.list,
      );
      return new Map(rows.map(({ scope, count, names }) => [scope, { count, names }]));
    },
    async clientsWithDefault(apiId, share, reach) {
      const values = new SqlValues();
      const there = share === null ? 'true' : inShare(share, values);
      const { rows } = await query<NamedCount>(
        `SELECT count(*)::integer AS count, ${namesOf('c', reach, values)} AS names
         FROM client c JOIN company co ON co.id = c.company_id WHERE c.default_api = ${values.add(apiId)} AND ${there}`,
        values.list,
      );
      return rows[0] ?? { count: 0, names: [] };
    },
    async apiTokensFor(apiId, reach) {
      const values = new SqlValues();
      const { rows } = await query<NamedCount>(
        `SELECT count(*)::integer AS count, ${namesOf('t', reach, values)} AS names
         FROM api_token t JOIN company co ON co.id = t.company_id WHERE t.api_id = ${values.add(apiId)}`,
        values.list,
      );
      return rows[0] ?? { count: 0, names: [] };
    },
    countHolders: (apiId, share, roles, reach) => countHolders(statements, apiId, share, roles, reach),
  };
}

/** The first names from A to Z that who asks may know; of rows with a `name`, beside their company `co`. */
function namesOf(table: string, reach: Reach, values: SqlValues): string {
  const reached = withinReach(reach, { id: 'co.id', path: 'co.path' }, values);
  const all = `array_agg(${table}.name ORDER BY ${table}.name_key) FILTER (WHERE ${reached})`;
  return `coalesce((${all})[1:${MAX_NAMES}], '{}')`;
}

async function countHolders(
  { query }: Statements,
  apiId: string,
  share: AvailabilityShare,
  roles: 'standard' | 'custom',
  reach: Reach,
) {
  const values = new SqlValues();
  const held =
    roles === 'standard'
      ? `SELECT id FROM role WHERE kind = 'standard'`
      : `SELECT role_id FROM role_privilege WHERE api_id = ${values.add(apiId)}`;
  const reached = withinReach(reach, { id: 'co.id', path: 'co.path' }, values);
  const there = `SELECT co.id FROM company co WHERE ${reached} AND ${inShare(share, values)}`;
  const countOf = (table: string) =>
    `(SELECT count(*)::integer FROM ${table} h WHERE h.role_id IN (SELECT * FROM held) AND h.company_id IN (SELECT id FROM there))`;
  const { rows } = await query<{ clients: number; users: number }>(
    `WITH held AS (${held}), there AS (${there})
     SELECT ${countOf('client')} AS clients, ${countOf('user_account')} AS users`,
    values.list,
  );
  return rows[0] ?? { clients: 0, users: 0 };
}

/** A condition on the company `co`. */
function inShare({ within, beyond }: AvailabilityShare, values: SqlValues): string {
  return `${liesIn(within, values)} AND NOT ${liesIn(beyond, values)}`;
}

/** The companies named and all below them, worked out once for a statement rather than for each row. */
function liesIn(availability: ApiAvailability, values: SqlValues): string {
  if (availability === 'all') return 'true';
  if (availability.length === 0) return 'false';
  return `co.id IN (
    SELECT below.id FROM company below
    CROSS JOIN LATERAL unnest(string_to_array(rtrim(below.path, '/'), '/')) AS step (id)
    WHERE step.id = ANY (${values.add(availability)}))`;
}
