// YAML 1.2 to plain values. The library's own conversion is not used: it expands aliases without regard to what they add up to, and
// its check for repeated keys takes quadratic time.

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { documentFault, type JsonValue, toPointer } from './openapi-value.ts';

export interface YamlLimits {
  readonly maxDepth: number;
  /** Characters and nodes that the document has once every alias is written out. */
  readonly maxExpanded: number;
}

/** `request.invalid` with line and column, or with a pointer, for whatever is no plain tree of values. */
export function readYaml(text: string, limits: YamlLimits): JsonValue {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // Nothing is printed here; `silent` would also pass over a second document.
    logLevel: 'error',
    // Repeated keys are looked for below.
    uniqueKeys: false,
    // `!!binary` and the like stay text: OpenAPI has JSON's values only.
    resolveKnownTags: false,
    version: '1.2',
  });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    const [message] = error.message.split('\n');
    throw documentFault('', `This is not valid YAML, at line ${line}, column ${col}: ${message ?? error.code}`);
  }
  if (document.contents === null) throw documentFault('', 'The document is empty. Send an OpenAPI 3 document.');
  return new Conversion(limits, lines).convert(document.contents, []).value;
}

interface Converted {
  readonly value: JsonValue;
  /** Characters and nodes, aliases written out. */
  readonly size: number;
}

type Place = (string | number)[];

class Conversion {
  readonly #limits: YamlLimits;
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Converted>();
  #expanded = 0;

  constructor(limits: YamlLimits, lines: LineCounter) {
    this.#limits = limits;
    this.#lines = lines;
  }

  convert(node: unknown, place: Place): Converted {
    if (place.length > this.#limits.maxDepth) {
      throw documentFault(toPointer(...place.slice(0, 10)), tooDeep(this.#limits.maxDepth));
    }
    if (isAlias(node)) return this.#resolve(node, place);
    const converted = this.#convertNode(node, place);
    // Only now: an alias to a node within that node would make a circle.
    const anchor = isAnchored(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertNode(node: unknown, place: Place): Converted {
    if (isMap(node)) return this.#convertMap(node, place);
    if (isSeqNode(node)) {
      const items = node.items.map((item, index) => this.convert(item, [...place, index]));
      return { value: items.map(({ value }) => value), size: items.reduce((sum, { size }) => sum + size, 1) };
    }
    return this.#count({ value: isScalar(node) ? scalarValue(node.value, node.source) : null, size: 1 });
  }

  #convertMap(node: YAMLMap, place: Place): Converted {
    const value: Record<string, JsonValue> = {};
    let size = 1;
    for (const pair of node.items) {
      const name = this.#nameOf(pair.key, place);
      if (Object.hasOwn(value, name)) {
        throw documentFault(toPointer(...place, name), `${this.#at(pair.key)}the name stands here twice. Remove one.`);
      }
      const converted = this.convert(pair.value, [...place, name]);
      size += converted.size + name.length;
      // `__proto__` as a name must not become the prototype.
      Object.defineProperty(value, name, {
        value: converted.value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return { value, size };
  }

  /** As written: status codes are names such as `200`, not numbers. */
  #nameOf(key: unknown, place: Place): string {
    if (isScalar(key)) {
      if (typeof key.value === 'string') return key.value;
      if (key.source !== undefined && key.source !== '') return key.source;
    }
    throw documentFault(toPointer(...place), `${this.#at(key)}a name must be plain text.`);
  }

  #resolve(alias: Alias, place: Place): Converted {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      const detail = `the alias *${alias.source} names nothing that is complete before it. Write the value out.`;
      throw documentFault(toPointer(...place), `${this.#at(alias)}${detail}`);
    }
    return this.#count(target);
  }

  #count(converted: Converted): Converted {
    const { value, size } = converted;
    const added = typeof value === 'string' ? Math.max(size, value.length) : size;
    this.#expanded += added;
    if (this.#expanded > this.#limits.maxExpanded) {
      throw documentFault('', 'The document grows out of bounds when its aliases are written out. Use $ref instead.');
    }
    return { value, size: added };
  }

  #at(node: unknown): string {
    const start = isAnchored(node) ? node.range?.[0] : undefined;
    if (start === undefined) return '';
    const { line, col } = this.#lines.linePos(start);
    return `Line ${line}, column ${col}: `;
  }
}

export function tooDeep(maxDepth: number): string {
  return `The document is nested more than ${maxDepth} levels deep. Use $ref for what repeats itself.`;
}

function isAnchored(node: unknown): node is Node & { anchor?: string } {
  return typeof node === 'object' && node !== null && 'range' in node;
}

function isSeqNode(node: unknown): node is YAMLSeq {
  return typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);
}

/** Numbers that JSON cannot have (`.inf`, `.nan`) stay as written. */
function scalarValue(value: unknown, source: string | undefined): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return source ?? null;
}
