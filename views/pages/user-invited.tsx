// The one time a link to set a password is shown: the direct answer to the form that made it, to whoever passes it on.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { CopyButton } from '../parts/copyable.tsx';
import { Icon } from '../parts/icon.tsx';
import { Chosen } from '../parts/panel.tsx';
import { ExactTime } from '../parts/time.tsx';
import { userHref } from './users-list.tsx';

export type UserInvitedPageProps = {
  frame: AppFrame;
  user: { id: string; name: string; email: string };
  /** In plain text; exists in this answer alone. */
  invitationUrl: string;
  expiresAt: Date;
  /** `created`: with the user. `renewed`: earlier ones no longer work. */
  occasion: 'created' | 'renewed';
};

export function UserInvitedPage({ frame, user, invitationUrl, expiresAt, occasion }: UserInvitedPageProps) {
  const href = userHref(user.id);
  return (
    <AppShell frame={frame} title={['Invitation', user.name]}>
      <div class="secret-page" data-secret-page data-next={href}>
        <PageHeader
          title="Pass this link on now"
          crumbs={[
            { href: '/users', label: 'Users' },
            { href, label: user.name },
          ]}
        />
        <section class="panel plain secret-panel" aria-labelledby="link-title">
          <div class="secret-head">
            <span class="secret-icon">
              <Icon name="key" />
            </span>
            <div>
              <h2 id="link-title">
                {occasion === 'created' ? 'The invitation of ' : 'A link for '}
                <Chosen>{user.name}</Chosen>
              </h2>
              <p>
                With it <Chosen>{user.email}</Chosen> sets a password and is signed in. It works once, until{' '}
                <ExactTime at={expiresAt} />.{occasion === 'renewed' && ' Earlier links no longer work.'}
              </p>
            </div>
          </div>
          <dl class="credential">
            <div>
              <dt>
                Link <span class="once">shown once</span>
              </dt>
              <dd>
                <code id="invitation-url" class="credential-value" dir="ltr">
                  {invitationUrl}
                </code>
                <div class="credential-actions">
                  <CopyButton target="invitation-url" what="link" labelled kind="primary" />
                </div>
              </dd>
            </div>
          </dl>
          <p class="secret-warning">
            <Icon name="warning" />
            <span>
              <strong>Whoever has this link becomes this user.</strong> Send it to them alone, by a way that you trust.
              Postern sends no mail. If it gets lost, make a new one on the user’s page.
            </span>
          </p>
        </section>
        <div class="form-actions">
          <a class="button primary" href={href}>
            <Icon name="check" />
            <span>I have passed it on</span>
          </a>
        </div>
      </div>
    </AppShell>
  );
}
