// From the validator's issues to faults: one RFC 6901 pointer and one sentence each, all at once.
import type { z } from 'zod';
import type { Fault } from '../../base/problem.ts';

/** How a part of a request is spoken of. */
export interface InputPlace {
  /** Prefix of every pointer: '' for the body, `/query` for query parameters. */
  readonly prefix: '' | '/query';
  /** Members that exist but cannot be written here. */
  readonly readOnly?: readonly string[];
}

const MAX_FAULTS = 100;
const MAX_SEGMENT = 100;

/** `input` is what was validated: it tells what is missing from what is wrong. */
export function toFaults(issues: readonly z.core.$ZodIssue[], input: unknown, place: InputPlace): Fault[] {
  return issues.flatMap((issue) => faultsOf(issue, input, place));
}

/** The first fault of each value: mending it mends the others. At most a hundred, so that a reply stays finite. */
export function firstPerPointer(faults: readonly Fault[]): Fault[] {
  const first = new Map<string, Fault>();
  for (const fault of faults) if (!first.has(fault.pointer)) first.set(fault.pointer, fault);
  const kept = [...first.values()];
  if (kept.length <= MAX_FAULTS) return kept;
  const left = kept.length - MAX_FAULTS;
  return [...kept.slice(0, MAX_FAULTS), { pointer: '', detail: `There are ${left} more faults.` }];
}

/** RFC 6901 §3: `~` and `/` are escaped. Names from outside are cut to 100 characters. */
export function pointerTo(path: readonly PropertyKey[], prefix = ''): string {
  const segments = path.map((segment) =>
    clipped(String(segment), MAX_SEGMENT).replaceAll('~', '~0').replaceAll('/', '~1'),
  );
  return [prefix, ...segments].join('/');
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown, place: InputPlace): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key], place.prefix),
      detail: unknownDetail(key, issue.path.length === 0, place),
    }));
  }
  const pointer = pointerTo(issue.path, place.prefix);
  if (issue.path.length === 0 && issue.code === 'invalid_type') {
    return [{ pointer, detail: 'The body must be a JSON object.' }];
  }
  if (valueAt(input, issue.path) === undefined) {
    return [{ pointer, detail: `${nameOf(issue.path)} is required.` }];
  }
  return [{ pointer, detail: issue.message }];
}

function unknownDetail(key: string, isTopLevel: boolean, place: InputPlace): string {
  const name = printable(key);
  if (place.prefix === '/query') return `There is no query parameter ${name} here. Leave it out.`;
  return isTopLevel && place.readOnly?.includes(key)
    ? `${name} is read-only here. Leave it out.`
    : `There is no field ${name} here. Leave it out.`;
}

function nameOf(path: readonly PropertyKey[]): string {
  return printable(String(path.at(-1) ?? 'The body'));
}

/** A name from outside, fit to stand in a sentence. */
function printable(name: string): string {
  return clipped(name.replaceAll(/[^\x20-\x7e]/g, '?'), 40);
}

function clipped(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

// NUL cannot be stored as text, a lone surrogate cannot be sent as UTF-8.
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Whether the text contains NUL or half of a surrogate pair. */
export function isUnstorable(text: string): boolean {
  return UNSTORABLE.test(text);
}

/** One fault for every text, or name of a member, in a JSON value that nothing could be done with. */
export function findUnstorable(value: unknown, path: readonly PropertyKey[] = []): Fault[] {
  const detail = 'This contains a NUL character or half of a surrogate pair. Remove it.';
  if (typeof value === 'string') return isUnstorable(value) ? [{ pointer: pointerTo(path), detail }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const at = [...path, key];
    return [...(isUnstorable(key) ? [{ pointer: pointerTo(at), detail }] : []), ...findUnstorable(member, at)];
  });
}
