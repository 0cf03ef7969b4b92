// Clients: list, register, show, change, delete.
import { z } from 'zod';
import type { ClientSummary } from '../../domain/client/client.ts';
import {
  notInPatch,
  notInRegistration,
  patchSchema,
  registrationSchema,
  toPatch,
  toRegistration,
} from './client-input.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { confirmFlag, filterChoice, filterText, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { pathId } from './path-params.ts';
import { presentClient, presentPage } from './presenters.ts';
import { changedClientSchema, clientSchema, pageOf, registeredClientSchema } from './schemas.ts';

export const clientParams = z.strictObject({ client_id: pathId('client', 'The client ID.') });

const listQuery = z.strictObject({
  q: searchText('Text within name or description, or the beginning of the client ID.'),
  status: filterChoice('status', ['active', 'inactive'], 'Only clients with this status.'),
  role_id: filterText('role_id', 'Only clients with this role.'),
  company_id: filterText('company_id', 'Only clients of this company.'),
  name: filterText('name', 'Only clients with exactly this name.'),
  sort: filterChoice(
    'sort',
    ['created_at', 'name', 'last_used_at'],
    'Newest or latest first for times, A to Z for names. `created_at` when absent.',
  ),
  ...pageQuery,
});

function clientEntity(client: ClientSummary): Entity {
  return { version: client.version, representation: presentClient(client) };
}

const listClients = defineRoute({
  method: 'GET',
  path: '/api/v1/clients',
  operationId: 'listClients',
  tag: 'Clients',
  summary: 'List clients',
  description: 'The clients of your company and, with the role Reseller, of the companies below it. Newest first.',
  privilege: 'clients:read',
  query: listQuery,
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(clientSchema, 'ClientPage'),
    example: examples.clients,
  },
  async handle({ services, caller, query }) {
    const filter = {
      q: query.q,
      status: query.status,
      roleId: query.role_id,
      companyId: query.company_id,
      name: query.name,
      sort: query.sort,
    };
    return { body: presentPage(await services.clients.list(caller, filter, pageRequestOf(query)), presentClient) };
  },
});

const createClient = defineRoute({
  method: 'POST',
  path: '/api/v1/clients',
  operationId: 'createClient',
  tag: 'Clients',
  summary: 'Register a client',
  description:
    'Makes a client with its first secret. `client_secret` is shown in this answer and never again: store it at once.',
  privilege: 'clients:write',
  body: {
    schema: registrationSchema,
    required: true,
    readOnly: notInRegistration,
    example: examples.registration,
  },
  success: {
    status: 201,
    description: 'The client with its secret. `Location` names it.',
    schema: registeredClientSchema,
    example: examples.registeredClient,
  },
  problems: { 403: 'The role holds a privilege that you do not hold.' },
  hasEntityTag: true,
  async handle({ services, caller, body }) {
    const { client, clientSecret, notices } = await services.clients.register(caller, toRegistration(body));
    const entity = clientEntity(client);
    return {
      body: { ...presentClient(client), client_secret: clientSecret, notices: [...notices] },
      entity,
      location: `/api/v1/clients/${client.clientId}`,
    };
  },
});

const getClient = defineRoute({
  method: 'GET',
  path: '/api/v1/clients/{client_id}',
  operationId: 'getClient',
  tag: 'Clients',
  summary: 'Show a client',
  description: 'A client with the entries of its secrets.',
  privilege: 'clients:read',
  params: clientParams,
  success: { status: 200, description: 'The client.', schema: clientSchema, example: examples.client },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const client = await services.clients.get(caller, params.client_id);
    return { body: presentClient(client), entity: clientEntity(client) };
  },
});

const updateClient = defineRoute({
  method: 'PATCH',
  path: '/api/v1/clients/{client_id}',
  operationId: 'updateClient',
  tag: 'Clients',
  summary: 'Change a client',
  description:
    'JSON merge patch (RFC 7396). It holds from the very next request on; tokens already issued follow. Setting `status` to `inactive` pauses the client with all its tokens.',
  privilege: 'clients:write',
  params: clientParams,
  query: z.strictObject({ confirm: confirmFlag }),
  body: { schema: patchSchema, required: true, readOnly: notInPatch, example: examples.patch },
  success: {
    status: 200,
    description: 'The changed client.',
    schema: changedClientSchema,
    example: examples.changedClient,
  },
  problems: {
    403: 'The client, or the role to be given, holds a privilege that you do not hold.',
    409: 'The client is you, and the new IP rules do not let in the address that you call from: send `confirm=true` if you mean it.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, query, body, guard }) {
    const patch = toPatch(body);
    const { client, notices } = await guard((ifVersion) =>
      services.clients.update(caller, params.client_id, patch, ifVersion, query.confirm),
    );
    return { body: { ...presentClient(client), notices: [...notices] }, entity: clientEntity(client) };
  },
});

const deleteClient = defineRoute({
  method: 'DELETE',
  path: '/api/v1/clients/{client_id}',
  operationId: 'deleteClient',
  tag: 'Clients',
  summary: 'Delete a client',
  description:
    'Deletes the client with its secrets and API tokens, and ends its access tokens. This cannot be undone; to pause it, set its status.',
  privilege: 'clients:write',
  params: clientParams,
  success: { status: 204, description: 'It is gone.' },
  problems: { 403: 'The client holds a privilege that you do not hold.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.clients.delete(caller, params.client_id, ifVersion));
    return NO_CONTENT;
  },
});

export const clientRoutes: readonly Route[] = [listClients, createClient, getClient, updateClient, deleteClient];
