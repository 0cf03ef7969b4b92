// Clients and their secrets in the database.
import type { Client, ClientSecret, ClientSummary } from '../domain/client/client.ts';
import type { Reach } from '../domain/access/caller.ts';
import type { ClientFilter, ClientStore, PageRequest } from '../domain/stores.ts';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import { clientEntity, type ClientRow, clientSecretEntity } from './entities/client.ts';
import { withinReach } from './reach.ts';
import { beginningWith, containing, searchText } from './search-text.ts';
import { SqlValues } from './sql-values.ts';
import { nameSortKey, usedSorts } from './used-sort.ts';

export function createClientStore(statements: Statements): ClientStore {
  const { manager } = statements;
  return {
    find: (clientId, reach) => findClient(statements, clientId, reach),
    findForUpdate: (clientId, reach) => findForUpdate(statements, clientId, reach),
    list: (filter, page, reach) => listClients(statements, filter, page, reach),
    count: (reach) => countClients(statements, reach),
    async insert(client) {
      await manager.insert(clientEntity, {
        ...toFields(client),
        client_id: client.clientId,
        created_at: client.createdAt,
        version: client.version,
        last_used_at: null,
      });
    },
    async update(client) {
      await manager.update(
        clientEntity,
        { client_id: client.clientId },
        { ...toFields(client), version: () => 'version + 1' },
      );
    },
    async delete(clientId) {
      await manager.delete(clientEntity, { client_id: clientId });
    },
    insertSecret: (secret) => insertSecret(statements, secret),
    async deleteSecret(clientId, secretId) {
      await manager.delete(clientSecretEntity, { client_id: clientId, id: secretId });
    },
  };
}

/** What changes with a client. */
function toFields(client: Client) {
  return {
    name: client.name,
    name_key: nameSortKey(client.name),
    search_text: searchText(client.name, client.description),
    description: client.description,
    company_id: client.companyId,
    role_id: client.roleId,
    status: client.status,
    ip_mode: client.ipRestriction.mode,
    ip_rules: [...client.ipRestriction.rules],
    default_api: client.defaultApi,
    token_lifetime_seconds: client.tokenLifetimeSeconds,
    token_format: client.tokenFormat,
    auth_method: client.authMethod,
    expires_at: client.expiresAt,
    token_generation: client.tokenGeneration,
    updated_at: client.updatedAt,
  };
}

interface SummaryRow extends ClientRow {
  readonly company_name: string;
  readonly role_name: string;
  readonly secrets: readonly {
    readonly id: string;
    readonly hint: string;
    readonly created_at: string;
    readonly expires_at: string | null;
    readonly last_used_at: string | null;
    readonly last_used_ip: string | null;
  }[];
}

const COMPANY = { id: 'co.id', path: 'co.path' };

const SUMMARY = `
SELECT c.*, co.name AS company_name, r.name AS role_name, (
  SELECT coalesce(json_agg(json_build_object('id', s.id, 'hint', s.hint, 'created_at', s.created_at,
    'expires_at', s.expires_at, 'last_used_at', s.last_used_at, 'last_used_ip', s.last_used_ip)
    ORDER BY s.created_at, s.id), '[]')
  FROM client_secret s WHERE s.client_id = c.client_id
) AS secrets
FROM client c
JOIN company co ON co.id = c.company_id
JOIN role r ON r.id = c.role_id`;

async function findClient(
  { query }: Statements,
  clientId: string,
  reach: Reach | null,
): Promise<ClientSummary | undefined> {
  const values = new SqlValues();
  const { rows } = await query<SummaryRow>(
    `${SUMMARY} WHERE c.client_id = ${values.add(clientId)} AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] && toSummary(rows[0]);
}

/** Locked first and read afterwards: a statement that waits for a lock sees other tables as they were before it waited. */
async function findForUpdate(statements: Statements, clientId: string, reach: Reach | null) {
  const values = new SqlValues();
  const { rowCount } = await statements.query(
    `SELECT FROM client c JOIN company co ON co.id = c.company_id
     WHERE c.client_id = ${values.add(clientId)} AND ${withinReach(reach, COMPANY, values)}
     FOR UPDATE OF c`,
    values.list,
  );
  return rowCount === 0 ? undefined : findClient(statements, clientId, reach);
}

const SORTS = usedSorts('clients', 'c', 'client_id');

async function listClients({ query }: Statements, filter: ClientFilter, page: PageRequest, reach: Reach | null) {
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

function filterConditions(filter: ClientFilter, values: SqlValues): string[] {
  const conditions: string[] = [];
  if (filter.q !== undefined) {
    conditions.push(
      `(c.search_text LIKE ${values.add(containing(filter.q))} OR lower(c.client_id) LIKE ${values.add(beginningWith(filter.q))})`,
    );
  }
  if (filter.status !== undefined) conditions.push(`c.status = ${values.add(filter.status)}`);
  if (filter.roleId !== undefined) conditions.push(`c.role_id = ${values.add(filter.roleId)}`);
  if (filter.companyId !== undefined) conditions.push(`c.company_id = ${values.add(filter.companyId)}`);
  if (filter.name !== undefined) {
    conditions.push(`c.name_key = ${values.add(nameSortKey(filter.name))} AND c.name = ${values.add(filter.name)}`);
  }
  return conditions;
}

async function countClients({ query }: Statements, reach: Reach): Promise<{ active: number; inactive: number }> {
  const values = new SqlValues();
  const { rows } = await query<{ active: number; inactive: number }>(
    `SELECT count(*) FILTER (WHERE c.status = 'active')::integer AS active,
       count(*) FILTER (WHERE c.status = 'inactive')::integer AS inactive
     FROM client c JOIN company co ON co.id = c.company_id
     WHERE ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] ?? { active: 0, inactive: 0 };
}

/** Takes the free slot of the two; without one, the constraint refuses it. */
async function insertSecret({ query }: Statements, secret: ClientSecret): Promise<void> {
  await query(
    `INSERT INTO client_secret (id, client_id, slot, hint, hash, created_at, expires_at)
     VALUES ($1, $2, CASE WHEN EXISTS (SELECT FROM client_secret WHERE client_id = $2 AND slot = 1) THEN 2 ELSE 1 END,
       $3, $4, $5, $6)`,
    [secret.id, secret.clientId, secret.hint, secret.hash, secret.createdAt, secret.expiresAt],
  );
}

function toSummary(row: SummaryRow): ClientSummary {
  return {
    clientId: row.client_id,
    name: row.name,
    description: row.description,
    companyId: row.company_id,
    roleId: row.role_id,
    status: row.status,
    ipRestriction: { mode: row.ip_mode, rules: row.ip_rules },
    defaultApi: row.default_api,
    tokenLifetimeSeconds: row.token_lifetime_seconds,
    tokenFormat: row.token_format,
    authMethod: row.auth_method,
    expiresAt: row.expires_at,
    tokenGeneration: row.token_generation,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    companyName: row.company_name,
    roleName: row.role_name,
    lastUsedAt: row.last_used_at,
    secrets: row.secrets.map((secret) => ({
      id: secret.id,
      hint: secret.hint,
      createdAt: new Date(secret.created_at),
      expiresAt: toDate(secret.expires_at),
      lastUsedAt: toDate(secret.last_used_at),
      lastUsedIp: secret.last_used_ip,
    })),
  };
}

function toDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
