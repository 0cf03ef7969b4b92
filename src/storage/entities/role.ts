// Roles, the privileges that custom ones name, and the companies they are made available to, as they are stored.
import { EntitySchema } from 'typeorm';
import type { RoleKind } from '../../domain/role/role.ts';

export interface RoleRow {
  readonly id: string;
  readonly name: string;
  readonly name_key: string;
  readonly search_text: string;
  readonly description: string;
  readonly kind: RoleKind;
  readonly company_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  /** The company's, written by a trigger; null for the standard roles. */
  readonly company_path: string | null;
}

export const roleEntity = new EntitySchema<RoleRow>({
  name: 'role',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    name: { type: 'text' },
    name_key: { type: 'text', collation: 'C' },
    search_text: { type: 'text' },
    description: { type: 'text' },
    kind: { type: 'text' },
    company_id: { type: 'text', collation: 'C', nullable: true },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
    company_path: { type: 'text', collation: 'C', nullable: true },
  },
  uniques: [{ name: 'role_name', columns: ['company_id', 'name_key'] }],
  indices: [{ name: 'role_path', columns: ['company_path'] }],
  checks: [
    { name: 'role_kind', expression: `kind IN ('standard', 'custom')` },
    { name: 'role_owner', expression: `(kind = 'standard') = (company_id IS NULL)` },
  ],
  foreignKeys: [
    { name: 'role_company_id_fkey', target: 'company', columnNames: ['company_id'], referencedColumnNames: ['id'] },
  ],
});

export interface RolePrivilegeRow {
  readonly role_id: string;
  readonly api_id: string;
  readonly scope: string;
}

export const rolePrivilegeEntity = new EntitySchema<RolePrivilegeRow>({
  name: 'role_privilege',
  columns: {
    role_id: { type: 'text', collation: 'C', primary: true },
    api_id: { type: 'text', collation: 'C', primary: true },
    scope: { type: 'text', collation: 'C', primary: true },
  },
  indices: [{ name: 'role_privilege_privilege', columns: ['api_id', 'scope'] }],
  foreignKeys: [
    {
      name: 'role_privilege_role_id_fkey',
      target: 'role',
      columnNames: ['role_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'role_privilege_api_id_scope_fkey',
      target: 'privilege',
      columnNames: ['api_id', 'scope'],
      referencedColumnNames: ['api_id', 'scope'],
    },
  ],
});

export interface RoleCompanyRow {
  readonly role_id: string;
  readonly company_id: string;
  /** The company's, written by a trigger. */
  readonly company_path: string;
}

export const roleCompanyEntity = new EntitySchema<RoleCompanyRow>({
  name: 'role_company',
  columns: {
    role_id: { type: 'text', collation: 'C', primary: true },
    company_id: { type: 'text', collation: 'C', primary: true },
    company_path: { type: 'text', collation: 'C' },
  },
  indices: [
    { name: 'role_company_company', columns: ['company_id'] },
    { name: 'role_company_path', columns: ['company_path'] },
  ],
  foreignKeys: [
    {
      name: 'role_company_role_id_fkey',
      target: 'role',
      columnNames: ['role_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'role_company_company_id_fkey',
      target: 'company',
      columnNames: ['company_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
