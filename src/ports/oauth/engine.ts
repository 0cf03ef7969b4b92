// oidc-provider as the engine that issues tokens. It is built in one place, with every patch, so that a change of key cannot lose one.
//
// The engine never sees the caller's request. The front, the authenticator and the grant decision are the same for it and for the
// short lane; what they understood is handed to the engine as a request of our own making. So there is nothing that one of them
// could read differently from the other, and no header that only the engine knows (DPoP, Origin, client attestation, Host) can
// change its answer. Every hook answers from the work at hand and knows no client without it.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import compose from 'koa-compose';
import type { Adapter, Client, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { createRestingScope } from '../../base/resting-scope.ts';
import type { KeyRing, OpenSigningKey } from '../../domain/signing-key/key-ring.ts';
import type { Storage } from '../../domain/stores.ts';
import type { AccessTokenClaims } from '../../domain/token/access-token.ts';
import { opaqueTokenHash } from '../../domain/token/token-inspector.ts';
import type { TokenFormat } from '../../domain/client/client.ts';
import { engineScope, ExternalSigningKey, Provider } from './oidc-provider.ts';

/** A token to be issued: authenticated, decided and claimed. */
export interface TokenWork {
  readonly clientId: string;
  /** As presented, and found right. */
  readonly secret: string;
  readonly format: TokenFormat;
  readonly claims: AccessTokenClaims;
}

export interface Engine {
  /** The access token's value; an opaque one is stored by then. */
  issue(work: TokenWork): Promise<string>;
}

interface EngineParts {
  readonly issuer: string;
  readonly keys: () => KeyRing;
  readonly storage: Storage;
}

const { keepAwake } = createRestingScope(engineScope);

interface BuiltEngine {
  readonly key: OpenSigningKey;
  readonly issue: Engine['issue'];
}

/** Holds the engine of the current key. A swap costs half a millisecond; what runs finishes on the old one. */
export function createEngine(parts: EngineParts): Engine {
  let built: BuiltEngine | undefined;
  return {
    issue(work) {
      const key = parts.keys().current;
      if (built?.key !== key) built = buildEngine(parts, key);
      return built.issue(work);
    },
  };
}

const TOKEN_PATH = '/oauth2/token';

/** Stands where the engine wants a secret in plain text. Random and never told, so that it opens nothing should a patch be lost. */
const SENTINEL = randomBytes(32).toString('hex');

interface Desk {
  readonly work: TokenWork;
  /** What one of our hooks threw: the engine makes 500 of everything it does not know. */
  fault?: unknown;
}

export function buildEngine(parts: EngineParts, key: OpenSigningKey): BuiltEngine {
  // By the context of the running request.
  const desks = new WeakMap<object, Desk>();
  const deskOf = (ctx: object | undefined): Desk => {
    const desk = ctx && desks.get(ctx);
    if (!desk) throw new Error('the engine was asked outside of a request');
    return desk;
  };
  const provider = new Provider(parts.issuer, configuration(parts, key, deskOf));
  patch(provider, deskOf);
  provider.on('server_error', (ctx, error) => {
    const desk = desks.get(ctx);
    if (desk) desk.fault ??= error;
  });
  const run = compose(provider.middleware);
  return {
    key,
    async issue(work) {
      const desk: Desk = { work };
      const request = requestFor(work);
      const ctx = provider.createContext(request, new ServerResponse(request));
      desks.set(ctx, desk);
      await keepAwake(() => run(ctx, async () => undefined));
      // oxlint-disable-next-line typescript/only-throw-error -- what a hook threw goes on as it was
      if (desk.fault !== undefined) throw desk.fault;
      const answer: unknown = ctx.body;
      if (ctx.status === 200 && isTokenAnswer(answer)) return answer.access_token;
      throw new Error(`the engine refused what was decided: ${ctx.status} ${JSON.stringify(answer)}`);
    },
  };
}

function isTokenAnswer(answer: unknown): answer is { access_token: string } {
  return (
    typeof answer === 'object' && answer !== null && 'access_token' in answer && typeof answer.access_token === 'string'
  );
}

/** `POST /oauth2/token` with Basic credentials, one API and its scopes: what was decided, in the engine's own language. */
function requestFor({ clientId, secret, claims }: TokenWork): IncomingMessage {
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource: claims.aud, scope: claims.scope });
  const body = Buffer.from(form.toString());
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  const request = new IncomingMessage(new Socket());
  request.method = 'POST';
  request.url = TOKEN_PATH;
  request.headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  request.push(body);
  request.push(null);
  return request;
}

type DeskOf = (ctx: object | undefined) => Desk;

