// API tokens in the database.
import type { Reach } from '../domain/access/caller.ts';
import type { ApiToken, ApiTokenOwnerType, ApiTokenSummary } from '../domain/api-token/api-token.ts';
import type { ApiTokenFilter, ApiTokenStore } from '../domain/api-token/api-token-store.ts';
import type { PageRequest } from '../domain/stores.ts';
import { apiTokenOwner } from './api-token-owner.ts';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import { apiTokenEntity, type ApiTokenRow } from './entities/api-token.ts';
import { withinReach } from './reach.ts';
import { containing, containingAsIs, searchText } from './search-text.ts';
import { SqlValues } from './sql-values.ts';
import { nameSortKey, usedSorts } from './used-sort.ts';

export function createApiTokenStore(statements: Statements): ApiTokenStore {
  const { manager } = statements;
  return {
    find: (id, reach) => findToken(statements, id, reach),
    findForUpdate: (id, reach) => findForUpdate(statements, id, reach),
    list: (filter, page, reach) => listTokens(statements, filter, page, reach),
    listOfOwner: (ownerType, ownerId) => listOfOwner(statements, ownerType, ownerId),
    async insert(token) {
      await manager.insert(apiTokenEntity, {
        ...toFields(token),
        id: token.id,
        client_id: token.ownerType === 'client' ? token.ownerId : null,
        user_id: token.ownerType === 'user' ? token.ownerId : null,
        company_id: token.companyId,
        token_hash: token.tokenHash,
        created_at: token.createdAt,
        version: token.version,
      });
    },
    async update(token) {
      const { tokenHash } = token;
      await manager.update(
        apiTokenEntity,
        { id: token.id },
        {
          ...toFields(token),
          ...(tokenHash === undefined ? {} : { token_hash: tokenHash }),
          version: () => 'version + 1',
        },
      );
    },
    async delete(id) {
      await manager.delete(apiTokenEntity, { id });
    },
  };
}

/** What changes with a token: never whose it is. */
function toFields(token: Omit<ApiToken, 'tokenHash'>) {
  return {
    name: token.name,
    name_key: nameSortKey(token.name),
    search_text: searchText(token.name, token.hint),
    api_id: token.apiId,
    scopes: [...token.scopes],
    ip_mode: token.ipRestriction.mode,
    ip_rules: [...token.ipRestriction.rules],
    hint: token.hint,
    expires_at: token.expiresAt,
    issued_at: token.issuedAt,
    updated_at: token.updatedAt,
  };
}

interface SummaryRow extends Omit<ApiTokenRow, 'search_text' | 'token_hash' | 'company_path'> {
  readonly owner_name: string;
  readonly company_name: string;
  readonly api_name: string;
}

const COMPANY = { id: 'co.id', path: 'co.path' };

/** All but the hash: nobody who looks at tokens needs it. Names of owners are looked up for the rows of the page, not for all that are sorted. */
const SUMMARY = `
SELECT t.id, t.name, t.name_key, t.client_id, t.user_id, t.company_id, t.api_id, t.scopes, t.ip_mode, t.ip_rules, t.hint, t.expires_at,
  t.issued_at, t.last_used_at, t.last_used_ip, t.created_at, t.updated_at, t.version,
  coalesce((SELECT c.name FROM client c WHERE c.client_id = t.client_id), (SELECT u.name FROM user_account u WHERE u.id = t.user_id))
    AS owner_name, co.name AS company_name, a.name AS api_name
FROM api_token t
JOIN company co ON co.id = t.company_id
JOIN api a ON a.id = t.api_id`;

