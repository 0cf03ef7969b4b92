// Roles: list, make, show, change, delete; and the catalogue of privileges.
import { z } from 'zod';
import { roleFields } from '../../domain/role/role-fields.ts';
import type { RoleSummary } from '../../domain/role/role.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { tenantExamples } from './tenant-examples.ts';
import { filterChoice, filterText, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { readOnlyFields, resettable } from './merge-patch.ts';
import { pathId } from './path-params.ts';
import { presentPage, presentPrivilege, presentRole } from './presenters.ts';
import { pageOf, privilegeSchema, roleSchema } from './schemas.ts';

const roleParams = z.strictObject({ id: pathId('role', 'Id of the role.') });

const privileges = roleFields.privileges.meta({
  description: '`<api id>/<scope>`; a bare scope such as `clients:read` is the Management API’s.',
});

const availableTo = roleFields.availableTo.meta({
  description: 'Ids of companies below the owner that may use it too.',
});

const newRole = z
  .strictObject({
    name: roleFields.name,
    description: roleFields.description.optional(),
    company_id: roleFields.companyId.optional().meta({ description: 'Your own company when absent.' }),
    privileges,
    available_to: availableTo.optional(),
  })
  .meta({ id: 'NewRole', description: 'A custom role to be. It stays in its company.' });

const rolePatch = z
  .strictObject({
    name: roleFields.name.optional(),
    description: resettable(roleFields.description, ''),
    privileges: privileges.optional(),
    available_to: resettable(availableTo, []),
  })
  .meta({
    id: 'RolePatch',
    description:
      'RFC 7396 merge patch: what is left out stays as it is, a list that is given replaces the whole list, null resets a field to its default.',
  });

function roleEntity(role: RoleSummary): Entity {
  return { version: role.version, representation: presentRole(role) };
}

const listRoles = defineRoute({
  method: 'GET',
  path: '/api/v1/roles',
  operationId: 'listRoles',
  tag: 'Roles',
  summary: 'List roles',
  description:
    'The standard roles, those of your company and, with the role Reseller, of the companies below it, and those made available to it.',
  privilege: 'roles:read',
  query: z.strictObject({
    q: searchText('Text within the name or the description.'),
    kind: filterChoice('kind', ['standard', 'custom'], 'Only roles of this kind.'),
    company_id: filterText('company_id', 'Only roles that this company owns.'),
    ...pageQuery,
  }),
  success: { status: 200, description: 'A page.', schema: pageOf(roleSchema, 'RolePage'), example: examples.roles },
  async handle({ services, caller, query }) {
    const filter = { q: query.q, kind: query.kind, companyId: query.company_id };
    const page = await services.roles.list(caller, filter, pageRequestOf(query));
    return { body: presentPage(page, presentRole) };
  },
});

const createRole = defineRoute({
  method: 'POST',
  path: '/api/v1/roles',
  operationId: 'createRole',
  tag: 'Roles',
  summary: 'Make a custom role',
  description: 'Makes a role out of privileges that you hold yourself, up to the level of the company that owns it.',
  privilege: 'roles:write',
  body: {
    schema: newRole,
    required: true,
    readOnly: readOnlyFields(roleSchema, newRole),
    example: tenantExamples.newRole,
  },
  success: {
    status: 201,
    description: 'The role. `Location` names it.',
    schema: roleSchema,
    example: tenantExamples.role,
  },
  problems: {
    403: 'It would hold a privilege that you do not hold.',
    409: 'A company that can choose it can choose a role of this name already.',
  },
  hasEntityTag: true,
  async handle({ services, caller, body }) {
    const role = await services.roles.create(caller, {
      name: body.name,
      description: body.description,
      companyId: body.company_id,
      privileges: body.privileges,
      availableTo: body.available_to,
    });
    return { body: presentRole(role), entity: roleEntity(role), location: `/api/v1/roles/${role.id}` };
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
  params: roleParams,
  success: { status: 200, description: 'The role.', schema: roleSchema, example: examples.role },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const role = await services.roles.get(caller, params.id);
    return { body: presentRole(role), entity: roleEntity(role) };
  },
});

const updateRole = defineRoute({
  method: 'PATCH',
  path: '/api/v1/roles/{id}',
  operationId: 'updateRole',
  tag: 'Roles',
  summary: 'Change a custom role',
  description:
    'JSON merge patch (RFC 7396). What the role grants changes for its holders at once, in tokens already issued too. Standard roles are fixed.',
  privilege: 'roles:write',
  params: roleParams,
  body: {
    schema: rolePatch,
    required: true,
    readOnly: readOnlyFields(roleSchema, rolePatch),
    example: tenantExamples.rolePatch,
  },
  success: { status: 200, description: 'The changed role.', schema: roleSchema, example: tenantExamples.changedRole },
  problems: {
    403: 'It holds, or would hold, a privilege that you do not hold, or belongs to a company above yours.',
    409: 'It is a standard role, its name is taken, it is in use where it would be taken away, or nobody would be left who can manage users.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, body, guard }) {
    const patch = {
      name: body.name,
      description: body.description,
      privileges: body.privileges,
      availableTo: body.available_to,
    };
    const role = await guard((ifVersion) => services.roles.update(caller, params.id, patch, ifVersion));
    return { body: presentRole(role), entity: roleEntity(role) };
  },
});

const deleteRole = defineRoute({
  method: 'DELETE',
  path: '/api/v1/roles/{id}',
  operationId: 'deleteRole',
  tag: 'Roles',
  summary: 'Delete a custom role',
  description: 'Deletes a role that nobody has. Standard roles are fixed.',
  privilege: 'roles:write',
  params: roleParams,
  success: { status: 204, description: 'It is gone.' },
  problems: {
    403: 'It holds a privilege that you do not hold, or belongs to a company above yours.',
    409: 'It is in use, and the detail says by whom; or it is a standard role.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.roles.delete(caller, params.id, ifVersion));
    return NO_CONTENT;
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

export const roleRoutes: readonly Route[] = [listRoles, createRole, getRole, updateRole, deleteRole, listPrivileges];
