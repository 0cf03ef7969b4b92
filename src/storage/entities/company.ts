// Companies as they are stored.
import { EntitySchema } from 'typeorm';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import type { CompanyStatus } from '../../domain/company/company.ts';

export interface CompanyRow {
  readonly id: string;
  readonly name: string;
  readonly name_key: string;
  readonly parent_id: string | null;
  readonly path: string;
  readonly reseller: boolean;
  readonly status: CompanyStatus;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
  readonly ip_mode: IpRestrictionMode;
  readonly ip_rules: readonly string[];
}

export const companyEntity = new EntitySchema<CompanyRow>({
  name: 'company',
  columns: {
    id: { type: 'text', collation: 'C', primary: true },
    name: { type: 'text' },
    name_key: { type: 'text', collation: 'C' },
    parent_id: { type: 'text', collation: 'C', nullable: true },
    path: { type: 'text', collation: 'C' },
    reseller: { type: 'boolean' },
    status: { type: 'text' },
    created_at: { type: 'timestamptz', precision: 3 },
    updated_at: { type: 'timestamptz', precision: 3 },
    version: { type: 'integer' },
    ip_mode: { type: 'text', default: 'off' },
    ip_rules: { type: 'text', array: true, default: '{}' },
  },
  indices: [{ name: 'company_host_rules', columns: ['id'], where: `ip_mode <> 'off' AND has_host_rule(ip_rules)` }],
  uniques: [
    { name: 'company_path', columns: ['path'] },
    { name: 'company_name', columns: ['parent_id', 'name_key'] },
  ],
  checks: [
    { name: 'company_status', expression: `status IN ('active', 'suspended')` },
    { name: 'company_ip_mode', expression: `ip_mode IN ('off', 'report', 'enforce')` },
    { name: 'company_root', expression: `(parent_id IS NULL) = (id = 'co_root')` },
  ],
  foreignKeys: [
    { name: 'company_parent_id_fkey', target: 'company', columnNames: ['parent_id'], referencedColumnNames: ['id'] },
  ],
});
