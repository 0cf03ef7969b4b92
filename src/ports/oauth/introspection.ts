// POST /oauth2/introspect (RFC 7662): the state of a token at this moment, for whoever may know it.
//
// Not by way of the engine: it refuses JWTs (400 unsupported_token_type), knows no state but what it stored itself, and each answer
// would cost several times what looking at the token costs. Resource servers ask this at every call.
import type { Clock } from '../../base/clock.ts';
import { decideAccess } from '../../domain/access/access-decision.ts';
import { findAllowedIps } from '../../domain/access/allowed-ips.ts';
import { type IpAddress, parseIpAddress } from '../../domain/address/ip-address.ts';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import type { LiveClient } from '../../domain/client/live-client.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { type InspectedToken, isForNothing } from '../../domain/token/inspected-token.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import type { RequestContext } from '../http/request-context.ts';
import type { ClientAuthenticator } from './client-authenticator.ts';
import { type OAuthForm, readForm } from './front.ts';
import { invalidRequest, sendJson } from './oauth-error.ts';
import type { OAuthTallies } from './oauth-tallies.ts';
import { readCredentials } from './presented-credentials.ts';

export interface IntrospectionParts {
  readonly issuer: string;
  readonly authenticator: ClientAuthenticator;
  readonly inspector: TokenInspector;
  readonly useRecorder: UseRecorder;
  readonly clock: Clock;
  readonly tallies: Pick<OAuthTallies, 'introspected'>;
}

export async function answerIntrospection(parts: IntrospectionParts, ctx: RequestContext): Promise<void> {
  const form = await readForm(ctx);
  const { origin, address } = ctx.state;
  const facts = { endpoint: 'introspection', origin, address } as const;
  const presented = readCredentials(ctx, form);
  const now = parts.clock.now();
  const { client, secret } =
    parts.authenticator.recall(presented, facts, now) ?? (await parts.authenticator.authenticate(presented, facts));
  parts.useRecorder.record({ clientId: client.clientId, secretId: secret.id, at: now, ip: origin.ip });
  const clientIp = readClientIp(form);
  const token = await parts.inspector.inspect(requireToken(form));
  const isShown = token && !isForNothing(token) && maySee(client, token) && isLetIn(token, clientIp, now);
  parts.tallies.introspected.count(isShown ? 'active' : 'inactive');
  sendJson(ctx, 200, isShown ? describe(parts.issuer, token, clientIp === undefined) : { active: false });
}

export function requireToken(form: OAuthForm): string {
  const token = form['token'];
  if (token === undefined) throw invalidRequest('token is missing.');
  return token;
}

/** The address from which the resource server was called; undefined when it says nothing about it. */
function readClientIp(form: OAuthForm): IpAddress | undefined {
  const text = form['client_ip'];
  if (text === undefined) return undefined;
  const address = parseIpAddress(text);
  if (!address) throw invalidRequest('client_ip is not an IP address.');
  return address;
}

/** Its own, or one within its reach when its role holds `tokens:introspect`. */
function maySee(caller: LiveClient, { owner }: InspectedToken): boolean {
  if (owner.id === caller.id) return true;
  if (!caller.grants.get(MANAGEMENT_API_ID)?.scopes.includes('tokens:introspect')) return false;
  const { reach } = caller;
  return reach.subtree ? owner.reach.companyPath.startsWith(reach.companyPath) : owner.companyId === reach.companyId;
}

function isLetIn({ owner }: InspectedToken, address: IpAddress | undefined, now: Date): boolean {
  return address === undefined || decideAccess(owner, { address, now }) === undefined;
}

/** Whoever does not send `client_ip` is told which addresses to let in; without the member it is all. */
function describe(issuer: string, token: InspectedToken, isAddressUnchecked: boolean): object {
  const { owner, expiresAtSeconds } = token;
  const allowedIps = isAddressUnchecked ? findAllowedIps(owner) : undefined;
  return {
    active: true,
    scope: token.scopes.join(' '),
    // A person's API token was issued to no client.
    ...(owner.type === 'client' ? { client_id: owner.id } : { username: owner.email }),
    company_id: owner.companyId,
    role: owner.roleName,
    token_type: 'Bearer',
    ...(expiresAtSeconds === null ? {} : { exp: expiresAtSeconds }),
    iat: token.issuedAtSeconds,
    sub: owner.id,
    aud: token.audience,
    iss: issuer,
    jti: token.jti,
    ...(allowedIps ? { allowed_ips: allowedIps } : {}),
  };
}
