// All roles that this company can choose from.

import { AppShell, type AppFrame } from '../layout/app-shell.tsx';
import { PageHeader } from '../layout/page-header.tsx';
import { Pagination } from '../parts/pagination.tsx';
import { Chosen } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

export type RoleRow = {
  id: string;
  name: string;
  description: string;
  kind: 'standard' | 'custom';
  privilegeCount: number;
  clientCount: number;
  userCount: number;
};

export type RolesListPageProps = {
  frame: AppFrame;
  roles: readonly RoleRow[];
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

export const roleKindWords = { standard: 'Standard', custom: 'Custom' } as const;

export function roleHref(id: string): string {
  return `/roles/${encodeURIComponent(id)}`;
}

export function RolesListPage({ frame, roles, firstHref, nextHref }: RolesListPageProps) {
  return (
    <AppShell frame={frame} title={['Roles']}>
      <PageHeader title="Roles" lede="A role is a named set of privileges. Every client and every user has one." />
      <div class="panel plain">
        <Table<RoleRow>
          caption="Roles"
          rows={roles}
          rowKey={(role) => role.id}
          columns={[
            {
              head: 'Name',
              cell: (role) => (
                <span class="party">
                  <a href={roleHref(role.id)}>
                    <Chosen>{role.name}</Chosen>
                  </a>
                  {role.description && (
                    <span class="party-type">
                      <Chosen>{role.description}</Chosen>
                    </span>
                  )}
                </span>
              ),
            },
            { head: 'Type', kind: 'nowrap', cell: (role) => roleKindWords[role.kind] },
            { head: 'Privileges', kind: 'number', cell: (role) => role.privilegeCount.toLocaleString('en') },
            { head: 'Clients', kind: 'number', cell: (role) => role.clientCount.toLocaleString('en') },
            { head: 'Users', kind: 'number', cell: (role) => role.userCount.toLocaleString('en') },
          ]}
        />
      </div>
      {(firstHref || nextHref) && (
        <Pagination noun="roles" nounOne="role" shown={roles.length} firstHref={firstHref} nextHref={nextHref} />
      )}
    </AppShell>
  );
}
