// The import of an OpenAPI document: what it makes of an API, and how that differs from what is stored.

import { type Fault, invalid } from '../../base/problem.ts';
import type { ApiOperation } from './operation-matcher.ts';
import { readOperations } from './openapi-operations.ts';
import { derivePrivileges, type ImportedPrivilege } from './openapi-privileges.ts';
import { readDocument } from './openapi-source.ts';
import {
  documentFault,
  Findings,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  member,
  plainLine,
  type Reading,
  textOf,
} from './openapi-value.ts';
import { splitRequestPath } from './path-template.ts';

export interface ImportedApi {
  readonly title: string;
  readonly version: string;
  /** The document as plain values: what `/docs/<api>` is made of. */
  readonly document: JsonObject;
  readonly privileges: readonly ImportedPrivilege[];
  readonly operations: readonly ApiOperation[];
  /** Of the document's servers, such as `/api/v3`; `['']` where they have none. */
  readonly basePaths: readonly string[];
  /** What doesn't stand in the way but should be known, with a pointer into the document. */
  readonly problems: readonly Fault[];
}

const MAX_TITLE = 200;
const MAX_VERSION = 100;
const MAX_BASE_PATHS = 20;

/** JSON or YAML, OpenAPI 3.0 or 3.1, at most 20 MB. Throws `request.invalid` with a pointer into the document for every fault. */
export function importOpenApi(source: Uint8Array | string): ImportedApi {
  const document = readDocument(source);
  checkVersion(document);
  const reading: Reading = { document, faults: new Findings(), notices: new Findings() };
  const info = member(document, 'info');
  const [title, version] = ['title', 'version'].map((name) =>
    textOf(isJsonObject(info) ? member(info, name) : undefined),
  );
  if (!title) reading.faults.add('/info/title', 'The document has no title. Add info with a title.');
  const derived = derivePrivileges(reading, readOperations(reading));
  const basePaths = readBasePaths(reading);
  if (reading.faults.list.length > 0) throw invalid(reading.faults.list);
  return {
    title: plainLine(title ?? '', MAX_TITLE),
    version: plainLine(version ?? '', MAX_VERSION),
    document,
    ...derived,
    basePaths,
    problems: reading.notices.list,
  };
}

function checkVersion(document: JsonObject): void {
  const swagger = member(document, 'swagger');
  if (swagger !== undefined) {
    throw documentFault(
      '/swagger',
      `Swagger ${plainLine(textOf(swagger), 30)} is not read. Convert the document to OpenAPI 3 first.`,
    );
  }
  // YAML reads an unquoted 3.1 as a number.
  const version = textOf(member(document, 'openapi'));
  if (version === '') throw documentFault('/openapi', 'This is no OpenAPI document: it has no member openapi.');
  if (!/^3\.[01](?:\.\d+)?(?:-[\w.]+)?$/.test(version)) {
    throw documentFault('/openapi', `OpenAPI ${plainLine(version, 30)} is not read. Send version 3.0 or 3.1.`);
  }
}

/** The paths of `servers`, with every variable in each of its values: where the gate looks for the operations. */
function readBasePaths({ document, notices }: Reading): readonly string[] {
  const servers = member(document, 'servers');
  const found = new Set<string>();
  for (const [index, server] of (isJsonArray(servers) ? servers : []).entries()) {
    const url = isJsonObject(server) ? member(server, 'url') : undefined;
    if (!isJsonObject(server) || typeof url !== 'string') continue;
    for (const written of writeOut(url, server)) {
      const path = basePathOf(written);
      if (path !== undefined) found.add(path);
      else
        notices.add(
          `/servers/${index}/url`,
          'The gate cannot look below this server: its path has a variable or a dot segment.',
        );
    }
  }
  return found.size === 0 ? [''] : [...found].slice(0, MAX_BASE_PATHS);
}

function writeOut(url: string, server: JsonObject): readonly string[] {
  const variables = member(server, 'variables');
  let urls = [url];
  for (const [name, variable] of Object.entries(isJsonObject(variables) ? variables : {})) {
    if (!isJsonObject(variable) || !url.includes(`{${name}}`)) continue;
    const choices = member(variable, 'enum');
    const values = (isJsonArray(choices) ? choices : [member(variable, 'default')]).filter(
      (value) => typeof value === 'string',
    );
    urls = urls.flatMap((each) => values.map((value) => each.replaceAll(`{${name}}`, value))).slice(0, MAX_BASE_PATHS);
  }
  return urls;
}

/** undefined for a path that no request has. A server without scheme and host stands for the one that the document came from. */
function basePathOf(url: string): string | undefined {
  const path = url
    .replace(/^[a-z][a-z0-9+.-]*:/i, '')
    .replace(/^\/\/[^/?#]*/, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '');
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
  return rooted === '' || (!/[{}]/.test(rooted) && splitRequestPath(rooted)) ? rooted : undefined;
}

/** A privilege of an API as it is stored. One without operations was made by hand. */
export interface StoredPrivilege {
  readonly scope: string;
  readonly group: string;
  readonly description: string;
  readonly level: ImportedPrivilege['level'];
  readonly operations: ImportedPrivilege['operations'];
}

export interface PrivilegeChange {
  readonly before: StoredPrivilege;
  /** Keeps the level that is stored: an administrator may have raised it. */
  readonly after: ImportedPrivilege;
  readonly addedOperations: ImportedPrivilege['operations'];
  readonly removedOperations: ImportedPrivilege['operations'];
}

export interface ImportDifference {
  readonly added: readonly ImportedPrivilege[];
  readonly changed: readonly PrivilegeChange[];
  readonly removed: readonly StoredPrivilege[];
  /** How many stay as they are; those made by hand don't count. */
  readonly unchanged: number;
}

/** What applying the import does to the stored privileges. Those made by hand that the document doesn't name stay. */
export function compareImport(
  stored: readonly StoredPrivilege[],
  imported: readonly ImportedPrivilege[],
): ImportDifference {
  const known = new Map(stored.map((privilege) => [privilege.scope, privilege]));
  const named = new Set(imported.map(({ scope }) => scope));
  const changed: PrivilegeChange[] = [];
  const added: ImportedPrivilege[] = [];
  for (const privilege of imported) {
    const before = known.get(privilege.scope);
    if (!before) {
      added.push(privilege);
      continue;
    }
    const addedOperations = operationsBeyond(before.operations, privilege.operations);
    const removedOperations = operationsBeyond(privilege.operations, before.operations);
    const isSame = before.group === privilege.group && before.description === privilege.description;
    if (isSame && addedOperations.length === 0 && removedOperations.length === 0) continue;
    changed.push({ before, after: { ...privilege, level: before.level }, addedOperations, removedOperations });
  }
  const removed = stored.filter(({ scope, operations }) => operations.length > 0 && !named.has(scope));
  return { added, changed, removed, unchanged: imported.length - added.length - changed.length };
}

function operationsBeyond(
  known: ImportedPrivilege['operations'],
  operations: ImportedPrivilege['operations'],
): ImportedPrivilege['operations'] {
  const keys = new Set(known.map(({ method, path }) => `${method} ${path}`));
  return operations.filter(({ method, path }) => !keys.has(`${method} ${path}`));
}
