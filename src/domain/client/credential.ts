// The form of client IDs, client secrets and API tokens: [A-Za-z0-9_] only, with check characters, so that a mistyped or cut-off
// value is refused without hashing.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { randomBase62, toBase62 } from '../../base/random.ts';

export type CredentialPrefix = 'psts_' | 'pstt_';

const RANDOM_DIGITS = 43;
const CHECK_DIGITS = 6;
const FORM = new RegExp(`^pst[st]_[0-9A-Za-z]{${RANDOM_DIGITS + CHECK_DIGITS}}$`);
const HINT_LENGTH = 4;

/** `pst_` and 24 random base-62 characters. */
export function createClientId(): string {
  return `pst_${randomBase62(24)}`;
}

/** A new secret (`psts_`) or API token (`pstt_`): 256 bits and the CRC-32 (IEEE) of everything before it in base 62. */
export function createCredential(prefix: CredentialPrefix): string {
  const body = prefix + randomBase62(RANDOM_DIGITS);
  return body + checkCharacters(body);
}

/** Whether a value has the form and the right check characters. False means that it was never issued. */
export function isWellFormedCredential(value: string, prefix: CredentialPrefix): boolean {
  if (!value.startsWith(prefix) || !FORM.test(value)) return false;
  const body = value.slice(0, -CHECK_DIGITS);
  return checkCharacters(body) === value.slice(-CHECK_DIGITS);
}

/** The last four characters, kept beside the hash so that people can tell secrets apart. */
export function credentialHint(value: string): string {
  return value.slice(-HINT_LENGTH);
}

/** What bcrypt is given: base64(SHA-256(value)), 44 characters, so that neither its 72-byte limit nor NUL bytes matter. */
export function credentialDigest(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('base64');
}

function checkCharacters(body: string): string {
  return toBase62(crc32(body), CHECK_DIGITS);
}
