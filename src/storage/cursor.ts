// Cursors: where a page ended, in a form that callers hand back without looking into it. What was not made here is refused.
import { z } from 'zod';
import { invalid } from '../base/problem.ts';
import type { Page } from '../domain/stores.ts';

/** Of a row by which lists are sorted; no NUL, which PostgreSQL would refuse. */
export const cursorText = z.string().regex(/^[^\0]{1,500}$/);
/** As Date.toISOString() writes it. */
export const cursorInstant = z.iso.datetime({ precision: 3 });

export function encodeCursor(position: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** undefined when there is none. 422 at `/cursor` for whatever another list gave, or nobody. */
export function decodeCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url')));
  if (!parsed.success) {
    throw invalid([{ pointer: '/cursor', detail: 'This is no cursor of this list. Leave it out for the first page.' }]);
  }
  return parsed.data;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Of rows of which one more than the page holds was asked for, so that it is known whether there is a next page. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
  cursorOf: (row: Row) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
