// Narrowing: who can act for which company, and what they reach and hold there.

import { describe, expect, test } from 'vitest';
import { narrowCaller, narrowClient, narrowingDetails } from '../../../src/domain/access/narrowing.ts';
import type { LiveClient } from '../../../src/domain/client/live-client.ts';
import type { LiveCompany } from '../../../src/domain/company/live-company.ts';
import { RESELLER_ROLE_ID } from '../../../src/domain/role/role.ts';
import { makeCaller } from '../../support/factories.ts';
import { companyRestriction, grantsOf, liveClient, liveCompany } from '../../support/live-clients.ts';

const acme = liveCompany({ id: 'co_acme', reseller: true });
const acmeEu = below(acme, { id: 'co_eu' });
const acmeUs = below(acme, { id: 'co_us', reseller: true });
const bolt = liveCompany({ id: 'co_bolt' });
/** Its path begins with the same letters, and it does not lie below. */
const acme2 = liveCompany({ id: 'co_acme2' });

function below(parent: LiveCompany, given: Partial<LiveCompany> & Pick<LiveCompany, 'id'>): LiveCompany {
  return liveCompany({ path: `${parent.path}${given.id}/`, ...given });
}

function reseller(company: LiveCompany, given: Partial<LiveClient> = {}): LiveClient {
  return liveClient({
    companyId: company.id,
    companyName: company.name,
    reach: { companyId: company.id, companyPath: company.path, subtree: true },
    roleId: RESELLER_ROLE_ID,
    roleName: 'Reseller',
    ...given,
  });
}

describe('a client with the role Reseller', () => {
  test('narrowed to a plain company reaches that one alone; all that is its own stays', () => {
    const client = reseller(acme, { tokenLifetimeSeconds: 600, tokenGeneration: 3 });
    const narrowed = narrowClient(client, acmeEu);
    expect(narrowed).toEqual({
      ...client,
      companyId: 'co_eu',
      companyName: 'Company co_eu',
      ownCompanyId: 'co_acme',
      reach: { companyId: 'co_eu', companyPath: 'co_root/co_acme/co_eu/', subtree: false },
    });
  });

  test('narrowed to a reseller reaches what lies below that one', () => {
    expect(narrowClient(reseller(acme), acmeUs)?.reach).toEqual({
      companyId: 'co_us',
      companyPath: 'co_root/co_acme/co_us/',
      subtree: true,
    });
  });

  test('can be narrowed further from there, and not back', () => {
    const inUs = narrowClient(reseller(acme), acmeUs) as LiveClient;
    const shop = below(acmeUs, { id: 'co_shop' });
    expect(narrowClient(inUs, shop)).toMatchObject({ companyId: 'co_shop', ownCompanyId: 'co_acme' });
    expect(narrowClient(inUs, acme)).toBeUndefined();
    expect(narrowClient(inUs, acmeEu)).toBeUndefined();
    expect(narrowClient(narrowClient(reseller(acme), acmeEu) as LiveClient, shop)).toBeUndefined();
  });

  test.each([
    ['beside its own', bolt],
    ['with a path that begins with the same letters', acme2],
    ['above its own', liveCompany({ id: 'co_root', path: 'co_root/', reseller: true })],
  ])('cannot act for a company %s', (_name, company) => {
    expect(narrowClient(reseller(acme), company)).toBeUndefined();
  });

  test('stays as it is for its own company', () => {
    const client = reseller(acme);
    expect(narrowClient(client, acme)).toBe(client);
  });
});

test('a client with any other role acts for its own company alone', () => {
  const client = liveClient({
    companyId: 'co_acme',
    reach: { companyId: 'co_acme', companyPath: acme.path, subtree: false },
  });
  expect(narrowClient(client, acmeEu)).toBeUndefined();
  expect(narrowClient(client, acme)).toBe(client);
});

test('what is held is what the role grants in the company, whatever is available to the client’s own', () => {
  const client = reseller(acme, {
    grants: grantsOf({ management: ['clients:read', 'companies:read'], tickets: ['read'] }),
  });
  const resellerGrants = grantsOf({ management: ['clients:read'], local: ['read'] });
  expect(narrowClient(client, below(acme, { id: 'co_x', resellerGrants }))?.grants).toBe(resellerGrants);
});

describe('who is suspended', () => {
  test.each([
    [false, false, false],
    [true, false, true],
    [false, true, true],
  ])('own company: %s, that company: %s; then the narrowed client: %s', (own, there, expected) => {
    const company = below(acme, { id: 'co_x', suspended: there });
    expect(narrowClient(reseller(acme, { companySuspended: own }), company)?.companySuspended).toBe(expected);
  });
});

test('the IP rules of both companies stay in force', () => {
  const [own, there] = [
    companyRestriction('co_acme', 'enforce', '192.0.2.0/24'),
    companyRestriction('co_x', 'report', '10.0.0.0/8'),
  ];
  const client = reseller(acme, { companyRestrictions: [own] });
  const company = below(acme, { id: 'co_x', restriction: there });
  expect(narrowClient(client, company)?.companyRestrictions).toEqual([own, there]);
  expect(narrowClient(client, acmeEu)?.companyRestrictions).toEqual([own]);
});

test('the same two give the same object; another picture of either gives another', () => {
  const client = reseller(acme);
  const narrowed = narrowClient(client, acmeEu);
  expect(narrowClient(client, acmeEu)).toBe(narrowed);
  expect(narrowClient({ ...client }, acmeEu)).not.toBe(narrowed);
  expect(narrowClient(client, { ...acmeEu })).not.toBe(narrowed);
});

test('audit events name both companies, but only while somebody acts for another', () => {
  const client = reseller(acme);
  expect(narrowingDetails(client)).toEqual({});
  expect(narrowingDetails(narrowClient(client, acmeEu) as LiveClient)).toEqual({
    company_id: 'co_eu',
    client_company_id: 'co_acme',
  });
});

describe('a caller', () => {
  const company = { ...acme, name: 'Acme' };
  const caller = makeCaller(undefined, {
    companyId: company.id,
    reach: { companyId: company.id, companyPath: company.path, subtree: true },
    privileges: new Set(['management/clients:read', 'management/companies:read']),
  });

  test('is narrowed by the same rules', () => {
    const there = ['management/clients:read', 'management/keys:write', 'local/read'];
    expect(narrowCaller(caller, acmeUs, there)).toEqual({
      ...caller,
      companyId: 'co_us',
      companyName: 'Company co_us',
      reach: { companyId: 'co_us', companyPath: acmeUs.path, subtree: true },
      privileges: new Set(['management/clients:read', 'local/read']),
    });
    expect(narrowCaller(caller, bolt, [])).toBeUndefined();
    expect(narrowCaller(caller, company, [])).toBe(caller);
    const plain = { ...caller, reach: { ...caller.reach, subtree: false } };
    expect(narrowCaller(plain, acmeUs, [])).toBeUndefined();
  });
});
