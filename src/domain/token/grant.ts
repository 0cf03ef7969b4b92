// What a token request gets: which API, which scopes, for how long. Pure; RFC 6749 §3.3 and §4.4, RFC 8707 §2.
import type { GrantedApi } from '../api/privilege.ts';
import type { LiveClient } from '../client/live-client.ts';

export interface Grant {
  readonly api: GrantedApi;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
}

export interface GrantRefusal {
  readonly error: 'invalid_scope' | 'invalid_target';
  readonly description: string;
}

export type GrantDecision = { readonly ok: true; readonly grant: Grant } | ({ readonly ok: false } & GrantRefusal);

/** A longer list would make a token that does not fit into the headers of usual servers. */
export const MAX_SCOPE_BYTES = 6 * 1024;

const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** `scope` and `resource` as sent; undefined or empty means not asked. */
export function decideGrant(
  client: LiveClient,
  asked: { scope?: string | undefined; resource?: string | undefined },
): GrantDecision {
  if ((asked.scope?.length ?? 0) > MAX_SCOPE_BYTES) return tooLong;
  const scopes = asked.scope ? [...new Set(asked.scope.split(' ').filter((scope) => scope !== ''))] : [];
  const malformed = scopes.find((scope) => !SCOPE_TOKEN.test(scope));
  if (malformed !== undefined) {
    return refusal('invalid_scope', 'The scope contains a character that RFC 6749 section 3.3 does not allow.');
  }
  if (asked.resource) return grantOf(client, findByIdentifier(client, asked.resource), scopes);
  return scopes.length === 0 ? grantOf(client, defaultApi(client), []) : inferApi(client, scopes);
}

/** Asked for scopes alone: the default API when it has them all, else the one API that does. */
function inferApi(client: LiveClient, scopes: readonly string[]): GrantDecision {
  const preferred = client.grants.get(client.defaultApi);
  if (preferred && hasAll(preferred, scopes)) return grantOf(client, preferred, scopes);
  const able = [...client.grants.values()].filter((api) => hasAll(api, scopes));
  if (able.length === 1) return grantOf(client, able[0], scopes);
  if (able.length > 1) {
    return refusal(
      'invalid_target',
      `Several APIs have these scopes. Send resource with one of: ${able.map((api) => api.identifier).join(' ')}`,
    );
  }
  const held = new Set([...client.grants.values()].flatMap((api) => api.scopes));
  const missing = scopes.filter((scope) => !held.has(scope));
  return missing.length > 0
    ? refusal('invalid_scope', `The role of this client does not hold: ${shorten(missing)}`)
    : refusal('invalid_scope', 'No single API has all of these scopes. Ask for the scopes of one API at a time.');
}

function grantOf(client: LiveClient, api: GrantedApi | undefined, asked: readonly string[]): GrantDecision {
  if (!api) {
    const identifiers = [...client.grants.values()].map((each) => each.identifier);
    return refusal(
      'invalid_target',
      identifiers.length === 0
        ? 'The role of this client holds no privileges of any API.'
        : `This client may ask for: ${identifiers.join(' ')}`,
    );
  }
  const missing = asked.filter((scope) => !api.scopes.includes(scope));
  if (missing.length > 0) {
    return refusal('invalid_scope', `The role of this client does not hold on ${api.identifier}: ${shorten(missing)}`);
  }
  const scopes = asked.length > 0 ? asked : api.scopes;
  if (scopes.join(' ').length > MAX_SCOPE_BYTES) return tooLong;
  return { ok: true, grant: { api, scopes, lifetimeSeconds: client.tokenLifetimeSeconds } };
}

/** The one set for the client; without privileges there, the only one that the role has any of. */
function defaultApi(client: LiveClient): GrantedApi | undefined {
  const preferred = client.grants.get(client.defaultApi);
  if (preferred) return preferred;
  const [first, ...others] = client.grants.values();
  return others.length === 0 ? first : undefined;
}

function findByIdentifier(client: LiveClient, identifier: string): GrantedApi | undefined {
  for (const api of client.grants.values()) if (api.identifier === identifier) return api;
  return undefined;
}

function hasAll(api: GrantedApi, scopes: readonly string[]): boolean {
  return scopes.every((scope) => api.scopes.includes(scope));
}

const tooLong = refusal('invalid_scope', `The scope is longer than ${MAX_SCOPE_BYTES} bytes. Ask for fewer scopes.`);

function refusal(error: GrantRefusal['error'], description: string): GrantDecision {
  return { ok: false, error, description };
}

function shorten(scopes: readonly string[]): string {
  const shown = scopes.slice(0, 10).join(' ').slice(0, 500);
  return scopes.length > 10 ? `${shown} and ${scopes.length - 10} more` : shown;
}
