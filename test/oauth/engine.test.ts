// What Postern relies on in oidc-provider, fact by fact: an upgrade that changes one is noticed here. And the engine as it is built.

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { unavailable } from '../../src/base/problem.ts';
import type { KeyRing, OpenSigningKey } from '../../src/domain/signing-key/key-ring.ts';
import type { Storage, Stores } from '../../src/domain/stores.ts';
import type { AccessTokenClaims, OpaqueToken } from '../../src/domain/token/access-token.ts';
import { opaqueTokenHash } from '../../src/domain/token/token-inspector.ts';
import { buildEngine, createEngine, type TokenWork } from '../../src/ports/oauth/engine.ts';
import { ExternalSigningKey, Provider } from '../../src/ports/oauth/oidc-provider.ts';
import { makeSigningKey } from './signing-keys.ts';

const ISSUER = 'https://auth.example.com';
const key = makeSigningKey('first');

const claims: AccessTokenClaims = {
  iss: ISSUER,
  sub: 'pst_0123456789012345678901',
  client_id: 'pst_0123456789012345678901',
  aud: 'https://api.example.com/',
  iat: 1_700_000_000,
  exp: 1_700_000_600,
  jti: '3-abcdefghijklmnopqrstuv',
  scope: 'a:read b:write',
  company_id: 'co_root',
  role: 'Ein “Name” \\ 日本',
};

const work: TokenWork = { clientId: claims.client_id, secret: 'psts_x', format: 'jwt', claims };

function ringOf(current: OpenSigningKey): KeyRing {
  return { current, published: [current], find: (kid) => (kid === current.kid ? current : undefined) };
}

/** Keeps opaque tokens in a list. */
function listingStorage(kept: OpaqueToken[]): Storage {
  const stores = { tokens: { insertOpaque: async (token: OpaqueToken) => void kept.push(token) } };
  return {
    read: () => Promise.reject(new Error('the engine reads nothing')),
    write: async (run) => await run(stores as unknown as Stores),
  };
}

function engineOf(storage = listingStorage([])) {
  return buildEngine({ issuer: ISSUER, keys: () => ringOf(key), storage }, key);
}

describe('the engine as it is built', () => {
  test('signs exactly the claims it is given, whatever the system’s clock says', async () => {
    const token = await engineOf().issue(work);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'first' });
    expect(decodeJwt(token)).toEqual(claims);
    expect(Object.keys(decodeJwt(token))).toEqual(Object.keys(claims));
    const keys = createLocalJWKSet({ keys: [key.publicJwk as never] });
    await jwtVerify(token, keys, { currentDate: new Date(1_700_000_100_000), typ: 'at+jwt' });
  });

  test('hands over an opaque token of 43 characters, of which only the hash is kept', async () => {
    const kept: OpaqueToken[] = [];
    const value = await engineOf(listingStorage(kept)).issue({ ...work, format: 'opaque' });
    expect(value).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(kept).toEqual([
      {
        tokenHash: opaqueTokenHash(value),
        jti: claims.jti,
        clientId: claims.client_id,
        companyId: 'co_root',
        audience: claims.aud,
        scope: claims.scope,
        issuedAt: new Date(1_700_000_000_000),
        expiresAt: new Date(1_700_000_600_000),
      },
    ]);
  });

  test('passes on what storage said, as it was', async () => {
    const fault = unavailable(new Error('away'));
    const storage: Storage = { read: () => Promise.reject(fault), write: () => Promise.reject(fault) };
    await expect(engineOf(storage).issue({ ...work, format: 'opaque' })).rejects.toBe(fault);
  });

  test('keeps requests apart that run side by side', async () => {
    const engine = engineOf();
    const many = Array.from({ length: 50 }, (_, at) => ({
      ...work,
      clientId: `pst_${at}`,
      secret: `psts_${at}`,
      claims: { ...claims, client_id: `pst_${at}`, sub: `pst_${at}`, scope: `s${at}` },
    }));
    const tokens = await Promise.all(many.map((each) => engine.issue(each)));
    expect(tokens.map((token) => decodeJwt(token))).toEqual(many.map((each) => each.claims));
  });

  test('takes identifiers that are URNs or have a path, and thousands of bytes of scope', async () => {
    for (const aud of ['urn:example:billing', 'https://tickets.example/api/v1?x=1']) {
      expect(decodeJwt(await engineOf().issue({ ...work, claims: { ...claims, aud } })).aud).toBe(aud);
    }
    const scope = Array.from({ length: 500 }, (_, at) => `scope:${at}`).join(' ');
    expect(decodeJwt(await engineOf().issue({ ...work, claims: { ...claims, scope } }))['scope']).toBe(scope);
  });

  test('is built anew for a new key, and only then', async () => {
    let ring = ringOf(key);
    const engine = createEngine({ issuer: ISSUER, keys: () => ring, storage: listingStorage([]) });
    const kidOf = async () => decodeProtectedHeader(await engine.issue(work)).kid;
    expect(await kidOf()).toBe('first');
    const running = engine.issue(work);
    ring = ringOf(makeSigningKey('second'));
    expect(await kidOf()).toBe('second');
    expect(decodeProtectedHeader(await running).kid).toBe('first');
  });

  test('writes nothing to the console', async () => {
    const said: unknown[] = [];
    const { warn, info, log } = console;
    Object.assign(console, { warn: said.push.bind(said), info: said.push.bind(said), log: said.push.bind(said) });
    try {
      await engineOf().issue(work);
      await engineOf().issue({ ...work, format: 'opaque' });
    } finally {
      Object.assign(console, { warn, info, log });
    }
    expect(said).toEqual([]);
  });
});

