// The rules that companies must keep: their place in the tree, their names, and what being a reseller is bound to.
import { conflict, forbidden, invalid } from '../../base/problem.ts';
import { type Caller, requireAll } from '../access/caller.ts';
import type { Stores } from '../stores.ts';
import type { CompanyContents } from './company-store.ts';
import { type Company, ROOT_COMPANY_ID } from './company.ts';

/** Levels of the tree, the root company's counted. Paths are indexed, and nobody finds their way in a deeper one. */
export const MAX_COMPANY_DEPTH = 20;

export function checkParent(parent: Company): void {
  if (parent.parentId !== null && !parent.reseller) {
    const detail = `${parent.name} is not marked as a reseller, so it cannot have companies below it.`;
    throw invalid([{ pointer: '/parent_id', detail }]);
  }
  if (parent.path.split('/').length - 1 >= MAX_COMPANY_DEPTH) {
    const detail = `The tree of companies has at most ${MAX_COMPANY_DEPTH} levels. Choose a company further up.`;
    throw invalid([{ pointer: '/parent_id', detail }]);
  }
}

/**
 * One's own company is the business of those above it, but for the addresses that one comes from. Above root there is nobody: its
 * administrators may rename it.
 */
export function checkOwn(caller: Caller, before: Company, after: Company): void {
  if (before.id !== caller.companyId) return;
  if (after.status !== before.status) throw forbidden('This is your own company. You cannot suspend or reactivate it.');
  const isOther = after.name !== before.name || after.reseller !== before.reseller;
  if (isOther && before.id !== ROOT_COMPANY_ID) {
    throw forbidden('This is your own company. Those above it can change it; its IP restriction you can.');
  }
  if (after.reseller !== before.reseller) throw forbidden('The root company can always have companies below it.');
}

export async function checkName(stores: Stores, company: Company): Promise<void> {
  if (company.parentId === null) return;
  if (!(await stores.companies.isNameTaken(company.name, company.parentId, company.id))) return;
  const detail = `Another company beside it is called ${company.name} already.`;
  throw conflict(detail, [{ pointer: '/name', detail }]);
}

export async function checkReseller(stores: Stores, caller: Caller, before: Company, after: Company): Promise<void> {
  if (after.reseller === before.reseller) return;
  if (after.reseller) {
    // Roles that are made available from above may gain by it at once.
    requireAll(caller, await stores.companies.resellerPrivileges(after.id), `make ${after.name} a reseller`);
    return;
  }
  const { companies, resellers, resellerRoles } = await stores.companies.contentsOf(after.id);
  const inTheWay = [
    ...counted(companies, 'company below it', 'companies below it'),
    ...counted(resellers, 'holder of the role Reseller', 'holders of the role Reseller'),
    ...resellerRoles.map((name) => `the role ${name} with privileges of a reseller`),
  ];
  if (inTheWay.length === 0) return;
  const detail = `${after.name} must stay a reseller while it has ${inTheWay.join(', ')}.`;
  throw conflict(detail, [{ pointer: '/reseller', detail }]);
}

export function contentsInWords(contents: CompanyContents): readonly string[] {
  return [
    ...counted(contents.companies, 'company', 'companies'),
    ...counted(contents.clients, 'client', 'clients'),
    ...counted(contents.users, 'user', 'users'),
    ...counted(contents.roles, 'role', 'roles'),
  ];
}

function counted(count: number, one: string, many: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
}
