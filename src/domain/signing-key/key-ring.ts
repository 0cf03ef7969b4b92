// The signing keys of this process: made at first start, opened once, used synchronously.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { randomBase62 } from '../../base/random.ts';
import type { SecretBox } from '../../base/secret-box.ts';
import { auditEvent } from '../audit/audit-event.ts';
import type { Storage } from '../stores.ts';
import type { SigningKey } from './signing-key.ts';

/** An opened key. `signData` is synchronous on purpose: WebCrypto would queue behind other work in libuv's thread pool. */
export interface OpenSigningKey {
  readonly kid: string;
  readonly algorithm: 'ES256';
  readonly publicKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, string>>;
  /** The JWS signature r‖s (RFC 7518 §3.4), 64 bytes. */
  readonly signData: (data: Uint8Array) => Buffer;
  readonly verifyData: (data: Uint8Array, signature: Uint8Array) => boolean;
}

export interface KeyRing {
  readonly current: OpenSigningKey;
  /** Every key whose tokens may still live, the current one first. */
  readonly published: readonly OpenSigningKey[];
  find(kid: string): OpenSigningKey | undefined;
}

interface Parts {
  readonly storage: Storage;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

/** Opens the stored keys; makes the first one when there is none, once for all instances. */
export async function openKeyRing({ storage, secretBox, clock }: Parts): Promise<KeyRing> {
  const stored = await storage.write(async (stores) => {
    await stores.signingKeys.lock();
    const keys = await stores.signingKeys.list();
    if (keys.some((key) => key.status === 'current')) return keys;
    const made = createSigningKey(secretBox, clock.now());
    await stores.signingKeys.insert(made);
    const actor = { type: 'system', id: 'postern', name: 'Postern' };
    const origin = { requestId: '', ip: null, userAgent: null };
    await stores.audit.append({
      ...auditEvent('signing_key.created', origin, {
        time: made.createdAt,
        companyId: null,
        actor,
        target: { type: 'signing_key', id: made.kid, name: null },
      }),
      requestId: null,
    });
    return [...keys, made];
  });
  const current = stored.find((key) => key.status === 'current');
  if (!current) throw new Error('no current signing key');
  const opened = [current, ...stored.filter((key) => key !== current)].map((key) => openSigningKey(key, secretBox));
  const byKid = new Map(opened.map((key) => [key.kid, key]));
  const [first] = opened;
  if (!first) throw new Error('no current signing key');
  return { current: first, published: opened, find: (kid) => byKid.get(kid) };
}

function createSigningKey(secretBox: SecretBox, createdAt: Date): SigningKey {
  // As PEM first: exporting a fresh KeyObject as JWK can deadlock Node 20 when the collector runs meanwhile.
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const kid = randomBase62(16);
  const { kty, crv, x, y } = createPublicKey(publicKey).export({ format: 'jwk' });
  return {
    kid,
    algorithm: 'ES256',
    status: 'current',
    publicJwk: { kty: String(kty), crv: String(crv), x: String(x), y: String(y), kid, alg: 'ES256', use: 'sig' },
    sealedPrivateKey: secretBox.seal(privateKey, sealContext(kid)),
    createdAt,
  };
}

/** Throws SecretBoxError when it was sealed under another key. */
export function openSigningKey(key: SigningKey, secretBox: SecretBox): OpenSigningKey {
  const privateKey = createPrivateKey({
    key: secretBox.open(key.sealedPrivateKey, sealContext(key.kid)),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    publicKey,
    publicJwk: key.publicJwk,
    signData: (data) => joseSignature(sign('sha256', data, privateKey)),
    verifyData: (data, signature) =>
      signature.length === 64 && verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

function sealContext(kid: string): string {
  return `signing_key:${kid}`;
}

/** DER to r‖s by hand: with a bare KeyObject and this conversion a signature costs half of what `dsaEncoding` costs on Node 24. */
function joseSignature(der: Buffer): Buffer {
  const raw = Buffer.alloc(64);
  const rLength = der[3] ?? 0;
  copyInteger(der.subarray(4, 4 + rLength), raw, 32);
  const sLength = der[5 + rLength] ?? 0;
  copyInteger(der.subarray(6 + rLength, 6 + rLength + sLength), raw, 64);
  return raw;
}

/** Right-aligned, without the sign byte that DER puts before a high bit. */
function copyInteger(integer: Buffer, into: Buffer, end: number): void {
  const bytes = integer.length > 32 ? integer.subarray(integer.length - 32) : integer;
  bytes.copy(into, end - bytes.length);
}
