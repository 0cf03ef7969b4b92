// The rules that a custom role must keep: what it may hold, whom it may be made available to, what it may be called.
import { conflict, type Fault } from '../../base/problem.ts';
import type { Caller } from '../access/caller.ts';
import type { PrivilegeLevel } from '../api/privilege.ts';
import type { Company } from '../company/company.ts';
import { nameKey } from '../text.ts';
import type { Stores } from '../stores.ts';
import type { CustomRole, RoleHolders } from './role-store.ts';

const STANDARD_ROLE_NAMES = ['Reseller', 'Company Admin'];

const RANKS: Readonly<Record<PrivilegeLevel, number>> = { company: 1, reseller: 2, root: 3 };

export function levelOf(company: Company): PrivilegeLevel {
  if (company.parentId === null) return 'root';
  return company.reseller ? 'reseller' : 'company';
}

export function isAtMost(level: PrivilegeLevel, limit: PrivilegeLevel): boolean {
  return RANKS[level] <= RANKS[limit];
}

/** One fault for each privilege that does not exist for the company, or lies above its level. */
export async function checkLevels(
  stores: Stores,
  company: Company,
  privileges: readonly string[],
): Promise<readonly Fault[]> {
  const levels = await stores.roles.levelsOf([...new Set(privileges)], company.id);
  const limit = levelOf(company);
  return privileges.flatMap((privilege, index) => {
    const pointer = `/privileges/${index}`;
    const level = levels.get(privilege);
    if (level === undefined) {
      return [{ pointer, detail: 'There is no such privilege, or its API is not available to this company.' }];
    }
    if (isAtMost(level, limit)) return [];
    const detail = `${privilege} has the level ${level}. Roles of ${company.name} hold privileges up to the level ${limit}.`;
    return [{ pointer, detail }];
  });
}

/** One fault for each company that does not lie below the owner, or not within reach. What was there already may stay. */
export async function checkAvailability(
  stores: Stores,
  caller: Caller,
  owner: Company,
  availableTo: readonly string[],
  before: CustomRole | null,
): Promise<readonly Fault[]> {
  if (availableTo.length > 0 && levelOf(owner) === 'company') {
    const detail = `${owner.name} is not marked as a reseller, so its roles are for itself alone.`;
    return [{ pointer: '/available_to', detail }];
  }
  const faults: Fault[] = [];
  for (const [index, companyId] of availableTo.entries()) {
    if (before?.availableTo.includes(companyId)) continue;
    const company = await stores.companies.find(companyId, caller.reach);
    const isBelow = company?.path.startsWith(owner.path) === true && company.id !== owner.id;
    if (!isBelow)
      faults.push({ pointer: `/available_to/${index}`, detail: 'There is no such company below this one.' });
  }
  return faults;
}

/** Unique among what every company that can choose it can choose from, and never like a standard role. */
export async function checkName(stores: Stores, caller: Caller, role: CustomRole, owner: Company): Promise<void> {
  if (STANDARD_ROLE_NAMES.some((name) => looksOf(name) === looksOf(role.name))) {
    const detail = `${role.name} is the name of a standard role. Choose another.`;
    throw conflict(detail, [{ pointer: '/name', detail }]);
  }
  const clash = await stores.roles.findNameClash(role.name, [role.companyId, ...role.availableTo], role.id);
  if (!clash) return;
  const company = await stores.companies.find(clash.companyId, caller.reach);
  const where =
    company?.id === owner.id ? owner.name : `${company?.name ?? 'A company'}, to which it is made available,`;
  const detail = `${where} can choose a role called ${role.name} already. Choose another name.`;
  throw conflict(detail, [{ pointer: '/name', detail }]);
}

/** What a reader sees of a name: without invisible characters, spaces of any kind and number as one. */
function looksOf(name: string): string {
  return nameKey(name)
    .replaceAll(/[\p{Cf}\u034f\ufe00-\ufe0f]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Names as far as the caller may know them, and how many more there are. */
export function holdersInWords({ clientNames, userNames, count }: RoleHolders): string {
  const named = [...clientNames.map((name) => `the client ${name}`), ...userNames.map((name) => `the user ${name}`)];
  const others = count - named.length;
  const rest = others === 1 ? ['one more'] : others > 1 ? [`${others} more`] : [];
  const list = [...named, ...rest];
  const verb = list.length === 1 && count === 1 ? 'has' : 'have';
  return named.length === 0
    ? `${count} ${count === 1 ? 'client or user of a company below has' : 'clients or users of companies below have'} it`
    : `${list.join(', ')} ${verb} it`;
}
