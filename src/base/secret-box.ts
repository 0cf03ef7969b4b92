// Encryption at rest of what must be readable again, such as private signing keys: AES-256-GCM under one key.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Length of the key in bytes. */
export const SECRET_BOX_KEY_BYTES = 32;

// version (1) | nonce (12) | tag (16) | ciphertext
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
const ALGORITHM = 'aes-256-gcm';

export interface SecretBox {
  /**
   * `context` says what is sealed and whose it is, such as `signing_key:4fTr…`. It isn't secret and isn't stored with the
   * result: the same text must be given to `open`, so that a sealed value moved to another row doesn't open there.
   */
  seal(plain: Buffer | string, context: string): Buffer;
  /** @throws SecretBoxError when the key or the context is another one or the bytes were changed */
  open(sealed: Buffer, context: string): Buffer;
}

export class SecretBoxError extends Error {
  constructor(reason: string, context: string, cause?: unknown) {
    super(`${reason}: cannot open ${context}`, { cause });
    this.name = 'SecretBoxError';
  }
}

/** `key` has 32 bytes. Nonces are random (NIST SP 800-38D §8.2.2), good for 2^32 sealed values under one key. */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== SECRET_BOX_KEY_BYTES) {
    throw new RangeError(`an encryption key has ${SECRET_BOX_KEY_BYTES} bytes, not ${key.length}`);
  }
  // A copy, so that the caller may wipe or reuse its buffer.
  const ownKey = Buffer.from(key);
  return {
    seal: (plain, context) => seal(ownKey, plain, context),
    open: (sealed, context) => open(ownKey, sealed, context),
  };
}

function seal(key: Buffer, plain: Buffer | string, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(context));
  const body = Buffer.concat([
    typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain),
    cipher.final(),
  ]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]);
}

function open(key: Buffer, sealed: Buffer, context: string): Buffer {
  if (sealed.length < HEAD_BYTES) throw new SecretBoxError('not a sealed value (too short)', context);
  if (sealed[0] !== VERSION) throw new SecretBoxError(`unknown version ${sealed[0]} of a sealed value`, context);
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(context));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
  } catch (error) {
    throw new SecretBoxError('wrong encryption key', context, error);
  }
}

/** The version is bound too, so that a later format can't be passed off as this one. */
function associatedData(context: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(context, 'utf8')]);
}
