// Everything under /api-tokens: which handler answers what, and what it takes to be let in.
import { showApiToken } from './api-token-detail-page.ts';
import { saveApiToken, showApiTokenEdit } from './api-token-edit-pages.ts';
import {
  confirmApiTokenDeletion,
  confirmRegeneration,
  deleteApiToken,
  regenerateApiToken,
} from './api-token-ending-pages.ts';
import { showApiTokens } from './api-token-list-page.ts';
import { createApiToken, showNewApiToken } from './api-token-new-pages.ts';
import { behind, type PageRoute } from './page.ts';

const place = 'api-tokens';
const formAt = ({ tokenId = '' }: Readonly<Record<string, string>>) => `/api-tokens/${tokenId}`;

const read = (handle: Parameters<typeof behind>[1]) => behind('api-tokens:read', handle);
const write = (handle: Parameters<typeof behind>[1]) => behind('api-tokens:write', handle);

export const apiTokenRoutes: readonly PageRoute[] = [
  {
    path: '/api-tokens',
    place,
    get: read(showApiTokens),
    post: write(createApiToken),
    formAt: () => '/api-tokens/new',
  },
  // In front of `:tokenId`, which would match it too.
  { path: '/api-tokens/new', place, get: write(showNewApiToken) },
  {
    path: '/api-tokens/:tokenId',
    place,
    get: read(showApiToken),
    post: write(saveApiToken),
    formAt: (params) => `${formAt(params)}/edit`,
  },
  { path: '/api-tokens/:tokenId/edit', place, get: write(showApiTokenEdit) },
  {
    path: '/api-tokens/:tokenId/regenerate',
    place,
    get: write(confirmRegeneration),
    post: write(regenerateApiToken),
    formAt,
  },
  {
    path: '/api-tokens/:tokenId/delete',
    place,
    get: write(confirmApiTokenDeletion),
    post: write(deleteApiToken),
    formAt,
  },
];
