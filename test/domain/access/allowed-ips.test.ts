// The list that a resource server holds addresses against: it lets in whom the access decision lets in, and nobody else.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideAccess } from '../../../src/domain/access/access-decision.ts';
import { findAllowedIps } from '../../../src/domain/access/allowed-ips.ts';
import { type IpAddress, parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import { companyRestriction, liveClient, matcherOf } from '../../support/live-clients.ts';

const now = new Date('2030-01-01T00:00:00Z');
const enforced = (...rules: string[]) => ({ ipMode: 'enforce', ipMatcher: matcherOf(...rules) }) as const;

describe('there is no list', () => {
  test.each([
    ['without rules', {}],
    ['while the client’s only report', { ...enforced('192.0.2.1'), ipMode: 'report' as const }],
    [
      'while the company’s only report',
      { companyRestrictions: [companyRestriction('co_root', 'report', '192.0.2.1')] },
    ],
  ])('%s', (_name, given) => {
    expect(findAllowedIps(liveClient(given))).toBeUndefined();
  });
});

test('one set of rules is given as it is kept, in its order', () => {
  const rules = ['203.0.113.7', '10.0.0.0/8', '192.0.2.10-192.0.2.40', '2001:db8::/32'];
  expect(findAllowedIps(liveClient(enforced(...rules)))).toEqual(rules);
  const companyRestrictions = [companyRestriction('co_root', 'enforce', ...rules)];
  expect(findAllowedIps(liveClient({ companyRestrictions }))).toEqual(rules);
});

test('of several sets only what all let in is given', () => {
  const companyRestrictions = [
    companyRestriction('co_root', 'enforce', '10.0.0.0/8', '2001:db8::/32', '198.51.100.0/24'),
    companyRestriction('co_x', 'report', '1.1.1.1'),
    companyRestriction('co_y', 'enforce', '10.1.0.0-10.1.0.9', '10.2.0.0/16', '2001:db8::1', '198.51.100.9'),
  ];
  const client = liveClient({ ...enforced('10.0.0.0/8', '2001:db8::/64'), companyRestrictions });
  expect(findAllowedIps(client)).toEqual(['10.1.0.0-10.1.0.9', '10.2.0.0/16', '2001:db8::1']);
});

test('sets that share nothing make an empty list: nobody', () => {
  const companyRestrictions = [companyRestriction('co_root', 'enforce', '10.0.0.0/8')];
  expect(findAllowedIps(liveClient({ ...enforced('192.0.2.1'), companyRestrictions }))).toEqual([]);
});

test('host names are given as the addresses that they stand for at that moment', () => {
  const stands = new Map<string, string[]>([['a.example', ['192.0.2.1', '2001:db8::1']]]);
  const resolve = (name: string) => (stands.get(name) ?? []).map((text) => parseIpAddress(text) as IpAddress);
  const { rules } = parseIpRuleList('10.0.0.1 a.example b.example');
  const client = liveClient({ ipMode: 'enforce', ipMatcher: compileIpMatcher(rules, resolve) });
  expect(findAllowedIps(client)).toEqual(['10.0.0.1', '192.0.2.1', '2001:db8::1']);
  stands.set('b.example', ['192.0.2.1', '192.0.2.2']);
  expect(findAllowedIps(client)).toEqual(['10.0.0.1', '192.0.2.1', '2001:db8::1', '192.0.2.2']);
  stands.clear();
  expect(findAllowedIps(client)).toEqual(['10.0.0.1']);
  const companyRestrictions = [companyRestriction('co_root', 'enforce', '192.0.2.0/31')];
  stands.set('b.example', ['192.0.2.1', '192.0.2.2']);
  expect(findAllowedIps({ ...client, companyRestrictions })).toEqual(['192.0.2.1']);
});

test('the same client is not worked out anew', () => {
  const client = liveClient(enforced('192.0.2.1'));
  expect(findAllowedIps(client)).toBe(findAllowedIps(client));
});

test('every address gets from the list the verdict of the access decision', () => {
  const address = fc.oneof(
    fc.integer({ min: 0, max: 40 }).map((last) => `192.0.2.${last}`),
    fc.integer({ min: 0, max: 40 }).map((last) => `2001:db8::${last.toString(16)}`),
  );
  const rule = fc.oneof(
    address,
    fc
      .tuple(address, fc.integer({ min: 27, max: 32 }))
      .map(([text, bits]) => (text.includes(':') ? `${text}/${bits + 96}` : `${text}/${bits}`)),
    fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }))
      .map(([from, more]) => `192.0.2.${from}-192.0.2.${from + more}`),
  );
  const rules = fc.array(rule, { maxLength: 6 });
  fc.assert(
    fc.property(
      rules,
      rules,
      rules,
      fc.array(address, { minLength: 5, maxLength: 20 }),
      (own, ofCompany, there, callers) => {
        const companyRestrictions = [
          companyRestriction('co_root', 'enforce', ...ofCompany),
          companyRestriction('co_x', 'enforce', ...there),
        ];
        const client = liveClient({ ...enforced(...own), companyRestrictions });
        const list = parseIpRuleList(findAllowedIps(client) ?? []);
        expect(list).toMatchObject({ faults: [], notices: [] });
        const matcher = compileIpMatcher(list.rules);
        for (const text of callers) {
          const caller = parseIpAddress(text);
          expect(matcher.allows(caller), text).toBe(decideAccess(client, { address: caller, now }) === undefined);
        }
      },
    ),
    { numRuns: 500 },
  );
});
