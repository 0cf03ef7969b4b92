// The one time a client secret is shown: the direct answer to the form that made it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { CopyButton } from '../parts/copyable.tsx';
import { Icon } from '../parts/icon.tsx';
import { Masked, RevealToggle } from '../parts/masked-secret.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen } from '../parts/panel.tsx';
import { shellQuoted } from '../parts/snippets.ts';
import { durationText } from '../parts/time.tsx';
import { clientHref } from './clients-list.tsx';

export type ClientSecretShownPageProps = {
  frame: AppFrame;
  client: { clientId: string; name: string; role: string; tokenLifetimeSeconds: number };
  /** In plain text; exists in this answer alone. */
  clientSecret: string;
  /** `created`: with its client. `added`: beside another one, to rotate. `replaced`: the client had none left. */
  occasion: 'created' | 'added' | 'replaced';
  tokenUrl: string;
  /** What saving changed, such as a network that was written with host bits. */
  notices: readonly string[];
};

function SecretLines({ client, clientSecret }: Pick<ClientSecretShownPageProps, 'client' | 'clientSecret'>) {
  return (
    <dl class="credential">
      <div>
        <dt>Client ID</dt>
        <dd>
          <code id="client-id" class="credential-value" dir="ltr">
            {client.clientId}
          </code>
          <div class="credential-actions">
            <CopyButton target="client-id" what="client ID" labelled />
          </div>
        </dd>
      </div>
      <div>
        <dt>
          Client secret <span class="once">shown once</span>
        </dt>
        <dd>
          <code id="client-secret" class="credential-value" dir="ltr">
            <Masked secret={clientSecret} />
          </code>
          <div class="credential-actions">
            <RevealToggle what="secret" />
            <CopyButton target="client-secret" what="client secret" labelled kind="primary" />
          </div>
        </dd>
      </div>
    </dl>
  );
}

const headings = {
  created: 'Client ID and secret of ',
  added: 'A second secret for ',
  replaced: 'A new secret for ',
} as const;

function Explanation({ client, occasion }: Pick<ClientSecretShownPageProps, 'client' | 'occasion'>) {
  const name = <Chosen>{client.name}</Chosen>;
  return occasion !== 'added' ? (
    <p>
      With these two {name} gets access tokens that last {durationText(client.tokenLifetimeSeconds)} and carry the role{' '}
      <Chosen>{client.role}</Chosen>. Anyone who has them can do the same: treat the secret like a password.
    </p>
  ) : (
    <p>
      {name} has two secrets now, and both work. Put this one where the old one is used, check that it works, then
      delete the old one.
    </p>
  );
}

export function ClientSecretShownPage(props: ClientSecretShownPageProps) {
  const { frame, client, clientSecret, occasion, tokenUrl, notices } = props;
  const href = clientHref(client.clientId);
  return (
    <AppShell frame={frame} title={['Client secret', client.name]}>
      <div class="secret-page" data-secret-page data-next={href}>
        <PageHeader
          title={occasion === 'created' ? 'Store the secret now' : 'Store the new secret now'}
          crumbs={[
            { href: '/clients', label: 'Clients' },
            { href, label: client.name },
          ]}
        />
        {notices.length > 0 && (
          <Notice tone="info" title="Saved, with changes">
            <ul>
              {notices.map((notice) => (
                <li key={notice}>{notice}</li>
              ))}
            </ul>
          </Notice>
        )}
        <section class="panel plain secret-panel" aria-labelledby="secret-title">
          <div class="secret-head">
            <span class="secret-icon">
              <Icon name="key" />
            </span>
            <div>
              <h2 id="secret-title">
                {headings[occasion]}
                <Chosen>{client.name}</Chosen>
              </h2>
              <Explanation client={client} occasion={occasion} />
            </div>
          </div>
          <SecretLines client={client} clientSecret={clientSecret} />
          <p class="secret-warning">
            <Icon name="warning" />
            <span>
              <strong>You can’t see this secret again.</strong> Postern keeps only a hash of it. If it gets lost, make a
              new one on the client’s page.
            </span>
          </p>
        </section>
        <section class="panel plain" aria-labelledby="try-title">
          <div class="panel-head">
            <div>
              <h2 id="try-title">Try it</h2>
              <p>Gets a token. With the secret in it: for a quick check in your own terminal, not for scripts.</p>
            </div>
          </div>
          <div class="panel-body">
            <div class="code-block">
              <pre tabindex={0} role="region" aria-label="curl command">
                <code id="curl" dir="ltr">
                  {`curl ${shellQuoted(tokenUrl)} \\\n  -d grant_type=client_credentials \\\n  -u '${client.clientId}:`}
                  <Masked secret={clientSecret} />
                  {`'`}
                </code>
              </pre>
              <CopyButton target="curl" what="curl command" />
            </div>
            <EnvFile client={client} clientSecret={clientSecret} tokenUrl={tokenUrl} />
          </div>
        </section>
        <div class="form-actions">
          <a class="button primary" href={href}>
            <Icon name="check" />
            <span>I have stored it</span>
          </a>
          <button
            type="button"
            class="button secondary script-only"
            data-download="env-file"
            data-download-name={`${client.clientId}.env`}
          >
            <Icon name="download" />
            <span>Download as .env</span>
          </button>
        </div>
      </div>
    </AppShell>
  );
}

function EnvFile({
  client,
  clientSecret,
  tokenUrl,
}: Pick<ClientSecretShownPageProps, 'client' | 'clientSecret' | 'tokenUrl'>) {
  return (
    <details class="disclosure">
      <summary>As environment variables</summary>
      <div class="code-block">
        <pre tabindex={0} role="region" aria-label="Environment variables">
          <code id="env-file" dir="ltr">
            {`CLIENT_ID=${client.clientId}\nCLIENT_SECRET=`}
            <Masked secret={clientSecret} />
            {`\nTOKEN_URL=${tokenUrl}\n`}
          </code>
        </pre>
        <CopyButton target="env-file" what="environment variables" />
      </div>
    </details>
  );
}
