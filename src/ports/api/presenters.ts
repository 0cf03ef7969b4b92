// From the domain's objects to the wire: the only way out, so that nothing is shown by accident.
import type { z } from 'zod';
import { MANAGEMENT_API_ID, type Privilege, privilegeName } from '../../domain/api/privilege.ts';
import type { AuditEvent } from '../../domain/audit/audit-event.ts';
import type { ClientSecretSummary, ClientSummary } from '../../domain/client/client.ts';
import type { RoleSummary } from '../../domain/role/role.ts';
import type { Page } from '../../domain/stores.ts';
import type { AuthenticatedBearer } from './authentication.ts';
import type {
  auditEventSchema,
  clientSchema,
  clientSecretSchema,
  meSchema,
  privilegeSchema,
  roleSchema,
} from './schemas.ts';

export function presentClient(client: ClientSummary): z.input<typeof clientSchema> {
  return {
    client_id: client.clientId,
    name: client.name,
    description: client.description,
    company_id: client.companyId,
    role_id: client.roleId,
    role: client.roleName,
    status: client.status,
    ip_restriction: { mode: client.ipRestriction.mode, rules: [...client.ipRestriction.rules] },
    default_api: client.defaultApi,
    token_lifetime: client.tokenLifetimeSeconds,
    token_format: client.tokenFormat,
    auth_method: client.authMethod,
    expires_at: timeOrNull(client.expiresAt),
    created_at: client.createdAt.toISOString(),
    updated_at: client.updatedAt.toISOString(),
    last_used_at: timeOrNull(client.lastUsedAt),
    secrets: client.secrets.map(presentSecret),
  };
}

export function presentSecret(secret: ClientSecretSummary): z.input<typeof clientSecretSchema> {
  return {
    id: secret.id,
    hint: secret.hint,
    created_at: secret.createdAt.toISOString(),
    expires_at: timeOrNull(secret.expiresAt),
    last_used_at: timeOrNull(secret.lastUsedAt),
    last_used_ip: secret.lastUsedIp,
  };
}

export function presentRole(role: RoleSummary): z.input<typeof roleSchema> {
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    kind: role.kind,
    company_id: role.companyId,
    privileges: [...role.privileges],
    available_to: role.kind === 'standard' ? 'all' : [...role.availableTo],
    client_count: role.clientCount,
    user_count: role.userCount,
  };
}

export function presentPrivilege(privilege: Privilege): z.input<typeof privilegeSchema> {
  return {
    name: privilegeName(privilege.apiId, privilege.scope),
    api: privilege.apiId,
    scope: privilege.scope,
    group: privilege.group,
    description: privilege.description,
    level: privilege.level,
  };
}

export function presentAuditEvent(event: AuditEvent): z.input<typeof auditEventSchema> {
  const { actor, target } = event;
  return {
    id: event.id,
    time: event.time.toISOString(),
    company_id: event.companyId,
    action: event.action,
    outcome: event.outcome,
    reason: event.reason,
    actor: { type: actor.type, id: actor.id, name: actor.name },
    target: target && { type: target.type, id: target.id, name: target.name },
    ip: event.ip,
    user_agent: event.userAgent,
    request_id: event.requestId,
    changes:
      event.changes &&
      Object.fromEntries(Object.entries(event.changes).map(([field, [before, after]]) => [field, [before, after]])),
    details: event.details && { ...event.details },
  };
}

export function presentMe({
  caller,
  owner,
  token,
  ip,
  secret,
  apiToken,
}: AuthenticatedBearer): z.input<typeof meSchema> {
  const own = `${MANAGEMENT_API_ID}/`;
  const scopes = [...caller.privileges].filter((name) => name.startsWith(own)).map((name) => name.slice(own.length));
  return {
    ...(owner.type === 'client' ? { type: 'client', client_id: owner.id } : { type: 'user', user_id: owner.id }),
    ...(apiToken ? { api_token: { id: apiToken.id, name: apiToken.name, hint: apiToken.hint } } : {}),
    company: { id: caller.companyId, name: caller.companyName },
    role: caller.roleName,
    scope: scopes.join(' '),
    token: { expires_at: timeOrNull(token.expiresAt) },
    ip: { address: ip.address, allowed: ip.allowed, mode: ip.mode },
    secret: secret && { hint: secret.hint, expires_at: timeOrNull(secret.expiresAt) },
  };
}

export function presentPage<Item, Wire>(page: Page<Item>, present: (item: Item) => Wire) {
  return { items: page.items.map(present), next_cursor: page.nextCursor };
}

function timeOrNull(instant: Date | null): string | null {
  return instant?.toISOString() ?? null;
}
