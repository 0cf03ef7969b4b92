// Values of a parsed OpenAPI document, read without trust: own members only, every fault with a pointer to its place.

import { type Fault, invalid } from '../../base/problem.ts';

export const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A member that the document itself has; a name such as `constructor` finds nothing inherited. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Text, or a number as text, which is how YAML reads an unquoted version; '' for all else. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** RFC 6901 */
export function toPointer(...names: readonly (string | number)[]): string {
  return names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Control characters and line ends become blanks; at most `max` characters. */
export function plainLine(text: string, max: number): string {
  const line = text
    .slice(0, max * 8)
    .normalize('NFC')
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : line;
}

const MAX_FINDINGS = 50;

/** What is found while a document is read: all of it, so that its author sees everything at once, but never without bound. */
export class Findings {
  readonly #list: Fault[] = [];
  #surplus = 0;

  add(pointer: string, detail: string): void {
    if (this.#list.length < MAX_FINDINGS) this.#list.push({ pointer, detail });
    else this.#surplus += 1;
  }

  get list(): readonly Fault[] {
    if (this.#surplus === 0) return this.#list;
    return [...this.#list, { pointer: '', detail: `There are ${this.#surplus} more of these kinds.` }];
  }
}

/** A document on its way: what makes it unusable, and what its reader should know all the same. */
export interface Reading {
  readonly document: JsonObject;
  readonly faults: Findings;
  readonly notices: Findings;
}

/** `request.invalid` for a single fault that makes reading on pointless. */
export function documentFault(pointer: string, detail: string): Error {
  return invalid([{ pointer, detail }]);
}
