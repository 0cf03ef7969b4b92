// Whose an API token is, or is to be: found within the caller's reach, and compared with what the caller may do.
import { invalid } from '../../base/problem.ts';
import { type Caller, requireRole } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import type { Stores } from '../stores.ts';
import type { ApiTokenOwnerType } from './api-token.ts';
import type { ApiTokenCreation } from './api-token-fields.ts';

export interface OwnerReference {
  readonly type: ApiTokenOwnerType;
  readonly id: string;
}

export interface ApiTokenOwner extends OwnerReference {
  readonly name: string;
  readonly companyId: string;
  readonly roleId: string;
  /** What its role grants in its company: `<api id>/<scope>`, in the order of the catalogue. */
  readonly privileges: readonly string[];
}

/** A client, a user, or whoever owns the API token that calls; undefined for the command line, which owns nothing. */
export function ownReference({ type, id, apiToken }: Caller): OwnerReference | undefined {
  if (apiToken) return { type: apiToken.ownerType, id: apiToken.ownerId };
  return type === 'client' || type === 'user' ? { type, id } : undefined;
}

export function isOwn(caller: Caller, owner: OwnerReference): boolean {
  const own = ownReference(caller);
  return own?.type === owner.type && own.id === owner.id;
}

/** Locked in a transaction of `write`; undefined also when it lies outside the caller's reach. */
export async function findOwner(
  stores: Stores,
  caller: Caller,
  { type, id }: OwnerReference,
  isLocked: boolean,
): Promise<ApiTokenOwner | undefined> {
  const found =
    type === 'client'
      ? await stores.clients[isLocked ? 'findForUpdate' : 'find'](id, caller.reach)
      : await stores.users[isLocked ? 'findForUpdate' : 'findWithin'](id, caller.reach);
  if (!found) return undefined;
  const { name, companyId, roleId } = found;
  return { type, id, name, companyId, roleId, privileges: await stores.roles.privilegesOf(roleId, companyId) };
}

/** The owner that a creation names, or the caller; locked. 422 for one out of reach, as for one that does not exist. */
export async function getNamedOwner(
  stores: Stores,
  caller: Caller,
  { clientId, userId }: Pick<ApiTokenCreation, 'clientId' | 'userId'>,
): Promise<ApiTokenOwner> {
  if (clientId !== undefined && userId !== undefined) {
    throw atOwner('user', 'An API token belongs to a client or to a user. Leave one of the two out.');
  }
  const named = toReference(clientId, userId);
  const reference = named ?? ownReference(caller);
  if (!reference) throw atOwner('client', 'Name the client or the user to which the API token is to belong.');
  const owner = await findOwner(stores, caller, reference, true);
  if (owner) return owner;
  throw atOwner(
    reference.type,
    named
      ? `There is no such ${reference.type}.`
      : `You act for ${caller.companyName}, to which you do not belong. Name the client or the user to which the API token is to belong.`,
  );
}

function toReference(clientId: string | undefined, userId: string | undefined): OwnerReference | undefined {
  if (clientId !== undefined) return { type: 'client', id: clientId };
  return userId === undefined ? undefined : { type: 'user', id: userId };
}

function atOwner(type: ApiTokenOwnerType, detail: string) {
  return invalid([{ pointer: `/${type}_id`, detail }]);
}

/**
 * An API token acts in its owner's name: whoever makes or takes one over has to hold all that the owner does. One's own are the
 * exception; of those the token's privileges alone are asked. Answers the caller as they stand over the owner's company.
 */
export async function requireOver(stores: Stores, caller: Caller, owner: ApiTokenOwner): Promise<Caller> {
  const there = await callerOver(stores, caller, owner.companyId);
  if (!isOwn(caller, owner)) {
    const role = { id: owner.roleId, privileges: owner.privileges };
    requireRole(there, role, `make or change API tokens of this ${owner.type}`);
  }
  return there;
}
