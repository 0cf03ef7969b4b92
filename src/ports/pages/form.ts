// Posted forms: read strictly, and their faults turned to what stands beside each field.
import type { Context } from 'koa';
import type { z } from 'zod';
import type { FieldErrors } from '../../../views/parts/field.tsx';
import { type Fault, Problem } from '../../base/problem.ts';
import { decodeUtf8, parseForm, quoted, readBody } from '../http/body.ts';
import { boundaryOf, parseMultipart, type UploadedForm } from '../http/multipart.ts';

export interface FormLimits {
  readonly bytes?: number;
  readonly fields?: number;
}

/** Room for 10,000 addresses of the shorter kind. */
const MAX_FORM_BYTES = 256 * 1024;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/** 415 for another content type, 413 above 256 KiB or what the form may have, 400 for what is not a well-formed form. */
export async function readPostedForm(ctx: Context, limits: FormLimits = {}): Promise<Readonly<Record<string, string>>> {
  const type = ctx.get('content-type');
  if (type !== '' && !FORM_TYPE.test(type)) {
    throw new Problem(
      'request.unsupported_media_type',
      'Send this form as application/x-www-form-urlencoded, as browsers do.',
    );
  }
  const body = await readBody(ctx, limits.bytes ?? MAX_FORM_BYTES);
  if (body.length > 0 && type === '') {
    throw new Problem('request.unsupported_media_type', 'The form came without a Content-Type.');
  }
  return parseForm(decodeUtf8(body), limits.fields);
}

/** A document of 20 MB as it is, or packed for the way from one page to the next. */
const MAX_UPLOAD_BYTES = 30 * 1024 * 1024;

/** As `readPostedForm`, for a form with a file. */
export async function readUploadedForm(ctx: Context): Promise<UploadedForm> {
  const boundary = boundaryOf(ctx.get('content-type'));
  if (boundary === undefined) {
    throw new Problem('request.unsupported_media_type', 'Send this form as multipart/form-data, as browsers do.');
  }
  return parseMultipart(await readBody(ctx, MAX_UPLOAD_BYTES), boundary);
}

/** The fields by name, undefined where the form has none. 400 for a field that the form does not have. */
export function pickFields<const Names extends readonly string[]>(
  form: Readonly<Record<string, string>>,
  names: Names,
): { readonly [Name in Names[number]]?: string | undefined } {
  const unknown = Object.keys(form).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Problem('request.malformed', `This form has no field ${quoted(unknown)}.`);
  return form as { readonly [Name in Names[number]]?: string | undefined };
}

/** What stands in the form: as typed, and as it was for a field that the form lacks. */
export function keptValues<Values extends Readonly<Record<string, string>>>(
  names: readonly (keyof Values & string)[],
  before: Values,
  given: Readonly<Record<string, string | undefined>>,
): Values {
  const entries = names.map((name) => [name, given[name] ?? before[name]] as const);
  return { ...before, ...Object.fromEntries(entries) };
}

/** A form without a version was written by hand: it means what is stored now. */
export function parseVersion(text: string | undefined, stored: number): number {
  if (text === undefined) return stored;
  if (!/^\d{1,9}$/.test(text)) throw new Problem('request.malformed', 'The field "version" is not one of ours.');
  return Number(text);
}

/** Faults of a form, kept while it is being checked. */
export class FormFaults {
  readonly #byField = new Map<string, string[]>();

  /** The same words twice are said once. */
  add(field: string, detail: string): void {
    const known = this.#byField.get(field) ?? [];
    if (!known.includes(detail)) this.#byField.set(field, [...known, detail]);
  }

  /** The value that the schema makes of the text, or undefined and a fault at the field. */
  check<T>(field: string, schema: z.ZodType<T, string>, text: string): T | undefined {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.add(field, issue.message);
    return undefined;
  }

  /** What the domain objects to, by pointer; what points at no field of the form belongs to all of it. */
  addProblem(problem: Problem, fieldOf: (pointer: string) => string | undefined): void {
    if (problem.errors.length === 0) this.add('form', problem.detail);
    for (const fault of problem.errors) this.add(fieldOf(fault.pointer) ?? 'form', fault.detail);
  }

  addFaults(faults: readonly Fault[], fieldOf: (pointer: string) => string | undefined): void {
    for (const fault of faults) this.add(fieldOf(fault.pointer) ?? 'form', fault.detail);
  }

  get isEmpty(): boolean {
    return this.#byField.size === 0;
  }

  has(field: string): boolean {
    return this.#byField.has(field);
  }

  toErrors(): FieldErrors {
    return Object.fromEntries(this.#byField);
  }
}

/** `/new_password` is the field `new_password`. */
export function fieldOfPointer(pointer: string): string | undefined {
  return /^\/([a-z_]+)$/.exec(pointer)?.[1];
}

/** Problems that belong beside the fields of a form, with everything else kept; the others become error pages. */
export function isAboutForm(error: unknown): error is Problem {
  return (
    error instanceof Problem &&
    ['request.invalid', 'request.forbidden', 'request.too_many', 'resource.conflict'].includes(error.code)
  );
}
