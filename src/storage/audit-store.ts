// The audit log in the database: appended within transactions, read in pages.
import { z } from 'zod';
import type { Reach } from '../domain/access/caller.ts';
import type { AuditAction, AuditEvent, AuditOutcome, AuditParty } from '../domain/audit/audit-event.ts';
import type { AuditFilter, AuditStore, Page, PageRequest } from '../domain/stores.ts';
import { toAuditJson } from './audit-rows.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Statements } from './database-session.ts';
import { scanInWindows } from './id-windows.ts';
import { withinReach } from './reach.ts';
import { containingAsIs } from './search-text.ts';
import { SqlValues } from './sql-values.ts';

export function createAuditStore({ query }: Statements): AuditStore {
  return {
    async append(...events) {
      if (events.length === 0) return;
      await query('SELECT append_audit_events($1::jsonb)', [`[${events.map(toAuditJson).join(',')}]`]);
    },
    async find(id, reach) {
      const values = new SqlValues();
      const { rows } = await query<AuditRow>(
        `SELECT * FROM audit_event e WHERE e.id = ${values.add(id)} AND ${withinReach(reach, COMPANY, values)}`,
        values.list,
      );
      return rows[0] && toEvent(rows[0]);
    },
    list: (filter, page, reach) => listEvents(query, filter, page, reach),
  };
}

interface AuditRow {
  /** bigint: decimal text. */
  readonly id: string;
  readonly time: Date;
  readonly company_id: string | null;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  readonly reason: string | null;
  readonly actor_type: string;
  readonly actor_id: string;
  readonly actor_name: string | null;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly target_name: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly changes: AuditEvent['changes'];
  readonly details: AuditEvent['details'];
}

const COMPANY = { id: 'e.company_id', path: 'e.company_path' };
const SEARCHED = `concat_ws(E'\\n', e.actor_name, e.target_name, e.actor_id, e.target_id, e.request_id, e.ip, e.reason, e.action)`;

/** The id up to which a reader has seen everything. */
const position = z.tuple([z.string().regex(/^\d{1,18}$/)]);

async function listEvents(
  query: Statements['query'],
  filter: AuditFilter,
  page: PageRequest & { order: 'asc' | 'desc' },
  reach: Reach,
): Promise<Page<AuditEvent>> {
  const isId = filter.q !== undefined && (await isStoredId(query, filter.q));
  const [after] = decodeCursor(page.cursor, 'audit_events', position) ?? [];
  const values = new SqlValues();
  const conditions = [withinReach(reach, COMPANY, values), ...filterConditions(filter, isId, values)].join(' AND ');
  const { rows: edges } = await query<{ first: string | null; last: string | null }>(
    'SELECT first, last FROM audit_log_edges()',
  );
  const scan = await scanInWindows<AuditRow>({
    order: page.order,
    first: BigInt(edges[0]?.first ?? 1),
    last: BigInt(edges[0]?.last ?? 0),
    after: after === undefined ? undefined : BigInt(after),
    limit: page.limit,
    async read(lowest, highest, limit) {
      const bounds = new SqlValues(values.list);
      const { rows } = await query<AuditRow>(
        `SELECT * FROM audit_event e
         WHERE e.id BETWEEN ${bounds.add(String(lowest))} AND ${bounds.add(String(highest))} AND ${conditions}
         ORDER BY e.id ${page.order} LIMIT ${bounds.add(limit)}`,
        bounds.list,
      );
      return rows;
    },
  });
  const isOver = page.order === 'desc' && scan.isComplete;
  return {
    items: scan.rows.map(toEvent),
    nextCursor: isOver ? null : encodeCursor('audit_events', [String(scan.position)]),
  };
}

/** A request id, a client ID, an id such as `usr_…`, as the pages show them. */
const WHOLE_ID = /^(?:[0-9a-f]{32}|[a-z]+_[0-9A-Za-z]{20,})$/;

/** Whoever pastes a whole id, such as the reference of a refusal, is served by an index. */
async function isStoredId(query: Statements['query'], text: string): Promise<boolean> {
  if (!WHOLE_ID.test(text)) return false;
  const { rowCount } = await query(
    'SELECT FROM audit_event WHERE request_id = $1 OR actor_id = $1 OR target_id = $1 LIMIT 1',
    [text],
  );
  return rowCount !== 0;
}

function filterConditions(filter: AuditFilter, isId: boolean, values: SqlValues): string[] {
  const conditions: string[] = [];
  const equal = { action: filter.action, outcome: filter.outcome, reason: filter.reason, request_id: filter.requestId };
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) conditions.push(`e.${column} = ${values.add(value)}`);
  }
  if (filter.actorId !== undefined) conditions.push(`e.actor_id = ${values.add(filter.actorId)}`);
  if (filter.companyId !== undefined) conditions.push(`e.company_id = ${values.add(filter.companyId)}`);
  if (filter.targetId !== undefined) conditions.push(`e.target_id = ${values.add(filter.targetId)}`);
  if (filter.clientId !== undefined) {
    const client = values.add(filter.clientId);
    conditions.push(
      `(e.actor_id = ${client} AND e.actor_type = 'client' OR e.target_id = ${client} AND e.target_type = 'client')`,
    );
  }
  if (filter.from !== undefined) conditions.push(`e.time >= ${values.add(filter.from)}`);
  if (filter.to !== undefined) conditions.push(`e.time < ${values.add(filter.to)}`);
  if (filter.q !== undefined && isId) {
    const id = values.add(filter.q);
    conditions.push(`(e.request_id = ${id} OR e.actor_id = ${id} OR e.target_id = ${id})`);
  } else if (filter.q !== undefined) {
    // The collation of the columns knows the case of ASCII letters alone.
    conditions.push(`${SEARCHED} COLLATE "default" ILIKE ${values.add(containingAsIs(filter.q))}`);
  }
  return conditions;
}

function toEvent(row: AuditRow): AuditEvent {
  return {
    id: row.id,
    time: row.time,
    companyId: row.company_id,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    target: toTarget(row),
    ip: row.ip,
    userAgent: row.user_agent,
    requestId: row.request_id,
    changes: row.changes,
    details: row.details,
  };
}

function toTarget(row: AuditRow): AuditParty | null {
  if (row.target_type === null || row.target_id === null) return null;
  return { type: row.target_type, id: row.target_id, name: row.target_name };
}
