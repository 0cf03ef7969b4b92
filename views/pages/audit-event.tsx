// One audit event with everything that is known about it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Chosen, Facts, Panel, type Fact } from '../parts/panel.tsx';
import { OutcomeMark } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { ExactTime, RelativeTime } from '../parts/time.tsx';
import { Party, type AuditParty, type AuditRow } from './audit-list.tsx';

export type AuditChange = {
  field: string;
  /** As text, such as JSON; null when there was none. */
  old: string | null;
  new: string | null;
};

export type AuditEventPageProps = {
  frame: AppFrame;
  event: Omit<AuditRow, 'company'> & {
    company: string;
    /** The reason as the API and SIEM name it, such as `client_inactive`. */
    reasonCode: string | null;
    userAgent: string | null;
    changes: readonly AuditChange[];
    /** Further facts by name, such as the scope of an issued token. */
    details: readonly { name: string; value: string }[];
    /** Where the decision is explained as it would be now; undefined where there was none. */
    explainHref?: string | undefined;
    /** Where its address can be allowed; undefined where that would not help, or the reader may not. */
    allowHref?: string | undefined;
  };
};

function partyFacts(word: string, party: AuditParty | null): readonly Fact[] {
  if (!party) return [];
  const facts: Fact[] = [{ term: word, value: <Party party={party} /> }];
  if (party.id) {
    const id = `${word.toLowerCase()}-id`;
    facts.push({ term: `${word} ID`, value: <Copyable id={id} value={party.id} what={`${word.toLowerCase()} ID`} /> });
  }
  return facts;
}

/** `secret_id` becomes "Secret ID". */
function detailWord(name: string): string {
  const words = name.replaceAll('_', ' ').replace(/\bid$/, 'ID');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Value({ text }: { text: string | null }) {
  return text === null ? <span class="muted">None</span> : <code class="change-value">{text}</code>;
}

/** What was made has no values before, and what was deleted none after: those columns would be empty. */
function Changes({ changes }: { changes: readonly AuditChange[] }) {
  const hadNone = changes.every((change) => change.old === null);
  const before = { head: 'Before', cell: (change: AuditChange) => <Value text={change.old} /> };
  const after = { head: hadNone ? 'Value' : 'After', cell: (change: AuditChange) => <Value text={change.new} /> };
  const hasNone = changes.every((change) => change.new === null);
  return (
    <Panel id="changes" title={hadNone ? 'What was set' : 'What changed'} flush>
      <Table<AuditChange>
        caption="Changed fields with old and new values"
        rows={changes}
        rowKey={(change) => change.field}
        columns={[
          { head: 'Field', cell: (change) => <code>{change.field}</code> },
          ...(hadNone ? [] : [before]),
          ...(hasNone ? [] : [after]),
        ]}
      />
    </Panel>
  );
}

export function AuditEventPage({ frame, event }: AuditEventPageProps) {
  const none = <span class="muted">None</span>;
  return (
    <AppShell frame={frame} title={[event.action, 'Audit log']}>
      <PageHeader
        title={<code>{event.action}</code>}
        crumbs={[{ href: '/audit', label: 'Audit log' }]}
        mark={<OutcomeMark outcome={event.outcome} />}
        lede={<RelativeTime at={event.at} now={frame.now} />}
        actions={
          <>
            {event.allowHref && (
              <LinkButton href={event.allowHref} icon="plus">
                Allow this address
              </LinkButton>
            )}
            {event.explainHref && (
              <LinkButton href={event.explainHref} kind="primary">
                Explain this decision
              </LinkButton>
            )}
          </>
        }
      />
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts
            facts={[
              { term: 'Time', value: <ExactTime at={event.at} /> },
              { term: 'Event ID', value: <Copyable id="event-id" value={event.id} what="event ID" /> },
              ...partyFacts('Actor', event.actor),
              ...partyFacts('Target', event.target),
              {
                term: 'Reason',
                value: event.reason ? (
                  <span class="party">
                    <span>{event.reason}</span>
                    {event.reasonCode && <code class="party-type">{event.reasonCode}</code>}
                  </span>
                ) : (
                  none
                ),
              },
              { term: 'Company', value: <Chosen>{event.company}</Chosen> },
              { term: 'Address', value: event.address ? <code>{event.address}</code> : none },
              {
                term: 'Reference',
                value: event.requestId ? <Copyable id="request-id" value={event.requestId} what="reference" /> : none,
              },
              ...event.details.map(({ name, value }) => ({ term: detailWord(name), value: <Chosen>{value}</Chosen> })),
              { term: 'User agent', value: event.userAgent ? <Chosen>{event.userAgent}</Chosen> : none, wide: true },
            ]}
          />
        </div>
      </section>
      {event.changes.length > 0 && <Changes changes={event.changes} />}
    </AppShell>
  );
}
