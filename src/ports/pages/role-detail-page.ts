// One role: what it may do, who has it, and who else may use it.
import { h } from 'preact';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import {
  type Holders,
  type PrivilegeGroupView,
  type PrivilegeView,
  RoleDetailPage,
  type RoleDetailPageProps,
} from '../../../views/pages/role-detail.tsx';
import { userHref } from '../../../views/pages/users-list.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import { type Privilege, privilegeName } from '../../domain/api/privilege.ts';
import type { GrantableCatalogue } from '../../domain/role/granting.ts';
import { RESELLER_ROLE_ID, type RoleSummary } from '../../domain/role/role.ts';
import { type ApiNames, findApiNames } from './api-names.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { hrefOf, idOf } from './query.ts';
import { toRoleRow } from './role-list-page.ts';

export async function showRole(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const role = await findRole(visit);
  const [isOwned, holders, names] = await Promise.all([
    isWithinReach(visit, role),
    findHolders(visit, role),
    services.companies.namesOf(caller, role.availableTo),
  ]);
  const owner = isOwned && role.companyId !== null ? role.companyId : caller.companyId;
  const [catalogue, apiNames] = await Promise.all([
    services.granting.privilegesFor(caller, owner),
    findApiNames(visit, owner),
  ]);
  const row = toRoleRow(role, caller);
  const shownCompany = row.company && !isOwned ? { name: row.company.name } : row.company;
  return page((frame) =>
    h(RoleDetailPage, {
      frame,
      role: {
        ...row,
        company: shownCompany,
        reach: reachOf(role),
        availableTo: [...names.values()].sort((a, b) => a.localeCompare(b)),
        apis: groupByApi(role.privileges, catalogue.privileges, apiNames),
      },
      ...holders,
      may: rightsOver(visit, role, isOwned, catalogue),
    }),
  );
}

export function findRole({ caller, services, params }: SignedInVisit): Promise<RoleSummary> {
  return services.roles.get(caller, idOf(params, 'roleId', 'role'));
}

/** Whether the company whose role it is lies within reach; a role that was made available from above is another's. */
async function isWithinReach({ caller, services }: SignedInVisit, { companyId }: RoleSummary): Promise<boolean> {
  if (companyId === null) return false;
  return (await services.companies.namesOf(caller, [companyId])).has(companyId);
}

/** Over a company below one holds what the role Reseller has there, as the catalogue knows: its APIs may be others than one's own. */
function rightsOver(
  { caller }: SignedInVisit,
  role: RoleSummary,
  isOwned: boolean,
  { privileges }: GrantableCatalogue,
): RoleDetailPageProps['may'] {
  if (role.kind === 'standard') return 'fixed';
  if (!mayCall(caller, 'roles:write')) return 'read';
  if (!isOwned) return 'above';
  const held = privileges.filter(({ obstacle }) => obstacle === null);
  const names = new Set(held.map(({ apiId, scope }) => privilegeName(apiId, scope)));
  return role.privileges.every((name) => caller.privileges.has(name) || names.has(name)) ? 'change' : 'stronger';
}

const HOLDERS_SHOWN = 10;

/** The newest of those who have it, as far as the visitor may see them. */
export async function findHolders(
  { caller, services }: SignedInVisit,
  role: RoleSummary,
): Promise<{ clients: Holders; users: Holders }> {
  const filter = { roleId: role.id };
  const first = { limit: HOLDERS_SHOWN };
  const [clients, users] = await Promise.all([
    mayCall(caller, 'clients:read') ? services.clients.list(caller, filter, first) : null,
    mayCall(caller, 'users:read') ? services.users.list(caller, filter, first) : null,
  ]);
  const companyOf = ({ companyName }: { companyName: string }) => (caller.reach.subtree ? companyName : null);
  return {
    clients: clients && {
      first: clients.items.map((client) => ({
        name: client.name,
        href: clientHref(client.clientId),
        company: companyOf(client),
      })),
      total: role.clientCount,
      href: hrefOf('/clients', { role_id: role.id }),
    },
    users: users && {
      first: users.items.map((user) => ({ name: user.name, href: userHref(user.id), company: companyOf(user) })),
      total: role.userCount,
      href: hrefOf('/users', { role_id: role.id }),
    },
  };
}

function reachOf(role: RoleSummary): string {
  return role.id === RESELLER_ROLE_ID
    ? 'Its holder’s company and every company below it'
    : 'Its holder’s company alone';
}

/** What the role holds, by API and group; what the catalogue does not describe stands by its bare name at the end. */
function groupByApi(held: readonly string[], catalogue: readonly Privilege[], names: ApiNames) {
  const known = new Set(catalogue.map(({ apiId, scope }) => privilegeName(apiId, scope)));
  const isHeld = new Set(held);
  const described = catalogue.filter(({ apiId, scope }) => isHeld.has(privilegeName(apiId, scope)));
  const others = held.filter((name) => !known.has(name)).map(undescribed);
  const apis = new Map<string, Map<string, PrivilegeView[]>>();
  for (const { apiId, group, scope, description, level } of [...described, ...others]) {
    const groups = apis.get(apiId) ?? new Map<string, PrivilegeView[]>();
    apis.set(apiId, groups);
    const privileges = groups.get(group) ?? [];
    groups.set(group, privileges);
    privileges.push({ scope, description, level });
  }
  return [...apis].map(([id, groups]) => ({ id, name: names.get(id) ?? id, groups: [...groups].map(toGroup) }));
}

function toGroup([group, privileges]: readonly [string, readonly PrivilegeView[]]): PrivilegeGroupView {
  return { group, privileges };
}

function undescribed(name: string): Privilege {
  const slash = name.indexOf('/');
  return {
    apiId: name.slice(0, slash),
    scope: name.slice(slash + 1),
    group: 'Others',
    description: '',
    level: 'company',
  };
}
