// Everything under /clients: which handler answers what, and what it takes to be let in.
import { allowAddress, confirmAllowing, showCheck, showSources } from './client-address-pages.ts';
import { showClient } from './client-detail-page.ts';
import { saveClient, setStatus, showEdit } from './client-edit-pages.ts';
import {
  confirmDeletion,
  confirmRevocation,
  confirmSecretDeletion,
  deleteClient,
  deleteSecret,
  revokeTokens,
} from './client-ending-pages.ts';
import { showClients } from './client-list-page.ts';
import { createClient, showNewClient } from './client-new-pages.ts';
import { createSecret } from './client-secret-page.ts';
import { behind, type PageRoute } from './page.ts';

const place = 'clients';
const formAt = ({ clientId = '' }: Readonly<Record<string, string>>) => `/clients/${clientId}`;

const read = (handle: Parameters<typeof behind>[1]) => behind('clients:read', handle);
const write = (handle: Parameters<typeof behind>[1]) => behind('clients:write', handle);

export const clientRoutes: readonly PageRoute[] = [
  { path: '/clients', place, get: read(showClients), post: write(createClient), formAt: () => '/clients/new' },
  // In front of `:clientId`, which would match it too.
  { path: '/clients/new', place, get: write(showNewClient) },
  {
    path: '/clients/:clientId',
    place,
    get: read(showClient),
    post: write(saveClient),
    formAt: (params) => `${formAt(params)}/edit`,
  },
  { path: '/clients/:clientId/edit', place, get: write(showEdit) },
  { path: '/clients/:clientId/check', place, get: read(showCheck) },
  { path: '/clients/:clientId/sources', place, get: read(showSources) },
  {
    path: '/clients/:clientId/allow-address',
    place,
    get: write(confirmAllowing),
    post: write(allowAddress),
    formAt,
  },
  { path: '/clients/:clientId/status', place, post: write(setStatus), formAt },
  { path: '/clients/:clientId/delete', place, get: write(confirmDeletion), post: write(deleteClient), formAt },
  { path: '/clients/:clientId/revoke-tokens', place, get: write(confirmRevocation), post: write(revokeTokens), formAt },
  { path: '/clients/:clientId/secrets', place, post: write(createSecret), formAt },
  {
    path: '/clients/:clientId/secrets/:secretId/delete',
    place,
    get: write(confirmSecretDeletion),
    post: write(deleteSecret),
    formAt,
  },
];
