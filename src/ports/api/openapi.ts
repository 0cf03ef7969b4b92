// The OpenAPI 3.1 document of the Management API, made of the very contracts that validate.
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../../base/problem.ts';
import { MANAGEMENT_PRIVILEGES } from '../../domain/api/privilege.ts';
import type { BodyContract, DocumentContract, Route } from './contract.ts';
import { examples } from './examples.ts';
import { contentTypesOf } from './json-body.ts';
import { API_DESCRIPTION, TAGS } from './openapi-text.ts';
import { problemSchema } from './schemas.ts';

type Json = Record<string, unknown>;

/** The document as a plain object. `routes` in the order in which they are shown. */
export function buildOpenApi(issuer: string, routes: readonly Route[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  const problemJson = schemaOf(problemSchema, 'output', schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern Management API',
      version: '1',
      description: API_DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative, so that the page that shows this document calls the server that it came from.
    servers: [{ url: '/' }],
    tags: TAGS,
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: problemResponses(problemJson),
      headers: { ...HEADERS },
      securitySchemes: securitySchemes(issuer),
    },
  };
}

function securitySchemes(issuer: string): Json {
  const scopes = Object.fromEntries(MANAGEMENT_PRIVILEGES.map(({ scope, description }) => [scope, description]));
  return {
    oauth2: {
      type: 'oauth2',
      description:
        'Fetches a token with client ID and client secret. Without a chosen scope it gets all that the role holds.',
      flows: { clientCredentials: { tokenUrl: `${issuer}/oauth2/token`, scopes } },
    },
    bearer: { type: 'http', scheme: 'bearer', description: 'An access token that you have already, or an API token.' },
  };
}

function operationOf(route: Route, schemas: Json): Json {
  const scopes = route.privilege === null ? [] : [route.privilege];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.privilege === null ? route.description : `${route.description}\n\nNeeds \`${route.privilege}\`.`,
    security: [{ oauth2: scopes }, { bearer: [] }],
    ...parametersOf(route, schemas),
    ...(route.body ? { requestBody: requestBodyOf(route.method, route.body, schemas) } : {}),
    ...(route.document ? { requestBody: documentBodyOf(route.document) } : {}),
    responses: responsesOf(route, schemas),
  };
}

function parametersOf(route: Route, schemas: Json): Json {
  const parameters = [
    ...fieldsOf(route.params, 'path', schemas),
    ...fieldsOf(route.query, 'query', schemas),
    ...(honoursIfMatch(route) ? [headerParameter('If-Match', 'The `ETag` that you saw; 412 when it is stale.')] : []),
    ...(route.method === 'GET' && route.hasEntityTag
      ? [headerParameter('If-None-Match', 'The `ETag` that you have; 304 when it still holds.')]
      : []),
  ];
  return parameters.length > 0 ? { parameters } : {};
}

function honoursIfMatch(route: Route): boolean {
  return route.hasEntityTag === true && route.params !== undefined && route.method !== 'GET';
}

function headerParameter(name: string, description: string): Json {
  return { name, in: 'header', required: false, description, schema: { type: 'string' } };
}

