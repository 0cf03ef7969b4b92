// Audit events: who did what to what, from where, with what outcome. The actions are a closed union.
import type { Caller, Origin } from '../access/caller.ts';

/** Every action that can stand in the audit log, with what it means. `subject.verb_past`. */
export const AUDIT_ACTIONS = {
  'token.issued': 'An access token was issued to a client.',
  'token.refused': 'A token request was refused; the reason says why.',
  'token.revoked': 'A client revoked one of its tokens.',
  'token.use_refused':
    'A call of the Management API, or one that the gate was asked about, came from an address that is not allowed; told once a minute for each client or API token, and address.',
  'token.use_reported': 'As token.use_refused, but let through, because the restriction only reports.',
  'client.created': 'A client was registered.',
  'client.updated': 'A client was changed.',
  'client.deleted': 'A client was deleted with its secrets and API tokens.',
  'client.tokens_revoked': 'All tokens of a client were ended; its API tokens were deleted.',
  'client_secret.created': 'A client secret was made.',
  'client_secret.deleted': 'A client secret was deleted.',
  'api_token.created': 'An API token was made for a client or a user.',
  'api_token.updated': 'An API token was changed.',
  'api_token.regenerated': 'An API token got a new value; the old one is dead.',
  'api_token.deleted': 'An API token was deleted, and is dead.',
  'company.created': 'A company was made.',
  'company.updated': 'A company was changed.',
  'company.suspended': 'A company was suspended: it and all below it are refused.',
  'company.reactivated': 'A suspended company was let in again.',
  'company.deleted': 'An empty company was deleted.',
  'api.created': 'An API was registered.',
  'api.updated': 'An API was changed; the rights of those who use it follow at once.',
  'api.deleted': 'An API that nobody used was deleted.',
  'api.imported': 'The OpenAPI description of an API was imported, and its privileges with it.',
  'role.created': 'A custom role was made.',
  'role.updated': 'A custom role was changed; the rights of its holders follow at once.',
  'role.deleted': 'A custom role that nobody had was deleted.',
  'user.created': 'A user was made.',
  'user.updated': 'A user was changed.',
  'user.activated': 'An inactive user was let in again.',
  'user.deactivated': 'A user was made inactive; their sessions ended.',
  'user.deleted': 'A user was deleted with their API tokens; their sessions ended.',
  'user.invited': 'A user got a new invitation with which to set their password; earlier ones are void.',
  'user.signed_in': 'A user signed in.',
  'user.sign_in_refused': 'A sign-in was refused; the reason says why.',
  'user.signed_out': 'A user signed out.',
  'user.password_changed': 'A user changed their password; their other sessions ended.',
  'user.password_set': 'An administrator or a job set a user’s password; the user’s sessions ended.',
  'session.revoked': 'A session was ended before its time.',
  'signing_key.created': 'A signing key was made.',
  'installation.set_up': 'The first user was set up.',
} as const satisfies Record<string, string>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;
export type AuditOutcome = 'success' | 'failure';

/** Someone or something in an event; `name` as it was at that time. */
export interface AuditParty {
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
}

/** Old and new value by field. Never secrets. */
export type AuditChanges = Readonly<Record<string, readonly [unknown, unknown]>>;

export interface NewAuditEvent {
  readonly time: Date;
  /** Whose log it belongs to; null when nobody's (an unknown client): the root company's administrators see it. */
  readonly companyId: string | null;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  readonly reason: string | null;
  readonly actor: AuditParty;
  readonly target: AuditParty | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly changes: AuditChanges | null;
  /** Further facts as text, such as `scope` and `api` of an issued token. */
  readonly details: Readonly<Record<string, string>> | null;
}

export interface AuditEvent extends NewAuditEvent {
  /** A decimal number, growing in the order of storing. */
  readonly id: string;
}

/** Stores events that belong to no other change. The promise is kept when they are on disk; until then nothing may be answered. */
export interface AuditLog {
  append(event: NewAuditEvent): Promise<void>;
}

export function actorOf(caller: Caller): AuditParty {
  return { type: caller.type, id: caller.id, name: caller.name };
}

interface EventParts {
  readonly time: Date;
  readonly companyId: string | null;
  readonly actor: AuditParty;
  readonly target?: AuditParty | null;
  readonly outcome?: AuditOutcome;
  readonly reason?: string | null;
  readonly changes?: AuditChanges | null;
  readonly details?: Readonly<Record<string, string>> | null;
}

/** An event with what the request tells of itself filled in. */
export function auditEvent(action: AuditAction, origin: Origin, parts: EventParts): NewAuditEvent {
  return {
    action,
    time: parts.time,
    companyId: parts.companyId,
    outcome: parts.outcome ?? 'success',
    reason: parts.reason ?? null,
    actor: parts.actor,
    target: parts.target ?? null,
    ip: origin.ip,
    userAgent: origin.userAgent,
    requestId: origin.requestId,
    changes: parts.changes ?? null,
    details: parts.details ?? null,
  };
}

/** The fields in which two states differ, as old and new; undefined when nothing differs. Dates become RFC 3339. */
export function changesBetween(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): AuditChanges | undefined {
  const changes: Record<string, readonly [unknown, unknown]> = {};
  for (const [field, value] of Object.entries(after)) {
    const old = before[field] ?? null;
    if (JSON.stringify(old) !== JSON.stringify(value ?? null)) changes[field] = [old, value ?? null];
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}
