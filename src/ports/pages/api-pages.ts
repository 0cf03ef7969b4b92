// The pages about APIs, each with what it takes to open it.
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { saveAvailability, showAvailability } from './api-availability-page.ts';
import { showApi } from './api-detail-page.ts';
import { confirmApiDeletion, deleteApi } from './api-ending-pages.ts';
import { createApi, saveApi, showApiEdit, showNewApi } from './api-form-pages.ts';
import { importDescription, showImport } from './api-import-pages.ts';
import { showApis } from './api-list-page.ts';
import {
  addPrivilege,
  removePrivilege,
  savePrivilege,
  showNewPrivilege,
  showPrivilegeEdit,
} from './api-privilege-pages.ts';
import { behind, type PageRoute } from './page.ts';

const formAt = (path: string) => (params: Readonly<Record<string, string>>) => apiHref(params['apiId'] ?? '') + path;

export const apiRoutes: readonly PageRoute[] = [
  {
    path: '/apis',
    place: 'apis',
    get: behind('apis:read', showApis),
    post: behind('apis:write', createApi),
    formAt: () => '/apis/new',
  },
  { path: '/apis/new', place: 'apis', get: behind('apis:write', showNewApi) },
  {
    path: '/apis/:apiId',
    place: 'apis',
    get: behind('apis:read', showApi),
    post: behind('apis:write', saveApi),
    formAt: formAt('/edit'),
  },
  { path: '/apis/:apiId/edit', place: 'apis', get: behind('apis:write', showApiEdit) },
  {
    path: '/apis/:apiId/availability',
    place: 'apis',
    get: behind('apis:write', showAvailability),
    post: behind('apis:write', saveAvailability),
    formAt: formAt('/availability'),
  },
  {
    path: '/apis/:apiId/import',
    place: 'apis',
    get: behind('apis:write', showImport),
    post: behind('apis:write', importDescription),
    formAt: formAt('/import'),
  },
  {
    path: '/apis/:apiId/privileges',
    place: 'apis',
    post: behind('apis:write', addPrivilege),
    formAt: formAt('/privileges/new'),
  },
  { path: '/apis/:apiId/privileges/new', place: 'apis', get: behind('apis:write', showNewPrivilege) },
  {
    path: '/apis/:apiId/privileges/edit',
    place: 'apis',
    get: behind('apis:write', showPrivilegeEdit),
    post: behind('apis:write', savePrivilege),
    formAt: formAt(''),
  },
  {
    path: '/apis/:apiId/privileges/remove',
    place: 'apis',
    post: behind('apis:write', removePrivilege),
    formAt: formAt(''),
  },
  {
    path: '/apis/:apiId/delete',
    place: 'apis',
    get: behind('apis:write', confirmApiDeletion),
    post: behind('apis:write', deleteApi),
    formAt: formAt(''),
  },
];
