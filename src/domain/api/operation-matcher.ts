// Finds the operation of an API that a request calls, by method and path: compiled once, then a walk along the segments.

import {
  matchesSegment,
  parsePathTemplate,
  type SegmentTemplate,
  splitRequestPath,
  templateKey,
} from './path-template.ts';

export const HTTP_METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

export interface ApiOperation {
  readonly method: HttpMethod;
  /** As in the document: below the base path of its servers, with `{name}` for parameters. */
  readonly path: string;
  /** Names of parameters that may hold slashes (`x-multi-segment: true` in the document, as for the paths of files). */
  readonly manySegments: readonly string[];
  /**
   * Any one of these sets of scopes is enough. No set at all: no privilege covers the operation. An empty set: a token without any
   * scope is enough.
   */
  readonly scopes: readonly (readonly string[])[];
}

export interface MatchedOperation {
  readonly operation: ApiOperation;
  /** As in the operation; where two of the document can't be told apart, those that satisfy both. */
  readonly scopes: readonly (readonly string[])[];
}

export interface OperationMatcher {
  /**
   * `method` as sent, `path` as sent, with or without its query. undefined for an operation that isn't in the document, and for a path
   * that can be read in more than one way.
   */
  find(method: string, path: string): MatchedOperation | undefined;
}

interface Branch {
  readonly template: SegmentTemplate;
  readonly node: PathNode;
}

interface PathNode {
  readonly literals: Map<string, PathNode>;
  /** Mixed templates, those with more text first. */
  readonly mixed: Branch[];
  parameter: PathNode | undefined;
  many: PathNode | undefined;
  readonly operations: Map<string, MatchedOperation>;
}

/**
 * A concrete part goes before a templated one, from left to right, and a concrete path decides: a method that only a templated one has
 * isn't looked for there (OpenAPI 3.1 §4.8.8). Of several templates that fit, the first that has the method counts. A slash at the end
 * counts, and so do upper and lower case. HEAD is GET where it isn't described itself. `basePaths` are those of the document's servers;
 * a request is looked for below each, the longest first.
 */
export function compileOperationMatcher(
  operations: readonly ApiOperation[],
  basePaths: readonly string[] = [''],
): OperationMatcher {
  const root = newNode();
  for (const operation of operations) insert(root, operation);
  const bases = basePaths
    .flatMap((base) => (base === '' ? [[]] : [splitRequestPath(base)]))
    .filter((base) => base !== undefined)
    .sort((a, b) => b.length - a.length);
  return {
    find(method, path) {
      const query = path.indexOf('?');
      const segments = splitRequestPath(query < 0 ? path : path.slice(0, query));
      if (segments === undefined) return undefined;
      for (const base of bases) {
        if (!base.every((segment, index) => segments[index] === segment)) continue;
        const node = walk(root, segments, base.length, method);
        if (node) return operationOf(node, method);
      }
      return undefined;
    },
  };
}

function newNode(): PathNode {
  return { literals: new Map(), mixed: [], parameter: undefined, many: undefined, operations: new Map() };
}

function insert(root: PathNode, operation: ApiOperation): void {
  const parsed = parsePathTemplate(operation.path, operation.manySegments);
  if (!parsed.ok) return;
  let node = root;
  for (const segment of parsed.segments) node = childFor(node, segment);
  const twin = node.operations.get(operation.method);
  const scopes = twin ? satisfyingBoth(twin.scopes, operation.scopes) : operation.scopes;
  node.operations.set(operation.method, { operation: twin?.operation ?? operation, scopes });
}

function childFor(node: PathNode, template: SegmentTemplate): PathNode {
  if (template.kind === 'parameter') return (node.parameter ??= newNode());
  if (template.kind === 'many') return (node.many ??= newNode());
  if (template.kind === 'literal') {
    const known = node.literals.get(template.text);
    if (known) return known;
    const child = newNode();
    node.literals.set(template.text, child);
    return child;
  }
  const key = templateKey(template);
  const known = node.mixed.find((branch) => templateKey(branch.template) === key);
  if (known) return known.node;
  const branch: Branch = { template, node: newNode() };
  node.mixed.push(branch);
  node.mixed.sort(
    (a, b) =>
      textLength(b.template) - textLength(a.template) || (templateKey(a.template) < templateKey(b.template) ? -1 : 1),
  );
  return branch.node;
}

function textLength(template: SegmentTemplate): number {
  return template.kind === 'mixed' ? template.texts.reduce((sum, text) => sum + text.length, 0) : 0;
}

function satisfyingBoth(a: ApiOperation['scopes'], b: ApiOperation['scopes']): ApiOperation['scopes'] {
  return a.flatMap((first) => b.map((second) => [...new Set([...first, ...second])]));
}

/**
 * Goes back where a concrete part leads nowhere. Every node has one way to it, with one parameter for many segments at most, so that
 * none is seen more often than there are segments.
 */
function walk(node: PathNode, segments: readonly string[], at: number, method: string): PathNode | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.operations.size > 0 ? node : undefined;
  const literal = node.literals.get(segment);
  const concrete = literal && walk(literal, segments, at + 1, method);
  if (concrete) return concrete;
  // Spelled out, since this runs at every call: a generator would take twice the time.
  let other: PathNode | undefined;
  for (const { template, node: child } of node.mixed) {
    const found = matchesSegment(template, segment) ? walk(child, segments, at + 1, method) : undefined;
    if (found && operationOf(found, method)) return found;
    other ??= found;
  }
  if (node.parameter && segment !== '') {
    const found = walk(node.parameter, segments, at + 1, method);
    if (found && operationOf(found, method)) return found;
    other ??= found;
  }
  // As few segments as lead to an operation.
  for (let next = at + 1; node.many && next <= segments.length && segments[next - 1] !== ''; next++) {
    const found = walk(node.many, segments, next, method);
    if (found && operationOf(found, method)) return found;
    other ??= found;
  }
  return other;
}

function operationOf(node: PathNode, method: string): MatchedOperation | undefined {
  return node.operations.get(method) ?? (method === 'HEAD' ? node.operations.get('GET') : undefined);
}
