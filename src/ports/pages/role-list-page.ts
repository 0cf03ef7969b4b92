// The list of roles: search, filters, pages.
import { h } from 'preact';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { type RoleRow, RolesListPage } from '../../../views/pages/roles-list.tsx';
import { type Caller, mayCall } from '../../domain/access/caller.ts';
import type { RoleSummary } from '../../domain/role/role.ts';
import { companyFilter } from './company-filter.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, parseQuery, textOf } from './query.ts';

const PAGE_SIZE = 50;

export async function showRoles(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const query = parseQuery(visit.querystring);
  const q = textOf(query, 'q');
  const kind = choiceOf(query, 'kind', ['standard', 'custom']);
  const companyId = textOf(query, 'company_id');
  const cursor = textOf(query, 'cursor');
  const [found, companies] = await Promise.all([
    services.roles.list(caller, { q, kind, companyId }, { limit: PAGE_SIZE, cursor }),
    companyFilter(visit, query),
  ]);
  const kept = { q, kind, company_id: companyId };
  if (companies.settled !== undefined) return seeOther(hrefOf('/roles', { ...kept, company_id: companies.settled }));
  return page((frame) =>
    h(RolesListPage, {
      frame,
      roles: found.items.map((role) => toRoleRow(role, caller)),
      filter: { q: q ?? '', kind: kind ?? '', companyId: companyId ?? '' },
      companies: companies.choice,
      firstHref: cursor === undefined ? undefined : hrefOf('/roles', kept),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/roles', { ...kept, cursor: found.nextCursor }),
      mayCreate: mayCall(caller, 'roles:write'),
    }),
  );
}

export function toRoleRow(role: RoleSummary, caller: Caller): RoleRow {
  const { id, name, description, kind, companyId, companyName, clientCount, userCount } = role;
  const row = { id, name, description, kind, privilegeCount: role.privileges.length, clientCount, userCount };
  if (companyId === null || companyName === null) return { ...row, company: null };
  // Whose it is, is told to those below it too; its page is not theirs to open.
  const isReached = caller.reach.subtree && mayCall(caller, 'companies:read');
  return { ...row, company: { name: companyName, href: isReached ? companyHref(companyId) : undefined } };
}
