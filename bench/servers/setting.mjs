// What the servers of the benchmark have in common: one client, one key, the same claims in every token.
import { createHmac, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { BENCH_CLIENT_ID, BENCH_CLIENT_SECRET, BENCH_PORT } = process.env;

export const port = Number(BENCH_PORT);
export const issuer = `http://127.0.0.1:${port}`;
export const audience = `${issuer}/api`;
export const client = { id: BENCH_CLIENT_ID ?? '', secret: BENCH_CLIENT_SECRET ?? '' };
export const scopes = ['clients:read', 'audit:read'];
export const lifetimeSeconds = 86_400;
/** What Postern adds to a token of RFC 9068. */
export const extraClaims = { company_id: 'co_root', role: 'Company Admin' };

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

export const kid = 'benchmark';
export const privatePem = privateKey;

const macKey = Buffer.alloc(32, 7);
const mac = (secret) => createHmac('sha256', macKey).update(secret).digest();
const rightMac = mac(client.secret);

export function isRightSecret(secret) {
  return timingSafeEqual(mac(secret), rightMac);
}

export function listen(handler) {
  const server = createServer(handler);
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}
