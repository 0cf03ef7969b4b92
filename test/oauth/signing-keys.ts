// Signing keys of a test's own, for changing keys under the endpoints.

import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { OpenSigningKey } from '../../src/domain/signing-key/key-ring.ts';

export function makeSigningKey(kid: string): OpenSigningKey {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const publicKey = createPublicKey(pair.publicKey);
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return {
    kid,
    algorithm: 'ES256',
    publicKey,
    publicJwk: { kty: String(kty), crv: String(crv), x: String(x), y: String(y), kid, alg: 'ES256', use: 'sig' },
    signData: (data) => sign('sha256', data, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }),
    verifyData: (data, signature) => verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  };
}
