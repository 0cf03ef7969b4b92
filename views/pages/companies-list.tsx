// All companies within reach: search, filter, sort, page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterSelect } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { NameLink } from '../parts/panel.tsx';
import { CompanyStatusMark, type CompanyStatus } from '../parts/status.tsx';
import { Table, type Sort } from '../parts/table.tsx';
import { RelativeTime } from '../parts/time.tsx';

export type CompanyRow = {
  id: string;
  name: string;
  status: CompanyStatus;
  reseller: boolean;
  /** The company above it; null for the topmost that the reader sees. */
  parent: { name: string; href: string } | null;
  createdAt: Date;
};

export type CompaniesListPageProps = {
  frame: AppFrame;
  companies: readonly CompanyRow[];
  /** What is filtered by now; an empty string is "all". `parent` is the company directly below which is looked. */
  filter: { q: string; status: string; reseller: string; parent: SelectOption | null };
  sort: { name: Sort; created: Sort };
  sortValue: string;
  total?: number | undefined;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  mayCreate: boolean;
};

export const companyStatuses: readonly SelectOption[] = [
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
];

const kinds: readonly SelectOption[] = [
  { value: 'true', label: 'Resellers' },
  { value: 'false', label: 'Plain companies' },
];

export function companyHref(id: string): string {
  return `/companies/${encodeURIComponent(id)}`;
}

export function CompaniesTable({
  companies,
  sort,
  now,
  withParent = true,
}: {
  companies: readonly CompanyRow[];
  sort?: CompaniesListPageProps['sort'];
  now: Date;
  withParent?: boolean;
}) {
  return (
    <Table<CompanyRow>
      caption="Companies"
      rows={companies}
      rowKey={(company) => company.id}
      columns={[
        {
          head: 'Name',
          sort: sort?.name,
          cell: (company) => (
            <>
              <NameLink name={company.name} href={companyHref(company.id)} />{' '}
              {company.reseller && <span class="tag">Reseller</span>}
            </>
          ),
        },
        { head: 'Status', kind: 'nowrap', cell: (company) => <CompanyStatusMark status={company.status} /> },
        ...(withParent
          ? [
              {
                head: 'Below',
                cell: ({ parent }: CompanyRow) =>
                  parent ? <NameLink {...parent} /> : <span class="muted">Topmost</span>,
              },
            ]
          : []),
        {
          head: 'Created',
          kind: 'nowrap',
          sort: sort?.created,
          cell: (company) => <RelativeTime at={company.createdAt} now={now} />,
        },
      ]}
    />
  );
}

function Filters({
  filter,
  sortValue,
  filtered,
}: Pick<CompaniesListPageProps, 'filter' | 'sortValue'> & { filtered: boolean }) {
  return (
    <FilterBar
      action="/companies"
      noun="companies"
      q={filter.q}
      searchLabel="Name"
      hidden={sortValue ? { sort: sortValue } : {}}
      filtered={filtered}
    >
      <FilterSelect name="status" label="Status" value={filter.status} options={companyStatuses} all="All" />
      <FilterSelect name="reseller" label="Kind" value={filter.reseller} options={kinds} all="All" />
      {filter.parent && (
        <FilterSelect
          name="parent_id"
          label="Directly below"
          value={filter.parent.value}
          options={[filter.parent]}
          all="Any company"
        />
      )}
    </FilterBar>
  );
}

export function CompaniesListPage(props: CompaniesListPageProps) {
  const { frame, companies, filter, sort, sortValue, total, firstHref, nextHref, mayCreate } = props;
  const filtered = filter.q !== '' || filter.status !== '' || filter.reseller !== '' || filter.parent !== null;
  // One's own company is always there.
  const alone = companies.length <= 1 && !filtered && !firstHref;
  const newCompany = (
    <LinkButton href="/companies/new" kind="primary" icon="plus">
      New company
    </LinkButton>
  );
  return (
    <AppShell frame={frame} title={['Companies']}>
      <PageHeader
        title="Companies"
        lede="Clients, users and roles belong to a company. Nobody sees what belongs to a company beside theirs."
        actions={mayCreate && !alone && newCompany}
      />
      {!alone && <Filters filter={filter} sortValue={sortValue} filtered={filtered} />}
      {companies.length > 0 && (
        <div class="panel plain">
          <CompaniesTable companies={companies} sort={sort} now={frame.now} />
        </div>
      )}
      {companies.length === 0 && (
        <div class="panel plain">
          <EmptyState
            icon="search"
            title="No company matches"
            action={<LinkButton href="/companies">Show all companies</LinkButton>}
          >
            Try a part of the name, or fewer filters.
          </EmptyState>
        </div>
      )}
      {alone && (
        <div class="panel plain">
          <EmptyState icon="company" title="No companies below yours yet" action={mayCreate && newCompany}>
            Make one for each tenant: it gets its own clients, users and roles. Mark it as a reseller if it is to have
            companies below it in turn.
          </EmptyState>
        </div>
      )}
      {companies.length > 0 && !alone && (
        <Pagination
          noun="companies"
          nounOne="company"
          shown={companies.length}
          total={total}
          firstHref={firstHref}
          nextHref={nextHref}
        />
      )}
    </AppShell>
  );
}
