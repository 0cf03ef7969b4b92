// The import of an OpenAPI document: what it makes of an API, and how that differs from what is stored.

import { type Fault, invalid } from '../../base/problem.ts';
import type { ApiOperation } from './operation-matcher.ts';
import { readOperations } from './openapi-operations.ts';
import { derivePrivileges, type ImportedPrivilege } from './openapi-privileges.ts';
import { readServers } from './openapi-servers.ts';
import { readDocument } from './openapi-source.ts';
import {
  documentFault,
  Findings,
  isJsonObject,
  type JsonObject,
  member,
  plainLine,
  type Reading,
  textOf,
} from './openapi-value.ts';

export interface ImportedApi {
  readonly title: string;
  readonly version: string;
  /** The document as plain values: what `/docs/<api>` is made of. */
  readonly document: JsonObject;
  readonly privileges: readonly ImportedPrivilege[];
  readonly operations: readonly ApiOperation[];
  /** Of the document's servers, such as `/api/v3`; `['']` where they have none. */
  readonly basePaths: readonly string[];
  /** Of those servers that the document names in full, such as `https://api.example.com`. */
  readonly serverOrigins: readonly string[];
  /** What doesn't stand in the way but should be known, with a pointer into the document. */
  readonly problems: readonly Fault[];
}

const MAX_TITLE = 200;
const MAX_VERSION = 100;

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
  const servers = readServers(reading);
  if (reading.faults.list.length > 0) throw invalid(reading.faults.list);
  return {
    title: plainLine(title ?? '', MAX_TITLE),
    version: plainLine(version ?? '', MAX_VERSION),
    document,
    ...derived,
    ...servers,
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
