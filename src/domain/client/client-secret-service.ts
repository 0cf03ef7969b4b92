// Commands about a client's secrets: a second one beside the first, so that it can be rotated without an outage, and their end.
import { randomId } from '../../base/random.ts';
import { conflict, invalid, notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { actorOf, auditEvent } from '../audit/audit-event.ts';
import { clientParty } from './client-audit.ts';
import { type ClientParts, getForChange, getStored } from './client-change.ts';
import { type ClientSecretSummary, type ClientSummary, MAX_LIVE_SECRETS } from './client.ts';
import { createCredential, credentialDigest, credentialHint } from './credential.ts';

export interface CreatedSecret {
  readonly client: ClientSummary;
  readonly secret: ClientSecretSummary;
  /** The plaintext, in this one reply. */
  readonly clientSecret: string;
}

export async function createSecret(
  parts: ClientParts,
  caller: Caller,
  clientId: string,
  expiresAt: Date | null,
): Promise<CreatedSecret> {
  requirePrivilege(caller, 'clients:write');
  // Looked at before hashing, so that a stranger's id costs nobody a hash.
  await getClientForWrite(parts, caller, clientId);
  const now = parts.clock.now();
  if (expiresAt && expiresAt <= now) {
    throw invalid([{ pointer: '/expires_at', detail: 'Expiry must lie in the future.' }]);
  }
  const clientSecret = createCredential('psts_');
  const hash = await parts.hasher.hash(credentialDigest(clientSecret));
  return parts.storage.write(async (stores) => {
    const client = await getForChange(stores, caller, clientId, undefined);
    for (const secret of client.secrets.filter((each) => isOver(each, now))) {
      await stores.clients.deleteSecret(clientId, secret.id);
    }
    const live = client.secrets.filter((each) => !isOver(each, now));
    if (live.length >= MAX_LIVE_SECRETS) {
      throw conflict('This client has two live secrets already. Delete one that is no longer used, then make another.');
    }
    const secret = newSecret(clientId, clientSecret, hash, now, expiresAt);
    // One chance in 14 million; the hint chooses the hash to compare with, so two live secrets may not share it.
    if (live.some((each) => each.hint === secret.hint)) throw conflict('Please try once more.');
    await stores.clients.insertSecret(secret);
    await stores.audit.append(
      auditEvent('client_secret.created', caller.origin, {
        time: now,
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        details: {
          secret_id: secret.id,
          secret_hint: secret.hint,
          ...(expiresAt ? { expires_at: expiresAt.toISOString() } : {}),
        },
      }),
    );
    const stored = await getStored(stores, clientId);
    const summary = stored.secrets.find((each) => each.id === secret.id);
    if (!summary) throw new Error('a secret just stored is missing');
    return { client: stored, secret: summary, clientSecret };
  });
}

export async function deleteSecret(
  parts: ClientParts,
  caller: Caller,
  clientId: string,
  secretId: string,
): Promise<void> {
  requirePrivilege(caller, 'clients:write');
  await parts.storage.write(async (stores) => {
    const client = await getForChange(stores, caller, clientId, undefined);
    const secret = client.secrets.find((each) => each.id === secretId);
    if (!secret) throw notFound('secret');
    await stores.clients.deleteSecret(clientId, secretId);
    await stores.audit.append(
      auditEvent('client_secret.deleted', caller.origin, {
        time: parts.clock.now(),
        companyId: client.companyId,
        actor: actorOf(caller),
        target: clientParty(client),
        details: { secret_id: secret.id, secret_hint: secret.hint },
      }),
    );
  });
}

/** The row of a secret whose plaintext was made just now. */
export function newSecret(clientId: string, plain: string, hash: string, createdAt: Date, expiresAt: Date | null) {
  return { id: randomId('sec'), clientId, hint: credentialHint(plain), hash, createdAt, expiresAt };
}

function isOver(secret: { expiresAt: Date | null }, now: Date): boolean {
  return secret.expiresAt !== null && secret.expiresAt <= now;
}

async function getClientForWrite({ storage }: ClientParts, caller: Caller, clientId: string): Promise<ClientSummary> {
  const client = await storage.read((stores) => stores.clients.find(clientId, caller.reach));
  if (!client) throw notFound('client');
  return client;
}
