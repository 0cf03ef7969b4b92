// The audit log: who did what to what, from where, with what outcome.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { CompanyFilter, type CompanyFilterChoice, CompanyFilterNote } from '../parts/company-filter.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import type { SelectOption } from '../parts/field.tsx';
import { FilterBar, FilterDate, FilterSelect } from '../parts/filters.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen } from '../parts/panel.tsx';
import { OutcomeMark, type Outcome } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { RelativeTime } from '../parts/time.tsx';

/** Who acted or what was acted on. `type` is a word such as `client`; `name` falls back to the id. */
export type AuditParty = { type: string; id: string | null; name: string | null; href?: string | undefined };

export type AuditRow = {
  id: string;
  at: Date;
  /** Such as `client.created`. */
  action: string;
  actor: AuditParty;
  target: AuditParty | null;
  outcome: Outcome;
  /** In words. */
  reason: string | null;
  address: string | null;
  requestId: string | null;
  /** Whose log it stands in; null where the reader sees one company's alone. */
  company: string | null;
};

export type AuditListPageProps = {
  frame: AppFrame;
  events: readonly AuditRow[];
  /** What is searched for is the reference of one request. */
  isReference?: boolean | undefined;
  /** What is filtered by now; an empty string is "all". Dates are `YYYY-MM-DD` in UTC. */
  filter: { q: string; action: string; outcome: string; companyId: string; from: string; to: string };
  /** Faults in `from` and `to`. */
  errors: { from?: string; to?: string };
  actions: readonly SelectOption[];
  /** undefined where all events are of one company. */
  companies: CompanyFilterChoice | undefined;
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

/** By the names that the API and SIEM use. */
export const outcomeOptions: readonly SelectOption[] = [
  { value: 'success', label: 'Success' },
  { value: 'failure', label: 'Refused' },
];

export function auditEventHref(id: string): string {
  return `/audit/${encodeURIComponent(id)}`;
}

function partyName(party: AuditParty): string {
  return party.name ?? party.id ?? party.type;
}

/** The name with its kind below it; linked where it can be opened. */
export function Party({ party }: { party: AuditParty }) {
  const name = <Chosen>{partyName(party)}</Chosen>;
  return (
    <span class="party">
      {party.href ? <a href={party.href}>{name}</a> : name}
      {partyName(party) !== party.type && <span class="party-type">{party.type.replaceAll('_', ' ')}</span>}
    </span>
  );
}

function EventsTable({ events, now }: { events: readonly AuditRow[]; now: Date }) {
  return (
    <Table<AuditRow>
      caption="Audit events, newest first"
      rows={events}
      rowKey={(event) => event.id}
      columns={[
        {
          head: 'Event',
          cell: (event) => (
            <span class="party">
              <a href={auditEventHref(event.id)}>
                <code>{event.action}</code>
              </a>
              {event.company !== null && (
                <span class="party-type">
                  <span class="visually-hidden">Company: </span>
                  <Chosen>{event.company}</Chosen>
                </span>
              )}
            </span>
          ),
        },
        { head: 'Time', kind: 'nowrap', cell: (event) => <RelativeTime at={event.at} now={now} /> },
        { head: 'Actor', cell: (event) => <Party party={event.actor} /> },
        {
          head: 'Target',
          cell: (event) => (event.target ? <Party party={event.target} /> : <span class="muted">–</span>),
        },
        {
          head: 'Outcome',
          cell: (event) => (
            <span class="outcome">
              <OutcomeMark outcome={event.outcome} />
              {event.reason && <span class="outcome-reason">{event.reason}</span>}
            </span>
          ),
        },
        {
          head: 'From',
          cell: (event) => (
            <span class="party">
              {event.address ? <code>{event.address}</code> : <span class="muted">–</span>}
              {event.requestId && (
                <span class="party-type reference" title={`Reference ${event.requestId}`}>
                  {event.requestId}
                </span>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

const ABOUT_REFERENCES =
  'Calls refused for their address are told once a minute for each caller and address, and calls refused for their token or scope not at all. Search for the address, or for the client or API token.';

export function AuditListPage(props: AuditListPageProps) {
  const { frame, events, isReference, filter, errors, actions, companies, firstHref, nextHref } = props;
  const filtered = Object.values(filter).some((value) => value !== '');
  return (
    <AppShell frame={frame} title={['Audit log']}>
      <PageHeader
        title="Audit log"
        lede="Every sign-in, every token issued or refused, every change. Nobody can change or delete it."
      />
      <FilterBar
        action="/audit"
        noun="events"
        q={filter.q}
        searchLabel="Name, ID, address or reference"
        filtered={filtered}
        note={<CompanyFilterNote choice={companies} />}
      >
        <FilterSelect name="action" label="Event" value={filter.action} options={actions} all="All" />
        <FilterSelect name="outcome" label="Outcome" value={filter.outcome} options={outcomeOptions} all="All" />
        {companies && <CompanyFilter value={filter.companyId} choice={companies} />}
        <FilterDate name="from" label="From (UTC)" value={filter.from} error={errors.from} />
        <FilterDate name="to" label="To (UTC)" value={filter.to} error={errors.to} />
      </FilterBar>
      <div class="panel plain">
        {events.length > 0 ? (
          <EventsTable events={events} now={frame.now} />
        ) : filtered ? (
          <EmptyState
            icon="search"
            title="No event matches"
            action={<LinkButton href="/audit">Show all events</LinkButton>}
          >
            {isReference ? ABOUT_REFERENCES : 'Try a longer time span, or fewer filters.'}
          </EmptyState>
        ) : (
          <EmptyState icon="audit" title="No events yet">
            Sign-ins, tokens and changes appear here as they happen.
          </EmptyState>
        )}
      </div>
      {events.length > 0 && (
        <Pagination noun="events" nounOne="event" shown={events.length} firstHref={firstHref} nextHref={nextHref} />
      )}
    </AppShell>
  );
}