function fieldsOf(schema: z.ZodType | undefined, place: 'path' | 'query', schemas: Json): Json[] {
  if (!schema) return [];
  const object = schemaOf(schema, 'input', schemas) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(object.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (object.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function requestBodyOf(method: string, body: BodyContract<z.ZodType>, schemas: Json): Json {
  const content = {
    schema: schemaOf(body.schema, 'input', schemas),
    ...(body.example === undefined ? {} : { example: body.example }),
  };
  return {
    required: body.required,
    content: Object.fromEntries(contentTypesOf(method).map((type) => [type, content])),
  };
}

/** Its own rules are not JSON Schema's: what is sent is read by the domain. */
function documentBodyOf({ contentTypes, description }: DocumentContract): Json {
  const schemaFor = (type: string) => ({ schema: { type: type.endsWith('json') ? 'object' : 'string' } });
  return {
    required: true,
    description,
    content: Object.fromEntries(contentTypes.map((type) => [type, schemaFor(type)])),
  };
}

function responsesOf(route: Route, schemas: Json): Json {
  const { success } = route;
  const headers: Json = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
  if (route.hasEntityTag && success.status !== 204) headers['ETag'] = { $ref: '#/components/headers/EntityTag' };
  if (success.status === 201) headers['Location'] = { $ref: '#/components/headers/Location' };
  const content = success.schema && {
    'application/json': {
      schema: schemaOf(success.schema, 'output', schemas),
      ...(success.example === undefined ? {} : { example: success.example }),
    },
  };
  return {
    [success.status]: { description: success.description, headers, ...(content ? { content } : {}) },
    ...(route.method === 'GET' && route.hasEntityTag
      ? { 304: { description: 'It is still as `If-None-Match` names it.' } }
      : {}),
    ...Object.fromEntries(problemsOf(route).map((code) => [PROBLEMS[code].status, problemReference(route, code)])),
  };
}

/** What every route may answer, and what follows from its contract. */
function problemsOf(route: Route): readonly ProblemCode[] {
  return [
    'request.malformed',
    'request.unauthenticated',
    'request.forbidden',
    ...(route.params ? (['resource.not_found'] as const) : []),
    ...(route.problems?.[409] === undefined ? [] : (['resource.conflict'] as const)),
    ...(route.hasEntityTag || route.method !== 'GET' ? (['resource.changed'] as const) : []),
    ...(route.body || route.document ? (['request.too_large', 'request.unsupported_media_type'] as const) : []),
    'request.invalid',
    'service.unavailable',
  ];
}

/** The shared answer; with the route's own words where it has some (OpenAPI 3.1 lets a reference be described anew). */
function problemReference(route: Route, code: ProblemCode): Json {
  const $ref = `#/components/responses/${responseName(code)}`;
  if (code === 'request.too_large') return { $ref, ...tooLargeFor(route) };
  const own = route.problems?.[PROBLEMS[code].status as 403 | 409];
  return own === undefined ? { $ref } : { $ref, description: `${PROBLEM_TEXTS[code]} ${own}`.trim() };
}

function tooLargeFor({ body, document }: Route): { description?: string } {
  const maxBytes = document?.maxBytes ?? body?.maxBytes;
  return maxBytes === undefined ? {} : { description: `The body is larger than ${maxBytes / 1024 / 1024} MiB.` };
}

const PROBLEM_TEXTS: Partial<Record<ProblemCode, string>> = {
  'request.malformed': 'The request could not be read: malformed JSON, query or header.',
  'request.unauthenticated': 'There is no access token, or it is not valid any more.',
  'request.forbidden': 'The token lacks the privilege, or the call comes from an address that is not allowed.',
  'resource.not_found': 'It does not exist, or lies outside your reach.',
  'resource.conflict': '',
  'resource.changed': '`If-Match` does not name what is there.',
  'request.too_large': 'The body is larger than 256 KiB.',
  'request.unsupported_media_type': 'The body is not declared as JSON.',
  'request.invalid': 'Some values are not valid; `errors` points to each.',
  'service.unavailable': 'The database is away for the moment. Try again after `Retry-After`.',
};

function responseName(code: ProblemCode): string {
  return (code.split('.')[1] ?? code).replaceAll(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function problemResponses(schema: Json): Json {
  const codes = Object.keys(PROBLEM_TEXTS) as ProblemCode[];
  return Object.fromEntries(
    codes.map((code) => {
      const { status, title } = PROBLEMS[code];
      const { errors, ...plain } = examples.problem;
      const example = {
        ...plain,
        type: `urn:postern:problem:${code}`,
        title,
        status,
        ...(code === 'request.invalid' ? { errors } : { detail: `${title}.` }),
      };
      const ownHeaders = PROBLEM_HEADERS[status];
      return [
        responseName(code),
        {
          description: PROBLEM_TEXTS[code] || `${title}.`,
          headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...ownHeaders },
          content: { 'application/problem+json': { schema, example } },
        },
      ];
    }),
  );
}

const PROBLEM_HEADERS: Readonly<Record<number, Json>> = {
  401: { 'WWW-Authenticate': { $ref: '#/components/headers/Challenge' } },
  403: { 'WWW-Authenticate': { $ref: '#/components/headers/Challenge' } },
  503: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
};

const HEADERS: Json = {
  RequestId: header('Id of the request; an administrator finds it in the audit log.', 'string'),
  EntityTag: header('Changes with the resource.', 'string'),
  Location: header('Path of what was made.', 'string'),
  Challenge: header('RFC 6750 §3.', 'string'),
  RetryAfter: header('Seconds.', 'integer'),
};

function header(description: string, type: string): Json {
  return { description, schema: { type } };
}

/** JSON Schema of a contract; what has an id goes to `components` and is referred to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _dialect,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // Readers must not choke on fields that a later version adds.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  for (const [name, definition] of Object.entries($defs)) schemas[name] = moved(definition);
  return moved(rest) as Json;
}

/** References into `$defs` become references into `components`. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      key === '$ref' && typeof member === 'string'
        ? [key, member.replace('#/$defs/', '#/components/schemas/')]
        : [key, moved(member)],
    ),
  );
}
