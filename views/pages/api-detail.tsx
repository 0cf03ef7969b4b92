// One API: its facts, who may use it, its privileges, and deleting it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { DialogLink, LinkButton } from '../parts/button.tsx';
import { ConfirmDialog, type Confirmation } from '../parts/confirm.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, NameLink, Panel, type Fact } from '../parts/panel.tsx';
import { MaybeTime, RelativeTime } from '../parts/time.tsx';
import { ApiPrivileges, type ShownPrivileges } from './api-privileges.tsx';
import { apiHref } from './apis-list.tsx';

export type ApiDetail = {
  id: string;
  name: string;
  identifier: string;
  description: string;
  builtIn: boolean;
  docsPrivate: boolean;
  unknownOperations: 'refuse' | 'allow';
  importedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

export type ApiDetailPageProps = {
  frame: AppFrame;
  api: ApiDetail;
  /** `href` where the reader may see companies. */
  availableTo: 'all' | { first: readonly { name: string; href?: string | undefined }[]; total: number };
  privileges: ShownPrivileges;
  mayWrite: boolean;
};

/** Asked before an API that nobody uses is deleted. */
export function apiDeletion(api: { id: string; name: string }): Confirmation {
  return {
    id: 'delete-api',
    question: (
      <>
        Delete <Chosen>{api.name}</Chosen>?
      </>
    ),
    consequences: [
      'Nobody gets tokens for it any more, and those already out keep no scope.',
      'Its privileges and its imported description go with it.',
      'This can’t be undone.',
    ],
    action: `${apiHref(api.id)}/delete`,
    confirmLabel: 'Delete API',
  };
}

const operationWords = { refuse: 'Refused at the gate', allow: 'Let through by the gate' } as const;

function factsOf(api: ApiDetail, now: Date): readonly Fact[] {
  return [
    {
      term: 'Identifier',
      value: <Copyable id="identifier" value={api.identifier} what="identifier" />,
      wide: true,
    },
    { term: 'Id', value: <code>{api.id}</code> },
    { term: 'Description imported', value: <MaybeTime at={api.importedAt} now={now} absent="Never" /> },
    ...(api.builtIn
      ? []
      : [
          { term: 'Documentation', value: <Documentation api={api} /> },
          { term: 'Calls not described', value: operationWords[api.unknownOperations] },
        ]),
    { term: 'Created', value: <RelativeTime at={api.createdAt} now={now} /> },
    { term: 'Changed', value: <RelativeTime at={api.updatedAt} now={now} /> },
  ];
}

function Documentation({ api }: { api: ApiDetail }) {
  const word = api.docsPrivate ? 'Private' : 'Public';
  if (api.importedAt === null) return <>{word}, once there is a description</>;
  return (
    <>
      {word}: <a href={`/docs/${api.id}`}>{`/docs/${api.id}`}</a>
    </>
  );
}

function Availability({ api, availableTo, mayWrite }: Pick<ApiDetailPageProps, 'api' | 'availableTo' | 'mayWrite'>) {
  const change = mayWrite && !api.builtIn && (
    <LinkButton href={`${apiHref(api.id)}/availability`} size="small">
      Change
    </LinkButton>
  );
  return (
    <Panel
      id="availability"
      title="Available to"
      lede="These companies, and all below them, can give its privileges to roles and get tokens for it."
      actions={change}
    >
      {availableTo === 'all' ? (
        <p>All companies.</p>
      ) : availableTo.total === 0 ? (
        <p>No company yet, so nobody gets tokens for it.</p>
      ) : (
        <ul class="chips">
          {availableTo.first.map(({ name, href }) => (
            <li key={href ?? name}>
              <NameLink name={name} href={href} />
            </li>
          ))}
          {availableTo.total > availableTo.first.length && (
            <li>{`and ${(availableTo.total - availableTo.first.length).toLocaleString('en')} more`}</li>
          )}
        </ul>
      )}
    </Panel>
  );
}

function DangerZone({ api }: { api: ApiDetail }) {
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        <li>
          <div>
            <h3>Delete this API</h3>
            <p>Only while no role holds its privileges and no client has it as its default API.</p>
          </div>
          <DialogLink kind="danger-quiet" href={`${apiHref(api.id)}/delete`} dialogId="delete-api" icon="trash">
            Delete API
          </DialogLink>
        </li>
      </ul>
      <ConfirmDialog {...apiDeletion(api)} />
    </Panel>
  );
}

export function ApiDetailPage({ frame, api, availableTo, privileges, mayWrite }: ApiDetailPageProps) {
  const canChange = mayWrite && !api.builtIn;
  const href = apiHref(api.id);
  return (
    <AppShell frame={frame} title={[api.name, 'APIs']}>
      <PageHeader
        title={<Chosen>{api.name}</Chosen>}
        crumbs={[{ href: '/apis', label: 'APIs' }]}
        lede={api.description ? <p class="description">{<Chosen>{api.description}</Chosen>}</p> : undefined}
        actions={
          canChange && (
            <>
              <LinkButton href={`${href}/import`} icon="download">
                Import description
              </LinkButton>
              <LinkButton href={`${href}/edit`} kind="primary" icon="edit">
                Edit
              </LinkButton>
            </>
          )
        }
      />
      {api.builtIn && mayWrite && (
        <Notice tone="info" title="This API is built in">
          It is Postern’s own and changes with it alone.
        </Notice>
      )}
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(api, frame.now)} />
        </div>
      </section>
      <Availability api={api} availableTo={availableTo} mayWrite={mayWrite} />
      <ApiPrivileges api={api} privileges={privileges} mayWrite={mayWrite} />
      {canChange && <DangerZone api={api} />}
    </AppShell>
  );
}
