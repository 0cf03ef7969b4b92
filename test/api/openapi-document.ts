// The shape of an OpenAPI 3.1 document as the specification has it, strict enough that a misspelt member is noticed.
// No validator of OpenAPI is among the packages of this project; this is what of its schema applies to documents such as ours.

import { z } from 'zod';
import type { Answer } from './api-server.ts';

const reference = z.strictObject({
  $ref: z.string().regex(/^#\/components\/(schemas|responses|headers)\/[A-Za-z0-9._-]+$/),
  description: z.string().optional(),
});

const typeName = z.enum(['string', 'integer', 'number', 'boolean', 'object', 'array', 'null']);

/** JSON Schema 2020-12: the keywords that contracts use, at every depth; an unknown one is a mistake. */
const jsonSchema = z.strictObject({
  $ref: z.string().optional(),
  type: z.union([typeName, z.array(typeName).min(1)]).optional(),
  format: z.string().optional(),
  pattern: z.string().refine(isPattern).optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).min(1).optional(),
  const: z.string().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(0).optional(),
  minItems: z.int().min(0).optional(),
  maxItems: z.int().min(0).optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), jsonSchema]).optional();
  },
  get propertyNames() {
    return jsonSchema.optional();
  },
  get items() {
    return z.union([z.boolean(), jsonSchema]).optional();
  },
  get prefixItems() {
    return z.array(jsonSchema).optional();
  },
  get anyOf() {
    return z.array(jsonSchema).min(1).optional();
  },
  get allOf() {
    return z.array(jsonSchema).min(1).optional();
  },
});

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u').unicode;
  } catch {
    return false;
  }
}

const header = z.strictObject({ description: z.string(), schema: jsonSchema });
const headers = z.record(z.string(), z.union([reference, header]));
const content = z.record(
  z.string().regex(/^(?:application|text)\/[a-z.+-]+$/),
  z.strictObject({ schema: jsonSchema, example: z.unknown().optional() }),
);

const response = z.strictObject({
  description: z.string().min(1),
  headers: headers.optional(),
  content: content.optional(),
});

const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  tags: z.array(z.string()).length(1),
  summary: z.string().min(1).max(60),
  description: z.string().min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).min(1),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean(),
        description: z.string().min(1),
        schema: jsonSchema,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), description: z.string().optional(), content }).optional(),
  responses: z.record(z.string().regex(/^[2-5]\d\d$/), z.union([reference, response])),
});

export const documentSchema = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  paths: z.record(
    z.string().startsWith('/api/v1/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'patch', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string(), jsonSchema),
    responses: z.record(z.string(), response),
    headers: z.record(z.string(), header),
    securitySchemes: z.strictObject({
      oauth2: z.strictObject({
        type: z.literal('oauth2'),
        description: z.string(),
        flows: z.strictObject({
          clientCredentials: z.strictObject({ tokenUrl: z.url(), scopes: z.record(z.string(), z.string().min(1)) }),
        }),
      }),
      bearer: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer'), description: z.string() }),
    }),
  }),
});

export type OpenApiDocument = z.output<typeof documentSchema>;
export type Operation = z.output<typeof operation>;
export type JsonSchema = z.output<typeof jsonSchema>;

/** Fails with the place of every member that does not belong into an OpenAPI document. */
export function asDocument(answer: Answer): OpenApiDocument {
  const result = documentSchema.safeParse(answer.json);
  if (!result.success) throw new Error(z.prettifyError(result.error));
  return result.data;
}

export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function operationsOf(document: OpenApiDocument): DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** Every example of the document beside the JSON Schema that it must fit, each with the place where it stands. */
export function examplesOf(document: OpenApiDocument): { place: string; schema: JsonSchema; example: unknown }[] {
  const found = (place: string, media: z.output<typeof content> | undefined) =>
    Object.entries(media ?? {}).map(([type, { schema, example }]) => ({ place: `${place} ${type}`, schema, example }));
  return [
    ...operationsOf(document).flatMap(({ operation: { operationId, requestBody, responses } }) => [
      ...found(`${operationId} request`, requestBody?.content),
      ...Object.entries(responses).flatMap(([status, each]) =>
        '$ref' in each ? [] : found(`${operationId} ${status}`, each.content),
      ),
    ]),
    ...Object.entries(document.components.responses).flatMap(([name, each]) => found(name, each.content)),
  ];
}

/** What the document itself says of a value, read back from its JSON Schema. */
export function validatorOf(document: OpenApiDocument, schema: JsonSchema): z.ZodType {
  const moved = JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
    '#/components/schemas/',
    '#/$defs/',
  );
  return z.fromJSONSchema(JSON.parse(moved) as Parameters<typeof z.fromJSONSchema>[0]);
}
