// GET /api/v1/me: who am I, what may I do, and from where.
import { defineRoute, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { presentMe } from './presenters.ts';
import { meSchema } from './schemas.ts';

export const meRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/me',
    operationId: 'getMe',
    tag: 'Me',
    summary: 'Who am I',
    description:
      'The client behind the access token, what the token may do at this moment, and the address it called from. Any valid token may ask.',
    privilege: null,
    success: { status: 200, description: 'The caller.', schema: meSchema, example: examples.me },
    handle: async ({ bearer }) => ({ body: presentMe(bearer) }),
  }),
];
