// From the operations of a document to privileges: its author's own OAuth scopes, or one to read and one to write for each tag.

import { createHash } from 'node:crypto';
import type { ApiOperation, HttpMethod } from './operation-matcher.ts';
import type { DescribedOperation, SecurityRequirement } from './openapi-operations.ts';
import { lookUp } from './openapi-operations.ts';
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  member,
  plainLine,
  type Reading,
  toPointer,
} from './openapi-value.ts';
import type { PrivilegeLevel } from './privilege.ts';

export interface ImportedPrivilege {
  /** An OAuth scope value (RFC 6749 §3.3). */
  readonly scope: string;
  readonly group: string;
  readonly description: string;
  readonly level: PrivilegeLevel;
  /** At least one. */
  readonly operations: readonly Pick<ApiOperation, 'method' | 'path'>[];
}

export interface PrivilegesAndOperations {
  readonly privileges: readonly ImportedPrivilege[];
  readonly operations: readonly ApiOperation[];
}

/** Longer ones would fill a token's scope with a few. */
const MAX_SCOPE = 200;
const MAX_GROUP = 100;
const MAX_DESCRIPTION = 300;
const MAX_PRIVILEGES = 5_000;
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** RFC 9110 §9.2.1 */
const SAFE_METHODS: ReadonlySet<HttpMethod> = new Set<HttpMethod>(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function derivePrivileges(reading: Reading, described: readonly DescribedOperation[]): PrivilegesAndOperations {
  const schemes = readScopeSchemes(reading);
  const hasOwnScopes = described.some(({ security }) =>
    security?.some((requirement) => scopesOf(requirement, schemes)?.length),
  );
  const derived = hasOwnScopes ? fromScopes(reading, described, schemes) : fromTags(reading, described);
  if (derived.privileges.length > MAX_PRIVILEGES) {
    reading.faults.add(
      '/paths',
      `The document makes more than ${MAX_PRIVILEGES} privileges. Use fewer scopes or tags.`,
    );
  }
  return derived;
}

/** Descriptions by scope of every scheme whose requirements name OAuth scopes, by scheme. */
type ScopeSchemes = ReadonlyMap<string, ReadonlyMap<string, string>>;

function readScopeSchemes({ document, faults, notices }: Reading): ScopeSchemes {
  const components = member(document, 'components');
  const schemes = isJsonObject(components) ? member(components, 'securitySchemes') : undefined;
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const [name, value] of Object.entries(isJsonObject(schemes) ? schemes : {})) {
    const pointer = toPointer('components', 'securitySchemes', name);
    const scheme = resolveScheme(document, value);
    if (!scheme) {
      notices.add(pointer, 'This security scheme cannot be read and is left out.');
      continue;
    }
    const type = member(scheme, 'type');
    if (type === 'openIdConnect') found.set(name, new Map());
    if (type !== 'oauth2') continue;
    const scopes = new Map<string, string>();
    const flows = member(scheme, 'flows');
    for (const [flow, each] of Object.entries(isJsonObject(flows) ? flows : {})) {
      const declared = isJsonObject(each) ? member(each, 'scopes') : undefined;
      for (const [scope, description] of Object.entries(isJsonObject(declared) ? declared : {})) {
        const fault = explainScope(scope);
        if (fault !== undefined) faults.add(pointer + toPointer('flows', flow, 'scopes', scope), fault);
        else if (!scopes.get(scope)) scopes.set(scope, typeof description === 'string' ? description : '');
      }
    }
    found.set(name, scopes);
  }
  return found;
}

function resolveScheme(document: JsonObject, value: unknown): JsonObject | undefined {
  let scheme = value;
  for (let hops = 0; hops < 5; hops++) {
    if (typeof scheme !== 'object' || scheme === null || Array.isArray(scheme)) return undefined;
    const reference: unknown = Reflect.get(scheme, '$ref');
    if (typeof reference !== 'string') return scheme as JsonObject;
    scheme = reference.startsWith('#/') ? lookUp(document, reference) : undefined;
  }
  return undefined;
}

function explainScope(scope: string): string | undefined {
  if (!SCOPE_TOKEN.test(scope)) {
    return 'A scope has visible ASCII characters except " and \\ (RFC 6749 §3.3), and no blanks. Rename it.';
  }
  return scope.length > MAX_SCOPE ? `A scope has at most ${MAX_SCOPE} characters. Shorten it.` : undefined;
}

/** The scopes that a requirement asks for; undefined when it is about other schemes alone. [] for one that asks for nothing. */
function scopesOf({ schemes }: SecurityRequirement, known: ScopeSchemes): readonly string[] | undefined {
  if (schemes.size === 0) return [];
  const own = [...schemes].filter(([name]) => known.has(name));
  return own.length === 0 ? undefined : [...new Set(own.flatMap(([, scopes]) => scopes))].sort();
}

