// One address: read strictly, written by RFC 5952.

import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress, parseIpAddress } from '../../../src/domain/address/ip-address.ts';
import { addressTexts } from './caller-cases.ts';

function canonical(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address && formatIpAddress(address);
}

describe('RFC 5952 §4 › text is one address in canonical form, or none', () => {
  test.each(addressTexts)('%j is %j', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

test('RFC 5952 §4 › any IPv6 address is written as the WHATWG URL serializer writes it, and read back the same', () => {
  const anyGroup = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.nat(15));
  fc.assert(
    fc.property(fc.array(anyGroup, { minLength: 8, maxLength: 8 }), (groups) => {
      const full = groups.map((group) => group.toString(16)).join(':');
      const address = parseIpAddress(full);
      fc.pre(address?.family === 6);
      const text = address && formatIpAddress(address);
      expect(`[${text}]`).toBe(new URL(`http://[${full}]`).hostname);
      expect(parseIpAddress(text ?? '')).toEqual(address);
    }),
    { numRuns: 20_000 },
  );
});

test('RFC 4291 §2.2 › a short or dotted IPv6 spelling is the address that the WHATWG URL parser reads', () => {
  const parts = fc.array(fc.constantFrom('::', ':', '0', '1', 'ffff', 'AB', '1.2.3.4', '255.0.0.1'), { maxLength: 14 });
  let read = 0;
  fc.assert(
    fc.property(parts, (pieces) => {
      const text = pieces.join('');
      if (isIP(text) !== 6) return;
      const address = parseIpAddress(text);
      const host = new URL(`http://[${text}]`).hostname.slice(1, -1);
      const expected = address?.family === 4 ? parseIpAddress(host) : address;
      expect(address && expected).toEqual(parseIpAddress(host));
      expect(canonical(host)).toBe(canonical(text));
      read++;
    }),
    { numRuns: 30_000 },
  );
  expect(read).toBeGreaterThan(100);
});

test('any IPv4 address is read by its four octets and written as it came', () => {
  const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(octets, ([a = 0, b = 0, c = 0, d = 0]) => {
      const text = `${a}.${b}.${c}.${d}`;
      const value = BigInt(((a * 256 + b) * 256 + c) * 256 + d);
      expect(parseIpAddress(text)).toEqual({ family: 4, value });
      expect(parseIpAddress(`::ffff:${text}`)).toEqual({ family: 4, value });
      expect(canonical(text)).toBe(text);
    }),
  );
});
