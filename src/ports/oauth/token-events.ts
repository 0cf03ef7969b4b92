// The audit events of the OAuth endpoints.
import { type AuditParty, auditEvent, type NewAuditEvent } from '../../domain/audit/audit-event.ts';
import type { Origin } from '../../domain/access/caller.ts';
import { reportedRefusal } from '../../domain/access/access-decision.ts';
import { narrowingDetails } from '../../domain/access/narrowing.ts';
import type { LiveOwner } from '../../domain/access/live-owner.ts';
import type { IpAddress } from '../../domain/address/ip-address.ts';
import type { LiveApiToken } from '../../domain/api-token/live-api-token.ts';
import type { LiveClient, LiveSecret } from '../../domain/client/live-client.ts';
import type { AccessTokenClaims } from '../../domain/token/access-token.ts';
import type { Grant } from '../../domain/token/grant.ts';
import type { InspectedToken } from '../../domain/token/inspected-token.ts';

export type Endpoint = 'token' | 'introspection' | 'revocation';

/** What a request tells of itself. */
export interface RequestFacts {
  readonly endpoint: Endpoint;
  readonly origin: Origin;
  /** undefined when the deciding hop was no address. */
  readonly address: IpAddress | undefined;
  /** What a token request asks for, by parameter: a refusal is explained by it. Nothing secret. */
  readonly asked?: Readonly<Record<string, string | undefined>>;
}

interface Issued {
  readonly client: LiveClient;
  readonly secret: LiveSecret;
  readonly grant: Grant;
  readonly claims: AccessTokenClaims;
}

/**
 * In the log of the company that the token is confined to: whoever administers the client's own company reaches it there.
 * A reason on a success: the IP restriction, which only reports, would have refused the address.
 */
export function issuedEvent(facts: RequestFacts, time: Date, { client, secret, grant, claims }: Issued): NewAuditEvent {
  return auditEvent('token.issued', facts.origin, {
    time,
    companyId: client.companyId,
    actor: clientParty(client),
    target: { type: 'api', id: grant.api.id, name: grant.api.name },
    reason: reportedRefusal(client, facts.address) ?? null,
    details: {
      scope: claims.scope,
      audience: claims.aud,
      jti: claims.jti,
      format: client.tokenFormat,
      expires_at: new Date(claims.exp * 1000).toISOString(),
      secret_hint: secret.hint,
      ...narrowingDetails(client),
    },
  });
}

interface Refused {
  readonly reason: string;
  /** As the request named it; undefined when it named none. */
  readonly attemptedId: string | undefined;
  readonly client: LiveClient | undefined;
  readonly secret?: LiveSecret | undefined;
  readonly details?: Readonly<Record<string, string | undefined>>;
}

export function refusedEvent(facts: RequestFacts, time: Date, refused: Refused): NewAuditEvent {
  const { client, secret } = refused;
  const details = {
    ...(facts.endpoint === 'token' ? {} : { endpoint: facts.endpoint }),
    ...(secret ? { secret_hint: secret.hint } : {}),
    // Of nobody's requests nothing is explained, and strangers needn't fill the log.
    ...(client ? clipped(facts.asked ?? {}) : {}),
    ...clipped(refused.details ?? {}),
    ...(client ? narrowingDetails(client) : {}),
  };
  return auditEvent('token.refused', facts.origin, {
    time,
    companyId: client?.companyId ?? null,
    actor: client ? clientParty(client) : { type: 'client', id: attempted(refused.attemptedId), name: null },
    outcome: 'failure',
    reason: refused.reason,
    details: Object.keys(details).length > 0 ? details : null,
  });
}

/** By the client whose token it is. */
export function revokedEvent(facts: RequestFacts, time: Date, token: InspectedToken, expiresAt: Date): NewAuditEvent {
  return auditEvent('token.revoked', facts.origin, {
    time,
    companyId: token.owner.companyId,
    actor: clientParty(token.owner),
    target: { type: 'access_token', id: token.jti, name: null },
    details: {
      audience: token.audience,
      expires_at: expiresAt.toISOString(),
      ...narrowingDetails(token.owner),
    },
  });
}

export function endedApiTokenEvent(
  facts: RequestFacts,
  time: Date,
  owner: LiveOwner,
  { id, name, hint }: LiveApiToken,
): NewAuditEvent {
  return auditEvent('api_token.deleted', facts.origin, {
    time,
    companyId: owner.companyId,
    actor: clientParty(owner),
    target: { type: 'api_token', id, name },
    details: { owner_type: owner.type, owner_id: owner.id, hint, endpoint: facts.endpoint },
  });
}

function clientParty({ id, name }: Pick<LiveClient, 'id' | 'name'>): AuditParty {
  return { type: 'client', id, name };
}

const MAX_ATTEMPTED_ID = 128;
const MAX_DETAIL = 1000;
/** Shapes of secrets and tokens: whoever mixes up the two fields must not find the secret in the audit log. */
const CREDENTIAL = /pst[st]_|^eyJ/;

function attempted(id: string | undefined): string {
  if (id === undefined) return '(none)';
  if (CREDENTIAL.test(id)) return '(a credential in place of the client ID)';
  return printable(id, MAX_ATTEMPTED_ID);
}

function clipped(details: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined) kept[name] = CREDENTIAL.test(value) ? '(a credential)' : printable(value, MAX_DETAIL);
  }
  return kept;
}

function printable(text: string, max: number): string {
  const shown = text.slice(0, max).replaceAll(/[^\x20-\x7e]/g, '?');
  return text.length > max ? `${shown}...` : shown;
}
