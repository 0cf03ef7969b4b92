// The one time the value of an API token is shown: the direct answer to the form that made it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { apiTokenHref, privilegesText } from '../parts/api-tokens.tsx';
import { CopyButton } from '../parts/copyable.tsx';
import { Icon } from '../parts/icon.tsx';
import { Masked, RevealToggle } from '../parts/masked-secret.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen } from '../parts/panel.tsx';
import { shellQuoted } from '../parts/snippets.ts';
import { ExactTime } from '../parts/time.tsx';

export type ApiTokenShownPageProps = {
  frame: AppFrame;
  token: {
    id: string;
    name: string;
    owner: string;
    api: string;
    privilegeCount: number;
    expiresAt: Date | null;
  };
  /** In plain text; exists in this answer alone. */
  value: string;
  /** `regenerated`: instead of one that no longer works. */
  occasion: 'created' | 'regenerated';
  /** Something that the API answers to. `isOurs`: Postern's own API, which also takes the other scheme. */
  tryIt: { url: string; isOurs: boolean };
  /** What saving changed, such as a network that was written with host bits. */
  notices: readonly string[];
};

function Explanation({ token, occasion }: Pick<ApiTokenShownPageProps, 'token' | 'occasion'>) {
  return (
    <p>
      {occasion === 'regenerated' && 'The old value has stopped working. '}
      Whoever has this value acts as <Chosen>{token.owner}</Chosen> on <Chosen>{token.api}</Chosen>, with{' '}
      {privilegesText(token.privilegeCount)}
      {token.expiresAt ? (
        <>
          , until <ExactTime at={token.expiresAt} />
        </>
      ) : (
        ', until it is deleted'
      )}
      . Treat it like a password.
    </p>
  );
}

function TryIt({ value, tryIt }: Pick<ApiTokenShownPageProps, 'value' | 'tryIt'>) {
  return (
    <section class="panel plain" aria-labelledby="try-title">
      <div class="panel-head">
        <div>
          <h2 id="try-title">Try it</h2>
          <p>{`${tryIt.isOurs ? 'Says who the token is. ' : ''}With the value in it: for a quick check in your own terminal, not for scripts.`}</p>
        </div>
      </div>
      <div class="panel-body">
        <div class="code-block">
          <pre tabindex={0} role="region" aria-label="curl command">
            <code id="curl" dir="ltr">
              {`curl ${shellQuoted(tryIt.url)} \\\n  -H 'Authorization: Bearer `}
              <Masked secret={value} />
              {`'`}
            </code>
          </pre>
          <CopyButton target="curl" what="curl command" />
        </div>
        <p class="muted secret-scheme">
          {tryIt.isOurs ? (
            <>
              Tools that say <code>Authorization: Token …</code> instead of <code>Bearer</code> are understood too.
            </>
          ) : (
            <>
              Postern’s own API also understands <code>Authorization: Token …</code>; whether this one does is up to it.
            </>
          )}
        </p>
        <details class="disclosure">
          <summary>As an environment variable</summary>
          <div class="code-block">
            <pre tabindex={0} role="region" aria-label="Environment variable">
              <code id="env-file" dir="ltr">
                {'API_TOKEN='}
                <Masked secret={value} />
                {'\n'}
              </code>
            </pre>
            <CopyButton target="env-file" what="environment variable" />
          </div>
        </details>
      </div>
    </section>
  );
}

export function ApiTokenShownPage(props: ApiTokenShownPageProps) {
  const { frame, token, value, occasion, tryIt, notices } = props;
  const href = apiTokenHref(token.id);
  return (
    <AppShell frame={frame} title={['API token', token.name]}>
      <div class="secret-page" data-secret-page data-next={href}>
        <PageHeader
          title={occasion === 'created' ? 'Store the API token now' : 'Store the new value now'}
          crumbs={[
            { href: '/api-tokens', label: 'API tokens' },
            { href, label: token.name },
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
              <Icon name="token" />
            </span>
            <div>
              <h2 id="secret-title">
                <Chosen>{token.name}</Chosen>
              </h2>
              <Explanation token={token} occasion={occasion} />
            </div>
          </div>
          <dl class="credential">
            <div>
              <dt>
                API token <span class="once">shown once</span>
              </dt>
              <dd>
                <code id="api-token" class="credential-value" dir="ltr">
                  <Masked secret={value} />
                </code>
                <div class="credential-actions">
                  <RevealToggle what="API token" />
                  <CopyButton target="api-token" what="API token" labelled kind="primary" />
                </div>
              </dd>
            </div>
          </dl>
          <p class="secret-warning">
            <Icon name="warning" />
            <span>
              <strong>You can’t see this value again.</strong> Postern keeps only a hash of it. If it gets lost,
              regenerate the token: the new value takes its place.
            </span>
          </p>
        </section>
        <TryIt value={value} tryIt={tryIt} />
        <div class="form-actions">
          <a class="button primary" href={href}>
            <Icon name="check" />
            <span>I have stored it</span>
          </a>
          <button
            type="button"
            class="button secondary script-only"
            data-download="env-file"
            data-download-name={`${token.id}.env`}
          >
            <Icon name="download" />
            <span>Download as .env</span>
          </button>
        </div>
      </div>
    </AppShell>
  );
}
