// A client as the audit log shows it: the words of the wire, and no secrets.
import type { AuditParty } from '../audit/audit-event.ts';
import type { Client } from './client.ts';

export function clientParty(client: Pick<Client, 'clientId' | 'name'>): AuditParty {
  return { type: 'client', id: client.clientId, name: client.name };
}

/** The fields whose old and new values stand in `changes`. */
export function clientAuditView(client: Client, roleName: string): Record<string, unknown> {
  return {
    name: client.name,
    description: client.description,
    company_id: client.companyId,
    role_id: client.roleId,
    role: roleName,
    status: client.status,
    ip_restriction: client.ipRestriction,
    default_api: client.defaultApi,
    token_lifetime: client.tokenLifetimeSeconds,
    token_format: client.tokenFormat,
    auth_method: client.authMethod,
    expires_at: client.expiresAt?.toISOString() ?? null,
  };
}
