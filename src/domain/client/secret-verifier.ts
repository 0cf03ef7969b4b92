// Is this the client's secret? bcrypt once, then from memory: a process that compared a secret successfully knows it again
// for the price of an HMAC. Whoever has no right secret pays one bcrypt comparison, whether the client exists or not.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RefusalReason } from '../access/access-decision.ts';
import { credentialDigest, credentialHint, isWellFormedCredential } from './credential.ts';
import type { LiveClient, LiveSecret } from './live-client.ts';

export interface SecretComparer {
  /** Whether `plain` is what the bcrypt `hash` was made of. Senders wait in turn. Rejects when the queue is full. */
  compare(plain: string, hash: string, sender: string): Promise<boolean>;
}

export type SecretVerdict =
  | { readonly ok: true; readonly secret: LiveSecret }
  | { readonly ok: false; readonly reason: RefusalReason; readonly secret?: LiveSecret };

export interface SecretVerifier {
  /** From memory, at once: undefined when this secret has not been seen to be right by this process, or is no longer. */
  recall(client: LiveClient, presented: string, now: Date): SecretVerdict | undefined;
  /**
   * With one bcrypt comparison, always exactly one for a well-formed secret; `client` undefined for an unknown client ID. `sender` is
   * where it comes from: who sends many waits behind himself.
   */
  verify(client: LiveClient | undefined, presented: string, now: Date, sender: string): Promise<SecretVerdict>;
}

interface Parts {
  readonly comparer: SecretComparer;
  /** A bcrypt hash of the cost in force, of nothing that anybody knows. */
  readonly dummyHash: string;
  readonly maxRemembered?: number;
}

export function createSecretVerifier({ comparer, dummyHash, maxRemembered = 50_000 }: Parts): SecretVerifier {
  const key = randomBytes(32);
  // By secret id. Bound to the stored hash, so that a row that changes under the same id is never taken for the old one.
  const remembered = new Map<string, Buffer>();

  const fingerprint = (secret: LiveSecret, presented: string) =>
    createHmac('sha256', key).update(secret.hash).update(presented).digest();

  const remember = (secret: LiveSecret, presented: string) => {
    if (remembered.size >= maxRemembered) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    remembered.set(secret.id, fingerprint(secret, presented));
  };

  return {
    recall(client, presented, now) {
      const candidate = candidateOf(client, presented);
      const known = candidate && remembered.get(candidate.id);
      if (!candidate || !known || !timingSafeEqual(known, fingerprint(candidate, presented))) return undefined;
      return verdictOn(candidate, now);
    },
    async verify(client, presented, now, sender) {
      if (!isWellFormedCredential(presented, 'psts_')) return { ok: false, reason: 'malformed_secret' };
      const candidate = client && candidateOf(client, presented);
      const isRight = await comparer.compare(credentialDigest(presented), candidate?.hash ?? dummyHash, sender);
      if (!client) return { ok: false, reason: 'unknown_client' };
      if (!candidate || !isRight) return { ok: false, reason: 'wrong_secret' };
      remember(candidate, presented);
      return verdictOn(candidate, now);
    },
  };
}

/** Live secrets of one client never share their last four characters, so at most one can be the one presented. */
function candidateOf(client: LiveClient, presented: string): LiveSecret | undefined {
  const hint = credentialHint(presented);
  return client.secrets.find((secret) => secret.hint === hint);
}

function verdictOn(secret: LiveSecret, now: Date): SecretVerdict {
  return secret.expiresAt !== null && secret.expiresAt <= now
    ? { ok: false, reason: 'secret_expired', secret }
    : { ok: true, secret };
}
