// Registered APIs: list, register, show, change, delete, and the import of their descriptions.
import { z } from 'zod';
import { apiFields, type ApiPatch } from '../../domain/api/api-fields.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { MAX_DOCUMENT_BYTES } from '../../domain/api/openapi-value.ts';
import {
  apiExamples as examples,
  apiImportSchema,
  apiSchema,
  changedApiSchema,
  presentApi,
  presentImport,
} from './api-schemas.ts';
import { defineRoute, type Entity, NO_CONTENT, type Route } from './contract.ts';
import { filterFlag, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { readOnlyFields, resettable } from './merge-patch.ts';
import { pathId } from './path-params.ts';
import { presentPage } from './presenters.ts';
import { pageOf } from './schemas.ts';

const apiParams = z.strictObject({ id: pathId('API', 'Id of the API.') });

/** Room for 5,000 privileges with their descriptions. */
const MAX_BYTES = 4 * 1024 * 1024;

const OPENAPI_TYPES = [
  'application/json',
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
  'application/openapi+json',
  'application/openapi+yaml',
  'application/vnd.oai.openapi',
  'application/vnd.oai.openapi+json',
] as const;

const newApi = z
  .strictObject({
    id: apiFields.id.meta({ description: 'Chosen once. `management`, `new` and `assets` are taken.' }),
    identifier: apiFields.identifier.meta({
      description: 'Absolute URI without a fragment. Scheme and host are stored in lower case, all else as it is.',
    }),
    name: apiFields.name,
    description: apiFields.description.optional(),
    privileges: apiFields.privileges.optional().meta({ description: 'By hand; a description can be imported later.' }),
    available_to: apiFields.availableTo.optional().meta({ description: 'No company when absent.' }),
    docs_private: apiFields.docsPrivate.optional().meta({ default: false }),
    unknown_operations: apiFields.unknownOperations.optional().meta({ default: 'refuse' }),
  })
  .meta({ id: 'NewApi', description: 'An API to be.' });

const apiPatch = z
  .strictObject({
    identifier: apiFields.identifier.optional(),
    name: apiFields.name.optional(),
    description: resettable(apiFields.description, ''),
    privileges: apiFields.privileges
      .optional()
      .meta({ description: 'The whole list, without `operations`, in the order in which tokens carry them.' }),
    available_to: apiFields.availableTo.optional().meta({ description: 'The whole list. [] takes it away from all.' }),
    docs_private: resettable(apiFields.docsPrivate, false),
    unknown_operations: resettable(apiFields.unknownOperations, 'refuse'),
  })
  .meta({
    id: 'ApiPatch',
    description: 'RFC 7396 merge patch: what is left out stays as it is, null resets a field to its default.',
  });

function toPatch(body: z.output<typeof apiPatch>): ApiPatch {
  return {
    identifier: body.identifier,
    name: body.name,
    description: body.description,
    privileges: body.privileges,
    availableTo: body.available_to,
    docsPrivate: body.docs_private,
    unknownOperations: body.unknown_operations,
  };
}

function entityOf(api: ApiSummary): Entity {
  return { version: api.version, representation: presentApi(api) };
}

const listApis = defineRoute({
  method: 'GET',
  path: '/api/v1/apis',
  operationId: 'listApis',
  tag: 'APIs',
  summary: 'List APIs',
  description: 'Newest first. A page may have fewer than asked for where its APIs have very many privileges.',
  privilege: 'apis:read',
  query: z.strictObject({ q: searchText('Text within id, identifier or name.'), ...pageQuery }),
  success: { status: 200, description: 'A page.', schema: pageOf(apiSchema, 'ApiPage'), example: examples.apis },
  async handle({ services, caller, query }) {
    return { body: presentPage(await services.apis.list(caller, { q: query.q }, pageRequestOf(query)), presentApi) };
  },
});

const createApi = defineRoute({
  method: 'POST',
  path: '/api/v1/apis',
  operationId: 'createApi',
  tag: 'APIs',
  summary: 'Register an API',
  description: 'It is available to no company until you say so.',
  privilege: 'apis:write',
  body: {
    schema: newApi,
    required: true,
    readOnly: readOnlyFields(apiSchema, newApi),
    maxBytes: MAX_BYTES,
    example: examples.newApi,
  },
  success: {
    status: 201,
    description: 'The API. `Location` names it.',
    schema: changedApiSchema,
    example: examples.createdApi,
  },
  problems: { 409: 'Id, identifier or name are taken.' },
  hasEntityTag: true,
  async handle({ services, caller, body }) {
    const { api, notices } = await services.apis.create(caller, {
      ...toPatch(body),
      id: body.id,
      identifier: body.identifier,
      name: body.name,
    });
    return {
      body: { ...presentApi(api), notices: [...notices] },
      entity: entityOf(api),
      location: `/api/v1/apis/${api.id}`,
    };
  },
});

const getApi = defineRoute({
  method: 'GET',
  path: '/api/v1/apis/{id}',
  operationId: 'getApi',
  tag: 'APIs',
  summary: 'Show an API',
  description: 'An API with its privileges, in the order in which tokens carry them.',
  privilege: 'apis:read',
  params: apiParams,
  success: { status: 200, description: 'The API.', schema: apiSchema, example: examples.api },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const api = await services.apis.get(caller, params.id);
    return { body: presentApi(api), entity: entityOf(api) };
  },
});

