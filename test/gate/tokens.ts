// Tokens and clients as the gate's decision gets them, with sensible values but for those given.

import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import type { LiveClient } from '../../src/domain/client/live-client.ts';
import { createTokenId } from '../../src/domain/token/access-token.ts';
import type { InspectedToken } from '../../src/domain/token/token-inspector.ts';
import { newClient, rootCompany } from '../support/factories.ts';

export function liveClient(given: Partial<LiveClient> = {}): LiveClient {
  const { clientId, name, status, expiresAt, roleId, defaultApi, tokenFormat } = newClient();
  return {
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
    ipMatcher: compileIpMatcher([]),
    companyRestrictions: [],
    secrets: [],
    grants: new Map(),
    ...given,
  };
}

export function inspectedToken(given: Partial<InspectedToken> = {}): InspectedToken {
  return {
    jti: createTokenId(0),
    client: liveClient(),
    audience: 'https://tickets.example/api',
    api: undefined,
    scopes: [],
    issuedAtSeconds: 0,
    expiresAtSeconds: 86_400,
    ...given,
  };
}
