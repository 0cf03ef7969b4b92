// Acting for a company below one's own in the pages: the session remembers which, and every request is narrowed to it anew.
import { forbidden, notFound } from '../../base/problem.ts';
import type { Caller } from '../access/caller.ts';
import { narrowCaller } from '../access/narrowing.ts';
import { RESELLER_ROLE_ID } from '../role/role.ts';
import type { Storage, Stores } from '../stores.ts';
import type { PageVisitor } from './account-service.ts';
import type { Session } from './user.ts';

/**
 * The caller narrowed to the company for which the session acts. As they are when it acts for none, or when that one no longer lies
 * below theirs.
 */
export async function findActingCaller(stores: Stores, own: Caller, session: Session): Promise<Caller> {
  if (session.actingCompanyId === null || !mayAct(own)) return own;
  const company = await stores.companies.find(session.actingCompanyId, own.reach);
  if (!company || company.id === own.companyId) return own;
  return narrowCaller(own, company, await stores.roles.privilegesOf(RESELLER_ROLE_ID, company.id)) ?? own;
}

export function mayAct({ roleId, reach }: Caller): boolean {
  return roleId === RESELLER_ROLE_ID && reach.subtree;
}

/** An event is not written: what is done while acting carries the user as its actor. */
export async function actFor(storage: Storage, visitor: PageVisitor, companyId: string | null): Promise<void> {
  const { own, session } = visitor;
  if (companyId !== null && companyId !== own.companyId) {
    if (!mayAct(own)) throw forbidden('Only the role Reseller acts for other companies.');
    const company = await storage.read((stores) => stores.companies.find(companyId, own.reach));
    if (!company) throw notFound('company');
  }
  const acting = companyId === own.companyId ? null : companyId;
  await storage.write((stores) => stores.sessions.actFor(session.id, acting));
}
