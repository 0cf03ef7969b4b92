// One user: who they are, what they may do, and the acts that let them in or keep them out.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { OwnedApiTokensPanel, type OwnedApiTokens } from '../parts/api-tokens.tsx';
import { DialogLink, LinkButton, PostButton } from '../parts/button.tsx';
import { ConfirmDialog, type Confirmation } from '../parts/confirm.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, NameLink, Panel, type Fact } from '../parts/panel.tsx';
import { UserStatusMark, type UserStatus } from '../parts/status.tsx';
import { MaybeTime, RelativeTime } from '../parts/time.tsx';
import { consequenceForTokens, type TokenCount } from './api-token-ending.tsx';
import { userHref } from './users-list.tsx';

export type UserDetail = {
  id: string;
  name: string;
  email: string;
  status: UserStatus;
  hasPassword: boolean;
  ipExempt: boolean;
  role: { name: string; href?: string | undefined };
  company: { name: string; href?: string | undefined };
  companySuspended: boolean;
  createdAt: Date;
  updatedAt: Date;
  lastSignInAt: Date | null;
};

export type UserDetailPageProps = {
  frame: AppFrame;
  user: UserDetail;
  /** The reader looks at themselves. */
  isYou: boolean;
  /** `stronger`: the user holds what the reader lacks, so that the reader may look and no more. */
  may: 'change' | 'stronger' | 'read';
  /** null for a reader who may not see them. */
  apiTokens: OwnedApiTokens | null;
  /** Where the user's events are; undefined for a reader who may not see the audit log. */
  auditHref?: string | undefined;
  /** Good for one link, however often the form is sent. */
  inviteFormId: string;
};

type Person = { id: string; name: string; email: string };

/** Asked before a user is deleted. */
export function userDeletion(user: Person, isYou: boolean, apiTokens: TokenCount): Confirmation {
  return {
    id: 'delete-user',
    question: (
      <>
        Delete <Chosen>{user.name}</Chosen>?
      </>
    ),
    consequences: [
      isYou ? 'This is you: you are signed out at once and can’t come back.' : 'They are signed out at once.',
      ...consequenceForTokens(apiTokens, {
        whose: isYou ? 'Your' : 'Their',
        one: 'is deleted too: whatever uses it is refused.',
        more: 'are deleted too: whatever uses them is refused.',
      }),
      'A link to set their password, if one is out, stops working.',
      'This can’t be undone. To keep them out for a while, set them inactive instead.',
    ],
    action: `${userHref(user.id)}/delete`,
    confirmLabel: 'Delete user',
  };
}

/** Asked before a user is kept out. */
export function userDeactivation(user: Person, isYou: boolean, apiTokens: TokenCount): Confirmation {
  return {
    id: 'deactivate-user',
    question: (
      <>
        Set <Chosen>{user.name}</Chosen> inactive?
      </>
    ),
    consequences: [
      isYou ? 'This is you: you are signed out at once.' : 'They are signed out at once, and can’t sign in.',
      ...consequenceForTokens(apiTokens, {
        whose: isYou ? 'Your' : 'Their',
        one: 'is refused until they are active again.',
        more: 'are refused until they are active again.',
      }),
      'A link to set their password, if one is out, stops working.',
      'Nothing else is lost: set them active, and they sign in as before.',
    ],
    action: `${userHref(user.id)}/status`,
    fields: { status: 'inactive' },
    confirmLabel: 'Set inactive',
  };
}

function factsOf(user: UserDetail, now: Date): readonly Fact[] {
  return [
    { term: 'Email address', value: <Copyable id="email" value={user.email} what="email address" /> },
    { term: 'Company', value: <NameLink {...user.company} /> },
    { term: 'Role', value: <NameLink {...user.role} /> },
    { term: 'Last sign-in', value: <MaybeTime at={user.lastSignInAt} now={now} absent="Never" /> },
    { term: 'Password', value: user.hasPassword ? 'Set' : <span class="muted">Not set yet</span> },
    { term: 'Company’s IP restriction', value: user.ipExempt ? 'Exempt: signs in from anywhere' : 'Counts' },
    { term: 'Created', value: <RelativeTime at={user.createdAt} now={now} /> },
    { term: 'Changed', value: <RelativeTime at={user.updatedAt} now={now} /> },
    { term: 'User ID', value: <Copyable id="user-id" value={user.id} what="user ID" /> },
  ];
}

