// Audit events as the pages tell them: reasons in words, parties with links, token requests as rows.
import type { AuditParty as PartyView, AuditRow } from '../../../views/pages/audit-list.tsx';
import { allowAddressHref, clientCheckHref } from '../../../views/pages/client-check.tsx';
import { allowTokenAddressHref } from '../../../views/parts/api-tokens.tsx';
import type { TokenRequest } from '../../../views/parts/token-requests.tsx';
import { type Caller, mayCall } from '../../domain/access/caller.ts';
import type { AuditAction, AuditEvent, AuditParty } from '../../domain/audit/audit-event.ts';
import { hrefOf } from './query.ts';

/** An address that cannot be told, in a question about access. */
export const UNKNOWN_ADDRESS = 'unknown';

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
  company_address_refused: 'Address not allowed by the company',
  token_address_refused: 'Address not allowed by the API token',
  missing_credentials: 'No client ID or no secret was sent',
  malformed_credentials: 'The client ID or the secret could not be read',
  too_many_attempts: 'Too many failed attempts from this address',
  unsupported_grant_type: 'Asked for another grant than client_credentials',
  invalid_request: 'The request was malformed',
  invalid_scope: 'Asked for a scope that the role doesn’t have',
  invalid_target: 'Asked for an API, or a company, that it has no privileges on',
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

/** Where each kind of party has its page, and what it takes to open it. */
const PAGES: Readonly<Record<string, { path: string; privilege: string; id: RegExp }>> = {
  client: { path: '/clients', privilege: 'clients:read', id: CLIENT_ID },
  user: { path: '/users', privilege: 'users:read', id: /^usr_[0-9A-Za-z]{10,}$/ },
  api_token: { path: '/api-tokens', privilege: 'api-tokens:read', id: /^tok_[0-9A-Za-z]{10,}$/ },
  role: { path: '/roles', privilege: 'roles:read', id: /^role_[0-9A-Za-z]{10,}$/ },
  api: { path: '/apis', privilege: 'apis:read', id: /^[a-z0-9-]{1,40}$/ },
  company: { path: '/companies', privilege: 'companies:read', id: /^co_[0-9A-Za-z]{4,}$/ },
};

/** What the parties of events are looked up in. */
export interface KnownParties {
  /** The names of the companies within reach, by id. */
  readonly companies: ReadonlyMap<string, string>;
  /** The users within reach now. Whoever acted may be of a company above, have moved or be gone: their page would not be found. */
  readonly users: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

/** What an unknown client called itself leads nowhere; neither does what was just deleted. */
function hrefOfParty(party: AuditParty, event: AuditEvent, caller: Caller, users = nobody): string | undefined {
  const isGone = event.action === `${party.type}.deleted` && party === event.target;
  const target = Object.hasOwn(PAGES, party.type) ? PAGES[party.type] : undefined;
  if (!target || event.companyId === null || isGone) return undefined;
  if (party.type === 'user' && !users.has(party.id)) return undefined;
  if (!target.id.test(party.id) || !mayCall(caller, target.privilege)) return undefined;
  return `${target.path}/${encodeURIComponent(party.id)}`;
}

/** Events of which the access decision is a part. */
const DECISIONS: ReadonlySet<AuditAction> = new Set([
  'token.issued',
  'token.refused',
  'token.use_refused',
  'token.use_reported',
]);

/** From a decision to what it would be now, and to letting the address in. */
export function decisionLinks(
  event: AuditEvent,
  caller: Caller,
): { readonly explainHref?: string; readonly allowHref?: string } {
  const { ip, details, reason } = event;
  if (!DECISIONS.has(event.action)) return {};
  if (reason === 'token_address_refused') return ownListOf(event, caller);
  const clientId = judgedClientOf(event, caller);
  if (clientId === undefined) return {};
  const explainHref = hrefOf(clientCheckHref(clientId), {
    address: ip ?? UNKNOWN_ADDRESS,
    scope: details?.['scope'],
    resource: details?.['resource'] ?? details?.['audience'],
    company_id: details?.['company_id'],
  });
  const mayAllow = reason === 'address_refused' && ip !== null && mayCall(caller, 'clients:write');
  return { explainHref, ...(mayAllow ? { allowHref: allowAddressHref(clientId, ip) } : {}) };
}

/** The client whose rules decided: the one that came, or whose API token did. Users have no rules of their own. */
function judgedClientOf(event: AuditEvent, caller: Caller): string | undefined {
  const { actor, details } = event;
  const isOwned = actor.type === 'api_token' && details?.['owner_type'] === 'client';
  const client = isOwned ? { type: 'client', id: details['owner_id'] ?? '', name: null } : actor;
  return client.type === 'client' && hrefOfParty(client, event, caller) ? client.id : undefined;
}

/** An API token's own list is changed in its form. */
function ownListOf(event: AuditEvent, caller: Caller): { readonly allowHref?: string } {
  const { actor, ip } = event;
  if (!hrefOfParty(actor, event, caller) || ip === null || !mayCall(caller, 'api-tokens:write')) return {};
  return { allowHref: allowTokenAddressHref(actor.id, ip) };
}

function toPartyView(party: AuditParty, event: AuditEvent, caller: Caller, { users }: KnownParties): PartyView {
  return { type: party.type, id: party.id, name: party.name, href: hrefOfParty(party, event, caller, users) };
}

/** A success with a reason: let in, although the IP restriction (in its mode *report*) would have refused it. */
function outcomeOf(event: AuditEvent): 'success' | 'refused' | 'reported' {
  if (event.outcome === 'failure') return 'refused';
  const isUse = event.action === 'token.issued' || event.action === 'token.use_reported';
  return isUse && event.reason !== null ? 'reported' : 'success';
}

export function toAuditRow(event: AuditEvent, caller: Caller, known: KnownParties): AuditRow {
  return {
    id: event.id,
    at: event.time,
    action: event.action,
    actor: toPartyView(event.actor, event, caller, known),
    target: event.target && toPartyView(event.target, event, caller, known),
    outcome: outcomeOf(event),
    reason: reasonInWords(event.reason),
    address: event.ip,
    requestId: event.requestId,
    company: caller.reach.subtree && event.companyId !== null ? (known.companies.get(event.companyId) ?? null) : null,
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
