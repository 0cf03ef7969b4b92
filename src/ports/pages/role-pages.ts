// Roles: the list, and what one of them may do.
import { h } from 'preact';
import { type PrivilegeGroupView, type PrivilegeView, RoleDetailPage } from '../../../views/pages/role-detail.tsx';
import { type RoleRow, RolesListPage } from '../../../views/pages/roles-list.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { Privilege } from '../../domain/api/privilege.ts';
import { privilegeName } from '../../domain/api/privilege.ts';
import { RESELLER_ROLE_ID, type RoleSummary } from '../../domain/role/role.ts';
import { apiName } from './client-form.ts';
import { type Answer, behind, page, type PageRoute, type SignedInVisit } from './page.ts';
import { hrefOf, idOf, parseQuery, textOf } from './query.ts';

export const roleRoutes: readonly PageRoute[] = [
  { path: '/roles', place: 'roles', get: behind('roles:read', showRoles) },
  { path: '/roles/:roleId', place: 'roles', get: behind('roles:read', showRole) },
];

const PAGE_SIZE = 50;

async function showRoles({ caller, services, querystring }: SignedInVisit): Promise<Answer> {
  const cursor = textOf(parseQuery(querystring), 'cursor');
  const found = await services.roles.list(caller, {}, { limit: PAGE_SIZE, cursor });
  return page((frame) =>
    h(RolesListPage, {
      frame,
      roles: found.items.map(toRow),
      firstHref: cursor === undefined ? undefined : '/roles',
      nextHref: found.nextCursor === null ? undefined : hrefOf('/roles', { cursor: found.nextCursor }),
    }),
  );
}

async function showRole(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params } = visit;
  const role = await services.roles.get(caller, idOf(params, 'roleId', 'role'));
  const catalogue = await readCatalogue(visit);
  return page((frame) =>
    h(RoleDetailPage, {
      frame,
      mayReadClients: mayCall(caller, 'clients:read'),
      role: { ...toRow(role), reach: reachOf(role), apis: groupByApi(role.privileges, catalogue) },
    }),
  );
}

function toRow(role: RoleSummary): RoleRow {
  const { id, name, description, kind, clientCount, userCount } = role;
  return { id, name, description, kind, privilegeCount: role.privileges.length, clientCount, userCount };
}

function reachOf(role: RoleSummary): string {
  return role.id === RESELLER_ROLE_ID
    ? 'Its holder’s company and every company below it'
    : 'Its holder’s company alone';
}

const CATALOGUE_PAGE = 200;
const MAX_CATALOGUE_PAGES = 50;

/** All that the caller's company knows, in the order in which it is shown. */
async function readCatalogue({ caller, services }: SignedInVisit): Promise<readonly Privilege[]> {
  const all: Privilege[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < MAX_CATALOGUE_PAGES; read += 1) {
    const found = await services.roles.listPrivileges(caller, {}, { limit: CATALOGUE_PAGE, cursor });
    all.push(...found.items);
    if (found.nextCursor === null) break;
    cursor = found.nextCursor;
  }
  return all;
}

/** What the role holds, by API and group; what the catalogue does not describe stands by its bare name at the end. */
function groupByApi(held: readonly string[], catalogue: readonly Privilege[]) {
  const known = new Set(catalogue.map(({ apiId, scope }) => privilegeName(apiId, scope)));
  const described = catalogue.filter(({ apiId, scope }) => held.includes(privilegeName(apiId, scope)));
  const others = held.filter((name) => !known.has(name)).map(undescribed);
  const apis = new Map<string, Map<string, PrivilegeView[]>>();
  for (const { apiId, group, scope, description, level } of [...described, ...others]) {
    const groups = apis.get(apiId) ?? new Map<string, PrivilegeView[]>();
    apis.set(apiId, groups);
    groups.set(group, [...(groups.get(group) ?? []), { scope, description, level }]);
  }
  return [...apis].map(([id, groups]) => ({ id, name: apiName(id), groups: [...groups].map(toGroup) }));
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
