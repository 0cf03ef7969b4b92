// What a caller may give to whom: the roles and the privileges that a company knows, each marked when the caller may not grant it. For
// forms; the commands decide again.
import { notFound } from '../../base/problem.ts';
import type { Caller } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import { type Privilege, type PrivilegeLevel, privilegeName } from '../api/privilege.ts';
import type { CompanyFilter, CompanySummary } from '../company/company-store.ts';
import type { Company } from '../company/company.ts';
import type { Page, PageRequest, Storage, Stores } from '../stores.ts';
import { isAtMost, levelOf } from './role-rules.ts';
import { RESELLER_ROLE_ID } from './role.ts';

export interface AssignableRole {
  readonly id: string;
  readonly name: string;
  readonly isGrantable: boolean;
}

export interface GrantablePrivilege extends Privilege {
  /** null when the caller may put it into a role of the company; otherwise they lack it, or the company's level is too low for it. */
  readonly obstacle: 'not_held' | 'level' | null;
}

export interface GrantableCatalogue {
  readonly company: Company;
  /** What its roles may hold at most. */
  readonly level: PrivilegeLevel;
  /** By API, group and scope. */
  readonly privileges: readonly GrantablePrivilege[];
}

export interface Granting {
  /** The roles that clients and users of the company may have. 404 for a company out of reach. */
  rolesFor(caller: Caller, companyId: string): Promise<readonly AssignableRole[]>;
  /** What roles of the company may be made of. */
  privilegesFor(caller: Caller, companyId: string): Promise<GrantableCatalogue>;
  /** The companies that a role of the company may be made available to: all below it, A to Z. None for whoever reaches one alone. */
  companiesFor(
    caller: Caller,
    companyId: string,
    page: PageRequest,
    filter?: Pick<CompanyFilter, 'q'>,
  ): Promise<Page<CompanySummary>>;
}

export function createGranting({ storage }: { storage: Storage }): Granting {
  return {
    rolesFor: (caller, companyId) =>
      storage.read(async (stores) => {
        await getCompany(stores, caller, companyId);
        const { privileges } = await callerOver(stores, caller, companyId);
        const roles = await stores.roles.listCovered(companyId, [...privileges]);
        // As `requireRole` has it: whoever reaches one company alone cannot give what reaches more.
        return roles.map(({ id, name, isCovered }) => ({
          id,
          name,
          isGrantable: isCovered && (id !== RESELLER_ROLE_ID || caller.reach.subtree),
        }));
      }),
    privilegesFor: (caller, companyId) =>
      storage.read(async (stores) => {
        const company = await getCompany(stores, caller, companyId);
        const level = levelOf(company);
        const { privileges: held } = await callerOver(stores, caller, companyId);
        const privileges = await readCatalogue(stores, companyId);
        return { company, level, privileges: privileges.map((each) => ({ ...each, obstacle: obstacleOf(each) })) };

        function obstacleOf(privilege: Privilege): GrantablePrivilege['obstacle'] {
          if (!isAtMost(privilege.level, level)) return 'level';
          return held.has(privilegeName(privilege.apiId, privilege.scope)) ? null : 'not_held';
        }
      }),
    companiesFor: (caller, companyId, page, filter = {}) =>
      storage.read(async (stores) => {
        const company = await getCompany(stores, caller, companyId);
        if (!caller.reach.subtree || levelOf(company) === 'company') return { items: [], nextCursor: null };
        const below = { companyId, companyPath: company.path, subtree: true };
        const found = await stores.companies.list({ ...filter, sort: 'name' }, page, below);
        return { ...found, items: found.items.filter(({ id }) => id !== companyId) };
      }),
  };
}

async function getCompany(stores: Stores, caller: Caller, companyId: string): Promise<Company> {
  const company = await stores.companies.find(companyId, caller.reach);
  if (!company) throw notFound('company');
  return company;
}

const CATALOGUE_PAGE = 1000;

async function readCatalogue(stores: Stores, companyId: string): Promise<readonly Privilege[]> {
  const all: Privilege[] = [];
  let cursor: string | undefined;
  do {
    const found = await stores.privileges.list({}, { limit: CATALOGUE_PAGE, cursor }, companyId);
    all.push(...found.items);
    cursor = found.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}
