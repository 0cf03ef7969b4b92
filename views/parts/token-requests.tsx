// Recent requests for tokens: who asked, from where, what came of it and why.

import { LinkButton } from './button.tsx';
import { Copyable } from './copyable.tsx';
import { Chosen } from './panel.tsx';
import { OutcomeMark } from './status.tsx';
import { Table, type Column } from './table.tsx';
import { RelativeTime } from './time.tsx';

export type TokenRequest = {
  /** Id of the audit event. */
  id: string;
  at: Date;
  /** `reported`: let in although the IP restriction, in report mode, would refuse it. */
  outcome: 'success' | 'refused' | 'reported';
  /** Why it was refused, in words: "Wrong secret". */
  reason: string | null;
  /** The reference that the caller was given. */
  requestId: string;
  address: string | null;
  /** The client that asked; `href` is null when there is no such client. */
  client: { name: string; href: string | null };
  /** Where its address can be allowed; undefined where that would not help, or the reader may not. */
  allowHref?: string | undefined;
};

export type TokenRequestsProps = {
  caption: string;
  requests: readonly TokenRequest[];
  now: Date;
  showClient: boolean;
};

const outcomeWords = { success: 'Issued', refused: 'Refused', reported: 'Issued, reported' } as const;

export function TokenRequests({ caption, requests, now, showClient }: TokenRequestsProps) {
  const time: Column<TokenRequest> = {
    head: 'Time',
    kind: 'nowrap',
    cell: (request) => (
      <a href={`/audit/${encodeURIComponent(request.id)}`}>
        <RelativeTime at={request.at} now={now} />
      </a>
    ),
  };
  const client: Column<TokenRequest> = {
    head: 'Client',
    cell: ({ client: { name, href } }) =>
      href ? (
        <a href={href}>
          <Chosen>{name}</Chosen>
        </a>
      ) : (
        <Chosen>{name}</Chosen>
      ),
  };
  const rest: Column<TokenRequest>[] = [
    {
      head: 'Outcome',
      cell: (request) => (
        <span class="outcome">
          <OutcomeMark outcome={request.outcome} word={outcomeWords[request.outcome]} />
          {request.reason && <span class="outcome-reason">{request.reason}</span>}
        </span>
      ),
    },
    {
      head: 'Address',
      cell: (request) => (request.address ? <code>{request.address}</code> : <span class="muted">Unknown</span>),
    },
    {
      head: 'Reference',
      cell: (request) => <Copyable id={`ref-${request.id}`} value={request.requestId} what="reference" cut />,
    },
  ];
  const actions: Column<TokenRequest> = {
    head: 'Actions',
    kind: 'actions',
    cell: ({ address, allowHref }) =>
      allowHref && (
        <LinkButton href={allowHref} size="small" label={`Allow ${address ?? 'this address'}`}>
          Allow
        </LinkButton>
      ),
  };
  const mayAllow = requests.some(({ allowHref }) => allowHref !== undefined);
  return (
    <Table
      caption={caption}
      columns={[time, ...(showClient ? [client] : []), ...rest, ...(mayAllow ? [actions] : [])]}
      rows={requests}
      rowKey={(request) => request.id}
    />
  );
}
