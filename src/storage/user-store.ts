// Users in the database.
import type { Reach } from '../domain/access/caller.ts';
import { MANAGEMENT_API_ID } from '../domain/api/privilege.ts';
import { ROOT_COMPANY_ID } from '../domain/company/company.ts';
import type { User, UserSummary } from '../domain/user/user.ts';
import type { UserStore } from '../domain/user/user-store.ts';
import { nameKey } from '../domain/text.ts';
import { USER_MANAGERS_LOCK } from './advisory-locks.ts';
import type { Statements } from './database-session.ts';
import { userAccountEntity } from './entities/user-account.ts';
import { withinReach } from './reach.ts';
import { SqlValues } from './sql-values.ts';
import { listUsers, toSummary, USER_SUMMARY, type UserSummaryRow } from './user-list.ts';

export function createUserStore(statements: Statements): UserStore {
  const { manager, query } = statements;
  return {
    find: (id) => findUser(statements, 'id', id),
    findByEmail: (email) => findUser(statements, 'email_key', nameKey(email)),
    async countAll() {
      const { rows } = await query<{ count: number }>('SELECT count(*)::integer AS count FROM user_account');
      return rows[0]?.count ?? 0;
    },
    async insert(user) {
      await manager.insert(userAccountEntity, {
        ...toFields(user),
        id: user.id,
        created_at: user.createdAt,
        last_sign_in_at: user.lastSignInAt,
        version: user.version,
      });
    },
    async update(user) {
      await manager.update(userAccountEntity, { id: user.id }, { ...toFields(user), version: () => 'version + 1' });
    },
    async recordSignIn(id, at) {
      await query('UPDATE user_account SET last_sign_in_at = $2 WHERE id = $1', [id, at]);
    },
    findWithin: (id, reach) => findWithin(statements, id, reach),
    findForUpdate: (id, reach) => findForUpdate(statements, id, reach),
    knownOf: (ids, reach) => knownOf(statements, ids, reach),
    list: (filter, page, reach) => listUsers(statements, filter, page, reach),
    count: (reach) => countUsers(statements, reach),
    async delete(id) {
      await manager.delete(userAccountEntity, { id });
    },
    async lockManagers() {
      await query(`SELECT pg_advisory_xact_lock(${USER_MANAGERS_LOCK})`);
    },
    async hasManager() {
      const { rows } = await query<{ found: boolean }>(
        `SELECT EXISTS (
           SELECT FROM user_account u
           WHERE u.company_id = $1 AND u.status = 'active' AND u.password_hash IS NOT NULL AND EXISTS (
             SELECT FROM granted_privileges(u.role_id, u.company_id) g WHERE g.api_id = $2 AND g.scope = 'users:write')
         ) AS found`,
        [ROOT_COMPANY_ID, MANAGEMENT_API_ID],
      );
      return rows[0]?.found === true;
    },
  };
}

async function countUsers({ query }: Statements, reach: Reach): Promise<{ active: number; inactive: number }> {
  const values = new SqlValues();
  const { rows } = await query<{ active: number; inactive: number }>(
    `SELECT count(*) FILTER (WHERE u.status = 'active')::integer AS active,
       count(*) FILTER (WHERE u.status = 'inactive')::integer AS inactive
     FROM user_account u JOIN company co ON co.id = u.company_id WHERE ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] ?? { active: 0, inactive: 0 };
}

async function findUser(
  { query, isWriting }: Statements,
  column: 'id' | 'email_key',
  value: string,
): Promise<UserSummary | undefined> {
  // All fields are written back: a change that somebody else makes meanwhile must wait, not be undone.
  if (isWriting) await query(`SELECT FROM user_account u WHERE u.${column} = $1 FOR NO KEY UPDATE`, [value]);
  const { rows } = await query<UserSummaryRow>(`${USER_SUMMARY} WHERE u.${column} = $1`, [value]);
  return rows[0] && toSummary(rows[0]);
}

const COMPANY = { id: 'co.id', path: 'co.path' };

/** Locked first and read afterwards: a statement that waits for a lock sees other tables as they were before it waited. */
async function findForUpdate(statements: Statements, id: string, reach: Reach): Promise<UserSummary | undefined> {
  const values = new SqlValues();
  const { rowCount } = await statements.query(
    `SELECT FROM user_account u JOIN company co ON co.id = u.company_id
     WHERE u.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)} FOR UPDATE OF u`,
    values.list,
  );
  return rowCount === 0 ? undefined : findWithin(statements, id, reach);
}

async function findWithin({ query }: Statements, id: string, reach: Reach): Promise<UserSummary | undefined> {
  const values = new SqlValues();
  const { rows } = await query<UserSummaryRow>(
    `${USER_SUMMARY} WHERE u.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return rows[0] && toSummary(rows[0]);
}

async function knownOf({ query }: Statements, ids: readonly string[], reach: Reach): Promise<ReadonlySet<string>> {
  const values = new SqlValues();
  const { rows } = await query<{ id: string }>(
    `SELECT u.id FROM user_account u JOIN company co ON co.id = u.company_id
     WHERE u.id = ANY (${values.add(ids)}) AND ${withinReach(reach, COMPANY, values)}`,
    values.list,
  );
  return new Set(rows.map(({ id }) => id));
}

function toFields(user: User) {
  return {
    email: user.email,
    email_key: nameKey(user.email),
    name: user.name,
    company_id: user.companyId,
    role_id: user.roleId,
    status: user.status,
    ip_exempt: user.ipExempt,
    password_hash: user.passwordHash,
    updated_at: user.updatedAt,
  };
}
