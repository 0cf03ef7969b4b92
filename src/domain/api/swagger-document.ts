// An imported document as Swagger UI gets it: its author's security schemes give way to ours, so that Authorize fetches a token here.

import type { ApiOperation } from './operation-matcher.ts';
import { resolvePathItem } from './openapi-operations.ts';
import { withHosts } from './openapi-servers.ts';
import { Findings, isJsonObject, type JsonObject, type JsonValue, member, toPointer } from './openapi-value.ts';

const SCHEME = 'postern';

export interface SwaggerParts {
  /** This server's token endpoint. */
  readonly tokenUrl: string;
  /** The API's own: usually where it is. */
  readonly identifier: string;
  readonly privileges: readonly { readonly scope: string; readonly description: string }[];
  readonly operations: readonly ApiOperation[];
}

/** `document` has been imported before. It is not changed; what stays the same is shared with the result. */
export function toSwaggerDocument(document: JsonObject, parts: SwaggerParts): JsonObject {
  const scopes = Object.fromEntries(parts.privileges.map(({ scope, description }) => [scope, description]));
  const flow = { clientCredentials: { tokenUrl: parts.tokenUrl, scopes } };
  const components = member(document, 'components');
  const required = new Map(parts.operations.map(({ method, path, scopes: sets }) => [`${method} ${path}`, sets]));
  const { security: _security, ...rest } = document;
  const webhooks = member(document, 'webhooks');
  return {
    ...rest,
    servers: withHosts(member(document, 'servers'), parts.identifier),
    ...(isJsonObject(webhooks) ? { webhooks: mapValues(webhooks, withoutSecurity) } : {}),
    paths: securePaths(document, required),
    components: {
      ...(isJsonObject(components) ? components : {}),
      securitySchemes: { [SCHEME]: { type: 'oauth2', description: DESCRIPTION, flows: flow } },
    },
  };
}

const DESCRIPTION = 'Enter the client ID and the client secret of a client whose role holds privileges of this API.';

function securePaths(document: JsonObject, required: ReadonlyMap<string, ApiOperation['scopes']>): JsonObject {
  const paths = member(document, 'paths');
  const secured: Record<string, JsonValue> = {};
  for (const [path, value] of Object.entries(isJsonObject(paths) ? paths : {})) {
    // Written out, because two paths may share an item and need different scopes.
    const item = path.startsWith('x-')
      ? undefined
      : resolvePathItem(document, value, toPointer('paths', path), new Findings());
    secured[path] = item ? secureItem(item, path, required) : value;
  }
  return secured;
}

/** OpenAPI 3.1 lets an operation go without; Swagger UI then never shows what came back. */
const ANSWERED: JsonObject = { responses: { default: { description: 'The answer.' } } };

function secureItem(item: JsonObject, path: string, required: ReadonlyMap<string, ApiOperation['scopes']>): JsonObject {
  return mapValues(item, (operation, name) => {
    const sets = required.get(`${name.toUpperCase()} ${path}`);
    if (sets === undefined || !isJsonObject(operation)) return operation;
    // Not covered by a privilege: the token alone is shown, and the gate says no.
    const security = (sets.length === 0 ? [[]] : sets).map((set) => ({ [SCHEME]: set }));
    return { ...ANSWERED, ...operation, security };
  });
}

function withoutSecurity(item: JsonValue): JsonValue {
  if (!isJsonObject(item)) return item;
  return mapValues(item, (operation) => {
    if (!isJsonObject(operation)) return operation;
    const { security: _security, ...rest } = operation;
    return rest;
  });
}

function mapValues(object: JsonObject, change: (value: JsonValue, name: string) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}
