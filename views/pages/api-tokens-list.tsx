// All API tokens: search, filter, sort, page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { ApiTokensTable, type ApiTokenRow, type ApiTokensTableProps } from '../parts/api-tokens.tsx';
import { LinkButton } from '../parts/button.tsx';
import { CompanyFilter, type CompanyFilterChoice, CompanyFilterNote } from '../parts/company-filter.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterSelect } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';

export type ApiTokensListPageProps = {
  frame: AppFrame;
  tokens: readonly ApiTokenRow[];
  /** What is filtered by now; an empty string is "all". */
  filter: {
    q: string;
    ownerType: string;
    expired: string;
    companyId: string;
    /** The one owner whose tokens are listed, by the name of its filter; null for those of everybody. */
    owner: { field: 'client_id' | 'user_id'; value: string; name: string } | null;
  };
  /** undefined where all tokens are of one company. */
  companies: CompanyFilterChoice | undefined;
  sort: NonNullable<ApiTokensTableProps['sort']>;
  /** Query value of the present order, kept through a search; empty for the default order. */
  sortValue: string;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  /** undefined for a reader who may make none. */
  newHref?: string | undefined;
};

const ownerTypes: readonly SelectOption[] = [
  { value: 'client', label: 'Clients' },
  { value: 'user', label: 'Users' },
];

const expiries: readonly SelectOption[] = [
  { value: 'false', label: 'Not expired' },
  { value: 'true', label: 'Expired' },
];

type FiltersProps = Pick<ApiTokensListPageProps, 'filter' | 'companies' | 'sortValue'> & { filtered: boolean };

function Filters({ filter, companies, sortValue, filtered }: FiltersProps) {
  const { owner } = filter;
  return (
    <FilterBar
      action="/api-tokens"
      noun="API tokens"
      q={filter.q}
      searchLabel="Name, owner or last four characters"
      hidden={sortValue ? { sort: sortValue } : {}}
      filtered={filtered}
      note={<CompanyFilterNote choice={companies} />}
    >
      {owner ? (
        <FilterSelect
          name={owner.field}
          label="Owner"
          value={owner.value}
          options={[{ value: owner.value, label: owner.name }]}
          all="All"
        />
      ) : (
        <FilterSelect name="owner_type" label="Owner" value={filter.ownerType} options={ownerTypes} all="All" />
      )}
      <FilterSelect name="expired" label="Expiry" value={filter.expired} options={expiries} all="All" />
      {companies && <CompanyFilter value={filter.companyId} choice={companies} />}
    </FilterBar>
  );
}

export function ApiTokensListPage(props: ApiTokensListPageProps) {
  const { frame, tokens, filter, companies, sort, sortValue, firstHref, nextHref, newHref } = props;
  const { owner, ...others } = filter;
  const filtered = owner !== null || Object.values(others).some((value) => value !== '');
  const none = tokens.length === 0 && !filtered && !firstHref;
  const newToken = newHref !== undefined && (
    <LinkButton href={newHref} kind="primary" icon="plus">
      New API token
    </LinkButton>
  );
  return (
    <AppShell frame={frame} title={['API tokens']}>
      <PageHeader
        title="API tokens"
        lede="Fixed bearer tokens for tools that can’t do OAuth. Each belongs to a client or a user, and never does more than its owner."
        actions={!none && newToken}
      />
      {none ? (
        <div class="panel plain">
          <EmptyState icon="token" title="No API tokens yet" action={newToken}>
            Make one for a tool that can only send a fixed token: a reporting connector, a webhook, a small script. It
            carries as few of its owner’s privileges as you choose, for one API. A program that can do OAuth is better
            served by a client and its secret.
          </EmptyState>
        </div>
      ) : (
        <>
          <Filters filter={filter} companies={companies} sortValue={sortValue} filtered={filtered} />
          <div class="panel plain">
            {tokens.length === 0 ? (
              <EmptyState
                icon="search"
                title="No API token matches"
                action={<LinkButton href="/api-tokens">Show all API tokens</LinkButton>}
              >
                Try a part of the name, or fewer filters.
              </EmptyState>
            ) : (
              <ApiTokensTable
                tokens={tokens}
                now={frame.now}
                owners={companies ? 'with-company' : 'plain'}
                sort={sort}
              />
            )}
          </div>
          {tokens.length > 0 && (
            <Pagination
              noun="API tokens"
              nounOne="API token"
              shown={tokens.length}
              firstHref={firstHref}
              nextHref={nextHref}
            />
          )}
        </>
      )}
    </AppShell>
  );
}
