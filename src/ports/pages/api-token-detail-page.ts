// One API token: its facts, and what the visitor may do about it.
import { h } from 'preact';
import {
  ApiTokenDetailPage,
  type ApiTokenDetail,
  type ApiTokenDetailPageProps,
} from '../../../views/pages/api-token-detail.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { Problem } from '../../base/problem.ts';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiTokenChoices } from '../../domain/api-token/api-token-service.ts';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import type { Privilege } from '../../domain/api/privilege.ts';
import { offeredPrivileges } from './api-token-form.ts';
import { expiryOf, toOwner } from './api-token-rows.ts';
import { createFormId } from './form-once.ts';
import { findHosts } from './host-views.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { hrefOf, idOf } from './query.ts';

export function findApiToken({ caller, services, params }: SignedInVisit): Promise<ApiTokenSummary> {
  return services.apiTokens.get(caller, idOf(params, 'tokenId', 'API token'));
}

export async function showApiToken(visit: SignedInVisit): Promise<Answer> {
  const { caller, services, now } = visit;
  const token = await findApiToken(visit);
  const [choices, catalogue, hosts, ownerState] = await Promise.all([
    findChoices(visit, token),
    services.granting.privilegesFor(caller, token.companyId),
    findHosts(visit, token),
    findOwnerState(visit, token),
  ]);
  const company = { name: token.companyName, href: undefined };
  const detail: ApiTokenDetail = {
    id: token.id,
    name: token.name,
    owner: toOwner(token, caller),
    company: caller.reach.subtree
      ? { ...company, ...(mayCall(caller, 'companies:read') ? { href: companyHref(token.companyId) } : {}) }
      : null,
    api: { name: token.apiName, href: mayCall(caller, 'apis:read') ? apiHref(token.apiId) : undefined },
    privileges: toGroups(token, catalogue.privileges, choices),
    hint: token.hint,
    expiry: expiryOf(token, now),
    ipRestriction: token.ipRestriction,
    hosts,
    createdAt: token.createdAt,
    updatedAt: token.updatedAt,
    issuedAt: token.issuedAt,
    lastUsedAt: token.lastUsedAt,
    lastUsedAddress: token.lastUsedIp,
  };
  return page((frame) =>
    h(ApiTokenDetailPage, {
      frame,
      token: detail,
      ownerState,
      may: rightsOver(visit, choices),
      auditHref: mayCall(caller, 'audit:read') ? hrefOf('/audit', { q: token.id }) : undefined,
      regenerateFormId: createFormId(),
    }),
  );
}

/** undefined when the visitor may not make tokens of this owner, and so not change any. */
async function findChoices(
  { caller, services }: SignedInVisit,
  { ownerType, ownerId }: ApiTokenSummary,
): Promise<ApiTokenChoices | undefined> {
  if (!mayCall(caller, 'api-tokens:write')) return undefined;
  try {
    return await services.apiTokens.choices(caller, ownerType, ownerId);
  } catch (error) {
    if (error instanceof Problem && error.code === 'request.forbidden') return undefined;
    throw error;
  }
}

/** Nobody changes what is stronger than they are, so nothing of the kind is offered. The domain decides again at the act. */
function rightsOver({ caller }: SignedInVisit, choices: ApiTokenChoices | undefined): ApiTokenDetailPageProps['may'] {
  if (!mayCall(caller, 'api-tokens:write')) return 'read';
  return choices ? 'change' : 'stronger';
}

/** What its owner does not hold is known to whoever may hand on all that it does. */
function toGroups(token: ApiTokenSummary, catalogue: readonly Privilege[], choices: ApiTokenChoices | undefined) {
  const held = choices && new Set(choices.apis.find(({ id }) => id === token.apiId)?.scopes);
  const groups = new Map<string, ApiTokenDetail['privileges'][number]['privileges'][number][]>();
  for (const { group, scope, description } of offeredPrivileges({ id: token.apiId, scopes: token.scopes }, catalogue)) {
    const privileges = groups.get(group) ?? [];
    groups.set(group, privileges);
    privileges.push({ scope, description, isIdle: held !== undefined && !held.has(scope) });
  }
  return [...groups].map(([group, privileges]) => ({ group, privileges }));
}

/** As far as the visitor may see its owner. */
async function findOwnerState(
  { caller, services, now }: SignedInVisit,
  { ownerType, ownerId }: ApiTokenSummary,
): Promise<ApiTokenDetailPageProps['ownerState']> {
  if (ownerType === 'client') {
    if (!mayCall(caller, 'clients:read')) return undefined;
    const { status, expiresAt } = await services.clients.get(caller, ownerId);
    if (status === 'inactive') return 'inactive';
    return expiresAt !== null && expiresAt <= now ? 'expired' : undefined;
  }
  if (!mayCall(caller, 'users:read')) return undefined;
  const { status, companySuspended } = await services.users.get(caller, ownerId);
  if (status === 'inactive') return 'inactive';
  return companySuspended ? 'suspended' : undefined;
}
