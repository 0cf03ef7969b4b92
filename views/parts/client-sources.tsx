// The addresses from which a client was seen: when, how often, and what the rules of its company and its own say to each now.

import { LinkButton } from './button.tsx';
import { Status, type StatusTone } from './status.tsx';
import { Table, type Column } from './table.tsx';
import { RelativeTime } from './time.tsx';

export type SourceRow = {
  address: string;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** How often it was let in. */
  uses: number;
  /** How often everything was right but the address. */
  refusals: number;
  verdict: 'allowed' | 'reported' | 'refused';
  /** Whether the verdict comes from the rules of its company; else from its own list. */
  isByCompany: boolean;
  /** Where its own list can be made to let it in; undefined where it does, or for a reader who may not. */
  allowHref?: string | undefined;
};

const verdicts: Readonly<Record<SourceRow['verdict'], { tone: StatusTone; word: string; byCompany: string }>> = {
  allowed: { tone: 'good', word: 'Allowed', byCompany: 'Allowed' },
  reported: { tone: 'warn', word: 'Not on its list', byCompany: 'Not on its company’s list' },
  refused: { tone: 'bad', word: 'Refused', byCompany: 'Refused by its company' },
};

export function ClientSources({ sources, now }: { sources: readonly SourceRow[]; now: Date }) {
  const columns: Column<SourceRow>[] = [
    { head: 'Address', cell: ({ address }) => <code class="address">{address}</code> },
    { head: 'Last seen', kind: 'nowrap', cell: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} now={now} /> },
    { head: 'First seen', kind: 'nowrap', cell: ({ firstSeenAt }) => <RelativeTime at={firstSeenAt} now={now} /> },
    { head: 'Let in', kind: 'number', cell: ({ uses }) => uses.toLocaleString('en') },
    { head: 'Turned away', kind: 'number', cell: ({ refusals }) => refusals.toLocaleString('en') },
    {
      head: 'Now',
      cell: ({ verdict, isByCompany }) => {
        const { tone, word, byCompany } = verdicts[verdict];
        return <Status tone={tone}>{isByCompany ? byCompany : word}</Status>;
      },
    },
  ];
  const actions: Column<SourceRow> = {
    head: 'Actions',
    kind: 'actions',
    cell: ({ address, allowHref }) =>
      allowHref && (
        <LinkButton href={allowHref} size="small" label={`Allow ${address}`}>
          Allow
        </LinkButton>
      ),
  };
  return (
    <Table
      caption="Addresses from which it was seen"
      columns={sources.some(({ allowHref }) => allowHref) ? [...columns, actions] : columns}
      rows={sources}
      rowKey={({ address }) => address}
    />
  );
}
