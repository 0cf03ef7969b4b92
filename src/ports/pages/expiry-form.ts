// Instants as forms have them: in UTC, to the minute, as `datetime-local` sends them.
import type { z } from 'zod';
import type { FormFaults } from './form.ts';

/** `2027-01-31T12:00`; empty for never. */
export function minuteText(instant: Date | null): string {
  return instant === null ? '' : instant.toISOString().slice(0, 16);
}

/** `2027-01-31T12:00` with or without seconds; undefined, and a fault at `expires_at`, for anything else. */
export function checkInstant(
  faults: FormFaults,
  text: string,
  schema: z.ZodType<Date | null, string | null>,
  fault: string,
): Date | null | undefined {
  const [, minute, seconds = ':00'] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?$/.exec(text.trim()) ?? [];
  const result = schema.safeParse(minute === undefined ? '' : `${minute}${seconds}Z`);
  if (result.success) return result.data;
  faults.add('expires_at', fault);
  return undefined;
}
