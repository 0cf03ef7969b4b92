// The orders in which clients and API tokens are listed, each with the position that a cursor holds: by creation, name or last use.
// The id comes last: no two rows tie.
import { z } from 'zod';
import type { ClientSort } from '../domain/stores.ts';
import { nameKey } from '../domain/text.ts';
import { cursorInstant, type CursorList, cursorText } from './cursor.ts';

type Position = [value: string, id: string];

interface SortedRow {
  readonly name_key: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

interface SortOrder<Row> {
  readonly order: string;
  readonly list: CursorList;
  readonly cursor: z.ZodType<Position>;
  /** What comes after a position, whose two values stand in these placeholders. */
  after(value: string, id: string): string;
  position(row: Row): Position;
}

/** Before every instant: what was never used comes last. */
const NEVER = '-infinity';

/** So many characters of a name decide on its place in a list: the longest name makes a cursor of a few hundred characters. */
const SORTED_CHARACTERS = 80;

/** What is stored as `name_key`. */
export function nameSortKey(name: string): string {
  return [...nameKey(name)].slice(0, SORTED_CHARACTERS).join('');
}

/** `alias`: of the table in the statement. `key`: the column with the id. */
export function usedSorts<Key extends string>(
  list: 'clients' | 'api_tokens',
  alias: string,
  key: Key,
): Readonly<Record<ClientSort, SortOrder<SortedRow & Readonly<Record<Key, string>>>>> {
  const [created, name, id] = [`${alias}.created_at`, `${alias}.name_key`, `${alias}.${key}`];
  const lastUsed = `coalesce(${alias}.last_used_at, '${NEVER}')`;
  return {
    created_at: {
      order: `${created} DESC, ${id} DESC`,
      list: `${list}.created_at`,
      cursor: z.tuple([cursorInstant, cursorText]),
      after: (value, afterId) => `(${created}, ${id}) < (${value}::timestamptz, ${afterId})`,
      position: (row) => [row.created_at.toISOString(), row[key]],
    },
    name: {
      order: `${name}, ${id}`,
      list: `${list}.name`,
      cursor: z.tuple([cursorText, cursorText]),
      after: (value, afterId) => `(${name}, ${id}) > (${value}, ${afterId})`,
      position: (row) => [row.name_key, row[key]],
    },
    last_used_at: {
      order: `${lastUsed} DESC, ${id} DESC`,
      list: `${list}.last_used_at`,
      cursor: z.tuple([z.union([cursorInstant, z.literal(NEVER)]), cursorText]),
      after: (value, afterId) => `(${lastUsed}, ${id}) < (${value}::timestamptz, ${afterId})`,
      position: (row) => [row.last_used_at?.toISOString() ?? NEVER, row[key]],
    },
  };
}
