// The first request of a client with host names in its rules: it waits for the DNS, once, and no longer than it must.

import { expect, test } from 'vitest';
import type { IpRestrictionMode } from '../../src/domain/address/ip-rule-list.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { createHostDirectory } from '../../src/domain/address/host-directory.ts';
import { parseIpAddress } from '../../src/domain/address/ip-address.ts';
import { awaitCompanyHostNames, awaitHostNames } from '../../src/domain/access/host-ready.ts';
import type { LiveClient } from '../../src/domain/client/live-client.ts';
import { createLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createDnsResolver } from '../../src/ports/dns/dns-resolver.ts';
import { liveCompany } from '../support/live-clients.ts';
import { startDnsServer } from './dns-server.ts';

async function openClients(ipMode: IpRestrictionMode, isCompanyWide = false) {
  const server = await startDnsServer({ 'collector.example.com': { a: ['192.0.2.1'] } });
  const resolver = createDnsResolver({ servers: [server.address] });
  const directory = createHostDirectory({ resolver, log: createLog('silent'), clock: systemClock });
  const rules = [{ kind: 'host', text: 'collector.example.com' }] as const;
  const matcher = compileIpMatcher(rules, (name) => directory.resolve(name));
  const restriction = { companyId: 'co_1', companyName: 'Acme', mode: 'enforce', matcher } as const;
  const company = liveCompany({ id: 'co_1', restriction });
  const client: LiveClient = {
    type: 'client',
    id: 'pst_1',
    clientId: 'pst_1',
    name: 'collector',
    status: 'active',
    expiresAt: null,
    companyId: 'co_1',
    companyName: 'Acme',
    ownCompanyId: 'co_1',
    companySuspended: false,
    reach: { companyId: 'co_1', companyPath: 'co_root/co_1/', subtree: false },
    roleId: 'ro_1',
    roleName: 'Reader',
    defaultApi: 'management',
    tokenLifetimeSeconds: 600,
    tokenFormat: 'jwt',
    tokenGeneration: 0,
    ipMode,
    ipMatcher: isCompanyWide ? compileIpMatcher([]) : matcher,
    companyRestrictions: isCompanyWide ? [restriction] : [],
    secrets: [],
    grants: new Map(),
  };
  const clients = awaitHostNames({ peek: () => client, find: () => Promise.resolve(client) }, directory);
  const companies = awaitCompanyHostNames({ peek: () => company, find: () => Promise.resolve(company) }, directory);
  const close = async () => {
    directory.close();
    resolver.close();
    await server.close();
  };
  return { clients, client, companies, company, server, close };
}

test('a client is let in by its host name at its very first request, and later ones come from memory', async () => {
  const { clients, client, server, close } = await openClients('enforce');
  expect(clients.peek('pst_1')).toBeUndefined();
  const found = await clients.find('pst_1');
  expect(found?.ipMatcher.allows(parseIpAddress('192.0.2.1'))).toBe(true);
  expect(found?.ipMatcher.allows(parseIpAddress('192.0.2.2'))).toBe(false);
  expect(clients.peek('pst_1')).toBe(client);
  expect(server.questions).toHaveLength(2);
  await close();
});

test('a client that may come from anywhere waits for nobody', async () => {
  const { clients, client, server, close } = await openClients('off');
  expect(clients.peek('pst_1')).toBe(client);
  expect(server.questions).toEqual([]);
  await close();
});

test('a host name in the rules of its company is waited for too', async () => {
  const { clients, client, close } = await openClients('off', true);
  expect(clients.peek('pst_1')).toBeUndefined();
  const found = await clients.find('pst_1');
  expect(found?.companyRestrictions[0]?.matcher.allows(parseIpAddress('192.0.2.1'))).toBe(true);
  expect(clients.peek('pst_1')).toBe(client);
  await close();
});

test('a company that somebody is narrowed to is passed over until its host names are known', async () => {
  const { companies, company, close } = await openClients('off', true);
  expect(companies.peek('co_1')).toBeUndefined();
  const found = await companies.find('co_1');
  expect(found?.restriction?.matcher.allows(parseIpAddress('192.0.2.1'))).toBe(true);
  expect(companies.peek('co_1')).toBe(company);
  await close();
});
