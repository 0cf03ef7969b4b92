// Serves the gallery over HTTP with the headers that the real pages have.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { renderPage } from '../../views/render.ts';
import { gallery } from './gallery.ts';

export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const root = join(import.meta.dirname, '..', '..');
const folders = { '/assets/': join(root, 'views/assets'), '/docs/assets/': join(root, 'node_modules/swagger-ui-dist') };
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

const openApi = {
  openapi: '3.1.0',
  info: { title: 'Management API', version: '1', description: 'Registers **clients**. See `GET /me`.' },
  components: {
    securitySchemes: {
      oauth2: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: '/oauth2/token', scopes: { 'clients:read': 'See clients' } } },
      },
    },
    schemas: { Client: { type: 'object', properties: { client_id: { type: 'string' }, name: { type: 'string' } } } },
  },
  paths: Object.fromEntries(
    ['get', 'post', 'patch', 'delete'].map((method) => [
      `/api/v1/${method}-clients`,
      {
        [method]: {
          tags: ['Clients'],
          summary: 'List clients',
          security: [{ oauth2: ['clients:read'] }],
          parameters: [{ name: 'q', in: 'query', description: 'Part of the name', schema: { type: 'string' } }],
          responses: {
            200: {
              description: 'A page of clients',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Client' } } },
            },
          },
        },
      },
    ]),
  ),
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://gallery').pathname;
  response.setHeader('content-security-policy', contentSecurityPolicy);
  response.setHeader('x-content-type-options', 'nosniff');
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(prefix)) continue;
    response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
    response.end(await readFile(join(folder, path.slice(prefix.length))));
    return;
  }
  if (path === '/api/openapi.json') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(openApi));
    return;
  }
  const page = gallery[path.slice(1)];
  response.statusCode = page ? 200 : 404;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page ? renderPage(page()) : 'no such page');
}

export type GalleryServer = { url: string; close: () => Promise<void> };

export async function startGallery(): Promise<GalleryServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 404;
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
