// The list of users: search, filters, order, pages.
import { h } from 'preact';
import { type UserRow, UsersListPage } from '../../../views/pages/users-list.tsx';
import type { UserStatus as ShownStatus } from '../../../views/parts/status.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { UserSort } from '../../domain/user/user-store.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { roleFilterOptions } from './company-choice.ts';
import { companyFilter } from './company-filter.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, parseQuery, sortHead, textOf } from './query.ts';

const PAGE_SIZE = 50;
const SORTS = ['created_at', 'email', 'last_sign_in_at'] as const satisfies readonly UserSort[];

export async function showUsers(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const query = parseQuery(visit.querystring);
  const status = choiceOf(query, 'status', ['active', 'inactive']);
  const sort = choiceOf(query, 'sort', SORTS);
  const q = textOf(query, 'q');
  const roleId = textOf(query, 'role_id');
  const companyId = textOf(query, 'company_id');
  const cursor = textOf(query, 'cursor');
  const [found, roles, companies, counts] = await Promise.all([
    services.users.list(caller, { q, status, roleId, companyId, sort }, { limit: PAGE_SIZE, cursor }),
    roleFilterOptions(visit, roleId),
    companyFilter(visit, query),
    services.users.count(caller),
  ]);
  const kept = { q, status, role_id: roleId, company_id: companyId, sort };
  if (companies.settled !== undefined) return seeOther(hrefOf('/users', { ...kept, company_id: companies.settled }));
  const isSearch = q !== undefined || roleId !== undefined || companyId !== undefined;
  return page((frame) =>
    h(UsersListPage, {
      frame,
      users: found.items.map(toRow),
      filter: { q: q ?? '', status: status ?? '', roleId: roleId ?? '', companyId: companyId ?? '' },
      roles,
      companies: companies.choice,
      sort: {
        email: sortHead('/users', kept, 'email', 'ascending'),
        lastSignIn: sortHead('/users', kept, 'last_sign_in_at', 'descending'),
      },
      sortValue: sort ?? '',
      total: isSearch ? undefined : status ? counts[status] : counts.active + counts.inactive,
      firstHref: cursor === undefined ? undefined : hrefOf('/users', kept),
      nextHref: found.nextCursor === null ? undefined : hrefOf('/users', { ...kept, cursor: found.nextCursor }),
      mayCreate: mayCall(caller, 'users:write'),
    }),
  );
}

function toRow(user: UserSummary): UserRow {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    status: shownUserStatus(user),
    role: user.roleName,
    company: user.companyName,
    lastSignInAt: user.lastSignInAt,
  };
}

export function shownUserStatus({ status, passwordHash }: UserSummary): ShownStatus {
  return status === 'active' && passwordHash === null ? 'invited' : status;
}
