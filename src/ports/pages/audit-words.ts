// Audit events as the pages tell them: reasons in words, parties with links, token requests as rows.
import type { AuditParty as PartyView, AuditRow } from '../../../views/pages/audit-list.tsx';
import type { TokenRequest } from '../../../views/parts/token-requests.tsx';
import { type Caller, mayCall } from '../../domain/access/caller.ts';
import type { AuditEvent, AuditParty } from '../../domain/audit/audit-event.ts';

/** What an administrator understands; codes that are not here are shown with spaces. */
const REASONS: Readonly<Record<string, string>> = {
  unknown_client: 'Unknown client ID',
  wrong_secret: 'Wrong secret',
  malformed_secret: 'Not a secret of Postern: mistyped or cut off',
  secret_expired: 'The secret has expired',
  client_inactive: 'The client is inactive',
  client_expired: 'The client has expired',
  company_suspended: 'The company is suspended',
  address_refused: 'Address not allowed',
  invalid_scope: 'Asked for a scope that the role doesn’t have',
  invalid_target: 'Asked for an API that it has no privileges on',
  unknown_user: 'Unknown email address',
  wrong_password: 'Wrong password',
  no_password: 'The invitation hasn’t been accepted yet',
  user_inactive: 'The user is inactive',
};

export function reasonInWords(reason: string | null): string | null {
  if (reason === null) return null;
  if (Object.hasOwn(REASONS, reason)) return REASONS[reason] ?? reason;
  const words = reason.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const CLIENT_ID = /^pst_[0-9A-Za-z]{20,}$/;

export function auditHref(event: { id: string }): string {
  return `/audit/${encodeURIComponent(event.id)}`;
}

/** What an unknown client called itself leads nowhere; neither does what was just deleted. */
function hrefOfParty(party: AuditParty, event: AuditEvent, caller: Caller): string | undefined {
  const isGone = event.action === 'client.deleted' && party === event.target;
  if (party.type !== 'client' || event.companyId === null || isGone) return undefined;
  if (!CLIENT_ID.test(party.id) || !mayCall(caller, 'clients:read')) return undefined;
  return `/clients/${encodeURIComponent(party.id)}`;
}

export function toPartyView(party: AuditParty, event: AuditEvent, caller: Caller): PartyView {
  return { type: party.type, id: party.id, name: party.name, href: hrefOfParty(party, event, caller) };
}

/** A success with a reason: let in, although the IP restriction (in its mode *report*) would have refused it. */
function outcomeOf(event: AuditEvent): 'success' | 'refused' | 'reported' {
  if (event.outcome === 'failure') return 'refused';
  return event.action === 'token.issued' && event.reason !== null ? 'reported' : 'success';
}

export function toAuditRow(event: AuditEvent, caller: Caller): AuditRow {
  return {
    id: event.id,
    at: event.time,
    action: event.action,
    actor: toPartyView(event.actor, event, caller),
    target: event.target && toPartyView(event.target, event, caller),
    outcome: outcomeOf(event),
    reason: reasonInWords(event.reason),
    address: event.ip,
    requestId: event.requestId,
  };
}

export function toTokenRequest(event: AuditEvent, caller: Caller): TokenRequest {
  return {
    id: event.id,
    at: event.time,
    outcome: outcomeOf(event),
    reason: reasonInWords(event.reason),
    requestId: event.requestId ?? '',
    address: event.ip,
    client: {
      name: event.actor.name ?? event.actor.id,
      href: hrefOfParty(event.actor, event, caller) ?? null,
    },
  };
}
