// Clients and their secrets, as they are stored.
import { EntitySchema } from 'typeorm';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import type { AuthMethod, ClientStatus, TokenFormat } from '../../domain/client/client.ts';

export interface ClientRow {
  readonly client_id: string;
  readonly name: string;
  /** What names are sorted and compared by. */
  readonly name_key: string;
  /** Name and description, folded, for text that is looked for. */
  readonly search_text: string;
  readonly description: string;
  readonly company_id: string;
  readonly role_id: string;
  readonly status: ClientStatus;
  readonly ip_mode: IpRestrictionMode;
  readonly ip_rules: readonly string[];
  readonly default_api: string;
  readonly token_lifetime_seconds: number;
  readonly token_format: TokenFormat;
  readonly auth_method: AuthMethod;
  readonly expires_at: Date | null;
  readonly token_generation: number;
  readonly last_used_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  /** The company's, written by a trigger. */
  readonly company_path: string;
}

export const clientEntity = new EntitySchema<ClientRow>({
  name: 'client',
  columns: {
    client_id: { type: 'text', collation: 'C', primary: true },
    name: { type: 'text' },
    name_key: { type: 'text', collation: 'C' },
    search_text: { type: 'text' },
    description: { type: 'text' },
    company_id: { type: 'text', collation: 'C' },
    role_id: { type: 'text', collation: 'C' },
    status: { type: 'text' },
    ip_mode: { type: 'text' },
    ip_rules: { type: 'text', array: true },
    default_api: { type: 'text', collation: 'C' },
    token_lifetime_seconds: { type: 'integer' },
    token_format: { type: 'text' },
    auth_method: { type: 'text' },
    expires_at: { type: 'timestamptz', precision: 3, nullable: true },
    token_generation: { type: 'integer' },
    last_used_at: { type: 'timestamptz', precision: 3, nullable: true },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
    company_path: { type: 'text', collation: 'C' },
  },
  indices: [
    { name: 'client_created', columns: ['created_at', 'client_id'] },
    { name: 'client_company_created', columns: ['company_id', 'created_at', 'client_id'] },
    { name: 'client_name', columns: ['name_key', 'client_id'] },
    { name: 'client_role', columns: ['role_id', 'company_id'] },
    { name: 'client_host_rules', columns: ['client_id'], where: `ip_mode <> 'off' AND has_host_rule(ip_rules)` },
  ],
  checks: [
    { name: 'client_status', expression: `status IN ('active', 'inactive')` },
    { name: 'client_ip_mode', expression: `ip_mode IN ('off', 'report', 'enforce')` },
    { name: 'client_token_format', expression: `token_format IN ('jwt', 'opaque')` },
    { name: 'client_token_lifetime', expression: 'token_lifetime_seconds BETWEEN 60 AND 86400' },
  ],
  foreignKeys: [
    { name: 'client_company_id_fkey', target: 'company', columnNames: ['company_id'], referencedColumnNames: ['id'] },
    { name: 'client_role_id_fkey', target: 'role', columnNames: ['role_id'], referencedColumnNames: ['id'] },
    { name: 'client_default_api_fkey', target: 'api', columnNames: ['default_api'], referencedColumnNames: ['id'] },
  ],
});

export interface ClientSecretRow {
  readonly id: string;
  readonly client_id: string;
  /** 1 or 2: a client has no third. */
  readonly slot: number;
  readonly hint: string;
  readonly hash: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly last_used_ip: string | null;
}

export const clientSecretEntity = new EntitySchema<ClientSecretRow>({
  name: 'client_secret',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    client_id: { type: 'text', collation: 'C' },
    slot: { type: 'smallint', default: 1 },
    hint: { type: 'text' },
    hash: { type: 'text' },
    created_at: { type: 'timestamptz', precision: 3 },
    expires_at: { type: 'timestamptz', precision: 3, nullable: true },
    last_used_at: { type: 'timestamptz', precision: 3, nullable: true },
    last_used_ip: { type: 'text', nullable: true },
  },
  uniques: [
    { name: 'client_secret_slot', columns: ['client_id', 'slot'] },
    { name: 'client_secret_hint', columns: ['client_id', 'hint'] },
  ],
  checks: [{ name: 'client_secret_slots', expression: 'slot IN (1, 2)' }],
  foreignKeys: [
    {
      name: 'client_secret_client_id_fkey',
      target: 'client',
      columnNames: ['client_id'],
      referencedColumnNames: ['client_id'],
      onDelete: 'CASCADE',
    },
  ],
});

export interface ClientSourceRow {
  readonly client_id: string;
  readonly ip: string;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  /** Counts, as PostgreSQL's bigint in text. */
  readonly uses: string;
  readonly refusals: string;
}

export const clientSourceEntity = new EntitySchema<ClientSourceRow>({
  name: 'client_source',
  columns: {
    client_id: { type: 'text', collation: 'C', primary: true },
    ip: { type: 'text', collation: 'C', primary: true },
    first_seen_at: { type: 'timestamptz', precision: 3 },
    last_seen_at: { type: 'timestamptz', precision: 3 },
    uses: { type: 'bigint' },
    refusals: { type: 'bigint' },
  },
  indices: [{ name: 'client_source_seen', columns: ['last_seen_at'] }],
  foreignKeys: [
    {
      name: 'client_source_client_id_fkey',
      target: 'client',
      columnNames: ['client_id'],
      referencedColumnNames: ['client_id'],
      onDelete: 'CASCADE',
    },
  ],
});