function patch(provider: InstanceType<typeof Provider>, deskOf: DeskOf): void {
  const find = provider.Client.find.bind(provider.Client);
  const known = createClientCache(find);
  // The engine's own cache holds a hundred; a miss costs it a schema validation.
  provider.Client.find = async (id) => (deskOf(Provider.ctx).work.clientId === id ? await known(id) : undefined);
  provider.Client.prototype.compareClientSecret = function compare(this: Client, presented: string) {
    const { work } = deskOf(Provider.ctx);
    return this.clientId === work.clientId && isSame(presented, work.secret);
  };
  // Without it the Host header decides what the engine takes for its own URLs.
  provider.OIDCContext.prototype.urlFor = (name: string, options?: Record<string, unknown>) =>
    provider.urlFor(name, options);
}

const MAX_CLIENTS = 10_000;

/** The engine's clients are all alike but for their id: nothing of them can go stale. */
function createClientCache(
  find: (id: string) => Promise<Client | undefined>,
): (id: string) => Promise<Client | undefined> {
  const clients = new Map<string, Client>();
  return async (id) => {
    const cached = clients.get(id);
    if (cached) return cached;
    const client = await find(id);
    if (!client) return undefined;
    if (clients.size >= MAX_CLIENTS) {
      const oldest = clients.keys().next();
      if (!oldest.done) clients.delete(oldest.value);
    }
    clients.set(id, client);
    return client;
  };
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Leaves client_credentials and nothing else. */
function configuration(parts: EngineParts, key: OpenSigningKey, deskOf: DeskOf): Configuration {
  return {
    adapter: (name) => createAdapter(name, parts.storage, deskOf),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: key.algorithm,
    },
    responseTypes: [],
    scopes: [],
    subjectTypes: ['public'],
    jwks: { keys: [signingKey(key)] },
    routes: { token: TOKEN_PATH },
    // Without it whoever prefers text/html gets a page.
    renderError: (ctx, out) => {
      ctx.body = out;
    },
    ttl: { ClientCredentials: (ctx: KoaContextWithOIDC) => lifetimeOf(deskOf(ctx).work) },
    formats: {
      customizers: {
        jwt: (ctx, _token, jwt) => {
          // The engine reads the time from the system and makes identifiers of its own: the claims are those that were decided.
          jwt.payload = { ...deskOf(ctx).work.claims };
        },
      },
    },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => {
          throw new Error('the engine is always told the API');
        },
        getResourceServerInfo: (ctx, identifier) => resourceServer(deskOf(ctx).work, identifier, key),
      },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
    },
  };
}

function lifetimeOf({ claims }: TokenWork): number {
  return claims.exp - claims.iat;
}

function resourceServer({ format, claims }: TokenWork, identifier: string, key: OpenSigningKey) {
  if (identifier !== claims.aud) throw new Error('the engine asked for another API than was decided');
  return {
    scope: claims.scope,
    audience: claims.aud,
    accessTokenTTL: claims.exp - claims.iat,
    accessTokenFormat: format,
    jwt: { sign: { alg: key.algorithm, kid: key.kid } },
  };
}

/** Signs synchronously: WebCrypto would wait behind bcrypt and file access in libuv's thread pool. */
function signingKey(key: OpenSigningKey): InstanceType<typeof ExternalSigningKey> {
  class SynchronousKey extends ExternalSigningKey {
    override get kid() {
      return key.kid;
    }
    override get alg() {
      return key.algorithm;
    }
    override keyObject() {
      return key.publicKey;
    }
    override sign(data: Uint8Array) {
      return key.signData(data);
    }
  }
  return new SynchronousKey();
}

/** The engine stores two things here: it asks for clients, and hands over opaque tokens. */
function createAdapter(name: string, storage: Storage, deskOf: DeskOf): Adapter {
  const unused = () => Promise.reject(new Error(`the engine has no business with ${name} in storage`));
  return {
    find: async (id) => (name === 'Client' ? { client_id: id, client_secret: SENTINEL } : undefined),
    // `value` is the bearer value itself: only its hash is kept.
    upsert: async (value) => {
      if (name !== 'ClientCredentials') return await unused();
      const desk = deskOf(Provider.ctx);
      try {
        await insertOpaque(storage, value, desk.work.claims);
      } catch (error) {
        desk.fault = error;
        throw error;
      }
      return undefined;
    },
    destroy: unused,
    consume: unused,
    findByUid: unused,
    findByUserCode: unused,
    revokeByGrantId: unused,
  };
}

async function insertOpaque(storage: Storage, value: string, claims: AccessTokenClaims): Promise<void> {
  await storage.write((stores) =>
    stores.tokens.insertOpaque({
      tokenHash: opaqueTokenHash(value),
      jti: claims.jti,
      clientId: claims.client_id,
      companyId: claims.company_id,
      audience: claims.aud,
      scope: claims.scope,
      issuedAt: new Date(claims.iat * 1000),
      expiresAt: new Date(claims.exp * 1000),
    }),
  );
}
