// One API token: whose it is, what it may do now, until when and from where, and the acts that change or end it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import {
  apiTokenHref,
  ExpiryMark,
  ownerKindWords,
  TokenHint,
  type ApiTokenExpiry,
  type ApiTokenOwner,
} from '../parts/api-tokens.tsx';
import { DialogLink, LinkButton } from '../parts/button.tsx';
import { ConfirmDialog } from '../parts/confirm.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { IpRestriction, type HostView } from '../parts/ip-restriction.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, NameLink, Panel, type Fact } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { ExactTime, MaybeTime, RelativeTime } from '../parts/time.tsx';
import { apiTokenDeletion, apiTokenRegeneration } from './api-token-ending.tsx';

export type HeldPrivilege = {
  scope: string;
  description: string;
  /** The owner does not hold it now, so that the token can't use it. */
  isIdle: boolean;
};

export type ApiTokenDetail = {
  id: string;
  name: string;
  owner: ApiTokenOwner;
  /** null where all that is seen belongs to one company. */
  company: { name: string; href?: string | undefined } | null;
  api: { name: string; href?: string | undefined };
  privileges: readonly { group: string; privileges: readonly HeldPrivilege[] }[];
  hint: string;
  expiry: ApiTokenExpiry;
  ipRestriction: { mode: 'off' | 'enforce' | 'report'; rules: readonly string[] };
  /** What the host names among the rules stand for. */
  hosts: readonly HostView[];
  createdAt: Date;
  updatedAt: Date;
  /** When the value was made that counts now. */
  issuedAt: Date;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
};

export type ApiTokenDetailPageProps = {
  frame: AppFrame;
  token: ApiTokenDetail;
  /** Why its owner's tokens don't work now; undefined while they do, or when the reader may not know. */
  ownerState?: 'inactive' | 'expired' | 'suspended' | undefined;
  /** `stronger`: the owner or the token holds what the reader lacks, so that the reader may end it and no more. */
  may: 'change' | 'stronger' | 'read';
  /** Where the token's events are; undefined for a reader who may not see the audit log. */
  auditHref?: string | undefined;
  /** Good for one new value, however often the form is sent. */
  regenerateFormId: string;
};

function factsOf(token: ApiTokenDetail, now: Date): readonly Fact[] {
  return [
    {
      term: ownerKindWords[token.owner.kind],
      value: <NameLink name={token.owner.name} href={token.owner.href} />,
    },
    ...(token.company ? [{ term: 'Company', value: <NameLink {...token.company} /> }] : []),
    { term: 'API', value: <NameLink {...token.api} /> },
    { term: 'Value', value: <TokenHint hint={token.hint} /> },
    { term: 'Expires', value: <ExpiryMark expiry={token.expiry} now={now} /> },
    {
      term: 'Last used',
      value: (
        <span class="party">
          <MaybeTime at={token.lastUsedAt} now={now} absent="Never" />
          {token.lastUsedAddress && (
            <span class="party-type">
              from <code>{token.lastUsedAddress}</code>
            </span>
          )}
        </span>
      ),
    },
    { term: 'Value made', value: <RelativeTime at={token.issuedAt} now={now} /> },
    { term: 'Created', value: <RelativeTime at={token.createdAt} now={now} /> },
    { term: 'Changed', value: <RelativeTime at={token.updatedAt} now={now} /> },
    { term: 'ID', value: <Copyable id="token-id" value={token.id} what="ID of the API token" /> },
    {
      term: 'IP restriction',
      value: <IpRestriction {...token.ipRestriction} hosts={token.hosts} now={now} />,
      wide: true,
    },
  ];
}

const ownerNotices = {
  inactive: { title: 'Its owner is inactive', text: 'The token is refused until its owner is active again.' },
  expired: { title: 'Its owner has expired', text: 'The token is refused until its owner is given a later expiry.' },
  suspended: {
    title: 'Its owner’s company is suspended',
    text: 'The token is refused until the company is let in again.',
  },
} as const;

