// Randomness and the base-62 alphabet in which identifiers and secrets are written.
import { randomFillSync } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// 248 is the largest multiple of 62 in a byte: bytes above it are thrown away, so that every digit is equally likely.
const UNBIASED_LIMIT = 248;

const pool = Buffer.alloc(4096);
let used = pool.length;

function nextByte(): number {
  if (used >= pool.length) refill();
  const byte = pool[used] ?? 0;
  // A secret must not lie around in the pool after it was handed out.
  pool[used] = 0;
  used += 1;
  return byte;
}

function refill(): void {
  randomFillSync(pool);
  used = 0;
}

/** `length` characters of `[0-9A-Za-z]`, each with log2(62) = 5.95 bits. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    const byte = nextByte();
    if (byte < UNBIASED_LIMIT) text += DIGITS[byte % 62];
  }
  return text;
}

/** A non-negative integer in base 62, left-padded with `0` to `width` digits. */
export function toBase62(value: number, width: number): string {
  let rest = value;
  let text = '';
  do {
    text = DIGITS[rest % 62] + text;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return text.padStart(width, '0');
}

/** An opaque row identifier such as `co_4fTr…`: the prefix tells people what it names, 20 random digits make it unguessable. */
export function randomId(prefix: string): string {
  return `${prefix}_${randomBase62(20)}`;
}

const REQUEST_ID_BYTES = 16;

/** 128 bits in hexadecimal: the request id that also serves as the reference of a refusal. No secret, so it is read straight from the pool. */
export function randomRequestId(): string {
  if (used + REQUEST_ID_BYTES > pool.length) refill();
  used += REQUEST_ID_BYTES;
  return pool.toString('hex', used - REQUEST_ID_BYTES, used);
}
