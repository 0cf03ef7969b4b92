// Where one lands: how things stand, what wants attention, and the addresses that integrators ask for.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { LinkButton } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Notice } from '../parts/notice.tsx';
import { Facts, Panel } from '../parts/panel.tsx';
import { TokenRequests, type TokenRequest } from '../parts/token-requests.tsx';

export type OverviewPageProps = {
  frame: AppFrame;
  figures: { activeClients: number; inactiveClients: number; tokensIssued24h: number; tokensRefused24h: number };
  /** What should be looked at soon, such as a secret that expires. */
  attention: readonly { text: string; href: string; linkText: string }[];
  /** The latest refused requests, newest first. */
  refusals: readonly TokenRequest[];
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

function Figure({ label, value, href, note }: { label: string; value: number; href: string; note: string }) {
  return (
    <a class="figure" href={href}>
      <span class="figure-label">{label}</span>
      <span class="figure-value">{value.toLocaleString('en')}</span>
      <span class="figure-note">{note}</span>
    </a>
  );
}

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

export function OverviewPage(props: OverviewPageProps) {
  const { frame, figures, attention, refusals, endpoints, mayCreateClients } = props;
  const clients = figures.activeClients + figures.inactiveClients;
  return (
    <AppShell frame={frame} title={['Overview']}>
      <PageHeader
        title="Overview"
        actions={
          clients > 0 &&
          mayCreateClients && (
            <LinkButton href="/clients/new" kind="primary" icon="plus">
              New client
            </LinkButton>
          )
        }
      />
      {attention.map((item) => (
        <Notice
          tone="warn"
          title={item.text}
          action={
            <LinkButton href={item.href} size="small">
              {item.linkText}
            </LinkButton>
          }
          key={item.href + item.text}
        />
      ))}
      {clients === 0 ? (
        <FirstSteps mayCreateClients={mayCreateClients} />
      ) : (
        <>
          <div class="figures">
            <Figure
              label="Active clients"
              value={figures.activeClients}
              href="/clients?status=active"
              note={
                figures.inactiveClients === 0
                  ? 'None is inactive'
                  : `${figures.inactiveClients.toLocaleString('en')} inactive`
              }
            />
            <Figure
              label="Tokens issued"
              value={figures.tokensIssued24h}
              href="/audit?action=token.issued"
              note="In the last 24 hours"
            />
            <Figure
              label="Requests refused"
              value={figures.tokensRefused24h}
              href="/audit?action=token.refused"
              note="In the last 24 hours"
            />
          </div>
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
              <TokenRequests caption="Recently refused requests" requests={refusals} now={frame.now} showClient />
            )}
          </Panel>
        </>
      )}
      <Panel id="endpoints" title="Addresses for integrators">
        <Facts
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
