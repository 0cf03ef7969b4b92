// Everything under /roles: which handler answers what, and what it takes to be let in.
import { behind, type PageRoute } from './page.ts';
import { showRole } from './role-detail-page.ts';
import { confirmRoleDeletion, deleteRole } from './role-ending-pages.ts';
import { createRole, saveRole, showNewRole, showRoleEdit } from './role-form-pages.ts';
import { showRoles } from './role-list-page.ts';

const place = 'roles';
const formAt = ({ roleId = '' }: Readonly<Record<string, string>>) => `/roles/${roleId}`;

const read = (handle: Parameters<typeof behind>[1]) => behind('roles:read', handle);
const write = (handle: Parameters<typeof behind>[1]) => behind('roles:write', handle);

export const roleRoutes: readonly PageRoute[] = [
  { path: '/roles', place, get: read(showRoles), post: write(createRole), formAt: () => '/roles/new' },
  // In front of `:roleId`, which would match it too.
  { path: '/roles/new', place, get: write(showNewRole) },
  {
    path: '/roles/:roleId',
    place,
    get: read(showRole),
    post: write(saveRole),
    formAt: (params) => `${formAt(params)}/edit`,
  },
  { path: '/roles/:roleId/edit', place, get: write(showRoleEdit) },
  { path: '/roles/:roleId/delete', place, get: write(confirmRoleDeletion), post: write(deleteRole), formAt },
];
