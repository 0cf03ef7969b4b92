// API tokens: list, make, show, change, delete, and a new value in place of the old one.
import { z } from 'zod';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import {
  apiTokenExamples as examples,
  apiTokenPatch,
  apiTokenSchema,
  changedApiTokenSchema,
  createdApiTokenSchema,
  newApiToken,
  notInApiTokenPatch,
  notInNewApiToken,
  presentApiToken,
  toApiTokenCreation,
  toApiTokenPatch,
} from './api-token-schemas.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import {
  confirmFlag,
  filterChoice,
  filterFlag,
  filterText,
  pageQuery,
  pageRequestOf,
  searchText,
} from './list-query.ts';
import { pathId } from './path-params.ts';
import { presentPage } from './presenters.ts';
import { pageOf } from './schemas.ts';

const apiTokenParams = z.strictObject({ id: pathId('API token', 'Id of the API token’s entry.') });

const STRONGER =
  'The owner, or the API token, holds a privilege that you do not hold; or you call with an API token, and this one would outlive it.';

function apiTokenEntity(token: ApiTokenSummary): Entity {
  return { version: token.version, representation: presentApiToken(token) };
}

const listApiTokens = defineRoute({
  method: 'GET',
  path: '/api/v1/api-tokens',
  operationId: 'listApiTokens',
  tag: 'API tokens',
  summary: 'List API tokens',
  description:
    'Those of the clients and users of your company and, with the role Reseller, of the companies below it. Never their values. Newest first.',
  privilege: 'api-tokens:read',
  query: z.strictObject({
    q: searchText('Text within the name of the token or of its owner, or its hint.'),
    client_id: filterText('client_id', 'Only API tokens of this client.'),
    user_id: filterText('user_id', 'Only API tokens of this user.'),
    owner_type: filterChoice('owner_type', ['client', 'user'], 'Only API tokens of clients, or of users.'),
    company_id: filterText('company_id', 'Only API tokens of clients and users of this company.'),
    api: filterText('api', 'Only API tokens for the API with this id.'),
    expired: filterFlag('expired', 'Only those that have expired, or only those that have not.'),
    sort: filterChoice(
      'sort',
      ['created_at', 'name', 'last_used_at'],
      'Newest or latest first for times, A to Z for names. `created_at` when absent.',
    ),
    ...pageQuery,
  }),
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(apiTokenSchema, 'ApiTokenPage'),
    example: examples.apiTokens,
  },
  async handle({ services, caller, query }) {
    const { q, expired, sort } = query;
    const filter = {
      q,
      expired,
      sort,
      clientId: query.client_id,
      userId: query.user_id,
      ownerType: query.owner_type,
      companyId: query.company_id,
      apiId: query.api,
    };
    return { body: presentPage(await services.apiTokens.list(caller, filter, pageRequestOf(query)), presentApiToken) };
  },
});

const createApiToken = defineRoute({
  method: 'POST',
  path: '/api/v1/api-tokens',
  operationId: 'createApiToken',
  tag: 'API tokens',
  summary: 'Make an API token',
  description:
    'For tools that cannot do OAuth. Whoever sends the token, as `Authorization: Bearer pstt_…` or `Authorization: Token pstt_…`, acts in the name of its owner, with the privileges listed here and no others. `api_token` is shown in this answer and never again: store it at once.\n\nTo make one for somebody else you need every privilege that they hold; for yourself, those that you put into it.',
  privilege: 'api-tokens:write',
  body: { schema: newApiToken, required: true, readOnly: notInNewApiToken, example: examples.newApiToken },
  success: {
    status: 201,
    description: 'The entry of the API token, and its value. `Location` names the entry.',
    schema: createdApiTokenSchema,
    example: examples.created,
  },
  problems: { 403: STRONGER, 409: 'The owner has 50 API tokens already.' },
  hasEntityTag: true,
  async handle({ services, caller, body }) {
    const { token, plaintext, notices } = await services.apiTokens.create(caller, toApiTokenCreation(body));
    return {
      body: { ...presentApiToken(token), api_token: plaintext, notices: [...notices] },
      entity: apiTokenEntity(token),
      location: `/api/v1/api-tokens/${token.id}`,
    };
  },
});