async function findToken({ query }: Statements, id: string, reach: Reach | null): Promise<ApiTokenSummary | undefined> {
  const values = new SqlValues();
  const { rows } = await query<SummaryRow>(
    `${SUMMARY} WHERE t.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] && toSummary(rows[0]);
}

/**
 * The owner first, as whoever deletes or moves an owner with its tokens does, so that no two wait for each other. Locked first and
 * read afterwards: a statement that waits for a lock sees other tables as they were before it waited.
 */
async function findForUpdate(statements: Statements, id: string, reach: Reach | null) {
  const seen = await findToken(statements, id, reach);
  if (!seen) return undefined;
  await lockOwner(statements, seen.ownerType, seen.ownerId);
  const { rowCount } = await statements.query('SELECT FROM api_token WHERE id = $1 FOR UPDATE', [id]);
  return rowCount === 0 ? undefined : findToken(statements, id, reach);
}

async function listOfOwner(statements: Statements, ownerType: ApiTokenOwnerType, ownerId: string) {
  await lockOwner(statements, ownerType, ownerId);
  const ofOwner = `${ownerType === 'client' ? 't.client_id' : 't.user_id'} = $1`;
  await statements.query(`SELECT FROM api_token t WHERE ${ofOwner} ORDER BY t.id FOR UPDATE`, [ownerId]);
  const { rows } = await statements.query<SummaryRow>(
    `${SUMMARY} WHERE ${ofOwner} ORDER BY t.created_at DESC, t.id DESC`,
    [ownerId],
  );
  return rows.map(toSummary);
}

async function lockOwner({ query }: Statements, ownerType: ApiTokenOwnerType, ownerId: string): Promise<void> {
  const from = ownerType === 'client' ? 'client WHERE client_id = $1' : 'user_account WHERE id = $1';
  await query(`SELECT FROM ${from} FOR UPDATE`, [ownerId]);
}

const SORTS = usedSorts('api_tokens', 't', 'id');

async function listTokens({ query }: Statements, filter: ApiTokenFilter, page: PageRequest, reach: Reach | null) {
  const sort = SORTS[filter.sort ?? 'created_at'];
  const values = new SqlValues();
  const conditions = [withinReach(reach, COMPANY, values), ...filterConditions(filter, values)];
  const after = decodeCursor(page.cursor, sort.list, sort.cursor);
  if (after) conditions.push(sort.after(values.add(after[0]), values.add(after[1])));
  const { rows } = await query<SummaryRow>(
    `${SUMMARY} WHERE ${conditions.join(' AND ')} ORDER BY ${sort.order} LIMIT ${values.add(page.limit + 1)}`,
    values.list,
  );
  return pageOf(rows, page.limit, toSummary, (row) => encodeCursor(sort.list, sort.position(row)));
}

function filterConditions(filter: ApiTokenFilter, values: SqlValues): string[] {
  const conditions: string[] = [];
  if (filter.q !== undefined) {
    const folded = values.add(containing(filter.q));
    // What a client is found by begins with its name, in a line of its own.
    conditions.push(
      `(t.search_text LIKE ${folded}
        OR EXISTS (SELECT FROM client c WHERE c.client_id = t.client_id AND split_part(c.search_text, E'\\n', 1) LIKE ${folded})
        OR EXISTS (SELECT FROM user_account u WHERE u.id = t.user_id AND u.name ILIKE ${values.add(containingAsIs(filter.q))}))`,
    );
  }
  if (filter.clientId !== undefined) conditions.push(`t.client_id = ${values.add(filter.clientId)}`);
  if (filter.userId !== undefined) conditions.push(`t.user_id = ${values.add(filter.userId)}`);
  if (filter.companyId !== undefined) conditions.push(`t.company_id = ${values.add(filter.companyId)}`);
  if (filter.apiId !== undefined) conditions.push(`t.api_id = ${values.add(filter.apiId)}`);
  if (filter.ownerType !== undefined) {
    conditions.push(filter.ownerType === 'client' ? 't.client_id IS NOT NULL' : 't.user_id IS NOT NULL');
  }
  if (filter.expired !== undefined) {
    const isExpired = `coalesce(t.expires_at <= ${values.add(filter.expired.at)}, false)`;
    conditions.push(filter.expired.is ? isExpired : `NOT ${isExpired}`);
  }
  return conditions;
}

function toSummary(row: SummaryRow): ApiTokenSummary {
  return {
    id: row.id,
    name: row.name,
    ...apiTokenOwner(row),
    companyId: row.company_id,
    apiId: row.api_id,
    scopes: row.scopes,
    ipRestriction: { mode: row.ip_mode, rules: row.ip_rules },
    hint: row.hint,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    issuedAt: row.issued_at,
    version: row.version,
    ownerName: row.owner_name,
    companyName: row.company_name,
    apiName: row.api_name,
    lastUsedAt: row.last_used_at,
    lastUsedIp: row.last_used_ip,
  };
}
