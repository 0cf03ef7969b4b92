// The audit log: search it, or follow it with a cursor.
import { z } from 'zod';
import { instantText } from '../../domain/text.ts';
import { defineRoute, type Route } from './contract.ts';
import { examples } from './examples.ts';
import { filterChoice, filterText, pageQuery, pageRequestOf, searchText } from './list-query.ts';
import { pathId } from './path-params.ts';
import { presentAuditEvent, presentPage } from './presenters.ts';
import { auditActions, auditEventSchema, pageOf } from './schemas.ts';

const listQuery = z.strictObject({
  q: searchText('Text within the names, ids and reasons of events.'),
  action: filterChoice('action', auditActions, 'Only events of this kind.'),
  outcome: filterChoice('outcome', ['success', 'failure'], 'Only events that ended so.'),
  reason: filterText('reason', 'Only refusals for this reason, such as `client_inactive`.'),
  company_id: filterText('company_id', 'Only events of this company.'),
  actor_id: filterText('actor_id', 'Only what this client or user did.'),
  target_id: filterText('target_id', 'Only what was done to this.'),
  client_id: filterText('client_id', 'Only what this client did or what was done to it.'),
  request_id: filterText('request_id', 'Only the events of this request: the reference in a refusal.'),
  from: instantText('from').optional().meta({ description: 'Only events at or after this time.' }),
  to: instantText('to').optional().meta({ description: 'Only events before this time.' }),
  order: filterChoice(
    'order',
    ['desc', 'asc'],
    'Newest first (`desc`, also when absent) or oldest first (`asc`), and then `next_cursor` is never null.',
  ),
  ...pageQuery,
});

const listAuditEvents = defineRoute({
  method: 'GET',
  path: '/api/v1/audit-events',
  operationId: 'listAuditEvents',
  tag: 'Audit',
  summary: 'List audit events',
  description:
    'Newest first. To follow the log, read it with `order=asc` and keep asking with the last `next_cursor`: it is never null then, and a page without items means that nothing new has happened.',
  privilege: 'audit:read',
  query: listQuery,
  success: {
    status: 200,
    description: 'A page.',
    schema: pageOf(auditEventSchema, 'AuditEventPage'),
    example: examples.auditEvents,
  },
  async handle({ services, caller, query }) {
    const filter = {
      q: query.q,
      action: query.action,
      outcome: query.outcome,
      reason: query.reason,
      companyId: query.company_id,
      actorId: query.actor_id,
      targetId: query.target_id,
      clientId: query.client_id,
      requestId: query.request_id,
      from: query.from,
      to: query.to,
    };
    const page = await services.audit.list(caller, filter, { ...pageRequestOf(query), order: query.order ?? 'desc' });
    return { body: presentPage(page, presentAuditEvent) };
  },
});

const getAuditEvent = defineRoute({
  method: 'GET',
  path: '/api/v1/audit-events/{id}',
  operationId: 'getAuditEvent',
  tag: 'Audit',
  summary: 'Show an audit event',
  description: 'One event. Events never change.',
  privilege: 'audit:read',
  params: z.strictObject({ id: pathId('audit event', 'Id of the event.') }),
  success: { status: 200, description: 'The event.', schema: auditEventSchema, example: examples.auditEvent },
  hasEntityTag: true,
  async handle({ services, caller, params }) {
    const representation = presentAuditEvent(await services.audit.get(caller, params.id));
    return { body: representation, entity: { version: 1, representation } };
  },
});

export const auditRoutes: readonly Route[] = [listAuditEvents, getAuditEvent];
