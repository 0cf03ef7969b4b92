// Users: list, invite, show, change, delete, and the password for jobs that rotate it.
import { z } from 'zod';
import { userFields } from '../../domain/user/user-fields.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import { filterChoice, filterText, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { readOnlyFields, resettable } from './merge-patch.ts';
import { pathId } from './path-params.ts';
import { presentPage } from './presenters.ts';
import { pageOf } from './schemas.ts';
import { tenantExamples as examples } from './tenant-examples.ts';
import { presentUser } from './tenant-presenters.ts';
import { invitedUserSchema, userSchema } from './tenant-schemas.ts';

const userParams = z.strictObject({ id: pathId('user', 'Id of the user.') });

const newUser = z
  .strictObject({
    email: userFields.email,
    name: userFields.name,
    role_id: userFields.roleId,
    company_id: userFields.companyId.optional().meta({ description: 'Your own company when absent.' }),
    ip_exempt: userFields.ipExempt.optional().meta({ default: false }),
  })
  .meta({ id: 'NewUser', description: 'A user to be.' });

const userPatch = z
  .strictObject({
    email: userFields.email.optional(),
    name: userFields.name.optional(),
    company_id: userFields.companyId.optional(),
    role_id: userFields.roleId.optional(),
    // Null would let an inactive user in again, and hardly on purpose.
    status: userFields.status.optional(),
    ip_exempt: resettable(userFields.ipExempt, false),
  })
  .meta({
    id: 'UserPatch',
    description: 'RFC 7396 merge patch: what is left out stays as it is, null resets a field to its default.',
  });

const newPassword = z
  .strictObject({
    password: userFields.password.meta({
      description: 'At least 15 characters, and not one that attackers try first.',
    }),
  })
  .meta({ id: 'NewPassword' });

function userEntity(user: UserSummary): Entity {
  return { version: user.version, representation: presentUser(user) };
}

const STRONGER = 'The user holds a privilege that you do not hold.';

function toInvited(user: UserSummary, issuer: string, token: string): z.input<typeof invitedUserSchema> {
  return { ...presentUser(user), invitation_url: `${issuer}/invitation?token=${token}` };
}

const listUsers = defineRoute({
  method: 'GET',
  path: '/api/v1/users',
  operationId: 'listUsers',
  tag: 'Users',
  summary: 'List users',
  description: 'The users of your company and, with the role Reseller, of the companies below it. Newest first.',
  privilege: 'users:read',
  query: z.strictObject({
    q: searchText('Text within name or e-mail address.'),
    email: filterText('email', 'Only the user with this e-mail address, whatever its case.'),
    status: filterChoice('status', ['active', 'inactive'], 'Only users with this status.'),
    role_id: filterText('role_id', 'Only users with this role.'),
    company_id: filterText('company_id', 'Only users of this company.'),
    sort: filterChoice(
      'sort',
      ['created_at', 'email', 'last_sign_in_at'],
      'Newest or latest first for times, A to Z for addresses. `created_at` when absent.',
    ),
    ...pageQuery,
  }),
  success: { status: 200, description: 'A page.', schema: pageOf(userSchema, 'UserPage'), example: examples.users },
  async handle({ services, caller, query }) {
    const { q, email, status, sort } = query;
    const filter = { q, email, status, sort, roleId: query.role_id, companyId: query.company_id };
    return { body: presentPage(await services.users.list(caller, filter, pageRequestOf(query)), presentUser) };
  },
});

const createUser = defineRoute({
  method: 'POST',
  path: '/api/v1/users',
  operationId: 'createUser',
  tag: 'Users',
  summary: 'Invite a user',
  description:
    'Makes a user without a password. `invitation_url` is shown in this answer and never again: hand it to them, and they set their own.',
  privilege: 'users:write',
  body: { schema: newUser, required: true, readOnly: readOnlyFields(userSchema, newUser), example: examples.newUser },
  success: {
    status: 201,
    description: 'The user with the link of their invitation. `Location` names the user.',
    schema: invitedUserSchema,
    example: examples.invited,
  },
  problems: {
    403: 'The role holds a privilege that you do not hold.',
    409: 'There is a user with this e-mail address already.',
  },
  hasEntityTag: true,
  async handle({ services, caller, issuer, body }) {
    const { user, invitationToken } = await services.users.create(caller, {
      email: body.email,
      name: body.name,
      roleId: body.role_id,
      companyId: body.company_id ?? caller.companyId,
      ipExempt: body.ip_exempt,
    });
    return {
      body: toInvited(user, issuer, invitationToken),
      entity: userEntity(user),
      location: `/api/v1/users/${user.id}`,
    };
  },
});

