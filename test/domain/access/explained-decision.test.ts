// The explained decision: the same verdict as the real one, with every step in words.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideAccess } from '../../../src/domain/access/access-decision.ts';
import { explainAccess, type StepName } from '../../../src/domain/access/explained-decision.ts';
import { parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import type { LiveClient } from '../../../src/domain/client/live-client.ts';

const now = new Date('2030-01-01T00:00:00Z');
const past = new Date('2029-12-31T00:00:00Z');
const future = new Date('2031-01-01T00:00:00Z');
const secret = { id: 's', hint: 'x7Qa', hash: '', expiresAt: null };
const pets = { id: 'pets', identifier: 'https://pets.test', name: 'Pets', scopes: ['pets:read', 'pets:write'] };

function clientWith(change: Partial<LiveClient> = {}): LiveClient {
  return {
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
    defaultApi: 'pets',
    tokenLifetimeSeconds: 600,
    tokenFormat: 'jwt',
    tokenGeneration: 0,
    ipMode: 'enforce',
    ipMatcher: compileIpMatcher(parseIpRuleList('192.0.2.0/24 198.51.100.7').rules),
    companyRestrictions: [],
    secrets: [secret],
    grants: new Map([['pets', pets]]),
    ...change,
  };
}

const inside = parseIpAddress('192.0.2.7');
const outside = parseIpAddress('203.0.113.9');

function stepOf(client: LiveClient, name: StepName) {
  return explainAccess(client, { address: inside, now }, {}).steps.find((step) => step.name === name);
}

test('a client that is let in passes every step and is told what it gets', () => {
  const explained = explainAccess(clientWith(), { address: inside, now }, { scope: 'pets:read' });
  expect(explained).toMatchObject({ allowed: true, reason: null });
  expect(explained.steps.map(({ name, verdict, explanation }) => [name, verdict, explanation])).toEqual([
    ['secret_expired', 'passed', 'It can come with the secret …x7Qa.'],
    ['client_inactive', 'passed', 'It is active.'],
    ['client_expired', 'passed', 'It never expires.'],
    ['company_suspended', 'passed', 'Acme and every company above it are active.'],
    ['company_address_refused', 'passed', 'Acme lets its clients come from any address.'],
    ['address_refused', 'passed', '192.0.2.7 is let in by 192.0.2.0/24.'],
    ['grant', 'passed', 'It gets pets:read of Pets (https://pets.test) for 600 seconds.'],
  ]);
});

describe('what is in the way is named with its remedy', () => {
  test.each<[StepName, Partial<LiveClient>, RegExp]>([
    ['secret_expired', { secrets: [] }, /no secret\. Make a new one/],
    ['secret_expired', { secrets: [{ ...secret, expiresAt: past }] }, /have expired\. Make a new one/],
    ['client_inactive', { status: 'inactive' }, /Activate it/],
    ['client_expired', { expiresAt: past }, /expired at 2029-12-31T00:00:00\.000Z/],
    ['company_suspended', { companySuspended: true }, /is suspended/],
  ])('%s', (name, change, words) => {
    const explained = explainAccess(clientWith(change), { address: inside, now }, {});
    expect(explained).toMatchObject({ allowed: false, reason: name });
    const refused = explained.steps.filter(({ verdict }) => verdict === 'refused');
    expect(refused).toEqual([expect.objectContaining({ name, explanation: expect.stringMatching(words) })]);
    expect(explained.steps.at(-1)?.explanation).toMatch(/^Otherwise it would get/);
  });

  test('everything at once, and the reason is the first', () => {
    const client = clientWith({ status: 'inactive', companySuspended: true });
    const explained = explainAccess(client, { address: outside, now }, { scope: 'pets:delete' });
    expect(explained.reason).toBe('client_inactive');
    const refused = explained.steps.filter(({ verdict }) => verdict === 'refused').map(({ name }) => name);
    expect(refused).toEqual(['client_inactive', 'company_suspended', 'address_refused', 'grant']);
  });

  test('what the role lacks, and an API that the client may not ask for', () => {
    const facts = { address: inside, now };
    const lacking = explainAccess(clientWith(), facts, { scope: 'pets:delete' });
    expect(lacking).toMatchObject({ allowed: false, reason: 'invalid_scope' });
    expect(lacking.steps.at(-1)?.explanation).toContain('pets:delete');
    const foreign = explainAccess(clientWith(), facts, { resource: 'https://other.test' });
    expect(foreign).toMatchObject({ allowed: false, reason: 'invalid_target' });
    expect(foreign.steps.at(-1)?.explanation).toContain('https://pets.test');
  });
});

describe('the address', () => {
  test.each([
    ['enforce', '203.0.113.9', 'refused', 'No rule lets 203.0.113.9 in. Add it to the list to let it in.'],
    ['enforce', '198.51.100.7', 'passed', 'The list has 198.51.100.7.'],
    ['enforce', 'unknown', 'refused', /unknown/],
    ['report', '203.0.113.9', 'warned', /only reports; enforcing it would refuse/],
    ['report', 'unknown', 'warned', /unknown/],
    ['report', '192.0.2.7', 'passed', /let in by/],
    ['off', '203.0.113.9', 'passed', 'It may come from any address.'],
  ] as const)('with %s and %s is %s', (ipMode, address, verdict, words) => {
    const explained = explainAccess(clientWith({ ipMode }), { address: parseIpAddress(address), now }, {});
    const step = explained.steps.find(({ name }) => name === 'address_refused');
    expect(step).toMatchObject({ verdict, explanation: expect.stringMatching(words) });
    expect(explained.allowed).toBe(verdict !== 'refused');
  });
});

describe('the rules of whole companies', () => {
  const matcher = compileIpMatcher(parseIpRuleList('192.0.2.0/24').rules);
  const acme = { companyId: 'co_1', companyName: 'Acme', mode: 'enforce', matcher } as const;
  const customer = { companyId: 'co_2', companyName: 'Customer', mode: 'report', matcher } as const;

  test.each([
    [[acme], inside, 'passed', 'Rules of Acme: 192.0.2.7 is let in by 192.0.2.0/24.'],
    [[acme], outside, 'refused', 'Rules of Acme: No rule lets 203.0.113.9 in. Add it to the list to let it in.'],
    [[customer], outside, 'warned', /^Rules of Customer: No rule .* only reports/],
    [[acme, customer], outside, 'refused', /^Rules of Acme: No rule .* Rules of Customer: No rule/],
    [[acme], undefined, 'refused', /^Rules of Acme: The address is unknown/],
  ] as const)('%#', (companyRestrictions, address, verdict, words) => {
    const explained = explainAccess(clientWith({ ipMode: 'off', companyRestrictions }), { address, now }, {});
    const step = explained.steps.find(({ name }) => name === 'company_address_refused');
    expect(step).toMatchObject({ verdict, explanation: expect.stringMatching(words) });
    expect(explained.reason).toBe(verdict === 'refused' ? 'company_address_refused' : null);
  });
});

test('an expiry to come is told', () => {
  expect(stepOf(clientWith({ expiresAt: future }), 'client_expired')?.explanation).toBe(
    'It expires at 2031-01-01T00:00:00.000Z.',
  );
});

test('the verdict is that of the decision itself, for every client with a live secret', () => {
  const client = fc.record({
    status: fc.constantFrom('active' as const, 'inactive' as const),
    expiresAt: fc.constantFrom(null, past, future, now),
    companySuspended: fc.boolean(),
    ipMode: fc.constantFrom('off' as const, 'report' as const, 'enforce' as const),
  });
  fc.assert(
    fc.property(client, fc.constantFrom(inside, outside, undefined), (change, address) => {
      const facts = { address, now };
      const decided = decideAccess(clientWith(change), facts);
      const explained = explainAccess(clientWith(change), facts, {});
      expect(explained.reason).toBe(decided ?? null);
      expect(explained.allowed).toBe(decided === undefined);
      expect(explained.steps.find(({ verdict }) => verdict === 'refused')?.name).toBe(decided);
    }),
  );
});
