// The orders in which clients are listed, each with the position that a cursor holds. The client ID comes last: no two rows tie.
import { z } from 'zod';
import type { ClientSort } from '../domain/stores.ts';
import { cursorInstant, type CursorList, cursorText } from './cursor.ts';
import type { ClientRow } from './entities/client.ts';

type Position = [value: string, clientId: string];

interface SortOrder {
  readonly order: string;
  readonly list: CursorList;
  readonly cursor: z.ZodType<Position>;
  /** What comes after a position, whose two values stand in these placeholders. */
  after(value: string, clientId: string): string;
  position(row: ClientRow): Position;
}

/** Before every instant: clients that were never used come last. */
const NEVER = '-infinity';
const LAST_USED = `coalesce(c.last_used_at, '${NEVER}')`;

export const CLIENT_SORTS: Readonly<Record<ClientSort, SortOrder>> = {
  created_at: {
    order: 'c.created_at DESC, c.client_id DESC',
    list: 'clients.created_at',
    cursor: z.tuple([cursorInstant, cursorText]),
    after: (value, clientId) => `(c.created_at, c.client_id) < (${value}::timestamptz, ${clientId})`,
    position: (row) => [row.created_at.toISOString(), row.client_id],
  },
  name: {
    order: 'c.name_key, c.client_id',
    list: 'clients.name',
    cursor: z.tuple([cursorText, cursorText]),
    after: (value, clientId) => `(c.name_key, c.client_id) > (${value}, ${clientId})`,
    position: (row) => [row.name_key, row.client_id],
  },
  last_used_at: {
    order: `${LAST_USED} DESC, c.client_id DESC`,
    list: 'clients.last_used_at',
    cursor: z.tuple([z.union([cursorInstant, z.literal(NEVER)]), cursorText]),
    after: (value, clientId) => `(${LAST_USED}, c.client_id) < (${value}::timestamptz, ${clientId})`,
    position: (row) => [row.last_used_at?.toISOString() ?? NEVER, row.client_id],
  },
};
