// All roles that are in view: the standard ones, those of companies within reach, and those made available from above.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { CompanyFilter, type CompanyFilterChoice, CompanyFilterNote } from '../parts/company-filter.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterSelect, newHref } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen, NameLink } from '../parts/panel.tsx';
import { Table, type Column } from '../parts/table.tsx';

export type RoleRow = {
  id: string;
  name: string;
  description: string;
  kind: 'standard' | 'custom';
  /** Whose it is; null for the standard ones, which every company has. */
  company: { name: string; href?: string | undefined } | null;
  privilegeCount: number;
  clientCount: number;
  userCount: number;
};

export type RolesListPageProps = {
  frame: AppFrame;
  roles: readonly RoleRow[];
  /** What is filtered by now; an empty string is "all". */
  filter: { q: string; kind: string; companyId: string };
  /** undefined where all custom roles are of one company. */
  companies: CompanyFilterChoice | undefined;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  mayCreate: boolean;
};

export const roleKindWords = { standard: 'Standard', custom: 'Custom' } as const;

const kinds: readonly SelectOption[] = [
  { value: 'standard', label: 'Standard' },
  { value: 'custom', label: 'Custom' },
];

export function roleHref(id: string): string {
  return `/roles/${encodeURIComponent(id)}`;
}

function RolesTable({ roles, withCompany }: { roles: readonly RoleRow[]; withCompany: boolean }) {
  const company: Column<RoleRow> = {
    head: 'Company',
    cell: (role) => (role.company ? <NameLink {...role.company} /> : <span class="muted">Every company</span>),
  };
  return (
    <Table<RoleRow>
      caption="Roles"
      rows={roles}
      rowKey={(role) => role.id}
      columns={[
        {
          head: 'Name',
          cell: (role) => (
            <span class="party">
              <NameLink name={role.name} href={roleHref(role.id)} />
              {role.description && (
                <span class="party-type">
                  <Chosen>{role.description}</Chosen>
                </span>
              )}
            </span>
          ),
        },
        { head: 'Type', kind: 'nowrap', cell: (role) => roleKindWords[role.kind] },
        ...(withCompany ? [company] : []),
        { head: 'Privileges', kind: 'number', cell: (role) => role.privilegeCount.toLocaleString('en') },
        { head: 'Clients', kind: 'number', cell: (role) => role.clientCount.toLocaleString('en') },
        { head: 'Users', kind: 'number', cell: (role) => role.userCount.toLocaleString('en') },
      ]}
    />
  );
}

export function RolesListPage(props: RolesListPageProps) {
  const { frame, roles, filter, companies, firstHref, nextHref, mayCreate } = props;
  const filtered = Object.values(filter).some((value) => value !== '');
  return (
    <AppShell frame={frame} title={['Roles']}>
      <PageHeader
        title="Roles"
        lede="A role is a named set of privileges. Every client and every user has one."
        actions={
          mayCreate && (
            <LinkButton href={newHref('/roles/new', filter.companyId)} kind="primary" icon="plus">
              New role
            </LinkButton>
          )
        }
      />
      <FilterBar
        action="/roles"
        noun="roles"
        q={filter.q}
        searchLabel="Name or description"
        filtered={filtered}
        note={<CompanyFilterNote choice={companies} />}
      >
        <FilterSelect name="kind" label="Type" value={filter.kind} options={kinds} all="All" />
        {companies && <CompanyFilter value={filter.companyId} choice={companies} />}
      </FilterBar>
      <div class="panel plain">
        {roles.length > 0 ? (
          <RolesTable roles={roles} withCompany={companies !== undefined} />
        ) : (
          <EmptyState
            icon="search"
            title="No role matches"
            action={<LinkButton href="/roles">Show all roles</LinkButton>}
          >
            Try a part of the name, or fewer filters.
          </EmptyState>
        )}
      </div>
      {(firstHref || nextHref) && (
        <Pagination noun="roles" nounOne="role" shown={roles.length} firstHref={firstHref} nextHref={nextHref} />
      )}
    </AppShell>
  );
}
