// POST /oauth2/token (RFC 6749 §4.4): read, authenticate, decide, issue, record, answer. Nothing is answered that is not recorded.
import type { Clock } from '../../base/clock.ts';
import { isAddressRefusal } from '../../domain/access/access-decision.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import type { LiveClient } from '../../domain/client/live-client.ts';
import type { LiveCompanies } from '../../domain/company/live-company.ts';
import type { KeyRing } from '../../domain/signing-key/key-ring.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { decideGrant, type Grant } from '../../domain/token/grant.ts';
import type { RequestContext } from '../http/request-context.ts';
import { claimsOf } from './access-token.ts';
import { findActing } from './acting-client.ts';
import type { AuthenticatedClient, ClientAuthenticator } from './client-authenticator.ts';
import type { Engine } from './engine.ts';
import { type OAuthForm, readForm } from './front.ts';
import { issueAtOnce, type IssuedToken } from './lane.ts';
import { invalidRequest, OAuthError, sendJson } from './oauth-error.ts';
import type { OAuthTallies } from './oauth-tallies.ts';
import { type PresentedCredentials, readCredentials } from './presented-credentials.ts';
import { issuedEvent, refusedEvent, type RequestFacts } from './token-events.ts';

export interface TokenEndpointParts {
  readonly issuer: string;
  readonly keys: () => KeyRing;
  readonly authenticator: ClientAuthenticator;
  readonly liveCompanies: LiveCompanies;
  readonly engine: Engine;
  readonly auditLog: AuditLog;
  readonly useRecorder: UseRecorder;
  readonly clock: Clock;
  readonly tallies: Pick<OAuthTallies, 'issued'>;
  /** Off, everything goes through the engine: for comparing the two. */
  readonly lane: boolean;
}

export async function answerToken(parts: TokenEndpointParts, ctx: RequestContext): Promise<void> {
  const form = await readForm(ctx);
  const { origin, address } = ctx.state;
  const facts: RequestFacts = { endpoint: 'token', origin, address, asked: askedOf(form) };
  const presented = readCredentials(ctx, form);
  const now = parts.clock.now();
  const issued =
    (parts.lane ? issueAtOnce(parts, presented, form, facts, now) : undefined) ??
    (await issueByEngine(parts, presented, form, facts));
  await parts.auditLog.append(issuedEvent(facts, now, issued));
  parts.useRecorder.record({
    clientId: issued.client.clientId,
    secretId: issued.secret.id,
    at: now,
    ip: facts.origin.ip,
  });
  parts.tallies.issued.count(issued.client.tokenFormat);
  sendJson(ctx, 200, {
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.grant.lifetimeSeconds,
    scope: issued.claims.scope,
  });
}

function askedOf(form: OAuthForm): NonNullable<RequestFacts['asked']> {
  return {
    grant_type: form['grant_type'],
    scope: form['scope'],
    resource: form['resource'],
    company_id: form['company_id'],
  };
}

/** The long way. Time is read after authentication, which may have waited in a queue. */
async function issueByEngine(
  parts: TokenEndpointParts,
  presented: PresentedCredentials,
  form: OAuthForm,
  facts: RequestFacts,
): Promise<IssuedToken> {
  const authenticated = await parts.authenticator.authenticate(presented, facts);
  const { secret } = authenticated;
  const now = parts.clock.now();
  const { client, grant } = await decide(parts, authenticated, form, facts, now);
  const claims = claimsOf(parts.issuer, client, grant, now);
  const accessToken = await parts.engine.issue({
    clientId: client.clientId,
    secret: presented.kind === 'secret' ? presented.secret : '',
    format: client.tokenFormat,
    claims,
  });
  return { client, secret, grant, claims, accessToken };
}

interface Granted {
  readonly client: LiveClient;
  readonly grant: Grant;
}

/** Throws the refusal, which stands in the audit log by then. */
async function decide(
  parts: TokenEndpointParts,
  authenticated: AuthenticatedClient,
  form: OAuthForm,
  facts: RequestFacts,
  now: Date,
): Promise<Granted> {
  const { client, error, grant } = await findGrant(parts, authenticated.client, form, facts, now);
  if (grant) return { client, grant };
  const { secret } = authenticated;
  const details = { description: error.description };
  const refused = { reason: error.reason, attemptedId: client.clientId, client, secret, details };
  await parts.auditLog.append(refusedEvent(facts, now, refused));
  if (isAddressRefusal(error.reason)) {
    parts.useRecorder.recordRefusal({ clientId: client.clientId, at: now, ip: facts.origin.ip });
  }
  throw error;
}

type FoundGrant = (Granted & { readonly error?: never }) | { client: LiveClient; error: OAuthError; grant?: never };

async function findGrant(
  { liveCompanies }: TokenEndpointParts,
  own: LiveClient,
  form: OAuthForm,
  facts: RequestFacts,
  now: Date,
): Promise<FoundGrant> {
  const fault = refuseGrantType(form['grant_type']);
  if (fault) return { client: own, error: fault };
  const { client, error } = await findActing(liveCompanies, own, form['company_id'], facts, now);
  if (error) return { client, error };
  const decision = decideGrant(client, { scope: form['scope'], resource: form['resource'] });
  if (decision.ok) return { client, grant: decision.grant };
  return { client, error: new OAuthError(400, decision.error, decision.description) };
}

function refuseGrantType(grantType: string | undefined): OAuthError | undefined {
  if (grantType === 'client_credentials') return undefined;
  return grantType === undefined
    ? invalidRequest('grant_type is missing. Send grant_type=client_credentials.')
    : new OAuthError(400, 'unsupported_grant_type', 'Only grant_type=client_credentials is supported.');
}