const getApiToken = defineRoute({
  method: 'GET',
  path: '/api/v1/api-tokens/{id}',
  operationId: 'getApiToken',
  tag: 'API tokens',
  summary: 'Show an API token',
  description: 'What it may do, whose it is, and when it was used last. Never its value.',
  privilege: 'api-tokens:read',
  params: apiTokenParams,
  success: { status: 200, description: 'The entry.', schema: apiTokenSchema, example: examples.apiToken },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const token = await services.apiTokens.get(caller, params.id);
    return { body: presentApiToken(token), entity: apiTokenEntity(token) };
  },
});

const updateApiToken = defineRoute({
  method: 'PATCH',
  path: '/api/v1/api-tokens/{id}',
  operationId: 'updateApiToken',
  tag: 'API tokens',
  summary: 'Change an API token',
  description:
    'JSON merge patch (RFC 7396). It holds from the very next request on; the value stays the same. The owner stays too: make another token for another one.',
  privilege: 'api-tokens:write',
  params: apiTokenParams,
  query: z.strictObject({ confirm: confirmFlag }),
  body: { schema: apiTokenPatch, required: true, readOnly: notInApiTokenPatch, example: examples.patch },
  success: {
    status: 200,
    description: 'The changed entry.',
    schema: changedApiTokenSchema,
    example: examples.changed,
  },
  problems: {
    403: STRONGER,
    409: 'You call with this very token, and the new IP rules do not let in the address that you call from: send `confirm=true` if you mean it.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, query, body, guard }) {
    const patch = toApiTokenPatch(body);
    const { token, notices } = await guard((ifVersion) =>
      services.apiTokens.update(caller, params.id, patch, ifVersion, query.confirm),
    );
    return { body: { ...presentApiToken(token), notices: [...notices] }, entity: apiTokenEntity(token) };
  },
});

const deleteApiToken = defineRoute({
  method: 'DELETE',
  path: '/api/v1/api-tokens/{id}',
  operationId: 'deleteApiToken',
  tag: 'API tokens',
  summary: 'Delete an API token',
  description: 'Its value is dead at once. This cannot be undone.',
  privilege: 'api-tokens:write',
  params: apiTokenParams,
  success: { status: 204, description: 'It is gone.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.apiTokens.delete(caller, params.id, ifVersion));
    return NO_CONTENT;
  },
});

const regenerateApiToken = defineRoute({
  method: 'POST',
  path: '/api/v1/api-tokens/{id}/regenerate',
  operationId: 'regenerateApiToken',
  tag: 'API tokens',
  summary: 'Give an API token a new value',
  description:
    'The old value is dead at once; everything else stays as it is, its expiry too. To change over without an outage, make a second token, bring it to the tool, and delete the first. `api_token` is shown in this answer and never again.',
  privilege: 'api-tokens:write',
  params: apiTokenParams,
  body: { schema: z.strictObject({}), required: false },
  success: {
    status: 201,
    description: 'The entry, and the new value. `Location` names the entry.',
    schema: createdApiTokenSchema,
    example: examples.created,
  },
  problems: { 403: STRONGER, 409: 'It has expired: give it a later expiry first.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    const { token, plaintext, notices } = await guard((ifVersion) =>
      services.apiTokens.regenerate(caller, params.id, ifVersion),
    );
    return {
      body: { ...presentApiToken(token), api_token: plaintext, notices: [...notices] },
      entity: apiTokenEntity(token),
      location: `/api/v1/api-tokens/${token.id}`,
    };
  },
});

export const apiTokenRoutes: readonly Route[] = [
  listApiTokens,
  createApiToken,
  getApiToken,
  updateApiToken,
  deleteApiToken,
  regenerateApiToken,
];
