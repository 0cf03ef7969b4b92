// What the domain asks of storage about roles.
import type { Reach } from '../access/caller.ts';
import type { PrivilegeLevel } from '../api/privilege.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Role, RoleSummary } from './role.ts';

/** A role as it is kept, whoever asks. */
export interface FullRole extends Role {
  /** `<api id>/<scope>`, sorted, none twice. */
  readonly privileges: readonly string[];
  /** Ids of companies below the owner, sorted, none twice. */
  readonly availableTo: readonly string[];
}

export interface CustomRole extends FullRole {
  readonly companyId: string;
}

/** Those who have a role: up to five names within the caller's reach, and the number of all. */
export interface RoleHolders {
  readonly clientNames: readonly string[];
  readonly userNames: readonly string[];
  readonly count: number;
}

export interface RoleStore {
  /**
   * A role that the company may choose (standard, its own, or made available to it), with what it grants there; undefined otherwise.
   * The role Reseller only where the company is root or a reseller. Within a transaction role and company stay as they are until its
   * end, so that whoever is given the role may still have it then.
   */
  findChoosable(
    roleId: string,
    companyId: string,
  ): Promise<{ id: string; name: string; privileges: readonly string[] } | undefined>;
  listChoosable(companyId: string): Promise<readonly { id: string; name: string; description: string }[]>;
  /** As `listChoosable`, and whether the role grants nothing there beyond the given privileges. */
  listCovered(
    companyId: string,
    privileges: readonly string[],
  ): Promise<readonly { id: string; name: string; isCovered: boolean }[]>;
  /** What the role grants to holders in that company, as `<api id>/<scope>`. */
  privilegesOf(roleId: string, companyId: string): Promise<readonly string[]>;
  find(roleId: string, reach: Reach): Promise<RoleSummary | undefined>;
  list(
    filter: { q?: string | undefined; kind?: string | undefined; companyId?: string | undefined },
    page: PageRequest,
    reach: Reach,
  ): Promise<Page<RoleSummary>>;
  /** Waits for, and holds until the end of the transaction, the lock under which roles are named: names stay unique over companies. */
  lockNames(): Promise<void>;
  /**
   * The role, locked until the end of the transaction; nobody is given it meanwhile. undefined when `find` would not find it. A
   * standard role comes without privileges: they depend on the company.
   */
  findForUpdate(roleId: string, reach: Reach): Promise<FullRole | undefined>;
  /** The first of the companies that can choose another role with this name already, compared by `nameKey`. */
  findNameClash(
    name: string,
    companyIds: readonly string[],
    exceptRoleId: string,
  ): Promise<{ readonly companyId: string } | undefined>;
  /** Those of the privileges that exist and belong to an API available to the company, each with its level. */
  levelsOf(privileges: readonly string[], companyId: string): Promise<ReadonlyMap<string, PrivilegeLevel>>;
  /** Holders of the role, in the given companies alone when some are given. */
  holdersOf(roleId: string, reach: Reach, companyIds?: readonly string[]): Promise<RoleHolders>;
  /** `resource.conflict` when the company was given a role of this name meanwhile. */
  insert(role: CustomRole): Promise<void>;
  /** Writes every field but id, company and creation time; the version is raised by one. */
  update(role: CustomRole): Promise<void>;
  delete(roleId: string): Promise<void>;
}
