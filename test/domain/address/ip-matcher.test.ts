// Rules against callers: the table, the agreement with net.BlockList, merged lists, host names.

import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIpAddress, type IpAddress } from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import { parseIpRule, type IpRule } from '../../../src/domain/address/ip-rule.ts';
import { matches } from './caller-cases.ts';
import { anyPair, type RandomRule } from './random-pairs.ts';

function rulesOf(entries: string | readonly string[]): readonly IpRule[] {
  const list = parseIpRuleList(entries);
  expect(list.faults).toEqual([]);
  return list.rules;
}

function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

describe('a caller is let in by the rules that hold its address and by no other', () => {
  test.each(matches)('%j against %j: %j', (rules, caller, allowed) => {
    const matcher = compileIpMatcher(rulesOf(rules));
    const address = addressOf(caller);
    expect(matcher.allows(address)).toBe(allowed);
    expect(matcher.findRule(address) !== undefined).toBe(allowed);
  });
});

/**
 * A list for one family at a time: BlockList lets `::/0` hold IPv4 callers, because it sees them as mapped; here an
 * IPv6 rule holds IPv6 callers only.
 */
function blockListOf({ oracle, family }: RandomRule): BlockList {
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (oracle.kind === 'address') list.addAddress(oracle.address, type);
  else if (oracle.kind === 'subnet') list.addSubnet(oracle.address, oracle.prefix, type);
  else list.addRange(oracle.from, oracle.to, type);
  return list;
}

test('100,000 random pairs of rule and caller get the verdict of net.BlockList', () => {
  let allowed = 0;
  fc.assert(
    fc.property(anyPair, ({ rule, callerText, callerFamily, caller }) => {
      const parsed = parseIpRule(rule.text);
      if (!parsed.ok) throw new Error(parsed.detail);
      const verdict = compileIpMatcher([parsed.rule]).allows(parseIpAddress(callerText));
      const expected =
        rule.family === callerFamily && blockListOf(rule).check(caller, callerFamily === 4 ? 'ipv4' : 'ipv6');
      if (verdict !== expected) throw new Error(`${rule.text} against ${callerText}: ${verdict}, not ${expected}`);
      if (verdict) allowed++;
    }),
    { numRuns: 100_000 },
  );
  expect(allowed).toBeGreaterThan(20_000);
  expect(allowed).toBeLessThan(80_000);
});

test('a compiled list of many rules lets in exactly whom one of its rules lets in', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 1, maxLength: 40 }), (pairs) => {
      const rules = pairs.flatMap(({ rule }) => {
        const parsed = parseIpRule(rule.text);
        return parsed.ok ? [parsed.rule] : [];
      });
      const matcher = compileIpMatcher(rules);
      for (const { callerText } of pairs) {
        const address = parseIpAddress(callerText);
        const first = rules.find((rule) => compileIpMatcher([rule]).allows(address));
        expect(matcher.findRule(address)).toBe(first?.text);
        expect(matcher.allows(address)).toBe(first !== undefined);
      }
    }),
    { numRuns: 300 },
  );
});

test('findRule names the first rule in the order given', () => {
  const matcher = compileIpMatcher(rulesOf('192.0.2.0/24 192.0.2.7 0.0.0.0/0'));
  expect(matcher.findRule(addressOf('192.0.2.7'))).toBe('192.0.2.0/24');
  expect(matcher.findRule(addressOf('198.51.100.1'))).toBe('0.0.0.0/0');
  expect(matcher.findRule(addressOf('::1'))).toBeUndefined();
});

test('an unknown address never passes, and no rules let nobody in', () => {
  const everyone = compileIpMatcher(rulesOf('0.0.0.0/0 ::/0'));
  expect(everyone.allows(undefined)).toBe(false);
  expect(everyone.findRule(undefined)).toBeUndefined();
  for (const caller of ['0.0.0.0', '127.0.0.1', '::', '::1']) {
    expect(everyone.allows(addressOf(caller))).toBe(true);
    expect(compileIpMatcher([]).allows(addressOf(caller))).toBe(false);
  }
});

test('10,000 rules of both families let in their own addresses and not those between them', () => {
  const texts = Array.from({ length: 5_000 }, (_, at) => [
    `10.${at >> 8}.${at & 255}.4/30`,
    `2001:db8:${at.toString(16)}::/64`,
  ]);
  const matcher = compileIpMatcher(rulesOf(texts.flat()));
  for (let at = 0; at < 5_000; at++) {
    const [v4, v6] = [`10.${at >> 8}.${at & 255}`, `2001:db8:${at.toString(16)}`];
    const verdicts = [`${v4}.3`, `${v4}.4`, `${v4}.7`, `${v4}.8`, `${v6}::`, `${v6}:0:ffff::`, `${v6}:1::`];
    expect(verdicts.map((text) => matcher.allows(addressOf(text)))).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
  }
});

describe('a host rule', () => {
  test('lets in the addresses that its name stands for at the moment of the check, of both families', () => {
    let answers: readonly IpAddress[] = [addressOf('192.0.2.5'), addressOf('2001:db8::5')];
    const matcher = compileIpMatcher(rulesOf('10.0.0.1 GW.example.com'), (name) =>
      name === 'gw.example.com' ? answers : [],
    );
    expect(matcher.allows(addressOf('192.0.2.5'))).toBe(true);
    expect(matcher.allows(addressOf('::ffff:192.0.2.5'))).toBe(true);
    expect(matcher.findRule(addressOf('2001:db8::5'))).toBe('gw.example.com');
    expect(matcher.allows(addressOf('192.0.2.6'))).toBe(false);
    expect(matcher.allows(addressOf('::192.0.2.5'))).toBe(false);
    answers = [];
    expect(matcher.allows(addressOf('192.0.2.5'))).toBe(false);
    expect(matcher.allows(addressOf('10.0.0.1'))).toBe(true);
  });

  test('lets nobody in while there is no resolver', () => {
    expect(compileIpMatcher(rulesOf('gw.example.com')).allows(addressOf('192.0.2.5'))).toBe(false);
  });

  test('is not looked up for an unknown caller, nor when another rule lets the caller in', () => {
    const asked: string[] = [];
    const matcher = compileIpMatcher(rulesOf('gw.example.com 192.0.2.1'), (name) => {
      asked.push(name);
      return [];
    });
    matcher.allows(undefined);
    matcher.allows(addressOf('192.0.2.1'));
    expect(asked).toEqual([]);
  });
});
