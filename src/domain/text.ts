// Text that people type: what is allowed in a name, a description, an e-mail address. Used by every port, so that they agree.
import { z } from 'zod';

// Cc and the characters that reorder or hide text (U+200B–U+200F, U+202A–U+202E, U+2060–U+2069, U+FEFF): a name made of them deceives its reader.
const FORBIDDEN_IN_LINES = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;
const FORBIDDEN_IN_TEXT =
  /[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/u;
const INVISIBLE = /^[\s\p{Cf}\p{M}\u3164\u115f\u1160\u2800]*$/u;

function length(text: string): number {
  return [...text].length;
}

/** One line, 1 to `max` characters after trimming, in Unicode normal form C. */
export function lineOfText(what: string, max: number): z.ZodType<string, string> {
  return z
    .string({ error: `${what} must be text.` })
    .transform((value) => value.normalize('NFC').trim())
    .superRefine((value, context) => {
      if (FORBIDDEN_IN_LINES.test(value)) {
        context.addIssue({
          code: 'custom',
          message: `${what} contains a control character. Use one line of plain text.`,
        });
      } else if (INVISIBLE.test(value)) {
        context.addIssue({ code: 'custom', message: `Enter ${article(what)}.` });
      } else if (length(value) > max) {
        context.addIssue({
          code: 'custom',
          message: `${what} has ${length(value)} characters; at most ${max} are allowed.`,
        });
      }
    })
    .meta({ type: 'string', minLength: 1, maxLength: max });
}

/** Up to 2,000 characters, several lines allowed, may be empty. */
export function freeText(what: string, max = 2000): z.ZodType<string, string> {
  return z
    .string({ error: `${what} must be text.` })
    .transform((value) => value.normalize('NFC').replace(/\r\n?/g, '\n').trim())
    .superRefine((value, context) => {
      if (FORBIDDEN_IN_TEXT.test(value)) {
        context.addIssue({ code: 'custom', message: `${what} contains a control character. Use plain text.` });
      } else if (length(value) > max) {
        context.addIssue({
          code: 'custom',
          message: `${what} has ${length(value)} characters; at most ${max} are allowed.`,
        });
      }
    })
    .meta({ type: 'string', maxLength: max });
}

/** An e-mail address as people have them: one `@`, a dot in the domain, at most 254 characters (RFC 5321 §4.5.3.1). */
export const emailText: z.ZodType<string, string> = z
  .string({ error: 'E-mail must be text.' })
  .transform((value) => value.normalize('NFC').trim())
  .superRefine((value, context) => {
    if (value === '') context.addIssue({ code: 'custom', message: 'Enter an e-mail address.' });
    else if (value.length > 254 || !/^[^\s@\p{C}"(),:;<>[\\\]]{1,64}@[^\s@\p{C}]+\.[^\s@\p{C}.]+$/u.test(value)) {
      context.addIssue({ code: 'custom', message: 'This is not an e-mail address. It looks like name@example.com.' });
    }
  })
  .meta({ type: 'string', maxLength: 254 });

/** An RFC 3339 instant with a zone, such as `2027-01-31T12:00:00Z`. */
export function instantText(what: string): z.ZodType<Date, string> {
  return z
    .string({ error: `${what} must be a time such as 2027-01-31T12:00:00Z, or null.` })
    .superRefine((value, context) => {
      const ok = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.test(value) && isRealDate(value);
      if (!ok) context.addIssue({ code: 'custom', message: `${what} must be a time such as 2027-01-31T12:00:00Z.` });
    })
    .transform((value) => new Date(value))
    .meta({ type: 'string', format: 'date-time' });
}

function isRealDate(value: string): boolean {
  const day = value.slice(0, 10);
  const start = new Date(`${day}T00:00:00Z`);
  return (
    !Number.isNaN(new Date(value).getTime()) && !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day)
  );
}

function article(what: string): string {
  const lower = what.toLowerCase();
  return /^[aeiou]/.test(lower) ? `an ${lower}` : `a ${lower}`;
}

/** The key under which two names count as the same: NFKC, lower case. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}
