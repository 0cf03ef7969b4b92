// Which identifiers APIs may have, and the spelling in which they are kept.

import { describe, expect, test } from 'vitest';
import { readIdentifier } from '../../../src/domain/api/api-identifier.ts';

describe('RFC 3986 §4.3, RFC 8707 §2 › an identifier is an absolute URI', () => {
  test.each([
    'https://api.example.com',
    'https://api.example.com/',
    'https://api.example.com:8443/v1?x=%20y',
    'http://[2001:db8::1]:80/a',
    'urn:example:billing',
    'tag:example.com,2026:orders',
    "https://x.test/a!$&'()*+,;=:@/~b",
  ])('%s is kept as it is', (identifier) => {
    expect(readIdentifier(identifier)).toEqual({ ok: true, identifier });
  });

  test.each([
    ['HTTPS://API.Example.COM/Path', 'https://api.example.com/Path'],
    ['  urn:example:a  ', 'urn:example:a'],
    ['URN:Example:A', 'urn:Example:A'],
    ['https://x.test/%c3%a4', 'https://x.test/%C3%A4'],
    ['https://[2001:DB8::A]/', 'https://[2001:db8::a]/'],
  ])('RFC 3986 §6.2.2.1 › %s becomes %s', (given, identifier) => {
    expect(readIdentifier(given)).toEqual({ ok: true, identifier });
  });

  test.each([
    ['', 'Enter an identifier'],
    ['https://x.test/#part', 'no fragment'],
    ['https://x.test/a#', 'no fragment'],
    ['/relative', 'absolute URI'],
    ['//x.test/a', 'absolute URI'],
    ['api.example.com', 'absolute URI'],
    ['1http://x.test', 'absolute URI'],
    ['https:x', 'Write the host'],
    ['https:///path', 'no host'],
    ['https://:80/', 'no host'],
    ['urn:', 'Nothing follows'],
    ['https://user:secret@x.test/', 'names no user'],
    ['https://x.test:0/', 'port'],
    ['https://x.test:/', 'port'],
    ['https://x.test:65536/', 'port'],
    ['https://x.test:8a/', 'no host that can be read'],
    ['https://[::1/', 'no host that can be read'],
    ['https://x.test/[a]', 'square brackets'],
    ['https://x.test/a b', 'character'],
    ['https://x.test/%zz', 'character'],
    ['https://x.test/"a"', 'character'],
    ['https://x.test/\\a', 'character'],
    ['https://bücher.test/', 'character'],
    ['https://x.test/\0', 'character'],
    ['https://x.test/{id}', 'character'],
    [`https://x.test/${'a'.repeat(500)}`, 'at most 500'],
  ])('%j is refused with what to do', (given, part) => {
    const reading = readIdentifier(given);

    expect(reading).toEqual({ ok: false, detail: expect.stringContaining(part) });
  });
});
