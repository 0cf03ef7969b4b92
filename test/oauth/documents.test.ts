// The public documents: signing keys (RFC 7517) and metadata (RFC 8414).

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyRing, OpenSigningKey } from '../../src/domain/signing-key/key-ring.ts';
import { type Installation, startInstallation } from './installation.ts';
import { fetchToken, send } from './requests.ts';
import { makeSigningKey } from './signing-keys.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await startInstallation();
});

afterAll(() => installation.close());

const JWKS = '/.well-known/jwks.json';
const METADATA = '/.well-known/oauth-authorization-server';
const get = (path: string, headers: Record<string, string> = {}) =>
  send(installation, { method: 'GET', path, headers });

describe('RFC 8414', () => {
  test('§2 › the metadata says what is true and no more', async () => {
    const { issuer } = installation;
    const answer = await get(METADATA);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: expect.arrayContaining(['clients:read', 'tokens:introspect', 'companies:write', 'system:read']),
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      introspection_endpoint: `${issuer}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: `${issuer}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      service_documentation: `${issuer}/docs`,
    });
  });

  test('the same document stands at the place where OpenID Connect looks', async () => {
    expect((await get('/.well-known/openid-configuration')).text).toBe((await get(METADATA)).text);
  });

  test.each([
    { host: 'evil.test' },
    { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
    { host: 'a b{}' },
  ])('%j does not change it', async (headers) => {
    expect((await get(METADATA, headers)).text).toBe((await get(METADATA)).text);
  });
});

describe('RFC 7517', () => {
  test('§5 › the public parts of every published key, the current one first', async () => {
    const { keys } = installation;
    const retired = makeSigningKey('retired');
    const ring = keys.current;
    keys.current = { ...ring, published: [ring.current, retired] };
    const { json } = await get(JWKS);
    keys.current = ring;
    expect(json.keys.map(({ kid }: OpenSigningKey) => kid)).toEqual([ring.current.kid, 'retired']);
    for (const key of json.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    }
  });

  test('a new current key signs the next token, and the document changes with it', async () => {
    const { keys } = installation;
    const client = await installation.register();
    const before = await get(JWKS);
    const old = keys.current;
    const fresh = makeSigningKey('fresh');
    keys.current = ringOf(fresh, old.current);
    // Through the engine, then on the short lane.
    const other = await installation.register();
    for (const each of [client, other, client, other]) {
      const [header = ''] = (await fetchToken(installation, each)).split('.');
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ kid: 'fresh', alg: 'ES256' });
    }
    const after = await get(JWKS);
    expect(after.headers['etag']).not.toBe(before.headers['etag']);
    keys.current = old;
  });
});

describe.each([JWKS, METADATA, '/.well-known/openid-configuration'])('%s', (path) => {
  test('may be kept for minutes and is asked for again by its tag', async () => {
    const { headers } = await get(path);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['etag']).toMatch(/^"[0-9a-f]+"$/);
    const again = await get(path, { 'if-none-match': headers['etag'] ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('HEAD has the headers of GET and no body', async () => {
    const [head, full] = [await send(installation, { method: 'HEAD', path }), await get(path)];
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'cache-control', 'content-type', 'content-length']) {
      expect(head.headers[name]).toBe(full.headers[name]);
    }
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s gets 405 with Allow', async (method) => {
    const answer = await send(installation, { method, path });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD, OPTIONS');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('scripts of every origin may read it, also after asking first', async () => {
    expect((await get(path, { origin: 'https://app.example' })).headers['access-control-allow-origin']).toBe('*');
    const preflight = await send(installation, {
      method: 'OPTIONS',
      path,
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    expect(preflight.headers['access-control-allow-methods']).toContain('GET');
  });
});

function ringOf(...published: readonly [OpenSigningKey, ...OpenSigningKey[]]): KeyRing {
  return { current: published[0], published, find: (kid) => published.find((key) => key.kid === kid) };
}
