// What the Management API shows of registered APIs and of imports, with the examples of its document.
import { z } from 'zod';
import type { ApiImport } from '../../domain/api/api-import.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { noticeSchema, privilegeLevels } from './schemas.ts';

const instant = z.iso.datetime();
const text = z.string();
const count = z.int().min(0);
const notices = z
  .array(noticeSchema)
  .meta({ description: 'Who gains or loses by it at once, and what is worth knowing; pointers into what was sent.' });

const facts = { scope: text, group: text, description: text, level: z.enum(privilegeLevels) };

const apiPrivilegeSchema = z
  .strictObject({
    ...facts,
    operations: count.meta({ description: 'How many operations of the imported description it covers.' }),
  })
  .meta({ id: 'ApiPrivilege', description: 'A privilege of an API. On the wire it is the OAuth scope.' });

export const apiSchema = z
  .strictObject({
    id: text,
    identifier: text.meta({ description: 'Absolute URI: `resource` in token requests, `aud` in tokens.' }),
    name: text,
    description: text,
    built_in: z.boolean().meta({ description: 'The Management API itself, which cannot be changed.' }),
    available_to: z
      .union([z.literal('all'), z.array(text)])
      .meta({ description: 'Ids of the companies that may use it, each with all below it; `all` for every company.' }),
    privileges: z.array(apiPrivilegeSchema),
    docs_private: z.boolean().meta({ description: 'Its page at `/docs/{id}` is for those alone who are signed in.' }),
    unknown_operations: z
      .enum(['refuse', 'allow'])
      .meta({ description: 'What the gate does with calls that the imported description does not have.' }),
    imported_at: instant.nullable().meta({ description: 'When its description was imported last.' }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Api', description: 'A protected API: what tokens are for.' });

export const changedApiSchema = apiSchema
  .extend({ notices })
  .meta({ id: 'ChangedApi', description: 'The API as it is now.' });

const operation = text.meta({ description: 'Method and path: `GET /orders/{id}`.' });

export const apiImportSchema = z
  .strictObject({
    title: text.meta({ description: 'Of the description.' }),
    version: text.meta({ description: 'Of the description.' }),
    operations: count,
    added: z.array(apiPrivilegeSchema),
    changed: z.array(
      z.strictObject({
        scope: text,
        group: z.tuple([text, text]).meta({ description: 'Before and after.' }),
        description: z.tuple([text, text]).meta({ description: 'Before and after.' }),
        added_operations: z.array(operation),
        removed_operations: z.array(operation),
      }),
    ),
    removed: z.array(apiPrivilegeSchema),
    kept: z
      .array(apiPrivilegeSchema.extend({ held_by: text.meta({ description: 'In words.' }) }))
      .meta({ description: 'No longer described, but held by roles: they stay, covering nothing.' }),
    unchanged: count,
    notices,
  })
  .meta({
    id: 'ApiImport',
    description: 'What an import does to the privileges of an API, or with `dry_run` would do.',
  });

export function presentApi(api: ApiSummary): z.input<typeof apiSchema> {
  return {
    id: api.id,
    identifier: api.identifier,
    name: api.name,
    description: api.description,
    built_in: api.builtIn,
    available_to: api.availableTo === 'all' ? 'all' : [...api.availableTo],
    privileges: api.privileges.map(({ scope, group, description, level, operations }) => ({
      scope,
      group,
      description,
      level,
      operations,
    })),
    docs_private: api.docsPrivate,
    unknown_operations: api.unknownOperations,
    imported_at: api.importedAt?.toISOString() ?? null,
    created_at: api.createdAt.toISOString(),
    updated_at: api.updatedAt.toISOString(),
  };
}

type Described = ApiImport['removed'][number];

function presentDescribed({ scope, group, description, level, operations }: Described) {
  return { scope, group, description, level, operations: operations.length };
}

function inWords(operations: Described['operations']): string[] {
  return operations.map(({ method, path }) => `${method} ${path}`);
}

export function presentImport(done: ApiImport): z.input<typeof apiImportSchema> {
  return {
    title: done.title,
    version: done.documentVersion,
    operations: done.operationCount,
    added: done.added.map(presentDescribed),
    changed: done.changed.map(({ before, after, addedOperations, removedOperations }) => ({
      scope: after.scope,
      group: [before.group, after.group],
      description: [before.description, after.description],
      added_operations: inWords(addedOperations),
      removed_operations: inWords(removedOperations),
    })),
    removed: done.removed.map(presentDescribed),
    kept: done.kept.map((each) => ({ ...presentDescribed(each), held_by: each.heldBy })),
    unchanged: done.unchanged,
    notices: [...done.notices],
  };
}

const ordersRead = { scope: 'orders:read', group: 'Orders', description: 'See orders', level: 'company' } as const;

const api = {
  id: 'orders',
  identifier: 'https://orders.example.com',
  name: 'Orders',
  description: '',
  built_in: false,
  available_to: ['co_4JmX0qTn2VbYw8Rk'],
  privileges: [{ ...ordersRead, operations: 12 }],
  docs_private: false,
  unknown_operations: 'refuse',
  imported_at: '2026-01-15T09:30:00.000Z',
  created_at: '2026-01-15T09:30:00.000Z',
  updated_at: '2026-01-15T09:30:00.000Z',
} as const;

export const apiExamples = {
  api,
  apis: { items: [api], next_cursor: null },
  newApi: {
    id: 'orders',
    identifier: 'https://orders.example.com',
    name: 'Orders',
    privileges: [ordersRead],
  },
  createdApi: {
    ...api,
    available_to: [],
    imported_at: null,
    privileges: [{ ...ordersRead, operations: 0 }],
    notices: [],
  },
  patch: { available_to: ['co_4JmX0qTn2VbYw8Rk'] },
  changedApi: {
    ...api,
    notices: [
      {
        pointer: '/available_to',
        detail:
          'Holders of Reseller and Company Admin in Acme and all below get its 1 privilege at once, as far as its level allows (3 clients and 1 user now).',
      },
    ],
  },
  imported: {
    title: 'Orders',
    version: '2.1.0',
    operations: 13,
    added: [{ scope: 'returns:read', group: 'Returns', description: 'See returns', level: 'company', operations: 1 }],
    changed: [
      {
        scope: 'orders:read',
        group: ['Orders', 'Orders'],
        description: ['See orders', 'See orders'],
        added_operations: ['GET /orders/{id}/history'],
        removed_operations: [],
      },
    ],
    removed: [],
    kept: [],
    unchanged: 4,
    notices: [],
  },
} as const;
