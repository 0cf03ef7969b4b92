// The caller's address: the table of chains, and what holds for every chain.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ignoredForwarding, resolveCallerAddress } from '../../../src/domain/address/caller-address.ts';
import { formatIpAddress } from '../../../src/domain/address/ip-address.ts';
import { compileIpMatcher } from '../../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../../src/domain/address/ip-rule-list.ts';
import { chains, trustedProxies } from './caller-cases.ts';

const trusted = compileIpMatcher(parseIpRuleList(trustedProxies).rules);
const nobody = compileIpMatcher([]);

function callerOf(peer: string | undefined, forwardedFor: readonly string[], proxies = trusted): string | undefined {
  const address = resolveCallerAddress({ peer, forwardedFor, trustedProxies: proxies });
  return address && formatIpAddress(address);
}

describe('X-Forwarded-For is read from the right to the first hop that is not trusted', () => {
  test.each(chains)('peer %j with %j is %j', (peer, lines, caller) => {
    expect(callerOf(peer, lines)).toBe(caller);
  });
});

test('with no trusted proxies the caller is the peer, whatever the headers say', () => {
  for (const [, lines] of chains) expect(callerOf('203.0.113.9', lines, nobody)).toBe('203.0.113.9');
});

test('whatever is put before a chain with an untrusted hop changes nothing', () => {
  const deciding = chains.filter(([peer, lines]) => peer === '10.0.0.1' && lines.length > 0);
  const isAllTrusted = (lines: readonly string[]) => /^[^ ]*(10\.|127\.|::1)/.test(callerOf('10.0.0.1', lines) ?? '');
  const header = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(
      fc.constantFrom(...deciding.filter(([, lines]) => !isAllTrusted(lines))),
      header,
      ([, lines], forged) => {
        expect(callerOf('10.0.0.1', [forged, ...lines])).toBe(callerOf('10.0.0.1', lines));
        expect(callerOf('10.0.0.1', [`${forged},${lines.join(',')}`])).toBe(callerOf('10.0.0.1', lines));
      },
    ),
    { numRuns: 5_000 },
  );
});

test('a chain is the same in one header line and in one line for each hop', () => {
  const hop = fc.constantFrom('10.0.0.2', ' 127.0.0.1 ', '198.51.100.1', '[::1]:80', 'unknown', '', '::ffff:10.0.0.4');
  fc.assert(
    fc.property(fc.array(hop, { minLength: 1, maxLength: 6 }), (hops) => {
      expect(callerOf('10.0.0.1', hops)).toBe(callerOf('10.0.0.1', [hops.join(',')]));
      expect(callerOf('10.0.0.1', hops)).toBe(callerOf('10.0.0.1', [hops.join(' , ')]));
    }),
    { numRuns: 5_000 },
  );
});

test('forwarding is reported as ignored when it comes from a peer that is not trusted, and only then', () => {
  const ignored = (peer: string | undefined, forwardedFor: readonly string[]) =>
    ignoredForwarding({ peer, forwardedFor, trustedProxies: trusted });
  expect(ignored('203.0.113.9', ['198.51.100.1'])).toBe(true);
  expect(ignored('203.0.113.9', [''])).toBe(true);
  expect(ignored(undefined, ['198.51.100.1'])).toBe(true);
  expect(ignored('203.0.113.9', [])).toBe(false);
  expect(ignored('10.0.0.1', ['198.51.100.1'])).toBe(false);
  expect(ignored('::ffff:10.0.0.1', ['unknown'])).toBe(false);
});
