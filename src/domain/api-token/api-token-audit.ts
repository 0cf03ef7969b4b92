// An API token as the audit log shows it: the words of the wire, and never its value.
import type { Caller } from '../access/caller.ts';
import { privilegeName } from '../api/privilege.ts';
import { actorOf, type AuditChanges, auditEvent, type AuditParty, type NewAuditEvent } from '../audit/audit-event.ts';
import type { ApiToken } from './api-token.ts';

type Told = Omit<ApiToken, 'tokenHash'>;

type ApiTokenAction = 'api_token.created' | 'api_token.updated' | 'api_token.regenerated' | 'api_token.deleted';

export function apiTokenParty(token: Pick<ApiToken, 'id' | 'name'>): AuditParty {
  return { type: 'api_token', id: token.id, name: token.name };
}

/** The fields whose old and new values stand in `changes`. */
export function apiTokenAuditView(token: Told): Record<string, unknown> {
  return {
    name: token.name,
    api: token.apiId,
    privileges: privilegesOf(token),
    ip_restriction: token.ipRestriction,
    expires_at: token.expiresAt?.toISOString() ?? null,
  };
}

/** `changes` of one that is gone: nothing is left of what it was. */
export function changesOfDeleted(token: Told): AuditChanges {
  return Object.fromEntries(
    Object.entries(apiTokenAuditView(token)).map(([field, value]) => [field, [value, null] as const]),
  );
}

/** It stands in the log of the company of its owner. */
export function apiTokenEvent(
  action: ApiTokenAction,
  caller: Caller,
  time: Date,
  token: Told,
  changes: AuditChanges | undefined,
): NewAuditEvent {
  return auditEvent(action, caller.origin, {
    time,
    companyId: token.companyId,
    actor: actorOf(caller),
    target: apiTokenParty(token),
    changes: changes ?? null,
    details: { owner_type: token.ownerType, owner_id: token.ownerId, hint: token.hint },
  });
}

/** `<api id>/<scope>`, in the order of the catalogue. */
export function privilegesOf({ apiId, scopes }: Pick<ApiToken, 'apiId' | 'scopes'>): readonly string[] {
  return scopes.map((scope) => privilegeName(apiId, scope));
}
