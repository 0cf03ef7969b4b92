// Clients and companies as the token path has them in memory, with sensible values but for those given.

import { compileIpMatcher, type IpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import type { GrantedApi } from '../../src/domain/api/privilege.ts';
import type { LiveClient } from '../../src/domain/client/live-client.ts';
import type { CompanyRestriction, LiveCompany } from '../../src/domain/company/live-company.ts';
import { newClient, rootCompany } from './factories.ts';

export function liveClient(given: Partial<LiveClient> = {}): LiveClient {
  const { clientId, name, status, expiresAt, roleId, defaultApi, tokenFormat } = newClient();
  return {
    type: 'client',
    id: given.clientId ?? clientId,
    clientId,
    name,
    status,
    expiresAt,
    companyId: rootCompany.id,
    companyName: rootCompany.name,
    ownCompanyId: given.companyId ?? rootCompany.id,
    companySuspended: false,
    reach: { companyId: rootCompany.id, companyPath: rootCompany.path, subtree: false },
    roleId,
    roleName: 'Company Admin',
    defaultApi,
    tokenLifetimeSeconds: 86_400,
    tokenFormat,
    tokenGeneration: 0,
    ipMode: 'off',
    ipMatcher: matcherOf(),
    companyRestrictions: [],
    secrets: [],
    grants: new Map(),
    ...given,
  };
}

/** Directly below root, and no reseller. */
export function liveCompany(given: Partial<LiveCompany> & Pick<LiveCompany, 'id'>): LiveCompany {
  return {
    name: `Company ${given.id}`,
    path: `${rootCompany.path}${given.id}/`,
    reseller: false,
    suspended: false,
    resellerGrants: new Map(),
    restriction: undefined,
    ...given,
  };
}

export function companyRestriction(
  companyId: string,
  mode: CompanyRestriction['mode'],
  ...rules: string[]
): CompanyRestriction {
  return { companyId, companyName: `Company ${companyId}`, mode, matcher: matcherOf(...rules) };
}

export function matcherOf(...rules: string[]): IpMatcher {
  return compileIpMatcher(parseIpRuleList(rules).rules);
}

/** Scopes by API id; identifier: https://<id>.example.test */
export function grantsOf(scopes: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, GrantedApi> {
  return new Map(
    Object.entries(scopes).map(([id, held]) => [
      id,
      { id, identifier: `https://${id}.example.test`, name: id, scopes: held },
    ]),
  );
}