function fromScopes(
  { faults, notices }: Reading,
  described: readonly DescribedOperation[],
  schemes: ScopeSchemes,
): PrivilegesAndOperations {
  const declared = new Map([...schemes.values()].flatMap((scopes) => [...scopes]));
  const collected = new Collected();
  const operations = described.map((operation): ApiOperation => {
    const { method, path, manySegments, security } = operation;
    const sets: (readonly string[])[] = [];
    for (const requirement of security ?? []) {
      const scopes = scopesOf(requirement, schemes);
      if (scopes === undefined) continue;
      sets.push(scopes);
      for (const scope of scopes) {
        const fault = explainScope(scope);
        if (fault !== undefined) faults.add(requirement.pointer, `${plainLine(scope, 50)}: ${fault}`);
        else if (!declared.has(scope)) notices.add(requirement.pointer, `The scope ${scope} is declared by no scheme.`);
        collected.add(scope, groupsOf(operation)[0] ?? '', operation);
      }
    }
    // `security: []` says that nobody is asked who they are.
    if (security?.length === 0) sets.push([]);
    if (sets.length === 0)
      notices.add(operation.pointer, 'The document asks for no scope here: no privilege covers it.');
    return { method, path, manySegments, scopes: withoutSupersets(sets) };
  });
  return { operations, privileges: collected.list((scope) => plainLine(declared.get(scope) ?? '', MAX_DESCRIPTION)) };
}

/** A set that holds all of another one says nothing new. */
function withoutSupersets(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const distinct = [...new Map(sets.map((set) => [set.join(' '), set])).values()];
  return distinct.filter(
    (set) => !distinct.some((other) => other !== set && other.every((scope) => set.includes(scope))),
  );
}

function fromTags({ document }: Reading, described: readonly DescribedOperation[]): PrivilegesAndOperations {
  const names = nameGroups(described.flatMap(groupsOf));
  const descriptions = readTagDescriptions(document);
  const groups = new Map<string, string>();
  const collected = new Collected();
  const operations = described.map((operation): ApiOperation => {
    const { method, path, manySegments } = operation;
    const scopes = groupsOf(operation).map((group) => {
      const verb = SAFE_METHODS.has(method) ? 'read' : 'write';
      const scope = `${names.get(group) ?? ''}:${verb}`;
      groups.set(scope, group);
      collected.add(scope, group, operation);
      return [scope];
    });
    return { method, path, manySegments, scopes };
  });
  const describe = (scope: string) => {
    const group = groups.get(scope) ?? '';
    const about = descriptions.get(group);
    const verb = scope.endsWith(':read') ? 'Read' : 'Change';
    return plainLine(`${verb} ${group}${about ? `: ${about}` : ''}`, MAX_DESCRIPTION);
  };
  return { operations, privileges: collected.list(describe) };
}

function readTagDescriptions(document: JsonObject): ReadonlyMap<string, string> {
  const tags = member(document, 'tags');
  const found = new Map<string, string>();
  for (const tag of isJsonArray(tags) ? tags : []) {
    if (!isJsonObject(tag)) continue;
    const [name, description] = [member(tag, 'name'), member(tag, 'description')];
    // Up to an empty line: what follows is documentation.
    if (typeof name === 'string' && typeof description === 'string')
      found.set(name, description.split(/\n\s*\n/)[0] ?? '');
  }
  return found;
}

/** Its tags, or else the first segment of its path. */
function groupsOf({ tags, path }: DescribedOperation): readonly string[] {
  const named = tags.filter((tag) => tag.trim() !== '');
  if (named.length > 0) return named;
  const segment = path.split('/')[1] ?? '';
  return [segment.replaceAll(/[{}]/g, '') || 'root'];
}

/**
 * What each group is called in scopes. A name of scope characters stays as it is; of another one what can't stand there becomes `-`.
 * Where that is taken, or leaves nothing, a hash of the name tells them apart: an index would give a privilege to other operations when
 * tags are reordered.
 */
function nameGroups(groups: readonly string[]): ReadonlyMap<string, string> {
  const distinct = [...new Set(groups)];
  const isLegal = (group: string) => SCOPE_TOKEN.test(group) && group.length <= MAX_GROUP;
  const names = new Map(distinct.filter(isLegal).map((group) => [group, group]));
  const slugs = new Map(distinct.filter((group) => !isLegal(group)).map((group) => [group, slugOf(group)]));
  const counts = new Map<string, number>();
  for (const slug of [...names.keys(), ...slugs.values()]) counts.set(slug, (counts.get(slug) ?? 0) + 1);
  for (const [group, slug] of slugs) {
    const isFree = slug !== '' && counts.get(slug) === 1;
    const hash = createHash('sha256').update(group).digest('hex').slice(0, 8);
    names.set(group, isFree ? slug : [slug, hash].filter(Boolean).join('-'));
  }
  return names;
}

function slugOf(group: string): string {
  const ascii = group.normalize('NFKD').replaceAll(/\p{M}+/gu, '');
  const slug = ascii.replaceAll(/[^\x21\x23-\x5b\x5d-\x7e]+/g, '-').replaceAll(/^-+|-+$/g, '');
  return slug.slice(0, MAX_GROUP);
}

/** Privileges in the making, in the order of their first operation. */
class Collected {
  readonly #found = new Map<string, { groups: Map<string, number>; operations: DescribedOperation[] }>();

  add(scope: string, group: string, operation: DescribedOperation): void {
    const entry = this.#found.get(scope) ?? { groups: new Map<string, number>(), operations: [] };
    this.#found.set(scope, entry);
    if (entry.operations.at(-1) === operation) return;
    entry.groups.set(group, (entry.groups.get(group) ?? 0) + 1);
    entry.operations.push(operation);
  }

  list(describe: (scope: string) => string): readonly ImportedPrivilege[] {
    return [...this.#found].map(([scope, { groups, operations }]) => {
      // A scope stands where most of its operations are.
      const [group] = [...groups].reduce((most, each) => (each[1] > most[1] ? each : most));
      return {
        scope,
        group: plainLine(group, MAX_GROUP),
        description: describe(scope),
        level: 'company',
        operations: operations.map(({ method, path }) => ({ method, path })),
      };
    });
  }
}
