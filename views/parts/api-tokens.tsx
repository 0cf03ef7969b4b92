// API tokens in tables: all of them, and those of one owner on its page.

import { LinkButton } from './button.tsx';
import { EmptyState } from './empty-state.tsx';
import { Chosen, NameLink, Panel } from './panel.tsx';
import { Status } from './status.tsx';
import { Table, type Column, type Sort } from './table.tsx';
import { MaybeTime, RelativeTime } from './time.tsx';

export function apiTokenHref(id: string): string {
  return `/api-tokens/${encodeURIComponent(id)}`;
}

/** The form, with the address added to the list and nothing saved yet. */
export function allowTokenAddressHref(id: string, address: string): string {
  return `${apiTokenHref(id)}/edit?address=${encodeURIComponent(address)}`;
}

export type ApiTokenOwner = {
  kind: 'client' | 'user';
  name: string;
  /** undefined for a reader who may not open it. */
  href?: string | undefined;
};

export const ownerKindWords = { client: 'Client', user: 'User' } as const;

/** `soon`: within the next two weeks. */
export type ApiTokenExpiry = { at: Date; state: 'later' | 'soon' | 'expired' } | null;

export type ApiTokenRow = {
  id: string;
  name: string;
  owner: ApiTokenOwner;
  company: string;
  api: string;
  privilegeCount: number;
  /** The last four characters. */
  hint: string;
  expiry: ApiTokenExpiry;
  createdAt: Date;
  lastUsedAt: Date | null;
};

/** All that is ever seen of a value again. */
export function TokenHint({ hint }: { hint: string }) {
  return (
    <code>
      <span class="visually-hidden">ending in </span>
      <span aria-hidden="true">pstt_••••</span>
      {hint}
    </code>
  );
}

/** When a token ends; a mark says so where it has, or soon will. */
export function ExpiryMark({ expiry, now }: { expiry: ApiTokenExpiry; now: Date }) {
  if (expiry === null) return <span class="muted">Never</span>;
  if (expiry.state === 'later') return <RelativeTime at={expiry.at} now={now} />;
  return (
    <span class="party">
      <Status tone={expiry.state === 'expired' ? 'bad' : 'warn'}>
        {expiry.state === 'expired' ? 'Expired' : 'Soon'}
      </Status>
      <span class="party-type">
        <RelativeTime at={expiry.at} now={now} />
      </span>
    </span>
  );
}

export function privilegesText(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'privilege' : 'privileges'}`;
}

function Owner({ owner, company }: { owner: ApiTokenOwner; company: string | null }) {
  return (
    <span class="party">
      <NameLink name={owner.name} href={owner.href} />
      <span class="party-type">
        {ownerKindWords[owner.kind]}
        {company !== null && (
          <>
            {' · '}
            <Chosen>{company}</Chosen>
          </>
        )}
      </span>
    </span>
  );
}

export type ApiTokensTableProps = {
  tokens: readonly ApiTokenRow[];
  now: Date;
  /** `none` where all are of one owner; with its company where there are several. */
  owners: 'none' | 'plain' | 'with-company';
  /** Heads that sort. */
  sort?: { name: Sort; created: Sort; lastUsed: Sort } | undefined;
};

export function ApiTokensTable({ tokens, now, owners, sort }: ApiTokensTableProps) {
  const owner: Column<ApiTokenRow> = {
    head: 'Owner',
    cell: (token) => <Owner owner={token.owner} company={owners === 'with-company' ? token.company : null} />,
  };
  return (
    <Table<ApiTokenRow>
      caption="API tokens"
      rows={tokens}
      rowKey={(token) => token.id}
      columns={[
        {
          head: 'Name',
          sort: sort?.name,
          cell: (token) => (
            <span class="party">
              <NameLink name={token.name} href={apiTokenHref(token.id)} />
              <span class="party-type">
                <TokenHint hint={token.hint} />
              </span>
            </span>
          ),
        },
        ...(owners === 'none' ? [] : [owner]),
        {
          head: 'API',
          cell: (token) => (
            <span class="party">
              <Chosen>{token.api}</Chosen>
              <span class="party-type">{privilegesText(token.privilegeCount)}</span>
            </span>
          ),
        },
        { head: 'Expires', kind: 'nowrap', cell: (token) => <ExpiryMark expiry={token.expiry} now={now} /> },
        {
          head: 'Created',
          kind: 'nowrap',
          sort: sort?.created,
          cell: (token) => <RelativeTime at={token.createdAt} now={now} />,
        },
        {
          head: 'Last used',
          kind: 'nowrap',
          sort: sort?.lastUsed,
          cell: (token) => <MaybeTime at={token.lastUsedAt} now={now} absent="Never" />,
        },
      ]}
    />
  );
}

/** Those of one client or user, as its page shows them. */
export type OwnedApiTokens = {
  /** The newest ones. */
  first: readonly ApiTokenRow[];
  total: number;
  /** The list of all of them. */
  href: string;
  /** undefined for a reader who may make none for this owner. */
  newHref?: string | undefined;
};

/** `owner`: "This client". */
export function OwnedApiTokensPanel({ tokens, owner, now }: { tokens: OwnedApiTokens; owner: string; now: Date }) {
  const { first, total, href, newHref } = tokens;
  return (
    <Panel
      id="api-tokens"
      title="API tokens"
      lede="For tools that can’t do OAuth: each acts in this name, with some of its privileges."
      actions={
        <>
          {total > first.length && (
            <LinkButton href={href} size="small">
              {`All ${total.toLocaleString('en')}`}
            </LinkButton>
          )}
          {newHref !== undefined && (
            <LinkButton href={newHref} size="small" icon="plus">
              New API token
            </LinkButton>
          )}
        </>
      }
      flush
    >
      {total === 0 ? (
        <EmptyState icon="token" title="No API tokens">
          {owner} has none. Make one for a tool that can only send a fixed token.
        </EmptyState>
      ) : (
        <ApiTokensTable tokens={first} now={now} owners="none" />
      )}
    </Panel>
  );
}
