// One role: what it may do, who has it, and who else may use it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { DialogLink, LinkButton } from '../parts/button.tsx';
import { ConfirmDialog, type Confirmation } from '../parts/confirm.tsx';
import { Notice } from '../parts/notice.tsx';
import { Chosen, Facts, NameLink, Panel, type Fact } from '../parts/panel.tsx';
import { levelWords } from '../parts/privilege-picker.tsx';
import { roleHref, roleKindWords, type RoleRow } from './roles-list.tsx';

export type PrivilegeView = {
  /** The scope value, such as `clients:read`. */
  scope: string;
  description: string;
  level: 'company' | 'reseller' | 'root';
};

export type PrivilegeGroupView = { group: string; privileges: readonly PrivilegeView[] };

export type Holder = { name: string; href: string; company: string | null };

/** The first of those who have it, and how many there are; null for a reader who may not see them. */
export type Holders = { first: readonly Holder[]; total: number; href: string } | null;

export type RoleDetail = RoleRow & {
  /** Over which companies it counts, in words. */
  reach: string;
  /** Names of companies below its own that may use it. */
  availableTo: readonly string[];
  apis: readonly { id: string; name: string; groups: readonly PrivilegeGroupView[] }[];
};

export type RoleDetailPageProps = {
  frame: AppFrame;
  role: RoleDetail;
  clients: Holders;
  users: Holders;
  /** `stronger`: it holds what the reader lacks. `above`: it belongs to a company above. `fixed`: it is standard. */
  may: 'change' | 'stronger' | 'above' | 'fixed' | 'read';
};

/** Asked before a role that nobody has is deleted. */
export function roleDeletion(role: { id: string; name: string }): Confirmation {
  return {
    id: 'delete-role',
    question: (
      <>
        Delete <Chosen>{role.name}</Chosen>?
      </>
    ),
    consequences: ['Nobody has it, so nobody loses anything.', 'This can’t be undone.'],
    action: `${roleHref(role.id)}/delete`,
    confirmLabel: 'Delete role',
  };
}

function PrivilegeGroup({ group, privileges }: PrivilegeGroupView) {
  return (
    <div class="privilege-group">
      <h3>{group}</h3>
      <ul>
        {privileges.map((privilege) => (
          <li key={privilege.scope}>
            <code>{privilege.scope}</code>
            <span>
              {privilege.description}{' '}
              {levelWords[privilege.level] && <span class="tag">{levelWords[privilege.level]}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function HolderList({ title, holders }: { title: string; holders: NonNullable<Holders> }) {
  if (holders.total === 0) return null;
  const left = holders.total - holders.first.length;
  return (
    <div class="holders">
      <h3>{title}</h3>
      <ul>
        {holders.first.map(({ name, href, company }) => (
          <li key={href}>
            <NameLink name={name} href={href} />
            {company !== null && (
              <span class="muted">
                {' '}
                · <bdi>{company}</bdi>
              </span>
            )}
          </li>
        ))}
        {left > 0 && (
          <li>
            <a href={holders.href}>{`${left.toLocaleString('en')} more`}</a>
          </li>
        )}
      </ul>
    </div>
  );
}

/** Also where a role can't be deleted: who stands in the way. */
export function HoldersOfRole({ clients, users }: Pick<RoleDetailPageProps, 'clients' | 'users'>) {
  return (
    <div class="holder-lists">
      {clients && <HolderList title="Clients" holders={clients} />}
      {users && <HolderList title="Users" holders={users} />}
    </div>
  );
}

function factsOf(
  role: RoleDetail,
  { clients, users }: Pick<RoleDetailPageProps, 'clients' | 'users'>,
): readonly Fact[] {
  const counted = (count: number, noun: string, holders: Holders) => {
    const words = `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
    return holders && count > 0 ? <a href={holders.href}>{words}</a> : words;
  };
  return [
    { term: 'Type', value: role.kind === 'standard' ? 'Standard, can’t be changed' : roleKindWords.custom },
    ...(role.company === null ? [] : [{ term: 'Company', value: <NameLink {...role.company} /> }]),
    { term: 'Reach', value: role.reach },
    {
      term: 'Held by',
      value: (
        <>
          {counted(role.clientCount, 'client', clients)}, {counted(role.userCount, 'user', users)}
        </>
      ),
    },
    ...(role.availableTo.length === 0
      ? []
      : [
          {
            term: 'Available to',
            value: (
              <ul class="chips">
                {role.availableTo.map((name) => (
                  <li key={name}>
                    <bdi>{name}</bdi>
                  </li>
                ))}
              </ul>
            ),
            wide: true,
          },
        ]),
  ];
}

const refusals = {
  stronger: 'This role holds privileges that you don’t hold. Only somebody who holds them all can change it.',
  above: 'This role was made available by a company above yours. You can give it to clients and users, not change it.',
} as const;

function DangerZone({ role, isInUse }: { role: RoleDetail; isInUse: boolean }) {
  return (
    <Panel id="danger" title="Danger zone" tone="danger" flush>
      <ul class="danger-list">
        <li>
          <div>
            <h3>Delete this role</h3>
            <p>{isInUse ? 'It is in use. Give those who have it another role first.' : 'Nobody has it.'}</p>
          </div>
          <DialogLink
            kind="danger-quiet"
            href={`${roleHref(role.id)}/delete`}
            dialogId={isInUse ? '' : 'delete-role'}
            icon="trash"
          >
            Delete role
          </DialogLink>
        </li>
      </ul>
      {!isInUse && <ConfirmDialog {...roleDeletion(role)} />}
    </Panel>
  );
}

export function RoleDetailPage({ frame, role, clients, users, may }: RoleDetailPageProps) {
  const isInUse = role.clientCount + role.userCount > 0;
  return (
    <AppShell frame={frame} title={[role.name, 'Roles']}>
      <PageHeader
        title={<Chosen>{role.name}</Chosen>}
        crumbs={[{ href: '/roles', label: 'Roles' }]}
        lede={role.description ? <p class="description">{<Chosen>{role.description}</Chosen>}</p> : undefined}
        actions={
          may === 'change' && (
            <LinkButton href={`${roleHref(role.id)}/edit`} kind="primary" icon="edit">
              Edit
            </LinkButton>
          )
        }
      />
      {(may === 'stronger' || may === 'above') && (
        <Notice tone="info" title="You can look, but not change">
          {refusals[may]}
        </Notice>
      )}
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts facts={factsOf(role, { clients, users })} />
        </div>
      </section>
      {isInUse && (clients || users) && (
        <Panel id="holders" title="Who has it">
          <HoldersOfRole clients={clients} users={users} />
        </Panel>
      )}
      {role.apis.map((api) => (
        <Panel id={`api-${api.id}`} title={api.name} lede={<code>{api.id}</code>} flush key={api.id}>
          <div class="privileges">
            {api.groups.map((group) => (
              <PrivilegeGroup {...group} key={group.group} />
            ))}
          </div>
        </Panel>
      ))}
      {may === 'change' && <DangerZone role={role} isInUse={isInUse} />}
    </AppShell>
  );
}
