// What the inspector remembers of a token: it answers with the same object as long as nothing has changed.

import { expect, test } from 'vitest';
import type { LiveClient } from '../../../src/domain/client/live-client.ts';
import type { LiveCompany } from '../../../src/domain/company/live-company.ts';
import { createTokenInspector } from '../../../src/domain/token/token-inspector.ts';
import { grantsOf, liveClient, liveCompany } from '../../support/live-clients.ts';

const now = new Date('2026-03-01T12:00:00Z');
const value = 'v'.repeat(43);
const resellerGrants = grantsOf({ orders: ['orders:read'] });

function inspect(live: { client: LiveClient; company: LiveCompany }, companyId: string) {
  const stored = {
    tokenHash: 'h'.repeat(43),
    jti: `0-${'j'.repeat(22)}`,
    clientId: live.client.clientId,
    companyId,
    audience: 'https://orders.example.test',
    scope: 'orders:read',
    issuedAt: now,
    expiresAt: new Date(now.getTime() + 60_000),
  };
  const none = { peek: () => undefined, find: async () => undefined };
  const inspector = createTokenInspector({
    issuer: 'https://auth.example.test',
    keys: () => {
      throw new Error('an opaque token has no signature');
    },
    liveClients: { peek: () => live.client, find: async () => live.client },
    liveCompanies: { peek: () => live.company, find: async () => live.company },
    liveTokens: { isRevoked: () => false, findOpaque: () => stored },
    liveApiTokens: none,
    liveUsers: none,
    clock: { now: () => now },
  });
  return () => inspector.inspect(value);
}

test.each([
  ['of its own company', 'co_root'],
  ['narrowed to a company below', 'co_acme'],
])('a token %s is the same object at every call, until its client changes', async (_which, companyId) => {
  const reach = { companyId: 'co_root', companyPath: 'co_root/', subtree: true };
  const live = {
    client: liveClient({ reach, grants: resellerGrants }),
    company: liveCompany({ id: 'co_acme', resellerGrants }),
  };
  const again = inspect(live, companyId);
  const first = await again();
  expect(first).toMatchObject({ scopes: ['orders:read'], owner: { companyId } });
  expect(await again()).toBe(first);
  live.client = { ...live.client, roleName: 'Renamed' };
  expect(await again()).toMatchObject({ owner: { roleName: 'Renamed' } });
});

test('a narrowed token sees its company change while its client stays as it is', async () => {
  const reach = { companyId: 'co_root', companyPath: 'co_root/', subtree: true };
  const live = {
    client: liveClient({ reach }),
    company: liveCompany({ id: 'co_acme', resellerGrants }),
  };
  const again = inspect(live, 'co_acme');
  expect(await again()).toMatchObject({ scopes: ['orders:read'] });
  live.company = { ...live.company, resellerGrants: grantsOf({}) };
  expect(await again()).toMatchObject({ scopes: [] });
  live.company = { ...live.company, suspended: true };
  expect(await again()).toBeUndefined();
});
