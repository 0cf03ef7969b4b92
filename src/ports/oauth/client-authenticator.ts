// Client authentication at all three endpoints: who is it, is the secret right, is it let in now. One path with one cost and one
// answer for every refusal; the true reason stands in the audit log.
import type { Clock } from '../../base/clock.ts';
import { decideAccess, isAddressRefusal } from '../../domain/access/access-decision.ts';
import type { FailureThrottle } from '../../domain/access/failure-throttle.ts';
import type { AuditLog } from '../../domain/audit/audit-event.ts';
import { createClientId, isWellFormedCredential } from '../../domain/client/credential.ts';
import type { LiveClient, LiveClients, LiveSecret } from '../../domain/client/live-client.ts';
import type { SecretVerdict, SecretVerifier } from '../../domain/client/secret-verifier.ts';
import type { UseRecorder } from '../../domain/stores.ts';
import { invalidClient, tooManyAttempts } from './oauth-error.ts';
import type { PresentedCredentials } from './presented-credentials.ts';
import { refusedEvent, type RequestFacts } from './token-events.ts';

export interface AuthenticatedClient {
  readonly client: LiveClient;
  readonly secret: LiveSecret;
}

export interface ClientAuthenticator {
  /** At once, from memory: undefined unless everything is known and right. */
  recall(presented: PresentedCredentials, facts: RequestFacts, now: Date): AuthenticatedClient | undefined;
  /** Throws the refusal, which stands in the audit log by then. */
  authenticate(presented: PresentedCredentials, facts: RequestFacts): Promise<AuthenticatedClient>;
}

export interface AuthenticatorParts {
  readonly liveClients: LiveClients;
  readonly secretVerifier: SecretVerifier;
  readonly failureThrottle: FailureThrottle;
  readonly auditLog: AuditLog;
  readonly useRecorder: UseRecorder;
  readonly clock: Clock;
}

export function createClientAuthenticator(parts: AuthenticatorParts): ClientAuthenticator {
  const { liveClients, failureThrottle } = parts;

  const recall = (presented: PresentedCredentials, facts: RequestFacts, now: Date) => {
    if (presented.kind !== 'secret') return undefined;
    const client = liveClients.peek(presented.clientId);
    return client && recallFrom(parts, client, presented.secret, facts, now);
  };

  return {
    recall,
    async authenticate(presented, facts) {
      const now = parts.clock.now();
      const remembered = recall(presented, facts, now);
      if (remembered) return remembered;
      const [clientId, place, at] = [presented.clientId ?? '', throttledPlace(facts), now.getTime()];
      // Counted before it is evaluated, so that parallel guesses count too.
      const throttled = failureThrottle.begin(clientId, place, at);
      if (throttled) return await passThrottle(parts, presented, facts, now, throttled);
      let verdict: Verdict;
      try {
        verdict = await evaluate(parts, presented, facts, now);
      } catch (error) {
        // Storage away or the queue full: nothing was found out, so it was no failure.
        failureThrottle.forgive(clientId, place, at);
        throw error;
      }
      if (verdict.ok) {
        failureThrottle.forgive(clientId, place, at);
        return verdict;
      }
      const { reason, client, secret } = verdict;
      const refused = { reason, client, secret, attemptedId: presented.clientId };
      await parts.auditLog.append(refusedEvent(facts, now, refused));
      if (client && isAddressRefusal(reason)) {
        parts.useRecorder.recordRefusal({ clientId: client.clientId, at: now, ip: facts.origin.ip });
      }
      throw refusalOf(presented, facts, reason);
    },
  };
}

type Verdict =
  | ({ readonly ok: true } & AuthenticatedClient)
  | {
      readonly ok: false;
      readonly reason: string;
      readonly client: LiveClient | undefined;
      readonly secret?: LiveSecret | undefined;
    };

