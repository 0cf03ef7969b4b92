// Identifiers in paths. One that cannot exist answers as one that does not: 404 in the words of the domain.
import { z } from 'zod';

const FORM = /^[A-Za-z0-9_-]{1,100}$/;

/** `what` as in the domain's `notFound(what)`. */
export function pathId(what: string, description: string) {
  return z
    .string()
    .regex(FORM, { error: `There is no such ${what}.` })
    .meta({ description });
}
