// The operations of an OpenAPI 3 document and what its author says of who may call them.

import { HTTP_METHODS, type HttpMethod } from './operation-matcher.ts';
import {
  type Findings,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  member,
  type Reading,
  toPointer,
} from './openapi-value.ts';
import { parsePathTemplate, templateKey } from './path-template.ts';

/** `security` as written: one of the requirements, each by scheme with scopes. undefined where the document says nothing. */
export interface DescribedOperation {
  readonly method: HttpMethod;
  readonly path: string;
  readonly manySegments: readonly string[];
  readonly tags: readonly string[];
  readonly security: readonly SecurityRequirement[] | undefined;
  readonly pointer: string;
}

export interface SecurityRequirement {
  readonly pointer: string;
  readonly schemes: ReadonlyMap<string, readonly string[]>;
}

const MAX_OPERATIONS = 20_000;
const MAX_PER_OPERATION = 50;
const MAX_REFERENCES = 20;

/** Faults are added, not thrown: what can be read is read. */
export function readOperations({ document, faults, notices }: Reading): readonly DescribedOperation[] {
  const paths = member(document, 'paths');
  if (!isJsonObject(paths)) {
    faults.add('/paths', 'The document has no paths, so there is nothing to protect. Add paths with operations.');
    return [];
  }
  const inherited = readSecurity(member(document, 'security'), '/security', faults);
  const operations: DescribedOperation[] = [];
  const keys = new Map<string, string>();
  for (const [path, value] of Object.entries(paths)) {
    if (path.startsWith('x-')) continue;
    const pointer = toPointer('paths', path);
    const template = parsePathTemplate(path);
    if (!template.ok) {
      faults.add(pointer, template.detail);
      continue;
    }
    const item = resolvePathItem(document, value, pointer, faults);
    if (!item) continue;
    noteOwnServers(item, pointer, notices);
    for (const operation of operationsOf(document, path, item, pointer, inherited, faults)) {
      const key = keyOf(operation);
      const twin = keys.get(key);
      if (twin !== undefined) {
        notices.add(
          operation.pointer,
          `No request tells this ${operation.method} from that of ${twin}: both have to be allowed.`,
        );
      }
      keys.set(key, path);
      operations.push(operation);
    }
    if (operations.length > MAX_OPERATIONS) {
      faults.add('/paths', `The document has more than ${MAX_OPERATIONS} operations. Split the API.`);
      return [];
    }
  }
  if (operations.length === 0 && faults.list.length === 0) {
    faults.add('/paths', 'The document has no operations, so there is nothing to protect.');
  }
  return operations;
}

/** Equal for operations that no request tells apart. */
function keyOf({ method, path, manySegments }: DescribedOperation): string {
  const template = parsePathTemplate(path, manySegments);
  return [method, ...(template.ok ? template.segments.map(templateKey) : [path])].join(' ');
}

function noteOwnServers(item: JsonObject, pointer: string, notices: Findings): void {
  for (const name of ['', ...HTTP_METHODS.map((method) => method.toLowerCase())]) {
    const owner = name === '' ? item : member(item, name);
    if (!isJsonObject(owner) || member(owner, 'servers') === undefined) continue;
    const place = pointer + (name === '' ? '' : toPointer(name)) + '/servers';
    notices.add(place, 'Servers of a single path are not looked at: the gate expects it below those of the document.');
  }
}

function operationsOf(
  document: JsonObject,
  path: string,
  item: JsonObject,
  pointer: string,
  inherited: readonly SecurityRequirement[] | undefined,
  faults: Findings,
): readonly DescribedOperation[] {
  return HTTP_METHODS.flatMap((method) => {
    const name = method.toLowerCase();
    const operation = member(item, name);
    const place = pointer + toPointer(name);
    if (operation === undefined) return [];
    if (!isJsonObject(operation)) {
      faults.add(place, 'An operation is an object.');
      return [];
    }
    const own = readSecurity(member(operation, 'security'), `${place}/security`, faults);
    const tags = readTexts(member(operation, 'tags'), `${place}/tags`, faults);
    const manySegments = readManySegments(document, path, [item, operation]);
    return [{ method, path, manySegments, tags: [...new Set(tags)], security: own ?? inherited, pointer: place }];
  });
}