const updateApi = defineRoute({
  method: 'PATCH',
  path: '/api/v1/apis/{id}',
  operationId: 'updateApi',
  tag: 'APIs',
  summary: 'Change an API',
  description:
    'JSON merge patch (RFC 7396). It holds at once, for tokens already out too; `notices` tells who gains or loses by it. A new `identifier` is the `aud` of tokens from then on, and those with the old one keep no scope.',
  privilege: 'apis:write',
  params: apiParams,
  body: {
    schema: apiPatch,
    required: true,
    readOnly: readOnlyFields(apiSchema, apiPatch),
    maxBytes: MAX_BYTES,
    example: examples.patch,
  },
  success: { status: 200, description: 'The changed API.', schema: changedApiSchema, example: examples.changedApi },
  problems: {
    403: 'It is about companies that you do not reach.',
    409: 'The API is built in, the identifier or name is taken, or a privilege to be taken out is held by a role or comes from the imported description.',
  },
  hasEntityTag: true,
  async handle({ services, caller, params, body, guard }) {
    const patch = toPatch(body);
    const { api, notices } = await guard((ifVersion) => services.apis.update(caller, params.id, patch, ifVersion));
    return { body: { ...presentApi(api), notices: [...notices] }, entity: entityOf(api) };
  },
});

const deleteApi = defineRoute({
  method: 'DELETE',
  path: '/api/v1/apis/{id}',
  operationId: 'deleteApi',
  tag: 'APIs',
  summary: 'Delete an API',
  description: 'Only while nobody uses it. Tokens for it keep no scope.',
  privilege: 'apis:write',
  params: apiParams,
  success: { status: 204, description: 'It is gone.' },
  problems: { 409: 'It is built in, roles hold its privileges, or clients have it as their default API.' },
  hasEntityTag: true,
  async handle({ services, caller, params, guard }) {
    await guard((ifVersion) => services.apis.delete(caller, params.id, ifVersion));
    return NO_CONTENT;
  },
});

const importApi = defineRoute({
  method: 'POST',
  path: '/api/v1/apis/{id}/import',
  operationId: 'importApi',
  tag: 'APIs',
  summary: 'Import the description of an API',
  description: [
    'Makes privileges of an OpenAPI document: of its own OAuth scopes, or else one to read and one to write for each tag (operations without a tag are grouped by the first segment of their path). Applied as a whole or not at all.',
    'Privileges made by hand stay, levels stay as you set them, and one that a role holds is kept, covering nothing, although the document no longer has it: take it out by hand when no role holds it. References to other documents are not followed.',
    'The document is then shown at `/docs/{id}`. Companies that may use the API already get new privileges with their standard roles at once; with `dry_run=true` you see first what would happen.',
  ].join('\n\n'),
  privilege: 'apis:write',
  params: apiParams,
  query: z.strictObject({
    dry_run: filterFlag('dry_run', 'With `true` nothing is changed: the answer shows what would be.'),
  }),
  document: {
    contentTypes: OPENAPI_TYPES,
    maxBytes: MAX_DOCUMENT_BYTES,
    description: 'OpenAPI 3.0 or 3.1 as JSON or YAML, at most 20 MiB. Faults point into it.',
  },
  success: {
    status: 200,
    description: 'What the import does. `ETag` is that of the API.',
    schema: apiImportSchema,
    example: examples.imported,
  },
  problems: { 409: 'The API is built in.' },
  hasEntityTag: true,
  async handle({ services, caller, params, query, document, guard }) {
    const dryRun = query.dry_run === true;
    const done = await guard((ifVersion) => services.apis.import(caller, params.id, document, { dryRun, ifVersion }));
    return { body: presentImport(done), entity: entityOf(done.api) };
  },
});

export const apiRoutes: readonly Route[] = [listApis, createApi, getApi, updateApi, deleteApi, importApi];
