// Audit events as `append_audit_events` takes them: JSON in the words of the columns.
import type { AuditChanges, AuditParty, NewAuditEvent } from '../domain/audit/audit-event.ts';

interface AuditRecord {
  readonly time: string;
  readonly company_id: string | null;
  readonly action: string;
  readonly outcome: string;
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
  readonly changes: AuditChanges | null;
  readonly details: Readonly<Record<string, string>> | null;
}

/** An index entry of PostgreSQL has at most 2,704 bytes; what strangers send may be longer. */
const MAX_INDEXED_LENGTH = 256;
const MAX_LENGTH = 1024;

export function toAuditRecord(event: NewAuditEvent): AuditRecord {
  const { actor, target } = event;
  return {
    time: event.time.toISOString(),
    company_id: event.companyId,
    action: event.action,
    outcome: event.outcome,
    reason: event.reason,
    actor_type: actor.type,
    actor_id: clip(actor.id, MAX_INDEXED_LENGTH),
    actor_name: nameOf(actor),
    target_type: target && target.type,
    target_id: target && clip(target.id, MAX_INDEXED_LENGTH),
    target_name: target && nameOf(target),
    ip: event.ip,
    user_agent: event.userAgent && clip(event.userAgent, MAX_LENGTH),
    request_id: event.requestId && clip(event.requestId, MAX_INDEXED_LENGTH),
    changes: event.changes,
    details: event.details,
  };
}

/** What JSON.stringify writes for NUL, which PostgreSQL cannot store, and for halves of surrogate pairs, which are no characters. */
const MAYBE_UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** As JSON text that PostgreSQL takes: characters it cannot store become U+FFFD. */
export function toAuditJson(event: NewAuditEvent): string {
  const json = JSON.stringify(toAuditRecord(event));
  if (!MAYBE_UNSTORABLE.test(json)) return json;
  return JSON.stringify(toAuditRecord(event), (_name, value: unknown) =>
    typeof value === 'string' ? value.replace(/[\0\p{Cs}]/gu, '\ufffd') : value,
  );
}

function nameOf(party: AuditParty): string | null {
  return party.name && clip(party.name, MAX_LENGTH);
}

function clip(text: string, length: number): string {
  return text.length > length ? text.slice(0, length) : text;
}
