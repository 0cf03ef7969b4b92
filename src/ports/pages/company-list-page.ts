// The list of companies: search, filters, order, pages.
import { h } from 'preact';
import { CompaniesListPage, companyHref, type CompanyRow } from '../../../views/pages/companies-list.tsx';
import type { CompanyStatus as ShownStatus } from '../../../views/parts/status.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { CompanySort, CompanySummary } from '../../domain/company/company-store.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, parseQuery, sortHead, textOf } from './query.ts';

const PAGE_SIZE = 50;
const SORTS = ['created_at', 'name'] as const satisfies readonly CompanySort[];

export async function showCompanies(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const query = parseQuery(visit.querystring);
  const status = choiceOf(query, 'status', ['active', 'suspended']);
  const reseller = choiceOf(query, 'reseller', ['true', 'false']);
  const sort = choiceOf(query, 'sort', SORTS);
  const q = textOf(query, 'q');
  const parentId = textOf(query, 'parent_id');
  const cursor = textOf(query, 'cursor');
  const filter = { q, status, parentId, sort, reseller: reseller && reseller === 'true' };
  const [found, counts, names] = await Promise.all([
    services.companies.list(caller, filter, { limit: PAGE_SIZE, cursor }),
    services.companies.count(caller),
    services.companies.namesOf(caller, parentId === undefined ? [] : [parentId]),
  ]);
  const kept = { q, status, reseller, parent_id: parentId, sort };
  const isSearch = q !== undefined || reseller !== undefined || parentId !== undefined;
  const parentName = parentId === undefined ? undefined : (names.get(parentId) ?? 'Unknown company');
  return page((frame) =>
    h(CompaniesListPage, {
      frame,
      companies: found.items.map(toCompanyRow),
      filter: {
        q: q ?? '',
        status: status ?? '',
        reseller: reseller ?? '',
        parent: parentId === undefined ? null : { value: parentId, label: parentName ?? '' },
      },
      sort: {
        name: sortHead('/companies', kept, 'name', 'ascending'),
        created: sortHead('/companies', kept, 'created_at', 'descending'),
      },
      sortValue: sort ?? '',
      total: isSearch ? undefined : status ? counts[status] : counts.active + counts.suspended,
      firstHref: cursor === undefined ? undefined : hrefOf('/companies', kept),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/companies', { ...kept, cursor: found.nextCursor }),
      mayCreate: caller.reach.subtree && mayCall(caller, 'companies:write'),
    }),
  );
}

export function toCompanyRow(company: CompanySummary): CompanyRow {
  const { id, name, reseller, parentId, parentName, createdAt } = company;
  const isParentSeen = parentId !== null && parentName !== null;
  return {
    id,
    name,
    status: shownCompanyStatus(company),
    reseller,
    parent: isParentSeen ? { name: parentName, href: companyHref(parentId) } : null,
    createdAt,
  };
}

export function shownCompanyStatus({ status, isSuspended }: CompanySummary): ShownStatus {
  if (status === 'suspended') return 'suspended';
  return isSuspended ? 'above' : 'active';
}
