// What merge patches (RFC 7396) of all resources have in common.
import type { z } from 'zod';

/** RFC 7396: null takes a value away, and what is left is the default. */
export function resettable<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema
    .nullable()
    .transform((value) => (value === null ? fallback : value))
    .optional();
}

/** What a resource shows but the schema of a body does not take. */
export function readOnlyFields(shown: z.ZodObject, taken: z.ZodObject): readonly string[] {
  return Object.keys(shown.shape).filter((field) => !(field in taken.shape));
}
