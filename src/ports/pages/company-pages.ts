// Everything under /companies: which handler answers what, and what it takes to be let in.
import { showCompany } from './company-detail-page.ts';
import {
  confirmCompanyDeletion,
  confirmReactivation,
  confirmSuspension,
  deleteCompany,
  reactivateCompany,
  suspendCompany,
} from './company-ending-pages.ts';
import { createCompany, saveCompany, showCompanyEdit, showNewCompany } from './company-form-pages.ts';
import { showCompanies } from './company-list-page.ts';
import { showSwitch, switchCompany } from './company-switch-page.ts';
import { behind, type PageRoute } from './page.ts';

const place = 'companies';
const formAt = ({ companyId = '' }: Readonly<Record<string, string>>) => `/companies/${companyId}`;

const read = (handle: Parameters<typeof behind>[1]) => behind('companies:read', handle);
const write = (handle: Parameters<typeof behind>[1]) => behind('companies:write', handle);

export const companyRoutes: readonly PageRoute[] = [
  { path: '/companies', place, get: read(showCompanies), post: write(createCompany), formAt: () => '/companies/new' },
  // In front of `:companyId`, which would match them too. Switching back must work whatever the company acted for allows.
  { path: '/companies/new', place, get: write(showNewCompany) },
  {
    path: '/companies/switch',
    place: null,
    get: behind(null, showSwitch),
    post: behind(null, switchCompany),
    formAt: () => '/companies/switch',
  },
  {
    path: '/companies/:companyId',
    place,
    get: read(showCompany),
    post: write(saveCompany),
    formAt: (params) => `${formAt(params)}/edit`,
  },
  { path: '/companies/:companyId/edit', place, get: write(showCompanyEdit) },
  {
    path: '/companies/:companyId/suspend',
    place,
    get: write(confirmSuspension),
    post: write(suspendCompany),
    formAt,
  },
  {
    path: '/companies/:companyId/reactivate',
    place,
    get: write(confirmReactivation),
    post: write(reactivateCompany),
    formAt,
  },
  {
    path: '/companies/:companyId/delete',
    place,
    get: write(confirmCompanyDeletion),
    post: write(deleteCompany),
    formAt,
  },
];
