// A client's secrets, and the end of its tokens.
import { z } from 'zod';
import { newSecretSchema } from './client-input.ts';
import { clientParams } from './client-routes.ts';
import { defineRoute, NO_CONTENT, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { pathId } from './path-params.ts';
import { presentSecret } from './presenters.ts';
import { clientSecretSchema, createdSecretSchema } from './schemas.ts';

const createSecret = defineRoute({
  method: 'POST',
  path: '/api/v1/clients/{client_id}/secrets',
  operationId: 'createClientSecret',
  tag: 'Client secrets',
  summary: 'Make a second secret',
  description:
    'To rotate without an outage: make a secret, bring it to the machine, delete the old one. A client has at most two live secrets. `client_secret` is shown in this answer and never again.',
  privilege: 'clients:write',
  params: clientParams,
  body: {
    schema: newSecretSchema,
    required: false,
    readOnly: Object.keys(clientSecretSchema.shape).filter((field) => field !== 'expires_at'),
    example: examples.newSecret,
  },
  success: {
    status: 201,
    description: 'The entry of the secret, and the secret. `Location` names it.',
    schema: createdSecretSchema,
    example: examples.createdSecret,
  },
  problems: {
    403: 'The client holds a privilege that you do not hold.',
    409: 'The client has two live secrets already.',
  },
  async handle({ services, caller, params, body }) {
    const input = { expiresAt: body.expires_at };
    const { secret, clientSecret } = await services.clients.createSecret(caller, params.client_id, input);
    return {
      body: { ...presentSecret(secret), client_secret: clientSecret },
      location: `/api/v1/clients/${params.client_id}/secrets/${secret.id}`,
    };
  },
});

const deleteSecret = defineRoute({
  method: 'DELETE',
  path: '/api/v1/clients/{client_id}/secrets/{id}',
  operationId: 'deleteClientSecret',
  tag: 'Client secrets',
  summary: 'Delete a secret',
  description:
    'No token is issued for it from now on. Tokens that it fetched before live on; end them with `revoke-tokens`.',
  privilege: 'clients:write',
  params: clientParams.extend({ id: pathId('secret', 'Id of the secret’s entry.') }),
  success: { status: 204, description: 'It is gone.' },
  problems: { 403: 'The client holds a privilege that you do not hold.' },
  async handle({ services, caller, params }) {
    await services.clients.deleteSecret(caller, params.client_id, params.id);
    return NO_CONTENT;
  },
});

const revokeTokens = defineRoute({
  method: 'POST',
  path: '/api/v1/clients/{client_id}/revoke-tokens',
  operationId: 'revokeClientTokens',
  tag: 'Clients',
  summary: 'End all tokens of a client',
  description:
    'Every token issued so far is dead for good, and the client’s API tokens are deleted. The client may ask for a new access token at once.',
  privilege: 'clients:write',
  params: clientParams,
  body: { schema: z.strictObject({}), required: false },
  success: { status: 204, description: 'They are dead.' },
  async handle({ services, caller, params }) {
    await services.clients.revokeTokens(caller, params.client_id);
    return NO_CONTENT;
  },
});

export const clientSecretRoutes: readonly Route[] = [createSecret, deleteSecret, revokeTokens];
