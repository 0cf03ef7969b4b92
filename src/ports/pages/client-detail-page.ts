// One client: its facts, its secrets, what became of its latest requests, and ready-made programs.
import { h } from 'preact';
import { ClientDetailPage } from '../../../views/pages/client-detail.tsx';
import { allowAddressHref } from '../../../views/pages/client-check.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { roleHref } from '../../../views/pages/roles-list.tsx';
import type { TokenRequest } from '../../../views/parts/token-requests.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import type { AuditEvent } from '../../domain/audit/audit-event.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { findOwnedTokens } from './api-token-rows.ts';
import { toTokenRequest } from './audit-words.ts';
import { toSourceRow } from './client-address-pages.ts';
import { findHosts } from './host-views.ts';
import { findApiNames } from './api-names.ts';
import { shownStatus } from './client-list-page.ts';
import { mayChange, mayHandOn } from './client-rights.ts';
import { createFormId } from './form-once.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

const REQUESTS_SHOWN = 10;
const SOURCES_SHOWN = 10;

export async function showClient(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, params, parts, now } = visit;
  const client = await services.clients.get(caller, idOf(params, 'clientId', 'client'));
  const mayWrite = await mayChange(visit, client);
  const [apis, requests, sources, hosts, apiTokens] = await Promise.all([
    findApiNames(visit, client.companyId),
    mayCall(caller, 'audit:read') ? findRequests(visit, client, mayWrite) : null,
    services.clientAddresses.sources(caller, client.clientId, { limit: SOURCES_SHOWN }),
    findHosts(visit, client),
    mayHandOn(visit, client).then((mayMake) => findOwnedTokens(visit, 'client', client.clientId, mayMake)),
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
      client: {
        ...client,
        company,
        role,
        status: shownStatus(client, now),
        defaultApi: apis.get(client.defaultApi) ?? client.defaultApi,
        hosts,
      },
      secrets: client.secrets.map(({ lastUsedIp, ...secret }) => ({ ...secret, lastUsedAddress: lastUsedIp })),
      apiTokens,
      sources: sources.items.map((source) => toSourceRow(source, client, mayWrite)),
      hasMoreSources: sources.nextCursor !== null,
      requests,
      tokenUrl: `${parts.issuer}/oauth2/token`,
      meUrl: `${parts.issuer}/api/v1/me`,
      mayWrite,
      secretFormId,
    }),
  );
}

/** Each kind is a list of its own for storage; the newest of both are the newest of all. */
async function findRequests(
  { caller, services }: SignedInVisit,
  client: ClientSummary,
  mayWrite: boolean,
): Promise<TokenRequest[]> {
  const { clientId } = client;
  const judge = services.clientAddresses.judge(client);
  const newest = { limit: REQUESTS_SHOWN, order: 'desc' as const };
  const [issued, refused] = await Promise.all([
    services.audit.list(caller, { clientId, action: 'token.issued' }, newest),
    services.audit.list(caller, { clientId, action: 'token.refused' }, newest),
  ]);
  return [...issued.items, ...refused.items]
    .sort(newestFirst)
    .slice(0, REQUESTS_SHOWN)
    .map((event) => {
      const isKeptOut =
        mayWrite && event.reason === 'address_refused' && event.ip !== null && judge(event.ip) !== 'allowed';
      return {
        ...toTokenRequest(event, caller),
        allowHref: isKeptOut ? allowAddressHref(clientId, event.ip) : undefined,
      };
    });
}

function newestFirst(one: AuditEvent, other: AuditEvent): number {
  return Number(BigInt(other.id) - BigInt(one.id));
}
