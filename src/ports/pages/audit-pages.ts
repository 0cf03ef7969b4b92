// The audit log: search, filters, pages, and one event with the true reason.
import { h } from 'preact';
import { AuditEventPage } from '../../../views/pages/audit-event.tsx';
import { AuditListPage } from '../../../views/pages/audit-list.tsx';
import type { Caller } from '../../domain/access/caller.ts';
import { AUDIT_ACTIONS, type AuditAction, type AuditChanges, type AuditEvent } from '../../domain/audit/audit-event.ts';
import type { AuditFilter } from '../../domain/stores.ts';
import { decisionLinks, type KnownParties, toAuditRow } from './audit-words.ts';
import { companyFilter } from './company-filter.ts';
import { type Answer, behind, page, type PageRoute, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, hrefOf, idOf, parseQuery, type Query, textOf } from './query.ts';

export const auditRoutes: readonly PageRoute[] = [
  { path: '/audit', place: 'audit', get: behind('audit:read', showEvents) },
  { path: '/audit/:eventId', place: 'audit', get: behind('audit:read', showEvent) },
];

const PAGE_SIZE = 50;
const ACTIONS = Object.keys(AUDIT_ACTIONS) as AuditAction[];

async function showEvents(visit: SignedInVisit): Promise<Answer> {
  const { caller, services } = visit;
  const query = parseQuery(visit.querystring);
  const { filter, errors } = parseFilter(query);
  const isFaulty = Object.keys(errors).length > 0;
  const cursor = textOf(query, 'cursor');
  const found = isFaulty
    ? { items: [], nextCursor: null }
    : await services.audit.list(caller, filter, { limit: PAGE_SIZE, cursor, order: 'desc' });
  const [companies, known] = await Promise.all([companyFilter(visit, query), findParties(visit, found.items)]);
  const kept = {
    company_id: filter.companyId ?? '',
    q: textOf(query, 'q') ?? '',
    action: filter.action ?? '',
    outcome: filter.outcome ?? '',
    from: query['from'] ?? '',
    to: query['to'] ?? '',
  };
  if (companies.settled !== undefined) return seeOther(hrefOf('/audit', { ...kept, company_id: companies.settled }));
  return page(
    (frame) =>
      h(AuditListPage, {
        frame,
        events: found.items.map((event) => toAuditRow(event, caller, known)),
        isReference: filter.requestId !== undefined,
        filter: { ...kept, companyId: kept.company_id },
        errors,
        actions: ACTIONS.map((action) => ({ value: action, label: action })),
        companies: companies.choice,
        firstHref: cursor === undefined ? undefined : hrefOf('/audit', kept),
        nextHref: found.nextCursor === null ? undefined : hrefOf('/audit', { ...kept, cursor: found.nextCursor }),
      }),
    { status: isFaulty ? 422 : 200 },
  );
}

function parseFilter(query: Query): { filter: AuditFilter; errors: { from?: string; to?: string } } {
  const from = parseDay(query['from']);
  const to = parseDay(query['to']);
  const action = choiceOf(query, 'action', ACTIONS);
  const outcome = choiceOf(query, 'outcome', ['success', 'failure']);
  const errors: { from?: string; to?: string } = {};
  if (from === null) errors.from = NO_DATE;
  if (to === null) errors.to = NO_DATE;
  if (from && to && to < from) errors.to = 'This is before “From”.';
  const filter = {
    ...parseSearch(textOf(query, 'q')),
    companyId: textOf(query, 'company_id'),
    action,
    outcome,
    from: from ?? undefined,
    to: to ? new Date(to.getTime() + DAY_MILLISECONDS) : undefined,
  };
  return { filter, errors };
}

const NO_DATE = 'Enter a date such as 2026-03-14.';
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Midnight in UTC; undefined for nothing, null for no date. */
function parseDay(text: string | undefined): Date | undefined | null {
  if (text === undefined || text.trim() === '') return undefined;
  const day = text.trim();
  const at = new Date(`${day}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? at : null;
}

const REFERENCE = /(?:^|\bref[\s:]+|\burn:request:|\bx-request-id[\s:]+)([0-9a-f]{32})(?![0-9a-z])/i;
const CLIENT_ID = /^pst_[0-9A-Za-z]{20,60}$/;

/** People paste what they have: the bare reference, `(ref 3f9c…)`, the `instance` of a problem, or the whole error that a program printed. */
function parseSearch(text: string | undefined): Pick<AuditFilter, 'q' | 'requestId' | 'clientId'> {
  if (text === undefined) return {};
  const reference = REFERENCE.exec(text)?.[1];
  if (reference !== undefined) return { requestId: reference.toLowerCase() };
  if (CLIENT_ID.test(text)) return { clientId: text };
  return { q: text };
}

async function showEvent(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params } = visit;
  const event = await services.audit.get(caller, idOf(params, 'eventId', 'audit event'));
  const known = await findParties(visit, [event]);
  return page((frame) =>
    h(AuditEventPage, {
      frame,
      event: {
        ...toAuditRow(event, caller, known),
        company: companyOf(event, caller, known.companies),
        reasonCode: event.reason,
        userAgent: event.userAgent,
        changes: toChanges(event.changes ?? {}),
        details: Object.entries(event.details ?? {}).map(([name, value]) => ({ name, value })),
        ...decisionLinks(event, caller),
      },
    }),
  );
}

/** The companies' names now: an event carries the id alone. And which of the users can still be opened. */
async function findParties({ caller, services }: SignedInVisit, events: readonly AuditEvent[]): Promise<KnownParties> {
  const companyIds = events.flatMap(({ companyId }) => (companyId === null ? [] : [companyId]));
  const userIds = events
    .flatMap(({ actor, target }) => (target ? [actor, target] : [actor]))
    .flatMap(({ type, id }) => (type === 'user' && id !== null ? [id] : []));
  const [companies, users] = await Promise.all([
    services.companies.namesOf(caller, companyIds),
    services.users.knownOf(caller, [...new Set(userIds)]),
  ]);
  return { companies, users };
}

function companyOf({ companyId }: AuditEvent, caller: Caller, names: ReadonlyMap<string, string>): string {
  if (companyId === null) return 'None: nobody knows whose it was';
  return names.get(companyId) ?? (companyId === caller.companyId ? caller.companyName : `${companyId} (deleted)`);
}

function toChanges(changes: AuditChanges) {
  return Object.entries(changes).map(([field, [before, after]]) => ({
    field,
    old: valueText(before),
    new: valueText(after),
  }));
}

/** Lists by commas, objects with a line for each field: `mode: enforce`. */
function valueText(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.map((each) => valueText(each) ?? '').join(', ') || null;
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value);
  const lines = Object.entries(value).map(([name, each]) => `${name}: ${valueText(each) ?? '–'}`);
  return lines.join('\n') || null;
}