/** The secret first, then whether the client is let in: whoever has no right secret learns nothing about the rest. */
async function evaluate(
  parts: AuthenticatorParts,
  presented: PresentedCredentials,
  facts: RequestFacts,
  now: Date,
): Promise<Verdict> {
  const client = await lookUp(parts, presented.clientId);
  if (presented.kind === 'unusable') return { ok: false, reason: presented.reason, client };
  if (presented.kind === 'refused') return { ok: false, reason: presented.error.code, client };
  const remembered = client && parts.secretVerifier.recall(client, presented.secret, now);
  const verdict =
    remembered ?? (await parts.secretVerifier.verify(client, presented.secret, now, throttledPlace(facts)));
  if (!client || !verdict.ok) return refusedBy(verdict, client);
  return await decideNow(parts, client.clientId, presented.secret, facts);
}

/** bcrypt takes its time and may have waited in a queue: what was changed or deleted meanwhile counts as it is now. */
async function decideNow(
  { liveClients, secretVerifier, clock }: AuthenticatorParts,
  clientId: string,
  presented: string,
  { address }: RequestFacts,
): Promise<Verdict> {
  const client = await liveClients.find(clientId);
  const now = clock.now();
  const verdict = client && secretVerifier.recall(client, presented, now);
  if (!client || !verdict?.ok) return refusedBy(verdict, client);
  const { secret } = verdict;
  const reason = decideAccess(client, { address, now });
  return reason ? { ok: false, reason, client, secret } : { ok: true, client, secret };
}

function refusedBy(verdict: SecretVerdict | undefined, client: LiveClient | undefined): Verdict {
  const reason = verdict?.ok === false ? verdict.reason : client ? 'wrong_secret' : 'unknown_client';
  return { ok: false, reason, client, secret: verdict?.secret };
}

/**
 * A client in memory is found at once, an unknown one costs a query: the difference would tell them apart. So whoever has not been
 * recognised also waits for a client that cannot be in memory. Storage reads both in one statement.
 */
async function lookUp(
  { liveClients }: AuthenticatorParts,
  clientId: string | undefined,
): Promise<LiveClient | undefined> {
  const [client] = await Promise.all([
    clientId === undefined ? undefined : liveClients.find(clientId),
    liveClients.find(createClientId()),
  ]);
  return client;
}

/** Too many failures from there: only a secret that this process remembers to be right still passes. */
async function passThrottle(
  parts: AuthenticatorParts,
  presented: PresentedCredentials,
  facts: RequestFacts,
  now: Date,
  { waitSeconds, isFirst }: { waitSeconds: number; isFirst: boolean },
): Promise<AuthenticatedClient> {
  const mayBeRight = presented.kind === 'secret' && isWellFormedCredential(presented.secret, 'psts_');
  const isWanted = mayBeRight || isFirst;
  const client =
    isWanted && presented.clientId !== undefined ? await parts.liveClients.find(presented.clientId) : undefined;
  const remembered = client && mayBeRight && recallFrom(parts, client, presented.secret, facts, now);
  if (remembered) return remembered;
  if (isFirst) {
    const refused = { reason: 'too_many_attempts', client, attemptedId: presented.clientId };
    await parts.auditLog.append(refusedEvent(facts, now, refused));
  }
  throw tooManyAttempts(waitSeconds, facts.origin.requestId);
}

function recallFrom(
  { secretVerifier }: AuthenticatorParts,
  client: LiveClient,
  secret: string,
  { address }: RequestFacts,
  now: Date,
): AuthenticatedClient | undefined {
  const verdict = secretVerifier.recall(client, secret, now);
  if (!verdict?.ok || decideAccess(client, { address, now })) return undefined;
  return { client, secret: verdict.secret };
}

function refusalOf(presented: PresentedCredentials, { origin }: RequestFacts, reason: string): Error {
  if (presented.kind === 'refused') return presented.error;
  const what = presented.kind === 'unusable' ? presented.hint : 'Client authentication failed';
  return invalidClient(what, origin.requestId, reason);
}

/** One who holds an IPv6 network holds 2^64 addresses: there the network counts as one place. */
function throttledPlace({ address, origin }: RequestFacts): string {
  return address?.family === 6 ? `${(address.value >> 64n).toString(16)}::/64` : (origin.ip ?? 'unknown');
}
