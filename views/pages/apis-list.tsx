// All APIs: what tokens can be got for, and who may.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { FilterBar } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { NameLink } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';
import { MaybeTime } from '../parts/time.tsx';

export type ApiRow = {
  id: string;
  name: string;
  identifier: string;
  builtIn: boolean;
  privilegeCount: number;
  /** `all`, or how many companies were chosen. */
  availableTo: 'all' | number;
  importedAt: Date | null;
};

export type ApisListPageProps = {
  frame: AppFrame;
  apis: readonly ApiRow[];
  /** What is searched for; empty for nothing. */
  q: string;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
  mayCreate: boolean;
};

export function apiHref(id: string): string {
  return `/apis/${encodeURIComponent(id)}`;
}

export function availabilityWords(availableTo: ApiRow['availableTo']): string {
  if (availableTo === 'all') return 'All companies';
  if (availableTo === 0) return 'No company';
  return `${availableTo.toLocaleString('en')} ${availableTo === 1 ? 'company' : 'companies'} and below`;
}

function ApisTable({ apis, now }: { apis: readonly ApiRow[]; now: Date }) {
  return (
    <Table<ApiRow>
      caption="APIs"
      rows={apis}
      rowKey={(api) => api.id}
      columns={[
        {
          head: 'Name',
          cell: (api) => (
            <span class="party">
              <span>
                <NameLink name={api.name} href={apiHref(api.id)} />
                {api.builtIn && <span class="tag">Built in</span>}
              </span>
              <code class="party-type">{api.id}</code>
            </span>
          ),
        },
        { head: 'Identifier', cell: (api) => <code>{api.identifier}</code> },
        { head: 'Privileges', kind: 'number', cell: (api) => api.privilegeCount.toLocaleString('en') },
        { head: 'Available to', cell: (api) => availabilityWords(api.availableTo) },
        {
          head: 'Imported',
          kind: 'nowrap',
          cell: (api) => <MaybeTime at={api.importedAt} now={now} absent="Never" />,
        },
      ]}
    />
  );
}

export function ApisListPage({ frame, apis, q, firstHref, nextHref, mayCreate }: ApisListPageProps) {
  return (
    <AppShell frame={frame} title={['APIs']}>
      <PageHeader
        title="APIs"
        lede="What tokens are for: Postern’s own API, and those of yours that you protect with its tokens."
        actions={
          mayCreate && (
            <LinkButton href="/apis/new" kind="primary" icon="plus">
              New API
            </LinkButton>
          )
        }
      />
      <FilterBar action="/apis" noun="APIs" q={q} searchLabel="Name, id or identifier" filtered={q !== ''} />
      <div class="panel plain">
        {apis.length === 0 ? (
          <EmptyState icon="search" title="No API matches" action={<LinkButton href="/apis">Show all APIs</LinkButton>}>
            Try a part of the name or of the identifier.
          </EmptyState>
        ) : (
          <ApisTable apis={apis} now={frame.now} />
        )}
      </div>
      {apis.length > 0 && (
        <Pagination noun="APIs" nounOne="API" shown={apis.length} firstHref={firstHref} nextHref={nextHref} />
      )}
    </AppShell>
  );
}