/**
 * The parameters that their author says hold slashes, as GitHub does for paths of files (`x-multi-segment`). Where that leaves open
 * which segments are whose, nobody's are.
 */
function readManySegments(document: JsonObject, path: string, owners: readonly JsonObject[]): readonly string[] {
  const names = owners.flatMap((owner) => {
    const parameters = member(owner, 'parameters');
    return (isJsonArray(parameters) ? parameters : []).flatMap((value) => {
      const reference = isJsonObject(value) ? member(value, '$ref') : undefined;
      const isLocal = typeof reference === 'string' && reference.startsWith('#/');
      const parameter = isLocal ? lookUp(document, reference) : value;
      if (!isJsonObject(parameter) || member(parameter, 'x-multi-segment') !== true) return [];
      const name = member(parameter, 'name');
      return typeof name === 'string' && path.includes(`{${name}}`) ? [name] : [];
    });
  });
  const distinct = [...new Set(names)];
  return parsePathTemplate(path, distinct).ok ? distinct : [];
}

/**
 * A path item, behind a local reference too. References to other documents are not followed: what they bring could change unseen,
 * and fetching them would let a document choose whom this server calls.
 */
export function resolvePathItem(
  document: JsonObject,
  value: JsonValue,
  pointer: string,
  faults: Findings,
): JsonObject | undefined {
  let item = value;
  const seen = new Set<string>();
  for (;;) {
    if (!isJsonObject(item)) {
      faults.add(pointer, 'A path item is an object with operations.');
      return undefined;
    }
    const reference = member(item, '$ref');
    if (reference === undefined) return item;
    const fault = explainReference(reference, seen);
    if (fault !== undefined || typeof reference !== 'string') {
      faults.add(`${pointer}/$ref`, fault ?? NO_REFERENCE);
      return undefined;
    }
    const target = lookUp(document, reference);
    if (!isJsonObject(target)) {
      faults.add(`${pointer}/$ref`, `${reference} leads nowhere in the document. Correct it.`);
      return undefined;
    }
    const { $ref: _reference, ...beside } = item;
    item = { ...target, ...beside };
  }
}

const NO_REFERENCE = 'A reference is text such as #/components/pathItems/Pet.';

function explainReference(reference: JsonValue, seen: Set<string>): string | undefined {
  if (typeof reference !== 'string') return NO_REFERENCE;
  if (!reference.startsWith('#/')) {
    return 'References to other documents are not followed. Bundle everything into one document.';
  }
  if (seen.has(reference) || seen.size >= MAX_REFERENCES) return 'The references go round in a circle. Break it.';
  seen.add(reference);
  return undefined;
}

/** The value at a local reference (`#/…`, an RFC 6901 pointer in a fragment). */
export function lookUp(document: JsonObject, reference: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeFragment(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (isJsonObject(value)) value = member(value, name);
    else if (isJsonArray(value)) value = /^\d+$/.test(name) ? value[Number(name)] : undefined;
    else return undefined;
  }
  return value;
}

function decodeFragment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readSecurity(
  value: JsonValue | undefined,
  pointer: string,
  faults: Findings,
): readonly SecurityRequirement[] | undefined {
  if (value === undefined) return undefined;
  if (!isJsonArray(value) || value.length > MAX_PER_OPERATION) {
    faults.add(pointer, `security is a list of at most ${MAX_PER_OPERATION} requirements.`);
    return undefined;
  }
  return value.map((requirement, index) => {
    const place = `${pointer}/${index}`;
    if (!isJsonObject(requirement)) {
      faults.add(place, 'A security requirement is an object that names schemes.');
      return { pointer: place, schemes: new Map() };
    }
    const schemes = Object.entries(requirement).map(
      ([name, scopes]) => [name, readTexts(scopes, place + toPointer(name), faults)] as const,
    );
    return { pointer: place, schemes: new Map(schemes) };
  });
}

function readTexts(value: JsonValue | undefined, pointer: string, faults: Findings): readonly string[] {
  if (value === undefined) return [];
  if (isJsonArray(value) && value.length <= MAX_PER_OPERATION) {
    const texts = value.filter((item) => typeof item === 'string');
    if (texts.length === value.length) return texts;
  }
  faults.add(pointer, `This is a list of at most ${MAX_PER_OPERATION} texts.`);
  return [];
}
