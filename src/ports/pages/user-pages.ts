// Everything under /users: which handler answers what, and what it takes to be let in.
import { behind, type PageRoute } from './page.ts';
import { showUser } from './user-detail-page.ts';
import { confirmDeactivation, confirmUserDeletion, deleteUser, setUserStatus } from './user-ending-pages.ts';
import { createUser, saveUser, showNewUser, showUserEdit } from './user-form-pages.ts';
import { inviteUser } from './user-invitation-page.ts';
import { showUsers } from './user-list-page.ts';

const place = 'users';
const formAt = ({ userId = '' }: Readonly<Record<string, string>>) => `/users/${userId}`;

const read = (handle: Parameters<typeof behind>[1]) => behind('users:read', handle);
const write = (handle: Parameters<typeof behind>[1]) => behind('users:write', handle);

export const userRoutes: readonly PageRoute[] = [
  { path: '/users', place, get: read(showUsers), post: write(createUser), formAt: () => '/users/new' },
  // In front of `:userId`, which would match it too.
  { path: '/users/new', place, get: write(showNewUser) },
  {
    path: '/users/:userId',
    place,
    get: read(showUser),
    post: write(saveUser),
    formAt: (params) => `${formAt(params)}/edit`,
  },
  { path: '/users/:userId/edit', place, get: write(showUserEdit) },
  { path: '/users/:userId/status', place, post: write(setUserStatus), formAt },
  { path: '/users/:userId/deactivate', place, get: write(confirmDeactivation) },
  { path: '/users/:userId/invitation', place, post: write(inviteUser), formAt },
  { path: '/users/:userId/delete', place, get: write(confirmUserDeletion), post: write(deleteUser), formAt },
];
