// Where one lands: how things stand, what wants attention, and the addresses that integrators ask for.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Figure } from '../parts/figure.tsx';
import { Chosen, Facts, Panel } from '../parts/panel.tsx';
import { RelativeTime } from '../parts/time.tsx';
import { TokenRequests, type TokenRequest } from '../parts/token-requests.tsx';

export type TokenTraffic = {
  /** The latest token that was issued to anybody. */
  lastIssued: { at: Date; client: string; eventHref: string } | null;
  /** Requests refused in the last 24 hours; `more` when there were more than were counted. */
  refused24h: { count: number; more: boolean };
  /** The latest refused requests, newest first. */
  refusals: readonly TokenRequest[];
};

export type OverviewPageProps = {
  frame: AppFrame;
  /** null for a reader who may not see clients. */
  clients: { active: number; inactive: number } | null;
  /** null for a reader who may not see users. */
  users: { active: number; inactive: number } | null;
  /** Within reach; null for a reader who manages one alone. */
  companies: { active: number; suspended: number } | null;
  /** null for a reader who may not see the audit log. */
  traffic: TokenTraffic | null;
  /** Public URLs, from the issuer. */
  endpoints: {
    tokenUrl: string;
    introspectUrl: string;
    revokeUrl: string;
    jwksUrl: string;
    metadataUrl: string;
    apiUrl: string;
  };
  mayCreateClients: boolean;
};

function FirstSteps({ mayCreateClients }: { mayCreateClients: boolean }) {
  return (
    <Panel id="first-steps" title="Your first token in three steps">
      <ol class="steps">
        <li>
          <h3>Register a client</h3>
          <p>One for each program that calls the API. Choose its role and from where it may come.</p>
          {mayCreateClients && (
            <LinkButton href="/clients/new" kind="primary" icon="plus">
              New client
            </LinkButton>
          )}
        </li>
        <li>
          <h3>Store its secret</h3>
          <p>You see it once. Copy it into your secret store, or download it as a .env file.</p>
        </li>
        <li>
          <h3>Get a token and call the API</h3>
          <p>
            The secret page has the command ready. Or try it in the <a href="/docs">API documentation</a>.
          </p>
        </li>
      </ol>
    </Panel>
  );
}

function rest(number: number, word: string): string {
  return number === 0 ? `None is ${word}` : `${number.toLocaleString('en')} ${word}`;
}

type FiguresProps = Pick<OverviewPageProps, 'clients' | 'users' | 'companies' | 'traffic'> & { now: Date };

function Figures({ clients, users, companies, traffic, now }: FiguresProps) {
  return (
    <div class="figures">
      {clients && (
        <Figure
          label="Active clients"
          value={clients.active.toLocaleString('en')}
          href="/clients?status=active"
          note={rest(clients.inactive, 'inactive')}
        />
      )}
      {users && (
        <Figure
          label="Active users"
          value={users.active.toLocaleString('en')}
          href="/users?status=active"
          note={rest(users.inactive, 'inactive')}
        />
      )}
      {companies && (
        <Figure
          label="Active companies"
          value={companies.active.toLocaleString('en')}
          href="/companies?status=active"
          note={rest(companies.suspended, 'suspended')}
        />
      )}
      {traffic && (
        <>
          <Figure
            label="Last token issued"
            value={traffic.lastIssued ? <RelativeTime at={traffic.lastIssued.at} now={now} /> : 'Never'}
            href={traffic.lastIssued ? traffic.lastIssued.eventHref : '/audit?action=token.issued'}
            note={traffic.lastIssued ? <Chosen>{traffic.lastIssued.client}</Chosen> : 'No client has asked yet'}
          />
          <Figure
            label="Requests refused"
            value={`${traffic.refused24h.count.toLocaleString('en')}${traffic.refused24h.more ? '+' : ''}`}
            href="/audit?action=token.refused"
            note="In the last 24 hours"
          />
        </>
      )}
    </div>
  );
}

function Refusals({ refusals, now }: { refusals: readonly TokenRequest[]; now: Date }) {
  return (
    <Panel
      id="refusals"
      title="Recently refused"
      lede="Requests for tokens that got no token, with the true reason. Callers see only the reference."
      flush
    >
      {refusals.length === 0 ? (
        <EmptyState icon="success" title="Nothing was refused lately">
          When a client can’t get a token, the reason appears here.
        </EmptyState>
      ) : (
        <TokenRequests caption="Recently refused requests" requests={refusals} now={now} showClient />
      )}
    </Panel>
  );
}

export function OverviewPage(props: OverviewPageProps) {
  const { frame, clients, users, companies, traffic, endpoints, mayCreateClients } = props;
  const none = clients !== null && clients.active + clients.inactive === 0;
  return (
    <AppShell frame={frame} title={['Overview']}>
      <PageHeader
        title="Overview"
        actions={
          !none &&
          mayCreateClients && (
            <LinkButton href="/clients/new" kind="primary" icon="plus">
              New client
            </LinkButton>
          )
        }
      />
      {none && <FirstSteps mayCreateClients={mayCreateClients} />}
      {!none && (clients || users || traffic) && (
        <Figures clients={clients} users={users} companies={companies} traffic={traffic} now={frame.now} />
      )}
      {traffic && (!none || traffic.refusals.length > 0) && <Refusals refusals={traffic.refusals} now={frame.now} />}
      <Panel id="endpoints" title="Addresses for integrators">
        <Facts
          layout="rows"
          facts={[
            { term: 'Token', value: <Copyable id="url-token" value={endpoints.tokenUrl} what="token address" /> },
            { term: 'Management API', value: <Copyable id="url-api" value={endpoints.apiUrl} what="API address" /> },
            {
              term: 'Introspection',
              value: <Copyable id="url-introspect" value={endpoints.introspectUrl} what="introspection address" />,
            },
            {
              term: 'Revocation',
              value: <Copyable id="url-revoke" value={endpoints.revokeUrl} what="revocation address" />,
            },
            { term: 'Signing keys', value: <Copyable id="url-jwks" value={endpoints.jwksUrl} what="JWKS address" /> },
            {
              term: 'Metadata',
              value: <Copyable id="url-metadata" value={endpoints.metadataUrl} what="metadata address" />,
            },
          ]}
        />
      </Panel>
    </AppShell>
  );
}
