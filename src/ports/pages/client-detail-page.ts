// One client: its facts, its secrets, what became of its latest requests, and ready-made programs.
import { h } from 'preact';
import { type ClientDetail, ClientDetailPage } from '../../../views/pages/client-detail.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { roleHref } from '../../../views/pages/roles-list.tsx';
import type { TokenRequest } from '../../../views/parts/token-requests.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { AuditEvent } from '../../domain/audit/audit-event.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { toTokenRequest } from './audit-words.ts';
import { findApiNames } from './api-names.ts';
import { shownStatus } from './client-list-page.ts';
import { createFormId } from './form-once.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

const REQUESTS_SHOWN = 10;

export async function showClient(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params, parts, now } = visit;
  const client = await services.clients.get(caller, idOf(params, 'clientId', 'client'));
  const [apis, requests, mayWrite] = await Promise.all([
    findApiNames(visit, client.companyId),
    mayCall(caller, 'audit:read') ? findRequests(visit, client.clientId) : null,
    mayChange(visit, client),
  ]);
  const company = caller.reach.subtree
    ? {
        name: client.companyName,
        href: mayCall(caller, 'companies:read') ? companyHref(client.companyId) : undefined,
      }
    : null;
  const role = {
    name: client.roleName,
    href: mayCall(caller, 'roles:read') ? roleHref(client.roleId) : undefined,
  };
  const secretFormId = createFormId();
  return page((frame) =>
    h(ClientDetailPage, {
      frame,
      client: toDetail(client, company, role, apis.get(client.defaultApi) ?? client.defaultApi, now),
      secrets: client.secrets.map(({ lastUsedIp, ...secret }) => ({ ...secret, lastUsedAddress: lastUsedIp })),
      requests,
      tokenUrl: `${parts.issuer}/oauth2/token`,
      meUrl: `${parts.issuer}/api/v1/me`,
      mayWrite,
      secretFormId,
    }),
  );
}

function toDetail(
  client: ClientSummary,
  company: ClientDetail['company'],
  role: ClientDetail['role'],
  defaultApi: string,
  now: Date,
): ClientDetail {
  return { ...client, company, role, status: shownStatus(client, now), defaultApi };
}

/** Each kind is a list of its own for storage; the newest of both are the newest of all. */
async function findRequests({ caller, services }: SignedInVisit, clientId: string): Promise<TokenRequest[]> {
  const newest = { limit: REQUESTS_SHOWN, order: 'desc' as const };
  const [issued, refused] = await Promise.all([
    services.audit.list(caller, { clientId, action: 'token.issued' }, newest),
    services.audit.list(caller, { clientId, action: 'token.refused' }, newest),
  ]);
  return [...issued.items, ...refused.items]
    .sort(newestFirst)
    .slice(0, REQUESTS_SHOWN)
    .map((event) => toTokenRequest(event, caller));
}

function newestFirst(one: AuditEvent, other: AuditEvent): number {
  return Number(BigInt(other.id) - BigInt(one.id));
}

/** Nobody changes what is stronger than they are, so nothing of the kind is offered. The domain decides again at the act. */
async function mayChange({ caller, services }: SignedInVisit, client: ClientSummary): Promise<boolean> {
  if (!mayCall(caller, 'clients:write')) return false;
  const roles = await services.granting.rolesFor(caller, client.companyId);
  return roles.find(({ id }) => id === client.roleId)?.isGrantable ?? true;
}
