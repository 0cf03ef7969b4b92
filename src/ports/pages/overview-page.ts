// The overview: how many clients, what was refused lately and why, and the addresses that integrators ask for.
import { h } from 'preact';
import { OverviewPage, type OverviewPageProps, type TokenTraffic } from '../../../views/pages/overview.tsx';
import { mayCall } from '../../domain/access/caller.ts';
import { auditHref, toTokenRequest } from './audit-words.ts';
import { type Answer, behind, page, type PageRoute, type SignedInVisit } from './page.ts';

export const overviewRoutes: readonly PageRoute[] = [{ path: '/', place: 'overview', get: behind(null, showOverview) }];

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const REFUSALS_SHOWN = 8;
/** Enough to see that something is wrong; beyond it the figure says "or more". */
const REFUSALS_COUNTED = 200;

async function showOverview(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, parts } = visit;
  const [clients, users, companies, traffic] = await Promise.all([
    mayCall(caller, 'clients:read') ? services.clients.count(caller) : null,
    mayCall(caller, 'users:read') ? services.users.count(caller) : null,
    caller.reach.subtree && mayCall(caller, 'companies:read') ? services.companies.count(caller) : null,
    mayCall(caller, 'audit:read') ? findTraffic(visit) : null,
  ]);
  const endpoints = endpointsOf(parts.issuer);
  const mayCreateClients = mayCall(caller, 'clients:write');
  return page((frame) => h(OverviewPage, { frame, clients, users, companies, traffic, endpoints, mayCreateClients }));
}

async function findTraffic({ caller, services, now }: SignedInVisit): Promise<TokenTraffic> {
  const newest = { order: 'desc' as const, cursor: undefined };
  const since = new Date(now.getTime() - DAY_MILLISECONDS);
  const [issued, refused] = await Promise.all([
    services.audit.list(caller, { action: 'token.issued' }, { ...newest, limit: 1 }),
    services.audit.list(caller, { action: 'token.refused', from: since }, { ...newest, limit: REFUSALS_COUNTED }),
  ]);
  const [last] = issued.items;
  return {
    lastIssued: last ? { at: last.time, client: last.actor.name ?? last.actor.id, eventHref: auditHref(last) } : null,
    refused24h: { count: refused.items.length, more: refused.nextCursor !== null },
    refusals: refused.items.slice(0, REFUSALS_SHOWN).map((event) => toTokenRequest(event, caller)),
  };
}

function endpointsOf(issuer: string): OverviewPageProps['endpoints'] {
  return {
    tokenUrl: `${issuer}/oauth2/token`,
    introspectUrl: `${issuer}/oauth2/introspect`,
    revokeUrl: `${issuer}/oauth2/revoke`,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    metadataUrl: `${issuer}/.well-known/oauth-authorization-server`,
    apiUrl: `${issuer}/api/v1`,
  };
}