describe('facts about oidc-provider', () => {
  test('it is the version whose behaviour was studied', () => {
    const manifest = JSON.parse(readFileSync('node_modules/oidc-provider/package.json', 'utf8'));
    expect(manifest.version).toBe('9.13.3');
  });

  const adapterOf = (client: object) => (name: string) => ({
    find: async () => (name === 'Client' ? client : undefined),
  });

  const settings = (overrides: object = {}) => ({
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
    adapter: adapterOf({ client_id: 'c', client_secret: 'sentinel' }),
    ttl: { ClientCredentials: 60 },
    responseTypes: [],
    scopes: [],
    jwks: { keys: [new TestKey()] },
    routes: { token: '/oauth2/token' },
    renderError: (ctx: { body: unknown }, out: unknown) => void (ctx.body = out),
    features: {
      clientCredentials: { enabled: true },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:x',
        getResourceServerInfo: () => ({
          scope: 'a',
          audience: 'urn:x',
          accessTokenTTL: 60,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ...overrides,
  });

  class TestKey extends ExternalSigningKey {
    override get kid() {
      return key.kid;
    }
    override get alg() {
      return 'ES256';
    }
    override keyObject() {
      return key.publicKey;
    }
    override sign(data: Uint8Array) {
      return key.signData(data);
    }
  }

  const build = (overrides: object = {}) => new Provider(ISSUER, settings(overrides) as never);

  async function ask(
    provider: InstanceType<typeof Provider>,
    form: string,
    secret = 'sentinel',
    path = '/oauth2/token',
  ) {
    const request = new IncomingMessage(new Socket());
    const credentials = Buffer.from(`c:${secret}`).toString('base64');
    Object.assign(request, { method: 'POST', url: path });
    request.headers = {
      authorization: `Basic ${credentials}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(form.length),
    };
    request.push(form);
    request.push(null);
    const ctx = provider.createContext(request, new ServerResponse(request));
    const [run] = provider.middleware;
    await run?.(ctx as never, async () => undefined);
    return { status: ctx.status, body: ctx.body as Record<string, unknown> };
  }

  const GRANT = 'grant_type=client_credentials';

  test('a context of our own making is enough: no socket, no server', async () => {
    const answer = await ask(build(), GRANT);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['access_token', 'expires_in', 'token_type']);
  });

  test('compareClientSecret on the prototype decides, not the stored secret, and may be asynchronous', async () => {
    const provider = build();
    provider.Client.prototype.compareClientSecret = async (presented: string) => presented === 'right';
    expect((await ask(provider, GRANT, 'right')).status).toBe(200);
    expect((await ask(provider, GRANT, 'sentinel')).status).toBe(401);
  });

  test('Client.find on the class is what the endpoint asks', async () => {
    const provider = build();
    provider.Client.find = async () => undefined;
    expect((await ask(provider, GRANT)).status).toBe(401);
  });

  test('Provider.ctx is the context of the running request', async () => {
    const provider = build();
    const seen: unknown[] = [];
    provider.Client.prototype.compareClientSecret = () => seen.push(Provider.ctx?.path) > 0;
    await ask(provider, GRANT);
    expect(seen).toEqual(['/oauth2/token']);
    expect(Provider.ctx).toBeUndefined();
  });

  test('what a hook throws becomes server_error and is told to its listener before the answer', async () => {
    const provider = build();
    const fault = new Error('ours');
    const heard: unknown[] = [];
    provider.Client.prototype.compareClientSecret = () => {
      throw fault;
    };
    provider.on('server_error', (_ctx, error) => heard.push(error));
    expect((await ask(provider, GRANT)).status).toBe(500);
    expect(heard).toEqual([fault]);
  });

  test('other routes are always mounted, whatever case they are asked in: hence our list of exact paths', () => {
    expect(build().pathFor('authorization')).toBe('/auth');
  });

  test('the path is matched without regard to case and to a slash at the end: hence our list of exact paths', async () => {
    for (const path of ['/OAUTH2/TOKEN', '/oauth2/token/']) {
      expect((await ask(build(), GRANT, 'sentinel', path)).status).toBe(200);
    }
  });

  test('it reads a form leniently: hence our strict front', async () => {
    expect((await ask(build(), `${GRANT}&x=1&x=2&y=%zz`)).status).toBe(200);
  });

  test('alone it drops a scope beyond what is granted in silence: hence our decision before it', async () => {
    const { status, body } = await ask(build(), `${GRANT}&scope=a%20b`);
    expect(status).toBe(200);
    expect(decodeJwt(String(body['access_token']))['scope']).toBe('a');
  });

  test('expiry of a secret would be answered before the secret is compared: hence we never tell it of expiry', async () => {
    const adapter = adapterOf({ client_id: 'c', client_secret: 'sentinel', client_secret_expires_at: 1000 });
    expect((await ask(build({ adapter }), GRANT, 'wrong')).status).toBe(400);
  });

  test('it refuses a key without its private part: hence our own key set', () => {
    expect(() => build({ jwks: { keys: [key.publicJwk] } })).toThrow();
  });
});
