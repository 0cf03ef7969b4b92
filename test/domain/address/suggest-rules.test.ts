// Rules suggested from addresses that were seen: they let in what was seen, and it is said where they let in more.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatIpAddress,
  type IpAddress,
  lastAddressValue,
  parseIpAddress,
} from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import { suggestRules, WIDENINGS } from '../../../src/domain/address/suggest-rules.ts';

function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return address;
}

function suggest(texts: readonly string[], breadth?: 'exact' | 'wider'): string[] {
  return suggestRules(texts.map(addressOf), breadth).map(({ rule }) => rule);
}

/** Crowded, so that neighbours and whole networks come up, with the ends of both families among them. */
const anyAddress: fc.Arbitrary<IpAddress> = fc
  .tuple(
    fc.constantFrom<4 | 6>(4, 6),
    fc.oneof(fc.bigInt(0n, 40n), fc.bigInt(250n, 300n), fc.constant(1n << 64n), fc.bigInt(-3n, -1n)),
  )
  .map(([family, offset]) => {
    const base = family === 4 ? 0xc000_0200n : 0x2001_0db8n << 96n;
    return {
      family,
      value: offset < 0n ? lastAddressValue[family] + 1n + offset : (base + offset) & lastAddressValue[family],
    };
  });
const anySeen = fc.array(anyAddress, { maxLength: 60 });

const nearby = (address: IpAddress): IpAddress[] =>
  [address.value - 1n, address.value, address.value + 1n]
    .filter((value) => value >= 0n && value <= lastAddressValue[address.family])
    .map((value) => ({ family: address.family, value }));

const keyOf = ({ family, value }: IpAddress) => `${family} ${value}`;

describe('exactly what was seen', () => {
  test('lets in every address that was seen and none of its neighbours that was not', () => {
    fc.assert(
      fc.property(anySeen, (seen) => {
        const suggested = suggestRules(seen);
        const { rules, faults } = parseIpRuleList(suggested.map(({ rule }) => rule));
        expect(faults).toEqual([]);
        const matcher = compileIpMatcher(rules);
        const known = new Set(seen.map(keyOf));
        for (const address of seen.flatMap(nearby)) expect(matcher.allows(address)).toBe(known.has(keyOf(address)));
        expect(suggested.every(({ isWider }) => !isWider)).toBe(true);
        // Intervals that let in nothing else, added up, are as many addresses as were seen: nothing far away is let in either.
        const covered = rules.map((rule) => (rule.kind === 'host' ? 0n : rule.last - rule.first + 1n));
        expect(covered.reduce((sum, size) => sum + size, 0n)).toBe(BigInt(known.size));
        expect(suggested.reduce((sum, each) => sum + each.seen, 0)).toBe(known.size);
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes no more rules than there are gaps between what was seen', () => {
    fc.assert(
      fc.property(anySeen, (seen) => {
        const known = new Set(seen.map(keyOf));
        const runs = [...known].filter((key) => {
          const [family, value] = key.split(' ');
          return !known.has(`${family} ${BigInt(value ?? '0') - 1n}`);
        });
        expect(suggestRules(seen)).toHaveLength(runs.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is written as a list stores it, without a notice', () => {
    fc.assert(
      fc.property(anySeen, (seen) => {
        const texts = suggestRules(seen).map(({ rule }) => rule);
        const { rules, notices } = parseIpRuleList(texts);
        expect(rules.map(({ text }) => text)).toEqual(texts);
        expect(notices).toEqual([]);
      }),
    );
  });

  test.each<[readonly string[], readonly string[]]>([
    [[], []],
    [['203.0.113.7'], ['203.0.113.7']],
    [['203.0.113.7', '::ffff:203.0.113.7'], ['203.0.113.7']],
    [['203.0.113.5', '203.0.113.4'], ['203.0.113.4/31']],
    [['203.0.113.5', '203.0.113.6'], ['203.0.113.5-203.0.113.6']],
    [
      ['2001:db8::1', '10.0.0.9', '2001:db8::', '10.0.0.1'],
      ['10.0.0.1', '10.0.0.9', '2001:db8::/127'],
    ],
    [
      ['255.255.255.255', '::'],
      ['255.255.255.255', '::'],
    ],
  ])('%j is %j', (seen, rules) => {
    expect(suggest(seen)).toEqual(rules);
  });

  test('of a whole network is that network', () => {
    const all = Array.from({ length: 256 }, (_, at) => `198.51.100.${at}`);
    expect(suggestRules(all.map(addressOf))).toEqual([{ rule: '198.51.100.0/24', seen: 256, isWider: false }]);
  });
});

describe('a wider suggestion', () => {
  test('names the network in place of four IPv4 addresses in it, and of two IPv6 ones', () => {
    const few = ['192.0.2.1', '192.0.2.9', '192.0.2.40'];
    expect(suggest(few, 'wider')).toEqual(few);
    expect(suggestRules([...few, '192.0.2.80', '198.51.100.1'].map(addressOf), 'wider')).toEqual([
      { rule: '192.0.2.0/24', seen: 4, isWider: true },
      { rule: '198.51.100.1', seen: 1, isWider: false },
    ]);
    expect(suggest(['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:1::1'], 'wider')).toEqual([
      '2001:db8::/64',
      '2001:db8:0:1::1',
    ]);
  });

  test('joins networks that touch', () => {
    const seen = [1, 9, 40, 80].flatMap((host) => [`192.0.2.${host}`, `192.0.3.${host}`]);
    expect(suggest(seen, 'wider')).toEqual(['192.0.2.0/23']);
  });

  test('lets in all that was seen, in no more rules, and nothing outside the networks of what was seen', () => {
    fc.assert(
      fc.property(anySeen, (seen) => {
        const suggested = suggestRules(seen, 'wider');
        const { rules } = parseIpRuleList(suggested.map(({ rule }) => rule));
        const matcher = compileIpMatcher(rules);
        for (const address of seen) expect(matcher.allows(address), formatIpAddress(address)).toBe(true);
        expect(suggested.length).toBeLessThanOrEqual(suggestRules(seen).length);
        const networks = new Set(seen.map(networkOf));
        for (const rule of rules) {
          if (rule.kind === 'host') throw new Error('no host name was seen');
          expect(networks.has(networkOf({ family: rule.family, value: rule.first }))).toBe(true);
          expect(networks.has(networkOf({ family: rule.family, value: rule.last }))).toBe(true);
        }
        const known = new Set(seen.map(keyOf)).size;
        expect(suggested.reduce((sum, each) => sum + each.seen, 0)).toBe(known);
      }),
      { numRuns: 2_000 },
    );
  });
});

function networkOf({ family, value }: IpAddress): string {
  return `${family} ${value >> BigInt((family === 4 ? 32 : 128) - WIDENINGS[family].prefix)}`;
}
