// What is sealed opens under the same key and context only.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretBox, SecretBoxError } from '../../src/base/secret-box.ts';

const key = randomBytes(32);
const box = createSecretBox(key);

describe('a sealed value', () => {
  test('opens to the same bytes under the same key and context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, context) => {
        const opened = createSecretBox(key).open(box.seal(Buffer.from(plain), context), context);
        expect(opened.equals(Buffer.from(plain))).toBe(true);
      }),
    );
    expect(box.open(box.seal('žluťoučký 🐎', 'a'), 'a').toString('utf8')).toBe('žluťoučký 🐎');
  });

  test('is another one each time and shows nothing of its content', () => {
    const first = box.seal('a'.repeat(64), 'a');
    const second = box.seal('a'.repeat(64), 'a');
    expect(first.equals(second)).toBe(false);
    expect(first.subarray(1, 13).equals(second.subarray(1, 13))).toBe(false);
    expect(first.includes('aaaa')).toBe(false);
    expect(first).toHaveLength(1 + 12 + 16 + 64);
  });

  test('says wrong encryption key under another key or context', () => {
    const sealed = box.seal('x', 'signing_key:a');
    expect(() => createSecretBox(randomBytes(32)).open(sealed, 'signing_key:a')).toThrow(/wrong encryption key/);
    expect(() => box.open(sealed, 'signing_key:b')).toThrow('wrong encryption key: cannot open signing_key:b');
  });

  test('doesn’t open once any bit of it was changed or its end was cut off', () => {
    const sealed = box.seal('some content', 'a');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sealed.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => box.open(changed, 'a')).toThrow(SecretBoxError);
      }),
    );
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => box.open(sealed.subarray(0, length), 'a')).toThrow(SecretBoxError);
    }
  });

  test('is bound to the key at the time, even when the caller wipes its buffer', () => {
    const mine = randomBytes(32);
    const own = createSecretBox(mine);
    const sealed = own.seal('x', 'a');
    mine.fill(0);
    expect(own.open(sealed, 'a').toString()).toBe('x');
  });
});

test.each([0, 16, 31, 33])('a key of %i bytes is refused', (length) => {
  expect(() => createSecretBox(Buffer.alloc(length))).toThrow(RangeError);
});