function StateNotice({ token, ownerState, may }: Pick<ApiTokenDetailPageProps, 'token' | 'ownerState' | 'may'>) {
  if (token.expiry?.state === 'expired') {
    return (
      <Notice
        tone="warn"
        title="This API token has expired"
        action={
          may === 'change' && (
            <LinkButton href={`${apiTokenHref(token.id)}/edit`} size="small">
              Change expiry
            </LinkButton>
          )
        }
      >
        It ended <ExactTime at={token.expiry.at} />, and is refused until it is given a later expiry, or none.
      </Notice>
    );
  }
  if (!ownerState) return null;
  const { title, text } = ownerNotices[ownerState];
  return (
    <Notice
      tone="warn"
      title={title}
      action={
        token.owner.href !== undefined && (
          <LinkButton href={token.owner.href} size="small">
            Open the owner
          </LinkButton>
        )
      }
    >
      {text}
    </Notice>
  );
}

function Privileges({ token }: { token: ApiTokenDetail }) {
  const isAnyIdle = token.privileges.some(({ privileges }) => privileges.some(({ isIdle }) => isIdle));
  return (
    <Panel
      id="privileges"
      title="Privileges"
      lede={
        isAnyIdle
          ? 'What it may do at most. What its owner doesn’t hold now is without effect.'
          : 'What it may do at most; never more than its owner may do at that moment.'
      }
      flush
    >
      <div class="privileges">
        {token.privileges.map(({ group, privileges }) => (
          <div class="privilege-group" key={group}>
            <h3>{group}</h3>
            <ul>
              {privileges.map(({ scope, description, isIdle }) => (
                <li key={scope}>
                  <code>{scope}</code>
                  <span>
                    {description} {isIdle && <Status tone="off">Its owner doesn’t hold it now</Status>}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </Panel>
  );
}

function DangerZone({ token, may, regenerateFormId }: Omit<ApiTokenDetailPageProps, 'frame'>) {
  const href = apiTokenHref(token.id);
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        {may === 'change' && (
          <li>
            <div>
              <h3>Regenerate</h3>
              <p>
                {token.expiry?.state === 'expired'
                  ? 'It has expired: give it a later expiry first.'
                  : 'A new value, shown once. The old one stops working at once.'}
              </p>
            </div>
            <DialogLink
              kind="danger-quiet"
              href={`${href}/regenerate`}
              dialogId={token.expiry?.state === 'expired' ? '' : 'regenerate-api-token'}
              icon="rotate"
            >
              Regenerate
            </DialogLink>
          </li>
        )}
        <li>
          <div>
            <h3>Delete this API token</h3>
            <p>Whatever uses it is refused at once. This can’t be undone.</p>
          </div>
          <DialogLink kind="danger-quiet" href={`${href}/delete`} dialogId="delete-api-token" icon="trash">
            Delete API token
          </DialogLink>
        </li>
      </ul>
      {may === 'change' && <ConfirmDialog {...apiTokenRegeneration(token, regenerateFormId)} />}
      <ConfirmDialog {...apiTokenDeletion(token, token.owner.name)} />
    </Panel>
  );
}

function markOf({ expiry }: ApiTokenDetail) {
  if (expiry?.state === 'expired') return <Status tone="bad">Expired</Status>;
  if (expiry?.state === 'soon') return <Status tone="warn">Expires soon</Status>;
  return undefined;
}

export function ApiTokenDetailPage(props: ApiTokenDetailPageProps) {
  const { frame, token, ownerState, may, auditHref } = props;
  return (
    <AppShell frame={frame} title={[token.name, 'API tokens']}>
      <PageHeader
        title={<Chosen>{token.name}</Chosen>}
        crumbs={[{ href: '/api-tokens', label: 'API tokens' }]}
        mark={markOf(token)}
        actions={
          <>
            {auditHref !== undefined && (
              <LinkButton href={auditHref} icon="audit">
                Events
              </LinkButton>
            )}
            {may === 'change' && (
              <LinkButton href={`${apiTokenHref(token.id)}/edit`} kind="primary" icon="edit">
                Edit
              </LinkButton>
            )}
          </>
        }
      />
      <StateNotice token={token} ownerState={ownerState} may={may} />
      {may === 'stronger' && (
        <Notice tone="info" title="You can delete it, but not change it">
          Its owner may do more than you. Only somebody who holds as much can change this token or give it a new value.
        </Notice>
      )}
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(token, frame.now)} />
        </div>
      </section>
      <Privileges token={token} />
      {may !== 'read' && <DangerZone {...props} />}
    </AppShell>
  );
}
