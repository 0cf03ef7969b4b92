// What every command about clients works with, begins with and ends with: the client as it stands, if this caller may change it.
import type { Clock } from '../../base/clock.ts';
import { notFound, Problem } from '../../base/problem.ts';
import { type Caller, requireRole } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import type { KnownHosts } from '../address/kept-restriction.ts';
import type { Storage, Stores } from '../stores.ts';
import type { ClientSummary } from './client.ts';

/** Turns a credential's digest or a password's into a bcrypt hash, off the main thread. */
export interface SecretHasher {
  hash(plain: string): Promise<string>;
}

export interface ClientParts {
  readonly storage: Storage;
  readonly hasher: SecretHasher;
  readonly clock: Clock;
  /** What host names in IP rules stand for, for the questions who is shut out and what is to be told at saving. */
  readonly hosts?: KnownHosts | undefined;
}

/** The client, locked, when it lies within reach, is what the caller saw, and is no stronger than the caller. */
export async function getForChange(
  stores: Stores,
  caller: Caller,
  clientId: string,
  ifVersion: number | undefined,
): Promise<ClientSummary> {
  const client = await stores.clients.findForUpdate(clientId, caller.reach);
  if (!client) throw notFound('client');
  const privileges = await stores.roles.privilegesOf(client.roleId, client.companyId);
  const there = await callerOver(stores, caller, client.companyId);
  requireRole(there, { id: client.roleId, privileges }, 'change this client');
  if (ifVersion !== undefined && ifVersion !== client.version) {
    throw new Problem('resource.changed', 'Somebody changed this client since you read it. Read it again and repeat.');
  }
  return client;
}

/** A client that this transaction has just written, with what the database adds. */
export async function getStored(stores: Stores, clientId: string): Promise<ClientSummary> {
  const stored = await stores.clients.find(clientId, null);
  if (!stored) throw new Error('a client just stored is missing');
  return stored;
}
