// POST /oauth2/revoke (RFC 7009): a client ends one of its own tokens: JWT, opaque or API token. `token_type_hint` is accepted and not
// needed.
import type { Clock } from '../../base/clock.ts';
import type { Storage, UseRecorder } from '../../domain/stores.ts';
import type { InspectedToken } from '../../domain/token/inspected-token.ts';
import type { TokenInspector } from '../../domain/token/token-inspector.ts';
import type { RequestContext } from '../http/request-context.ts';
import type { ClientAuthenticator } from './client-authenticator.ts';
import { readForm } from './front.ts';
import { requireToken } from './introspection.ts';
import { forbidCaching } from './oauth-error.ts';
import type { OAuthTallies } from './oauth-tallies.ts';
import { readCredentials } from './presented-credentials.ts';
import { endedApiTokenEvent, type RequestFacts, revokedEvent } from './token-events.ts';

export interface RevocationParts {
  readonly authenticator: ClientAuthenticator;
  readonly inspector: TokenInspector;
  readonly storage: Storage;
  readonly useRecorder: UseRecorder;
  readonly clock: Clock;
  readonly tallies: Pick<OAuthTallies, 'revoked'>;
}

/** RFC 7009 §2.2: 200 also for a token that is unknown, dead already or another's, without effect on it. */
export async function answerRevocation(parts: RevocationParts, ctx: RequestContext): Promise<void> {
  const form = await readForm(ctx);
  const { origin, address } = ctx.state;
  const facts = { endpoint: 'revocation', origin, address } as const;
  const { client, secret } = await parts.authenticator.authenticate(readCredentials(ctx, form), facts);
  const now = parts.clock.now();
  parts.useRecorder.record({ clientId: client.clientId, secretId: secret.id, at: now, ip: origin.ip });
  const token = await parts.inspector.inspect(requireToken(form));
  if (token?.owner.id === client.clientId) await end(parts, token, facts, now);
  parts.tallies.revoked.count('done');
  ctx.status = 200;
  forbidCaching(ctx);
  ctx.body = '';
}

/** An access token is remembered as revoked until it expires. An API token may never expire: nothing is left of it. */
async function end(parts: RevocationParts, token: InspectedToken, facts: RequestFacts, now: Date): Promise<void> {
  const { apiToken, expiresAtSeconds, owner, jti } = token;
  await parts.storage.write(async (stores) => {
    if (apiToken) {
      const stored = await stores.apiTokens.findForUpdate(apiToken.id, null);
      // Somebody was faster: it is gone, or has a new value, which the caller does not show.
      if (stored?.issuedAt.getTime() !== apiToken.issuedAt.getTime()) return;
      await stores.apiTokens.delete(apiToken.id);
      await stores.audit.append(endedApiTokenEvent(facts, now, owner, apiToken));
    } else if (expiresAtSeconds !== null) {
      const expiresAt = new Date(expiresAtSeconds * 1000);
      await stores.tokens.revoke(jti, owner.id, expiresAt);
      await stores.audit.append(revokedEvent(facts, now, token, expiresAt));
    }
  });
}
