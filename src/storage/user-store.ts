// Users in the database.
import type { User, UserSummary } from '../domain/user/user.ts';
import type { UserStore } from '../domain/stores.ts';
import { nameKey } from '../domain/text.ts';
import type { Statements } from './database-session.ts';
import { userAccountEntity, type UserAccountRow } from './entities/user-account.ts';

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
        version: user.version,
      });
    },
    async update(user) {
      await manager.update(userAccountEntity, { id: user.id }, { ...toFields(user), version: () => 'version + 1' });
    },
  };
}

interface SummaryRow extends UserAccountRow {
  readonly company_name: string;
  readonly company_path: string;
  readonly company_suspended: boolean;
  readonly company_reseller: boolean;
  readonly role_name: string;
  readonly privileges: readonly string[];
}

async function findUser(
  { query, isWriting }: Statements,
  column: 'id' | 'email_key',
  value: string,
): Promise<UserSummary | undefined> {
  // All fields are written back: a change that somebody else makes meanwhile must wait, not be undone.
  if (isWriting) await query(`SELECT FROM user_account u WHERE u.${column} = $1 FOR NO KEY UPDATE`, [value]);
  const { rows } = await query<SummaryRow>(
    `SELECT u.*, co.name AS company_name, co.path AS company_path, is_suspended(co.path) AS company_suspended,
       co.reseller AS company_reseller, r.name AS role_name,
       ARRAY(
         SELECT g.api_id || '/' || g.scope FROM granted_privileges(u.role_id, u.company_id) g
         ORDER BY g.api_id, g.position, g.scope
       ) AS privileges
     FROM user_account u
     JOIN company co ON co.id = u.company_id
     JOIN role r ON r.id = u.role_id
     WHERE u.${column} = $1`,
    [value],
  );
  return rows[0] && toSummary(rows[0]);
}

function toFields(user: User) {
  return {
    email: user.email,
    email_key: nameKey(user.email),
    name: user.name,
    company_id: user.companyId,
    role_id: user.roleId,
    status: user.status,
    password_hash: user.passwordHash,
    last_sign_in_at: user.lastSignInAt,
    updated_at: user.updatedAt,
  };
}

function toSummary(row: SummaryRow): UserSummary {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    companyId: row.company_id,
    roleId: row.role_id,
    status: row.status,
    passwordHash: row.password_hash,
    lastSignInAt: row.last_sign_in_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    companyName: row.company_name,
    companyPath: row.company_path,
    companySuspended: row.company_suspended,
    companyReseller: row.company_reseller,
    roleName: row.role_name,
    privileges: row.privileges,
  };
}
