// Cursors: where a page ended, in a form that callers hand back without looking into it. What was not made here is refused.
import { z } from 'zod';
import { invalid } from '../base/problem.ts';
import type { Page } from '../domain/stores.ts';

/** Of a row by which lists are sorted; no NUL, which PostgreSQL would refuse. */
export const cursorText = z.string().regex(/^[^\0]{0,700}$/);
/** As Date.toISOString() writes it. */
export const cursorInstant = z.iso.datetime({ precision: 3 });

/** The lists that have cursors. That of one is refused by the others, also by the same in another order. */
export type CursorList =
  | 'clients.created_at'
  | 'clients.name'
  | 'clients.last_used_at'
  | 'client_sources'
  | 'companies.created_at'
  | 'companies.name'
  | 'roles'
  | 'apis'
  | 'privileges'
  | 'users.created_at'
  | 'users.email'
  | 'users.last_sign_in_at'
  | 'api_tokens.created_at'
  | 'api_tokens.name'
  | 'api_tokens.last_used_at'
  | 'audit_events';

export function encodeCursor(list: CursorList, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...position]), 'utf8').toString('base64url');
}

/** undefined when there is none. 422 at `/cursor` for whatever this list did not give. */
export function decodeCursor<T>(cursor: string | undefined, list: CursorList, position: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  const [from, ...values] = parseArray(cursor);
  const parsed = position.safeParse(values);
  if (from === list && parsed.success) return parsed.data;
  throw invalid([{ pointer: '/cursor', detail: 'This is no cursor of this list. Leave it out for the first page.' }]);
}

function parseArray(cursor: string): readonly unknown[] {
  const bytes = Buffer.from(cursor, 'base64url');
  // Node.js decodes whatever it can; only the spelling that was given counts.
  if (bytes.toString('base64url') !== cursor) return [];
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
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
