// One client: its facts, secrets, recent requests, ready-made programs, and the acts that can't be undone.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { OwnedApiTokensPanel, type OwnedApiTokens } from '../parts/api-tokens.tsx';
import { DialogLink, LinkButton, PostButton } from '../parts/button.tsx';
import { ClientSources, type SourceRow } from '../parts/client-sources.tsx';
import { ConfirmDialog } from '../parts/confirm.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { IpRestriction, type HostView } from '../parts/ip-restriction.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, NameLink, Panel, type Fact } from '../parts/panel.tsx';
import { SnippetTabs } from '../parts/snippet-tabs.tsx';
import { ClientStatusMark, type ClientStatus } from '../parts/status.tsx';
import { durationText, ExactTime, MaybeTime, RelativeTime } from '../parts/time.tsx';
import { TokenRequests, type TokenRequest } from '../parts/token-requests.tsx';
import { clientCheckHref } from './client-check.tsx';
import { suggestHref } from './client-sources.tsx';
import { clientDeletion, tokenRevocation } from './client-ending.tsx';
import { clientHref } from './clients-list.tsx';
import { ClientSecrets, secretDeletion, type ClientSecretRow } from './client-secrets.tsx';

export type ClientDetail = {
  clientId: string;
  name: string;
  description: string;
  status: ClientStatus;
  /** null where all that is seen belongs to one company. */
  company: { name: string; href?: string | undefined } | null;
  /** `href` is undefined for a reader who may not see roles. */
  role: { name: string; href?: string | undefined };
  ipRestriction: { mode: 'off' | 'enforce' | 'report'; rules: readonly string[] };
  /** What the host names among the rules stand for. */
  hosts: readonly HostView[];
  tokenLifetimeSeconds: number;
  tokenFormat: 'jwt' | 'opaque';
  defaultApi: string;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
};

export type ClientDetailPageProps = {
  frame: AppFrame;
  client: ClientDetail;
  secrets: readonly ClientSecretRow[];
  /** null for a reader who may not see them. */
  apiTokens: OwnedApiTokens | null;
  /** From where it was seen lately, latest first. */
  sources: readonly SourceRow[];
  hasMoreSources: boolean;
  /** The latest ones, newest first; null for a reader who may not see the audit log. */
  requests: readonly TokenRequest[] | null;
  tokenUrl: string;
  meUrl: string;
  /** The reader may change this client; without it nothing is offered that would be refused. */
  mayWrite: boolean;
  /** Good for one new secret, however often the form is sent. */
  secretFormId: string;
};

function factsOf(client: ClientDetail, now: Date): readonly Fact[] {
  return [
    { term: 'Client ID', value: <Copyable id="client-id" value={client.clientId} what="client ID" />, wide: true },
    ...(client.company ? [{ term: 'Company', value: <NameLink {...client.company} /> }] : []),
    {
      term: 'Role',
      value: <NameLink {...client.role} />,
    },
    { term: 'Default API', value: <Chosen>{client.defaultApi}</Chosen> },
    { term: 'Token lifetime', value: durationText(client.tokenLifetimeSeconds) },
    { term: 'Token format', value: client.tokenFormat === 'jwt' ? 'JWT' : 'Opaque' },
    { term: 'Last used', value: <MaybeTime at={client.lastUsedAt} now={now} absent="Never" /> },
    { term: 'Created', value: <RelativeTime at={client.createdAt} now={now} /> },
    { term: 'Changed', value: <RelativeTime at={client.updatedAt} now={now} /> },
    {
      term: 'Expires',
      value: client.expiresAt ? <ExactTime at={client.expiresAt} /> : <span class="muted">Never</span>,
    },
    {
      term: 'IP restriction',
      value: <IpRestriction {...client.ipRestriction} hosts={client.hosts} now={now} />,
      wide: true,
    },
  ];
}

function StatusNotice({ client, mayWrite }: { client: ClientDetail; mayWrite: boolean }) {
  const href = clientHref(client.clientId);
  if (client.status === 'inactive') {
    return (
      <Notice
        tone="warn"
        title="This client is inactive"
        action={
          mayWrite && (
            <PostButton action={`${href}/status`} fields={{ status: 'active' }} size="small" icon="play">
              Set active
            </PostButton>
          )
        }
      >
        It gets no tokens, and those already out don’t count. Nothing is lost: set it active and they count again.
      </Notice>
    );
  }
  if (client.status === 'expired') {
    return (
      <Notice
        tone="warn"
        title="This client has expired"
        action={
          mayWrite && (
            <LinkButton href={`${href}/edit`} size="small">
              Change expiry
            </LinkButton>
          )
        }
      >
        It gets no tokens until it is given a later expiry, or none.
      </Notice>
    );
  }
  return null;
}

