// The short lane: a plain request of a client that is in memory, with a secret that is remembered to be right, gets a signed token at
// once. It decides by the very functions that the long way uses and only ever says yes; whatever is not plain takes the long way,
// so every refusal comes from there. No promise is waited for here.
import type { LiveCompanies } from '../../domain/company/live-company.ts';
import type { KeyRing } from '../../domain/signing-key/key-ring.ts';
import type { AccessTokenClaims } from '../../domain/token/access-token.ts';
import { decideGrant, type Grant } from '../../domain/token/grant.ts';
import { claimsOf, signJwt } from './access-token.ts';
import { recallActing } from './acting-client.ts';
import type { AuthenticatedClient, ClientAuthenticator } from './client-authenticator.ts';
import type { OAuthForm } from './front.ts';
import type { PresentedCredentials } from './presented-credentials.ts';
import type { RequestFacts } from './token-events.ts';

/** The client as it acts: narrowed when another company was asked for. */
export interface IssuedToken extends AuthenticatedClient {
  readonly grant: Grant;
  readonly claims: AccessTokenClaims;
  readonly accessToken: string;
}

interface LaneParts {
  readonly issuer: string;
  readonly keys: () => KeyRing;
  readonly authenticator: ClientAuthenticator;
  readonly liveCompanies: LiveCompanies;
}

const PLAIN_PARAMETERS = new Set(['grant_type', 'scope', 'resource', 'company_id', 'client_id', 'client_secret']);

export function issueAtOnce(
  { issuer, keys, authenticator, liveCompanies }: LaneParts,
  presented: PresentedCredentials,
  form: OAuthForm,
  facts: RequestFacts,
  now: Date,
): IssuedToken | undefined {
  if (form['grant_type'] !== 'client_credentials') return undefined;
  for (const name in form) if (!PLAIN_PARAMETERS.has(name)) return undefined;
  const authenticated = authenticator.recall(presented, facts, now);
  if (!authenticated || authenticated.client.tokenFormat !== 'jwt') return undefined;
  const { secret } = authenticated;
  const client = recallActing(liveCompanies, authenticated.client, form['company_id'], facts, now);
  if (!client) return undefined;
  const decision = decideGrant(client, { scope: form['scope'], resource: form['resource'] });
  if (!decision.ok) return undefined;
  const claims = claimsOf(issuer, client, decision.grant, now);
  return { client, secret, grant: decision.grant, claims, accessToken: signJwt(claims, keys().current) };
}
