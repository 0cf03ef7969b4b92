// API tokens, as they are stored.
import { EntitySchema } from 'typeorm';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';

export interface ApiTokenRow {
  readonly id: string;
  readonly name: string;
  /** What names are sorted by. */
  readonly name_key: string;
  /** Name and hint, folded, for text that is looked for. */
  readonly search_text: string;
  /** One of the two is null. */
  readonly client_id: string | null;
  readonly user_id: string | null;
  /** The owner's, and its path, written by a trigger. */
  readonly company_id: string;
  readonly company_path: string;
  readonly api_id: string;
  readonly scopes: readonly string[];
  readonly ip_mode: IpRestrictionMode;
  readonly ip_rules: readonly string[];
  readonly token_hash: string;
  readonly hint: string;
  readonly expires_at: Date | null;
  readonly issued_at: Date;
  readonly last_used_at: Date | null;
  readonly last_used_ip: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export const apiTokenEntity = new EntitySchema<ApiTokenRow>({
  name: 'api_token',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    name: { type: 'text' },
    name_key: { type: 'text', collation: 'C' },
    search_text: { type: 'text' },
    client_id: { type: 'text', collation: 'C', nullable: true },
    user_id: { type: 'text', collation: 'C', nullable: true },
    company_id: { type: 'text', collation: 'C' },
    company_path: { type: 'text', collation: 'C' },
    api_id: { type: 'text', collation: 'C' },
    scopes: { type: 'text', array: true },
    ip_mode: { type: 'text' },
    ip_rules: { type: 'text', array: true },
    token_hash: { type: 'text', collation: 'C' },
    hint: { type: 'text' },
    expires_at: { type: 'timestamptz', precision: 3, nullable: true },
    issued_at: { type: 'timestamptz', precision: 3 },
    last_used_at: { type: 'timestamptz', precision: 3, nullable: true },
    last_used_ip: { type: 'text', nullable: true },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
  },
  uniques: [{ name: 'api_token_hash', columns: ['token_hash'] }],
  indices: [
    { name: 'api_token_created', columns: ['created_at', 'id'] },
    { name: 'api_token_company_created', columns: ['company_id', 'created_at', 'id'] },
    { name: 'api_token_name', columns: ['name_key', 'id'] },
    { name: 'api_token_client', columns: ['client_id', 'created_at', 'id'] },
    { name: 'api_token_user', columns: ['user_id', 'created_at', 'id'] },
    { name: 'api_token_api', columns: ['api_id'] },
    { name: 'api_token_host_rules', columns: ['id'], where: `ip_mode <> 'off' AND has_host_rule(ip_rules)` },
  ],
  checks: [
    { name: 'api_token_owner', expression: '(client_id IS NULL) <> (user_id IS NULL)' },
    { name: 'api_token_scopes', expression: 'cardinality(scopes) > 0' },
    { name: 'api_token_ip_mode', expression: `ip_mode IN ('off', 'report', 'enforce')` },
  ],
  foreignKeys: [
    {
      name: 'api_token_client_id_fkey',
      target: 'client',
      columnNames: ['client_id'],
      referencedColumnNames: ['client_id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'api_token_user_id_fkey',
      target: 'user_account',
      columnNames: ['user_id'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'api_token_company_id_fkey',
      target: 'company',
      columnNames: ['company_id'],
      referencedColumnNames: ['id'],
    },
    { name: 'api_token_api_id_fkey', target: 'api', columnNames: ['api_id'], referencedColumnNames: ['id'] },
  ],
});
