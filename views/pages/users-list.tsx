// All users within reach: search, filter, sort, page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { CompanyFilter, type CompanyFilterChoice, CompanyFilterNote } from '../parts/company-filter.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterSelect, newHref } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen, NameLink } from '../parts/panel.tsx';
import { UserStatusMark, type UserStatus } from '../parts/status.tsx';
import { Table, type Column, type Sort } from '../parts/table.tsx';
import { MaybeTime } from '../parts/time.tsx';

export type UserRow = {
  id: string;
  name: string;
  email: string;
  status: UserStatus;
  role: string;
  company: string;
  lastSignInAt: Date | null;
};

export type UsersListPageProps = {
  frame: AppFrame;
  users: readonly UserRow[];
  /** What is filtered by now; an empty string is "all". */
  filter: { q: string; status: string; roleId: string; companyId: string };
  roles: readonly SelectOption[];
  /** undefined where all users are of one company. */
  companies: CompanyFilterChoice | undefined;
  sort: { email: Sort; lastSignIn: Sort };
  sortValue: string;
  total?: number | undefined;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  mayCreate: boolean;
};

const statuses: readonly SelectOption[] = [
  { value: 'active', label: 'Active' },
  { value: 'inactive', label: 'Inactive' },
];

export function userHref(id: string): string {
  return `/users/${encodeURIComponent(id)}`;
}

type UsersTableProps = {
  users: readonly UserRow[];
  sort?: UsersListPageProps['sort'];
  now: Date;
  withCompany: boolean;
};

function UsersTable({ users, sort, now, withCompany }: UsersTableProps) {
  const company: Column<UserRow> = { head: 'Company', cell: (user) => <Chosen>{user.company}</Chosen> };
  return (
    <Table<UserRow>
      caption="Users"
      rows={users}
      rowKey={(user) => user.id}
      columns={[
        {
          head: 'User',
          sort: sort?.email,
          cell: (user) => (
            <span class="party">
              <NameLink name={user.name} href={userHref(user.id)} />
              <span class="party-type">
                <Chosen>{user.email}</Chosen>
              </span>
            </span>
          ),
        },
        { head: 'Status', kind: 'nowrap', cell: (user) => <UserStatusMark status={user.status} /> },
        { head: 'Role', cell: (user) => <Chosen>{user.role}</Chosen> },
        ...(withCompany ? [company] : []),
        {
          head: 'Last sign-in',
          kind: 'nowrap',
          sort: sort?.lastSignIn,
          cell: (user) => <MaybeTime at={user.lastSignInAt} now={now} absent="Never" />,
        },
      ]}
    />
  );
}

export function UsersListPage(props: UsersListPageProps) {
  const { frame, users, filter, roles, companies, sort, sortValue, total, firstHref, nextHref, mayCreate } = props;
  const filtered = Object.values(filter).some((value) => value !== '');
  return (
    <AppShell frame={frame} title={['Users']}>
      <PageHeader
        title="Users"
        lede="People who sign in here. What they may do is said by their role, as for clients."
        actions={
          mayCreate && (
            <LinkButton href={newHref('/users/new', filter.companyId)} kind="primary" icon="plus">
              New user
            </LinkButton>
          )
        }
      />
      <FilterBar
        action="/users"
        noun="users"
        q={filter.q}
        searchLabel="Name or email address"
        hidden={sortValue ? { sort: sortValue } : {}}
        filtered={filtered}
        note={<CompanyFilterNote choice={companies} />}
      >
        <FilterSelect name="status" label="Status" value={filter.status} options={statuses} all="All" />
        <FilterSelect name="role_id" label="Role" value={filter.roleId} options={roles} all="All" />
        {companies && <CompanyFilter value={filter.companyId} choice={companies} />}
      </FilterBar>
      <div class="panel plain">
        {users.length === 0 ? (
          <EmptyState
            icon="search"
            title="No user matches"
            action={<LinkButton href="/users">Show all users</LinkButton>}
          >
            Try a part of the name, or fewer filters.
          </EmptyState>
        ) : (
          <UsersTable users={users} sort={sort} now={frame.now} withCompany={companies !== undefined} />
        )}
      </div>
      {users.length > 0 && (
        <Pagination
          noun="users"
          nounOne="user"
          shown={users.length}
          total={total}
          firstHref={firstHref}
          nextHref={nextHref}
        />
      )}
    </AppShell>
  );
}
