// What a caller holds over what belongs to a company below its own.
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import { RESELLER_ROLE_ID } from '../role/role.ts';
import type { Stores } from '../stores.ts';
import type { Caller } from './caller.ts';

const MANAGEMENT = privilegeName(MANAGEMENT_API_ID, '');

/**
 * The caller as the rules against granting and taking over see it there. An API may be available to a company alone and not to the
 * reseller above it: over that company the role Reseller holds its privileges all the same, and acting for the company would show
 * them. Of the Management API nothing is added: a token is bound to its own scopes of it, and a company below has no others.
 */
export async function callerOver(stores: Pick<Stores, 'roles'>, caller: Caller, companyId: string): Promise<Caller> {
  if (!caller.reach.subtree || companyId === caller.companyId) return caller;
  const there = await stores.roles.privilegesOf(RESELLER_ROLE_ID, companyId);
  const added = there.filter((name) => !name.startsWith(MANAGEMENT) && !caller.privileges.has(name));
  return added.length === 0 ? caller : { ...caller, privileges: new Set([...caller.privileges, ...added]) };
}
