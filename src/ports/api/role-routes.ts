// Roles and the catalogue of privileges.
import { z } from 'zod';
import { defineRoute, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { filterChoice, filterText, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { pathId } from './path-params.ts';
import { presentPage, presentPrivilege, presentRole } from './presenters.ts';
import { pageOf, privilegeSchema, roleSchema } from './schemas.ts';

const listRoles = defineRoute({
  method: 'GET',
  path: '/api/v1/roles',
  operationId: 'listRoles',
  tag: 'Roles',
  summary: 'List roles',
  description: 'The standard roles, those of your company, and those made available to it.',
  privilege: 'roles:read',
  query: z.strictObject({
    q: searchText('Text within the name or the description.'),
    kind: filterChoice('kind', ['standard', 'custom'], 'Only roles of this kind.'),
    ...pageQuery,
  }),
  success: { status: 200, description: 'A page.', schema: pageOf(roleSchema, 'RolePage'), example: examples.roles },
  async handle({ services, caller, query }) {
    const page = await services.roles.list(caller, { q: query.q, kind: query.kind }, pageRequestOf(query));
    return { body: presentPage(page, presentRole) };
  },
});

const getRole = defineRoute({
  method: 'GET',
  path: '/api/v1/roles/{id}',
  operationId: 'getRole',
  tag: 'Roles',
  summary: 'Show a role',
  description: 'A role with what it holds and how many have it.',
  privilege: 'roles:read',
  params: z.strictObject({ id: pathId('role', 'Id of the role.') }),
  success: { status: 200, description: 'The role.', schema: roleSchema, example: examples.role },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const role = await services.roles.get(caller, params.id);
    const representation = presentRole(role);
    return { body: representation, entity: { version: role.version, representation } };
  },
});

const listPrivileges = defineRoute({
  method: 'GET',
  path: '/api/v1/privileges',
  operationId: 'listPrivileges',
  tag: 'Roles',
  summary: 'List privileges',
  description: 'The catalogue: every privilege of every API that is available to your company.',
  privilege: 'roles:read',
  query: z.strictObject({
    q: searchText('Text within scope, group or description.'),
    api: filterText('api', 'Only privileges of the API with this id.'),
    ...pageQuery,
  }),
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(privilegeSchema, 'PrivilegePage'),
    example: examples.privileges,
  },
  async handle({ services, caller, query }) {
    const page = await services.roles.listPrivileges(caller, { q: query.q, api: query.api }, pageRequestOf(query));
    return { body: presentPage(page, presentPrivilege) };
  },
});

export const roleRoutes: readonly Route[] = [listRoles, getRole, listPrivileges];
