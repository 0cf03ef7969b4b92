// What resource servers and client libraries read: the public keys (RFC 7517) and the metadata (RFC 8414). Our own rather than the
// engine's, which takes endpoints from the Host header, lists what isn't there, and can't publish a key that it can't sign with.
import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { MANAGEMENT_PRIVILEGES } from '../../domain/api/privilege.ts';
import type { KeyRing } from '../../domain/signing-key/key-ring.ts';
import { hasSeen } from '../http/entity-tag-list.ts';
import { requireMethod } from './front.ts';

interface PublicDocument {
  readonly text: string;
  /** Quoted, as it stands in the header. */
  readonly tag: string;
}

/** How long a copy may be used without asking: a key is published at least that long before its first use. */
const MAX_AGE_SECONDS = 300;

export function createDocuments(issuer: string, keys: () => KeyRing): (path: string) => PublicDocument | undefined {
  const metadata = toDocument(metadataOf(issuer));
  const keySets = new WeakMap<KeyRing, PublicDocument>();
  const keySet = () => {
    const ring = keys();
    const known = keySets.get(ring) ?? toDocument({ keys: ring.published.map((key) => key.publicJwk) });
    keySets.set(ring, known);
    return known;
  };
  return (path) => {
    if (path === '/.well-known/jwks.json') return keySet();
    return path === '/.well-known/oauth-authorization-server' || path === '/.well-known/openid-configuration'
      ? metadata
      : undefined;
  };
}

/** Only what is true here. From the issuer alone, never from what a request says of its host. */
function metadataOf(issuer: string): object {
  const authentication = ['client_secret_basic', 'client_secret_post'];
  return {
    issuer,
    token_endpoint: `${issuer}/oauth2/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: [...new Set(MANAGEMENT_PRIVILEGES.map(({ scope }) => scope))],
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: authentication,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: authentication,
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: authentication,
    service_documentation: `${issuer}/docs`,
  };
}

function toDocument(content: object): PublicDocument {
  const text = JSON.stringify(content);
  return { text, tag: `"${createHash('sha256').update(text).digest('hex').slice(0, 20)}"` };
}

/** Public for every origin; nothing in it depends on who asks. */
export function sendDocument(ctx: Context, document: PublicDocument): void {
  ctx.set('Access-Control-Allow-Origin', '*');
  if (ctx.method === 'OPTIONS') {
    ctx.set('Access-Control-Allow-Methods', 'GET, HEAD');
    ctx.set('Access-Control-Allow-Headers', '*');
    ctx.set('Access-Control-Max-Age', '600');
    ctx.set('Allow', 'GET, HEAD, OPTIONS');
    ctx.status = 204;
    return;
  }
  requireMethod(ctx, ['GET', 'HEAD', 'OPTIONS']);
  ctx.set('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`);
  ctx.set('ETag', document.tag);
  if (hasSeen(ctx.get('if-none-match'), document.tag)) {
    ctx.status = 304;
    return;
  }
  ctx.status = 200;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = document.text;
}