function StatusNotice({ user, may }: Pick<UserDetailPageProps, 'user' | 'may'>) {
  const href = userHref(user.id);
  if (user.status === 'inactive') {
    return (
      <Notice
        tone="warn"
        title="This user is inactive"
        action={
          may === 'change' && (
            <PostButton action={`${href}/status`} fields={{ status: 'active' }} size="small" icon="play">
              Set active
            </PostButton>
          )
        }
      >
        They can’t sign in.
      </Notice>
    );
  }
  if (user.companySuspended) {
    return (
      <Notice tone="warn" title="Their company is suspended">
        Nobody of it can sign in.
      </Notice>
    );
  }
  if (user.status === 'invited') {
    return (
      <Notice tone="info" title="Not signed in yet">
        They set their password with the link that was shown when they were invited. It works once, for seven days. If
        it got lost, make a new one.
      </Notice>
    );
  }
  return null;
}

function Invitation({ user, formId }: { user: UserDetail; formId: string }) {
  return (
    <Panel
      id="password"
      title={user.hasPassword ? 'Forgotten password' : 'Invitation'}
      lede={
        user.hasPassword
          ? 'A link with which they set a new password. Until they do, the old one works.'
          : 'A link with which they set their password.'
      }
      actions={
        <PostButton action={`${userHref(user.id)}/invitation`} fields={{ form_id: formId }} icon="key">
          {user.hasPassword ? 'Make a link' : 'Make a new link'}
        </PostButton>
      }
    >
      <p class="muted panel-note">
        It is shown to you once, works once, for seven days, and replaces any earlier one. Pass it on yourself: no mail
        is sent.
      </p>
    </Panel>
  );
}

function DangerZone({ user, isYou, apiTokens }: Pick<UserDetailPageProps, 'user' | 'isYou' | 'apiTokens'>) {
  const tokens = apiTokens && apiTokens.total;
  const href = userHref(user.id);
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        {user.status !== 'inactive' && (
          <li>
            <div>
              <h3>Set this user inactive</h3>
              <p>Signs them out at once and keeps them out until they are set active again.</p>
            </div>
            <DialogLink kind="danger-quiet" href={`${href}/deactivate`} dialogId="deactivate-user" icon="pause">
              Set inactive
            </DialogLink>
          </li>
        )}
        <li>
          <div>
            <h3>Delete this user</h3>
            <p>Signs them out at once. This can’t be undone.</p>
          </div>
          <DialogLink kind="danger-quiet" href={`${href}/delete`} dialogId="delete-user" icon="trash">
            Delete user
          </DialogLink>
        </li>
      </ul>
      {user.status !== 'inactive' && <ConfirmDialog {...userDeactivation(user, isYou, tokens)} />}
      <ConfirmDialog {...userDeletion(user, isYou, tokens)} />
    </Panel>
  );
}

export function UserDetailPage(props: UserDetailPageProps) {
  const { frame, user, isYou, may, apiTokens, auditHref, inviteFormId } = props;
  return (
    <AppShell frame={frame} title={[user.name, 'Users']}>
      <PageHeader
        title={
          <>
            <Chosen>{user.name}</Chosen> {isYou && <span class="tag">You</span>}
          </>
        }
        crumbs={[{ href: '/users', label: 'Users' }]}
        mark={<UserStatusMark status={user.status} />}
        actions={
          <>
            {auditHref !== undefined && (
              <LinkButton href={auditHref} icon="audit">
                Events
              </LinkButton>
            )}
            {may === 'change' && (
              <LinkButton href={`${userHref(user.id)}/edit`} kind="primary" icon="edit">
                Edit
              </LinkButton>
            )}
          </>
        }
      />
      <StatusNotice user={user} may={may} />
      {may === 'stronger' && (
        <Notice tone="info" title="You can look, but not change">
          This user may do more than you. Only somebody who holds as much can change them.
        </Notice>
      )}
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(user, frame.now)} />
        </div>
      </section>
      {may === 'change' && !isYou && user.status !== 'inactive' && <Invitation user={user} formId={inviteFormId} />}
      {apiTokens && <OwnedApiTokensPanel tokens={apiTokens} owner={isYou ? 'You' : 'This user'} now={frame.now} />}
      {may === 'change' && <DangerZone user={user} isYou={isYou} apiTokens={apiTokens} />}
    </AppShell>
  );
}