function DangerZone({ client, apiTokens }: Pick<ClientDetailPageProps, 'client' | 'apiTokens'>) {
  const tokens = apiTokens && apiTokens.total;
  const href = clientHref(client.clientId);
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        <li>
          <div>
            <h3>End all tokens</h3>
            <p>
              Every token that this client holds now stops counting, for good, and its API tokens are deleted. Its
              secrets keep working.
            </p>
          </div>
          <DialogLink kind="danger-quiet" href={`${href}/revoke-tokens`} dialogId="revoke-tokens">
            End all tokens
          </DialogLink>
        </li>
        <li>
          <div>
            <h3>Delete this client</h3>
            <p>Its secrets and tokens stop working at once. This can’t be undone.</p>
          </div>
          <DialogLink kind="danger-quiet" href={`${href}/delete`} dialogId="delete-client" icon="trash">
            Delete client
          </DialogLink>
        </li>
      </ul>
      <ConfirmDialog {...tokenRevocation(client, tokens)} />
      <ConfirmDialog {...clientDeletion(client, tokens)} />
    </Panel>
  );
}

function Actions({ client }: { client: ClientDetail }) {
  const href = clientHref(client.clientId);
  return (
    <>
      {client.status === 'active' && (
        <PostButton action={`${href}/status`} fields={{ status: 'inactive' }} icon="pause">
          Set inactive
        </PostButton>
      )}
      <LinkButton href={`${href}/edit`} kind="primary" icon="edit">
        Edit
      </LinkButton>
    </>
  );
}

function RecentRequests(props: { client: ClientDetail; requests: readonly TokenRequest[]; now: Date }) {
  const { client, requests, now } = props;
  return (
    <Panel
      id="requests"
      title="Recent token requests"
      lede="With the true reason of a refusal, which the caller isn’t told."
      actions={
        <LinkButton href={`/audit?q=${encodeURIComponent(client.clientId)}`} size="small">
          All in the audit log
        </LinkButton>
      }
      flush
    >
      {requests.length === 0 ? (
        <EmptyState icon="audit" title="No requests yet">
          As soon as this client asks for a token, you see here whether it got one, and if not, why.
        </EmptyState>
      ) : (
        <TokenRequests caption="Recent token requests" requests={requests} now={now} showClient={false} />
      )}
    </Panel>
  );
}

function SeenFrom(
  props: Pick<ClientDetailPageProps, 'client' | 'sources' | 'hasMoreSources' | 'mayWrite'> & { now: Date },
) {
  const { client, sources, hasMoreSources, mayWrite, now } = props;
  const href = clientHref(client.clientId);
  return (
    <Panel
      id="sources"
      title="Seen from"
      lede="The addresses of the last 30 days, latest first."
      actions={
        <>
          <LinkButton href={clientCheckHref(client.clientId)} size="small">
            Would it be let in?
          </LinkButton>
          {mayWrite && sources.length > 0 && (
            <LinkButton href={suggestHref(client.clientId)} size="small">
              Suggest a list from use
            </LinkButton>
          )}
          {hasMoreSources && (
            <LinkButton href={`${href}/sources`} size="small">
              All addresses
            </LinkButton>
          )}
        </>
      }
      flush
    >
      {sources.length === 0 ? (
        <EmptyState icon="search" title="Not seen lately">
          As soon as this client asks for a token or uses one, you see here from where.
        </EmptyState>
      ) : (
        <ClientSources sources={sources} now={now} />
      )}
    </Panel>
  );
}

export function ClientDetailPage(props: ClientDetailPageProps) {
  const { frame, client, secrets, requests, tokenUrl, meUrl, mayWrite, secretFormId } = props;
  const { apiTokens, sources, hasMoreSources } = props;
  return (
    <AppShell frame={frame} title={[client.name, 'Clients']}>
      <PageHeader
        title={<Chosen>{client.name}</Chosen>}
        crumbs={[{ href: '/clients', label: 'Clients' }]}
        mark={<ClientStatusMark status={client.status} />}
        lede={client.description ? <p class="description">{<Chosen>{client.description}</Chosen>}</p> : undefined}
        actions={mayWrite && <Actions client={client} />}
      />
      <StatusNotice client={client} mayWrite={mayWrite} />
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(client, frame.now)} />
        </div>
      </section>
      <ClientSecrets client={client} secrets={secrets} now={frame.now} mayWrite={mayWrite} formId={secretFormId} />
      {apiTokens && <OwnedApiTokensPanel tokens={apiTokens} owner="This client" now={frame.now} />}
      <SeenFrom client={client} sources={sources} hasMoreSources={hasMoreSources} mayWrite={mayWrite} now={frame.now} />
      {requests && <RecentRequests client={client} requests={requests} now={frame.now} />}
      <Panel id="use" title="Use it" lede="Programs that get a token and call the API with it.">
        <SnippetTabs target={{ clientId: client.clientId, tokenUrl, meUrl }} />
      </Panel>
      {mayWrite && <DangerZone client={client} apiTokens={apiTokens} />}
      {mayWrite &&
        secrets.map((secret) => (
          <ConfirmDialog {...secretDeletion(client, secret, secrets, frame.now)} key={secret.id} />
        ))}
    </AppShell>
  );
}
