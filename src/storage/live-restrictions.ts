// The IP rules of their companies beside rows of clients and users, as the token path reads them.
import type { IpRestrictionMode } from '../domain/address/ip-rule-list.ts';
import type { CompanyRestriction, LiveCompanies } from '../domain/company/live-company.ts';

interface CompanyRow {
  readonly company_id: string;
  /** `off`: nobody asks for the rules. */
  readonly company_ip_mode: IpRestrictionMode;
}

/**
 * What changes a company forgets it and whoever belongs to it alike, so neither is remembered with an older picture of the other.
 * Rows are left out whose company is gone by now: it took them with it.
 */
export async function withRestrictions<Row extends CompanyRow>(
  rows: readonly Row[],
  companies: Pick<LiveCompanies, 'find'>,
): Promise<readonly (readonly [Row, CompanyRestriction | undefined])[]> {
  const restricted = new Set(rows.filter((row) => row.company_ip_mode !== 'off').map((row) => row.company_id));
  const found = await Promise.all([...restricted].map((id) => companies.find(id)));
  const restrictions = new Map(
    found.flatMap((company) => (company ? [[company.id, company.restriction] as const] : [])),
  );
  return rows.flatMap((row) => {
    if (row.company_ip_mode === 'off') return [[row, undefined] as const];
    return restrictions.has(row.company_id) ? [[row, restrictions.get(row.company_id)] as const] : [];
  });
}