const getUser = defineRoute({
  method: 'GET',
  path: '/api/v1/users/{id}',
  operationId: 'getUser',
  tag: 'Users',
  summary: 'Show a user',
  description: 'A user of your company or, with the role Reseller, of one below it.',
  privilege: 'users:read',
  params: userParams,
  success: { status: 200, description: 'The user.', schema: userSchema, example: examples.user },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const user = await services.users.get(caller, params.id);
    return { body: presentUser(user), entity: userEntity(user) };
  },
});

const updateUser = defineRoute({
  method: 'PATCH',
  path: '/api/v1/users/{id}',
  operationId: 'updateUser',
  tag: 'Users',
  summary: 'Change a user',
  description:
    'JSON merge patch (RFC 7396). It holds from the very next request on. Setting `status` to `inactive` ends the user’s sessions.',
  privilege: 'users:write',
  params: userParams,
  body: {
    schema: userPatch,
    required: true,
    readOnly: readOnlyFields(userSchema, userPatch),
    example: examples.userPatch,
  },
  success: { status: 200, description: 'The changed user.', schema: userSchema, example: examples.changedUser },
  problems: {
    403: 'The user, or the role to be given, holds a privilege that you do not hold.',
    409: 'Another user has this e-mail address, or nobody would be left who can manage users.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, body, guard }) {
    const patch = {
      email: body.email,
      name: body.name,
      companyId: body.company_id,
      roleId: body.role_id,
      status: body.status,
      ipExempt: body.ip_exempt,
    };
    const user = await guard((ifVersion) => services.users.update(caller, params.id, patch, ifVersion));
    return { body: presentUser(user), entity: userEntity(user) };
  },
});

const deleteUser = defineRoute({
  method: 'DELETE',
  path: '/api/v1/users/{id}',
  operationId: 'deleteUser',
  tag: 'Users',
  summary: 'Delete a user',
  description:
    'Deletes the user with their API tokens and ends their sessions. This cannot be undone; to lock them out, set their status.',
  privilege: 'users:write',
  params: userParams,
  success: { status: 204, description: 'They are gone.' },
  problems: { 403: STRONGER, 409: 'Nobody would be left who can manage users.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.users.delete(caller, params.id, ifVersion));
    return NO_CONTENT;
  },
});

const setPassword = defineRoute({
  method: 'PUT',
  path: '/api/v1/users/{id}/password',
  operationId: 'setUserPassword',
  tag: 'Users',
  summary: 'Set a user’s password',
  description: 'For rotation by a job. The user’s sessions end, and so do invitations that were not accepted yet.',
  privilege: 'users:write',
  params: userParams,
  body: { schema: newPassword, required: true, example: examples.password },
  success: { status: 204, description: 'It is set.' },
  problems: { 403: STRONGER },
  async handle({ services, caller, params, body }) {
    await services.users.setPassword(caller, params.id, body.password);
    return NO_CONTENT;
  },
});

const inviteUser = defineRoute({
  method: 'POST',
  path: '/api/v1/users/{id}/invitation',
  operationId: 'inviteUser',
  tag: 'Users',
  summary: 'Invite a user anew',
  description:
    'Makes a new link with which the user sets their password; earlier ones are void. It is shown in this answer alone.',
  privilege: 'users:write',
  params: userParams,
  success: {
    status: 201,
    description: 'The user with the link of their invitation. `Location` names the user.',
    schema: invitedUserSchema,
    example: examples.invited,
  },
  problems: { 403: STRONGER, 409: 'The user is inactive.' },
  async handle({ services, caller, issuer, params }) {
    const { user, invitationToken } = await services.users.invite(caller, params.id);
    return { body: toInvited(user, issuer, invitationToken), location: `/api/v1/users/${user.id}` };
  },
});

export const userRoutes: readonly Route[] = [
  listUsers,
  createUser,
  getUser,
  updateUser,
  deleteUser,
  setPassword,
  inviteUser,
];
