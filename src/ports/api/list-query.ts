// Query parameters that routes share: a page of at most 200, filters, and the confirmation that some changes ask for.
import { z } from 'zod';
import type { PageRequest } from '../../domain/stores.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const MAX_FILTER = 200;

export const pageQuery = {
  limit: z
    .string()
    .superRefine((value, context) => {
      if (/^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_LIMIT) return;
      context.addIssue({ code: 'custom', message: `limit must be a whole number from 1 to ${MAX_LIMIT}.` });
    })
    .transform(Number)
    .optional()
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      description: `How many at most; ${DEFAULT_LIMIT} when absent.`,
    }),
  cursor: z
    .string()
    .min(1, { error: 'cursor must be a next_cursor of this list. Leave it out for the first page.' })
    .max(1000, { error: 'cursor must be a next_cursor of this list.' })
    .optional()
    .meta({ description: '`next_cursor` of the page before.' }),
};

/** As text is stored: in Unicode normal form C, trimmed, its length counted in characters. */
function asStored(name: string) {
  return z
    .string()
    .transform((value) => value.normalize('NFC').trim())
    .refine((value) => [...value].length <= MAX_FILTER, { error: `${name} has at most ${MAX_FILTER} characters.` });
}

/** Text to look for; an empty one, as forms send it, looks for nothing. */
export function searchText(description: string) {
  return asStored('q')
    .transform((value) => (value === '' ? undefined : value))
    .optional()
    .meta({ type: 'string', maxLength: MAX_FILTER, description });
}

/** A value that a field must equal. */
export function filterText(name: string, description: string) {
  return asStored(name)
    .refine((value) => value !== '', { error: `${name} is empty. Give a value, or leave it out.` })
    .optional()
    .meta({ type: 'string', minLength: 1, maxLength: MAX_FILTER, description });
}

/** One of a few values that a field must equal. */
export function filterChoice<const Choices extends readonly [string, ...string[]]>(
  name: string,
  choices: Choices,
  description: string,
) {
  const error =
    choices.length > 5 ? `${name} is not one of the known ones.` : `${name} must be ${choices.join(' or ')}.`;
  return z.enum(choices, { error }).optional().meta({ description });
}

/** `true` or `false`. */
export function filterFlag(name: string, description: string) {
  return z
    .string()
    .superRefine((value, context) => {
      if (value === 'true' || value === 'false') return;
      context.addIssue({ code: 'custom', message: `${name} must be true or false.` });
    })
    .transform((value) => value === 'true')
    .optional()
    .meta({ type: 'boolean', description });
}

/** Of changes that ask first. */
export const confirmFlag = filterFlag(
  'confirm',
  'With `true` IP rules are saved although they do not let in the address that you call from.',
);

export function pageRequestOf(query: { limit?: number | undefined; cursor?: string | undefined }): PageRequest {
  return { limit: query.limit ?? DEFAULT_LIMIT, cursor: query.cursor };
}
