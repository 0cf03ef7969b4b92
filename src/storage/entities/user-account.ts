// Users, their sessions and the one-time links with which they come in, as they are stored.
import { EntitySchema } from 'typeorm';
import type { UserStatus } from '../../domain/user/user.ts';

export interface UserAccountRow {
  readonly id: string;
  readonly email: string;
  /** Two addresses with the same key are the same. */
  readonly email_key: string;
  readonly name: string;
  readonly company_id: string;
  readonly role_id: string;
  readonly status: UserStatus;
  readonly password_hash: string | null;
  readonly last_sign_in_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  /** Signs in from anywhere, whatever the company's rules say. */
  readonly ip_exempt: boolean;
  /** The company's, written by a trigger. */
  readonly company_path: string;
}

export const userAccountEntity = new EntitySchema<UserAccountRow>({
  name: 'user_account',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    email: { type: 'text' },
    email_key: { type: 'text', collation: 'C' },
    name: { type: 'text' },
    company_id: { type: 'text', collation: 'C' },
    role_id: { type: 'text', collation: 'C' },
    status: { type: 'text' },
    password_hash: { type: 'text', nullable: true },
    last_sign_in_at: { type: 'timestamptz', precision: 3, nullable: true },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
    ip_exempt: { type: 'boolean', default: false },
    company_path: { type: 'text', collation: 'C' },
  },
  uniques: [{ name: 'user_account_email', columns: ['email_key'] }],
  indices: [
    { name: 'user_account_company', columns: ['company_id', 'created_at', 'id'] },
    { name: 'user_account_role', columns: ['role_id', 'company_id'] },
  ],
  checks: [{ name: 'user_account_status', expression: `status IN ('active', 'inactive')` }],
  foreignKeys: [
    {
      name: 'user_account_company_id_fkey',
      target: 'company',
      columnNames: ['company_id'],
      referencedColumnNames: ['id'],
    },
    { name: 'user_account_role_id_fkey', target: 'role', columnNames: ['role_id'], referencedColumnNames: ['id'] },
  ],
});

export interface SessionRow {
  readonly id: string;
  readonly token_hash: string;
  readonly user_id: string;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly acting_company_id: string | null;
}

export const sessionEntity = new EntitySchema<SessionRow>({
  name: 'session',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    token_hash: { type: 'text', collation: 'C' },
    user_id: { type: 'text', collation: 'C' },
    created_at: { type: 'timestamptz', precision: 3 },
    last_seen_at: { type: 'timestamptz', precision: 3 },
    expires_at: { type: 'timestamptz', precision: 3 },
    ip: { type: 'text', nullable: true },
    user_agent: { type: 'text', nullable: true },
    acting_company_id: { type: 'text', collation: 'C', nullable: true },
  },
  uniques: [{ name: 'session_token', columns: ['token_hash'] }],
  indices: [
    { name: 'session_of_user', columns: ['user_id'] },
    { name: 'session_expiry', columns: ['expires_at'] },
    { name: 'session_acting_company', columns: ['acting_company_id'] },
  ],
  foreignKeys: [
    {
      name: 'session_user_id_fkey',
      target: 'user_account',
      columnNames: ['user_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'session_acting_company_id_fkey',
      target: 'company',
      columnNames: ['acting_company_id'],
      referencedColumnNames: ['id'],
      onDelete: 'SET NULL',
    },
  ],
});

export interface OneTimeLinkRow {
  readonly token_hash: string;
  readonly kind: 'setup' | 'invitation';
  readonly user_id: string | null;
  readonly expires_at: Date;
}

export const oneTimeLinkEntity = new EntitySchema<OneTimeLinkRow>({
  name: 'one_time_link',
  columns: {
    token_hash: { type: 'text', collation: 'C', primary: true },
    kind: { type: 'text' },
    user_id: { type: 'text', collation: 'C', nullable: true },
    expires_at: { type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'one_time_link_user', columns: ['user_id'] }],
  checks: [{ name: 'one_time_link_kind', expression: `kind IN ('setup', 'invitation')` }],
  foreignKeys: [
    {
      name: 'one_time_link_user_id_fkey',
      target: 'user_account',
      columnNames: ['user_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
