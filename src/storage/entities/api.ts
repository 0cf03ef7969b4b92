// Protected APIs, the companies they are available to, and their privileges, as they are stored.
import { EntitySchema } from 'typeorm';
import type { PrivilegeLevel } from '../../domain/api/privilege.ts';

export interface ApiRow {
  readonly id: string;
  readonly identifier: string;
  readonly name: string;
  readonly name_key: string;
  readonly description: string;
  readonly built_in: boolean;
  readonly available_to_all: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  readonly docs_private: boolean;
  readonly unknown_operations: 'refuse' | 'allow';
  readonly imported_at: Date | null;
  readonly base_paths: readonly string[];
  /** Of the document's servers, such as `https://api.example.com`. */
  readonly server_origins: readonly string[];
}

export const apiEntity = new EntitySchema<ApiRow>({
  name: 'api',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    identifier: { type: 'text', collation: 'C' },
    name: { type: 'text' },
    name_key: { type: 'text', collation: 'C' },
    description: { type: 'text' },
    built_in: { type: 'boolean' },
    available_to_all: { type: 'boolean' },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
    docs_private: { type: 'boolean', default: false },
    unknown_operations: { type: 'text', default: 'refuse' },
    imported_at: { type: 'timestamptz', precision: 3, nullable: true },
    base_paths: { type: 'text', array: true, default: '{}' },
    server_origins: { type: 'text', array: true, default: '{}' },
  },
  uniques: [
    { name: 'api_identifier', columns: ['identifier'] },
    { name: 'api_name', columns: ['name_key'] },
  ],
  checks: [{ name: 'api_unknown_operations', expression: `unknown_operations IN ('refuse', 'allow')` }],
});

export interface ApiCompanyRow {
  readonly api_id: string;
  readonly company_id: string;
}

export const apiCompanyEntity = new EntitySchema<ApiCompanyRow>({
  name: 'api_company',
  columns: {
    api_id: { type: 'text', collation: 'C', primary: true },
    company_id: { type: 'text', collation: 'C', primary: true },
  },
  indices: [{ name: 'api_company_company', columns: ['company_id'] }],
  foreignKeys: [
    {
      name: 'api_company_api_id_fkey',
      target: 'api',
      columnNames: ['api_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'api_company_company_id_fkey',
      target: 'company',
      columnNames: ['company_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export interface PrivilegeRow {
  readonly api_id: string;
  readonly scope: string;
  readonly group_name: string;
  readonly description: string;
  readonly level: PrivilegeLevel;
  readonly position: number;
  /** How many operations of the imported document it covers. */
  readonly operations: number;
}

export const privilegeEntity = new EntitySchema<PrivilegeRow>({
  name: 'privilege',
  columns: {
    api_id: { type: 'text', collation: 'C', primary: true },
    scope: { type: 'text', collation: 'C', primary: true },
    group_name: { type: 'text', collation: 'C' },
    description: { type: 'text' },
    level: { type: 'text' },
    position: { type: 'integer' },
    operations: { type: 'integer', default: 0 },
  },
  checks: [{ name: 'privilege_level', expression: `level IN ('company', 'reseller', 'root')` }],
  foreignKeys: [
    {
      name: 'privilege_api_id_fkey',
      target: 'api',
      columnNames: ['api_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export interface ApiDocumentRow {
  readonly api_id: string;
  /** OpenAPI as JSON, with gzip. */
  readonly document: Buffer;
}

export const apiDocumentEntity = new EntitySchema<ApiDocumentRow>({
  name: 'api_document',
  columns: {
    api_id: { type: 'text', collation: 'C', primary: true },
    document: { type: 'bytea' },
  },
  foreignKeys: [
    {
      name: 'api_document_api_id_fkey',
      target: 'api',
      columnNames: ['api_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export interface ApiOperationRow {
  readonly api_id: string;
  readonly method: string;
  readonly path: string;
  /** Parameters of the path that may hold slashes. */
  readonly many_segments: readonly string[];
  /** All scopes of any one of these sets open the operation. */
  readonly scopes: readonly (readonly string[])[];
}

export const apiOperationEntity = new EntitySchema<ApiOperationRow>({
  name: 'api_operation',
  columns: {
    api_id: { type: 'text', collation: 'C', primary: true },
    method: { type: 'text', collation: 'C', primary: true },
    path: { type: 'text', collation: 'C', primary: true },
    many_segments: { type: 'text', array: true },
    scopes: { type: 'jsonb' },
  },
  foreignKeys: [
    {
      name: 'api_operation_api_id_fkey',
      target: 'api',
      columnNames: ['api_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
