// What the commands about custom roles ask of storage, beyond what everybody asks.
import type { Reach } from '../access/caller.ts';
import type { PrivilegeLevel } from '../api/privilege.ts';
import type { RoleStore, Stores } from '../stores.ts';
import type { Role } from './role.ts';

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

export interface ManagedRoleStore extends RoleStore {
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
  ): Promise<{ readonly companyId: string; readonly companyName: string } | undefined>;
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

export type RoleStores = Omit<Stores, 'roles'> & {
  readonly roles: ManagedRoleStore;
};
