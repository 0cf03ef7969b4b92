// One role: what it may do, and how many have it.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { Chosen, Facts, Panel } from '../parts/panel.tsx';
import { roleKindWords, type RoleRow } from './roles-list.tsx';

export type PrivilegeView = {
  /** The scope value, such as `clients:read`. */
  scope: string;
  description: string;
  level: 'company' | 'reseller' | 'root';
};

export type PrivilegeGroupView = { group: string; privileges: readonly PrivilegeView[] };

export type RoleDetailPageProps = {
  frame: AppFrame;
  /** The reader may see clients. */
  mayReadClients: boolean;
  role: RoleRow & {
    /** Over which companies it counts, in words. */
    reach: string;
    apis: readonly { id: string; name: string; groups: readonly PrivilegeGroupView[] }[];
  };
};

const levelWords = { company: null, reseller: 'Reseller level', root: 'Root level' } as const;

function PrivilegeGroup({ group, privileges }: PrivilegeGroupView) {
  return (
    <div class="privilege-group">
      <h3>{group}</h3>
      <ul>
        {privileges.map((privilege) => (
          <li key={privilege.scope}>
            <code>{privilege.scope}</code>
            <span>
              {privilege.description}
              {levelWords[privilege.level] && <span class="tag">{levelWords[privilege.level]}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function holders(count: number): string {
  return `${count.toLocaleString('en')} with this role`;
}

export function RoleDetailPage({ frame, role, mayReadClients }: RoleDetailPageProps) {
  return (
    <AppShell frame={frame} title={[role.name, 'Roles']}>
      <PageHeader
        title={<Chosen>{role.name}</Chosen>}
        crumbs={[{ href: '/roles', label: 'Roles' }]}
        lede={role.description ? <p class="description">{<Chosen>{role.description}</Chosen>}</p> : undefined}
      />
      <section class="panel plain" aria-label="Facts">
        <div class="panel-body">
          <Facts
            facts={[
              { term: 'Type', value: role.kind === 'standard' ? 'Standard, can’t be changed' : roleKindWords.custom },
              { term: 'Reach', value: role.reach },
              {
                term: 'Clients',
                value: mayReadClients ? (
                  <a href={`/clients?role_id=${encodeURIComponent(role.id)}`}>{holders(role.clientCount)}</a>
                ) : (
                  holders(role.clientCount)
                ),
              },
              { term: 'Users', value: holders(role.userCount) },
            ]}
          />
        </div>
      </section>
      {role.apis.map((api) => (
        <Panel id={`api-${api.id}`} title={api.name} lede={<code>{api.id}</code>} flush key={api.id}>
          <div class="privileges">
            {api.groups.map((group) => (
              <PrivilegeGroup {...group} key={group.group} />
            ))}
          </div>
        </Panel>
      ))}
    </AppShell>
  );
}
