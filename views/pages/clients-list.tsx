// All clients: search, filter, sort, page.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { CompanyFilter, type CompanyFilterChoice, CompanyFilterNote } from '../parts/company-filter.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterSelect, newHref } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen } from '../parts/panel.tsx';
import { ClientStatusMark, type ClientStatus } from '../parts/status.tsx';
import { Table, type Column, type Sort } from '../parts/table.tsx';
import { MaybeTime, RelativeTime } from '../parts/time.tsx';

export type ClientRow = {
  clientId: string;
  name: string;
  status: ClientStatus;
  role: string;
  company: string;
  createdAt: Date;
  lastUsedAt: Date | null;
};

export type ClientsListPageProps = {
  frame: AppFrame;
  clients: readonly ClientRow[];
  /** What is filtered by now; an empty string is "all". */
  filter: { q: string; status: string; roleId: string; companyId: string };
  roles: readonly SelectOption[];
  /** undefined where all clients are of one company. */
  companies: CompanyFilterChoice | undefined;
  /** Heads that sort, by column; `direction` is set on the one that sorts now. */
  sort: { name?: Sort; created?: Sort; lastUsed?: Sort };
  /** Query value of the present order, kept through a search; empty for the default order. */
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

export function clientHref(clientId: string): string {
  return `/clients/${encodeURIComponent(clientId)}`;
}

function ClientsTable({
  clients,
  sort,
  now,
  withCompany,
}: {
  withCompany: boolean;
  clients: readonly ClientRow[];
  sort: ClientsListPageProps['sort'];
  now: Date;
}) {
  const company: Column<ClientRow> = { head: 'Company', cell: (client) => <Chosen>{client.company}</Chosen> };
  return (
    <Table<ClientRow>
      caption="Clients"
      rows={clients}
      rowKey={(client) => client.clientId}
      columns={[
        {
          head: 'Name',
          sort: sort.name,
          cell: (client) => (
            <a href={clientHref(client.clientId)}>
              <Chosen>{client.name}</Chosen>
            </a>
          ),
        },
        {
          head: 'Client ID',
          kind: 'nowrap',
          cell: (client) => (
            <Copyable id={`id-${client.clientId}`} value={client.clientId} what={`client ID of ${client.name}`} />
          ),
        },
        { head: 'Status', kind: 'nowrap', cell: (client) => <ClientStatusMark status={client.status} /> },
        { head: 'Role', cell: (client) => <Chosen>{client.role}</Chosen> },
        ...(withCompany ? [company] : []),
        {
          head: 'Created',
          kind: 'nowrap',
          sort: sort.created,
          cell: (client) => <RelativeTime at={client.createdAt} now={now} />,
        },
        {
          head: 'Last used',
          kind: 'nowrap',
          sort: sort.lastUsed,
          cell: (client) => <MaybeTime at={client.lastUsedAt} now={now} absent="Never" />,
        },
      ]}
    />
  );
}

export function ClientsListPage(props: ClientsListPageProps) {
  const { frame, clients, filter, roles, companies, sort, sortValue, total, firstHref, nextHref, mayCreate } = props;
  const filtered = Object.values(filter).some((value) => value !== '');
  const none = clients.length === 0 && !filtered && !firstHref;
  const newClient = (
    <LinkButton href={newHref('/clients/new', filter.companyId)} kind="primary" icon="plus">
      New client
    </LinkButton>
  );
  return (
    <AppShell frame={frame} title={['Clients']}>
      <PageHeader
        title="Clients"
        lede="Programs that get tokens with a client ID and a secret: one for each integration."
        actions={mayCreate && !none && newClient}
      />
      {none ? (
        <div class="panel plain">
          <EmptyState icon="clients" title="No clients yet" action={mayCreate && newClient}>
            Register one for each program that calls the API: a SOAR playbook, a SIEM collector, a provisioning job.
            Each gets its own secret, role and address restriction, so that you can pause one without touching the
            others.
          </EmptyState>
        </div>
      ) : (
        <>
          <FilterBar
            action="/clients"
            noun="clients"
            q={filter.q}
            searchLabel="Name or client ID"
            hidden={sortValue ? { sort: sortValue } : {}}
            filtered={filtered}
            note={<CompanyFilterNote choice={companies} />}
          >
            <FilterSelect name="status" label="Status" value={filter.status} options={statuses} all="All" />
            <FilterSelect name="role_id" label="Role" value={filter.roleId} options={roles} all="All" />
            {companies && <CompanyFilter value={filter.companyId} choice={companies} />}
          </FilterBar>
          <div class="panel plain">
            {clients.length === 0 ? (
              <EmptyState
                icon="search"
                title="No client matches"
                action={<LinkButton href="/clients">Show all clients</LinkButton>}
              >
                Try a part of the name, or fewer filters.
              </EmptyState>
            ) : (
              <ClientsTable clients={clients} sort={sort} now={frame.now} withCompany={companies !== undefined} />
            )}
          </div>
          {clients.length > 0 && (
            <Pagination
              noun="clients"
              nounOne="client"
              shown={clients.length}
              total={total}
              firstHref={firstHref}
              nextHref={nextHref}
            />
          )}
        </>
      )}
    </AppShell>
  );
}
