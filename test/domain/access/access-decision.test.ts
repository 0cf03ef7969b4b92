// The access decision cell by cell: company-wide rules and the client's own, enforced or only reported.

import { describe, expect, test } from 'vitest';
import {
  ACCESS_CHECKS,
  decideAccess,
  decideStanding,
  isAddressRefusal,
  reportedRefusal,
} from '../../../src/domain/access/access-decision.ts';
import { parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import type { LiveClient } from '../../../src/domain/client/live-client.ts';
import { companyRestriction, liveClient, matcherOf } from '../../support/live-clients.ts';

const now = new Date('2030-01-01T00:00:00Z');
const office = parseIpAddress('192.0.2.7');
const cloud = parseIpAddress('198.51.100.1');
const OFFICE = '192.0.2.0/24';
const CLOUD = '198.51.100.0/24';

function decide(client: Partial<LiveClient>, address = office) {
  return decideAccess(liveClient(client), { address, now });
}

test('the checks are asked in this order', () => {
  expect(ACCESS_CHECKS.map(({ name }) => name)).toEqual([
    'client_inactive',
    'client_expired',
    'company_suspended',
    'company_address_refused',
    'address_refused',
  ]);
});

test('the decision is that of the first check that fails', () => {
  const both = <T>(one: T, other: T) => [one, other] as const;
  const clients = (['active', 'inactive'] as const).flatMap((status) =>
    both(null, new Date(0)).flatMap((expiresAt) =>
      both(false, true).flatMap((companySuspended) =>
        both(OFFICE, CLOUD).flatMap((company) =>
          both(OFFICE, CLOUD).map((own) => ({
            ...{ status, expiresAt, companySuspended, ipMode: 'enforce' as const, ipMatcher: matcherOf(own) },
            companyRestrictions: [companyRestriction('co_root', 'enforce', company)],
          })),
        ),
      ),
    ),
  );
  const reasons = clients.map((client) => decide(client));
  const failed = clients.map(
    (client) => ACCESS_CHECKS.find(({ passes }) => !passes(liveClient(client), { address: office, now }))?.name,
  );
  expect(reasons).toEqual(failed);
  expect(new Set(reasons).size).toBe(ACCESS_CHECKS.length + 1);
});

describe('company-wide rules', () => {
  const ofCompany = (mode: 'report' | 'enforce', ...rules: string[]) => [companyRestriction('co_root', mode, ...rules)];

  test.each([
    ['no rules', [], cloud, undefined, undefined],
    ['enforced, inside', ofCompany('enforce', OFFICE), office, undefined, undefined],
    ['enforced, outside', ofCompany('enforce', OFFICE), cloud, 'company_address_refused', undefined],
    ['enforced, unknown address', ofCompany('enforce', OFFICE), undefined, 'company_address_refused', undefined],
    ['reported, inside', ofCompany('report', OFFICE), office, undefined, undefined],
    ['reported, outside', ofCompany('report', OFFICE), cloud, undefined, 'company_address_refused'],
    ['reported, unknown address', ofCompany('report', OFFICE), undefined, undefined, 'company_address_refused'],
    ['none that can be read', ofCompany('enforce'), office, 'company_address_refused', undefined],
  ] as const)('%s', (_name, companyRestrictions, address, refused, reported) => {
    const client = liveClient({ companyRestrictions });
    expect(decideAccess(client, { address, now })).toBe(refused);
    expect(reportedRefusal(client, address)).toBe(reported);
    expect(decideStanding(client, now), 'without an address they say nothing').toBeUndefined();
  });

  test('of both companies must let in whoever acts for another', () => {
    const both = [...ofCompany('enforce', OFFICE, CLOUD), companyRestriction('co_x', 'enforce', CLOUD)];
    expect(decide({ companyRestrictions: both }, cloud)).toBeUndefined();
    expect(decide({ companyRestrictions: both }, office)).toBe('company_address_refused');
    expect(decide({ companyRestrictions: both.toReversed() }, office)).toBe('company_address_refused');
  });

  test('are narrowed further by the client’s own, never widened', () => {
    const own = { ipMode: 'enforce', ipMatcher: matcherOf(CLOUD) } as const;
    const companyRestrictions = ofCompany('enforce', OFFICE);
    expect(decide({ ...own, companyRestrictions }, office)).toBe('address_refused');
    expect(decide({ ...own, companyRestrictions }, cloud)).toBe('company_address_refused');
    expect(decide({ ...own, companyRestrictions: ofCompany('enforce', OFFICE, CLOUD) }, cloud)).toBeUndefined();
  });
});

test('what both would refuse is reported as the company’s; what is only enforced elsewhere is not', () => {
  const reporting = { ipMode: 'report', ipMatcher: matcherOf(OFFICE) } as const;
  const restriction = companyRestriction('co_root', 'report', OFFICE);
  expect(reportedRefusal(liveClient({ ...reporting, companyRestrictions: [restriction] }), cloud)).toBe(
    'company_address_refused',
  );
  expect(reportedRefusal(liveClient(reporting), cloud)).toBe('address_refused');
  expect(reportedRefusal(liveClient({ ...reporting, ipMode: 'enforce' }), cloud)).toBeUndefined();
});

test('the two reasons that have to do with the address are told from the others', () => {
  const reasons = ACCESS_CHECKS.map(({ name }) => name).filter(isAddressRefusal);
  expect(reasons).toEqual(['company_address_refused', 'address_refused']);
  expect(isAddressRefusal(undefined)).toBe(false);
});
