// The secrets of a client: at most two at a time, so that one can replace the other without an outage.

import { DialogLink, PostButton } from '../parts/button.tsx';
import type { Confirmation } from '../parts/confirm.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Chosen, Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { MaybeTime, RelativeTime } from '../parts/time.tsx';
import { clientHref } from './clients-list.tsx';

export type ClientSecretRow = {
  id: string;
  /** The last four characters. */
  hint: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
};

type Named = { clientId: string; name: string };

function secretHref(client: Named, secret: { id: string }): string {
  return `${clientHref(client.clientId)}/secrets/${encodeURIComponent(secret.id)}/delete`;
}

type Ending = { id: string; expiresAt: Date | null };

function isOver(secret: Ending, now: Date): boolean {
  return secret.expiresAt !== null && secret.expiresAt <= now;
}

/** Asked before a secret is deleted; `all` are the client's secrets, from which follows what it is left with. */
export function secretDeletion(
  client: Named,
  secret: Ending & { hint: string },
  all: readonly Ending[],
  now: Date,
): Confirmation {
  const isLast = !all.some((each) => each.id !== secret.id && !isOver(each, now));
  return {
    id: `delete-secret-${secret.id}`,
    question: <>Delete the secret ending in {secret.hint}?</>,
    consequences: [
      <>
        Programs that still use it as <Chosen>{client.name}</Chosen> get no tokens from now on.
      </>,
      'Tokens that were got with it end at once.',
      isLast
        ? 'It is the only secret: the client can’t get tokens until you make another.'
        : 'The other secret keeps working.',
    ],
    action: secretHref(client, secret),
    confirmLabel: 'Delete secret',
  };
}

const mostSecrets = 2;

function MakeSecret({ client, count, formId }: { client: Named; count: number; formId: string }) {
  if (count >= mostSecrets) return <p class="muted panel-note">Two is the most. Delete one to make another.</p>;
  return (
    <PostButton
      action={`${clientHref(client.clientId)}/secrets`}
      fields={{ form_id: formId }}
      size="small"
      icon={count === 0 ? 'plus' : 'rotate'}
    >
      {count === 0 ? 'Make a secret' : 'Make a second secret'}
    </PostButton>
  );
}

export type ClientSecretsProps = {
  client: Named;
  secrets: readonly ClientSecretRow[];
  now: Date;
  mayWrite: boolean;
  /** Good for one new secret, however often the form is sent. */
  formId: string;
};

export function ClientSecrets({ client, secrets, now, mayWrite, formId }: ClientSecretsProps) {
  return (
    <Panel
      id="secrets"
      title="Secrets"
      lede="To rotate: make a second one, put it in place, delete the first."
      actions={
        mayWrite && (
          <MakeSecret client={client} count={secrets.filter((secret) => !isOver(secret, now)).length} formId={formId} />
        )
      }
      flush
    >
      {secrets.length === 0 ? (
        <EmptyState icon="key" title="No secret">
          Without one this client can’t get tokens.
        </EmptyState>
      ) : (
        <Table<ClientSecretRow>
          caption="Secrets"
          rows={secrets}
          rowKey={(secret) => secret.id}
          columns={[
            {
              head: 'Secret',
              kind: 'nowrap',
              cell: (secret) => (
                <code>
                  <span class="visually-hidden">ending in </span>
                  <span aria-hidden="true">psts_••••</span>
                  {secret.hint}
                </code>
              ),
            },
            { head: 'Created', kind: 'nowrap', cell: (secret) => <RelativeTime at={secret.createdAt} now={now} /> },
            {
              head: 'Expires',
              kind: 'nowrap',
              cell: (secret) =>
                isOver(secret, now) ? (
                  <Status tone="warn">Expired</Status>
                ) : (
                  <MaybeTime at={secret.expiresAt} now={now} absent="Never" />
                ),
            },
            {
              head: 'Last used',
              cell: (secret) => (
                <span>
                  <MaybeTime at={secret.lastUsedAt} now={now} absent="Never" />
                  {secret.lastUsedAddress && (
                    <span class="muted">
                      {' '}
                      from <code>{secret.lastUsedAddress}</code>
                    </span>
                  )}
                </span>
              ),
            },
            ...(mayWrite
              ? [
                  {
                    head: 'Actions',
                    kind: 'actions' as const,
                    cell: (secret: ClientSecretRow) => (
                      <DialogLink
                        kind="danger-quiet"
                        size="small"
                        href={secretHref(client, secret)}
                        dialogId={`delete-secret-${secret.id}`}
                        label={`Delete the secret ending in ${secret.hint}`}
                      >
                        Delete
                      </DialogLink>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Panel>
  );
}
