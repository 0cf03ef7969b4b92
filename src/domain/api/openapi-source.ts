// The bytes of an OpenAPI document to plain values: JSON or YAML, within limits that hold whatever was sent.

import { Problem } from '../../base/problem.ts';
import {
  documentFault,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MAX_DOCUMENT_BYTES,
  toPointer,
} from './openapi-value.ts';
import { readYaml, tooDeep } from './openapi-yaml.ts';

const MAX_DEPTH = 200;
const MAX_EXPANDED = 2 * MAX_DOCUMENT_BYTES;

/** What starts with a brace is JSON, all else YAML. Throws `request.invalid`, or `request.too_large`. */
export function readDocument(source: Uint8Array | string): JsonObject {
  const bytes = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength;
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw new Problem('request.too_large', `The document has ${bytes} bytes; at most 20 MB are allowed.`);
  }
  const text = decode(source);
  const value = /^\s*[[{]/.test(text) ? readJson(text) : readYamlGuarded(text);
  if (!isJsonObject(value)) throw documentFault('', 'An OpenAPI document is an object. Send the whole document.');
  return value;
}

function decode(source: Uint8Array | string): string {
  if (typeof source === 'string') return source.replace(/^\ufeff/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    throw documentFault('', 'The document is not UTF-8 text. Save it as UTF-8.');
  }
}

function readYamlGuarded(text: string): JsonValue {
  try {
    return readYaml(text, { maxDepth: MAX_DEPTH, maxExpanded: MAX_EXPANDED });
  } catch (error) {
    // The library goes down into what is nested by calling itself.
    if (error instanceof RangeError) throw documentFault('', tooDeep(MAX_DEPTH));
    throw error;
  }
}

function readJson(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw documentFault('', describeSyntaxError(text, error));
  }
  checkNames(text);
  return value;
}

function describeSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const at = /at position (\d+)/.exec(message)?.[1];
  if (at === undefined) return 'This is not valid JSON: it ends too early or holds something that JSON does not have.';
  const before = text.slice(0, Number(at));
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return `This is not valid JSON, at line ${line}, column ${column}. (YAML does not begin with a brace.)`;
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON, COMMA] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x3a, 0x2c,
];

interface Level {
  /** undefined in an array. */
  readonly names: Set<string> | undefined;
  /** The last name, or the index of the current item. */
  at: string | number;
}

/** JSON.parse takes the last of two equal names and says nothing: an operation would be lost. `text` is valid JSON. */
function checkNames(text: string): void {
  const levels: Level[] = [];
  let level: Level | undefined;
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (expectsName && level?.names) noteName(levels, level, text.slice(at, end + 1));
      at = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      level = { names: code === OPEN_BRACE ? new Set() : undefined, at: 0 };
      expectsName = code === OPEN_BRACE;
      levels.push(level);
      if (levels.length > MAX_DEPTH) throw documentFault(pointerOf(levels.slice(0, 10)), tooDeep(MAX_DEPTH));
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      levels.pop();
      level = levels.at(-1);
    } else if (code === COLON) expectsName = false;
    else if (code === COMMA && level) {
      if (level.names) expectsName = true;
      else if (typeof level.at === 'number') level.at += 1;
    }
  }
}

function noteName(levels: readonly Level[], level: Level, literal: string): void {
  const name = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1);
  level.at = name;
  if (level.names?.has(name)) throw documentFault(pointerOf(levels), 'The name stands here twice. Remove one.');
  level.names?.add(name);
}

function pointerOf(levels: readonly Level[]): string {
  return toPointer(...levels.map(({ at }) => at));
}

/** The position of the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
