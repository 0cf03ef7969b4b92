// Users as lists and single views show them, and the lists.
import { z } from 'zod';
import type { Reach } from '../domain/access/caller.ts';
import type { IpRestrictionMode } from '../domain/address/ip-rule-list.ts';
import type { PageRequest } from '../domain/stores.ts';
import { nameKey } from '../domain/text.ts';
import type { UserSummary } from '../domain/user/user.ts';
import type { UserFilter, UserSort } from '../domain/user/user-store.ts';
import { cursorInstant, cursorText, decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import type { Statements } from './database-session.ts';
import type { UserAccountRow } from './entities/user-account.ts';
import { withinReach } from './reach.ts';
import { containing, containingAsIs } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export interface UserSummaryRow extends UserAccountRow {
  readonly company_name: string;
  readonly company_path: string;
  readonly company_suspended: boolean;
  readonly company_reseller: boolean;
  readonly company_ip_mode: IpRestrictionMode;
  readonly role_name: string;
  readonly privileges: readonly string[];
}

export const USER_SUMMARY = `
SELECT u.*, co.name AS company_name, co.path AS company_path, is_suspended(co.path) AS company_suspended,
  co.reseller AS company_reseller, co.ip_mode AS company_ip_mode, r.name AS role_name,
  ARRAY(
    SELECT g.api_id || '/' || g.scope FROM granted_privileges(u.role_id, u.company_id) g
    ORDER BY g.api_id, g.position, g.scope
  ) AS privileges
FROM user_account u
JOIN company co ON co.id = u.company_id
JOIN role r ON r.id = u.role_id`;

const NEVER = '-infinity';
/** So many characters decide on the place in a list: the longest address makes a cursor of a few hundred. */
const SORTED_EMAIL = 120;

interface SortOrder {
  readonly by: string;
  readonly isAscending: boolean;
  readonly cursor: z.ZodType<[string, string]>;
  readonly cast: string;
  position(row: UserSummaryRow): string;
}

const SORTS: Readonly<Record<UserSort, SortOrder>> = {
  created_at: {
    by: 'u.created_at',
    isAscending: false,
    cursor: z.tuple([cursorInstant, cursorText]),
    cast: '::timestamptz',
    position: (row) => row.created_at.toISOString(),
  },
  last_sign_in_at: {
    by: `coalesce(u.last_sign_in_at, '${NEVER}')`,
    isAscending: false,
    cursor: z.tuple([z.union([cursorInstant, z.literal(NEVER)]), cursorText]),
    cast: '::timestamptz',
    position: (row) => row.last_sign_in_at?.toISOString() ?? NEVER,
  },
  email: {
    by: `left(u.email_key, ${SORTED_EMAIL})`,
    isAscending: true,
    cursor: z.tuple([cursorText, cursorText]),
    cast: '',
    position: (row) => [...row.email_key].slice(0, SORTED_EMAIL).join(''),
  },
};

export async function listUsers({ query }: Statements, filter: UserFilter, page: PageRequest, reach: Reach) {
  const name = filter.sort ?? 'created_at';
  const sort = SORTS[name];
  const values = new SqlValues();
  const conditions = [
    withinReach(reach, { id: 'co.id', path: 'co.path' }, values),
    ...filterConditions(filter, values),
  ];
  const after = decodeCursor(page.cursor, `users.${name}`, sort.cursor);
  if (after) {
    const position = `(${values.add(after[0])}${sort.cast}, ${values.add(after[1])})`;
    conditions.push(`(${sort.by}, u.id) ${sort.isAscending ? '>' : '<'} ${position}`);
  }
  const direction = sort.isAscending ? 'ASC' : 'DESC';
  const { rows } = await query<UserSummaryRow>(
    `${USER_SUMMARY} WHERE ${conditions.join(' AND ')}
     ORDER BY ${sort.by} ${direction}, u.id ${direction} LIMIT ${values.add(page.limit + 1)}`,
    values.list,
  );
  return pageOf(rows, page.limit, toSummary, (row) => encodeCursor(`users.${name}`, [sort.position(row), row.id]));
}

function filterConditions(filter: UserFilter, values: SqlValues): string[] {
  const conditions: string[] = [];
  if (filter.q !== undefined) {
    const folded = values.add(containing(filter.q));
    conditions.push(`(u.email_key LIKE ${folded} OR u.name ILIKE ${values.add(containingAsIs(filter.q))})`);
  }
  if (filter.email !== undefined) conditions.push(`u.email_key = ${values.add(nameKey(filter.email))}`);
  if (filter.status !== undefined) conditions.push(`u.status = ${values.add(filter.status)}`);
  if (filter.roleId !== undefined) conditions.push(`u.role_id = ${values.add(filter.roleId)}`);
  if (filter.companyId !== undefined) conditions.push(`u.company_id = ${values.add(filter.companyId)}`);
  return conditions;
}

export function toSummary(row: UserSummaryRow): UserSummary {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    companyId: row.company_id,
    roleId: row.role_id,
    status: row.status,
    ipExempt: row.ip_exempt,
    passwordHash: row.password_hash,
    lastSignInAt: row.last_sign_in_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    companyName: row.company_name,
    companyPath: row.company_path,
    companySuspended: row.company_suspended,
    companyReseller: row.company_reseller,
    companyIpMode: row.company_ip_mode,
    roleName: row.role_name,
    privileges: row.privileges,
  };
}
