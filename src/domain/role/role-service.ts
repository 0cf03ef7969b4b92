// Questions about roles and the privilege catalogue.
import { notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import type { Privilege } from '../api/privilege.ts';
import type { Page, PageRequest, Storage } from '../stores.ts';
import type { RoleSummary } from './role.ts';

export interface RoleService {
  get(caller: Caller, roleId: string): Promise<RoleSummary>;
  list(
    caller: Caller,
    filter: { q?: string | undefined; kind?: string | undefined; companyId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<RoleSummary>>;
  /** Roles that a client or user of the caller's company may be given. */
  listChoosable(caller: Caller): Promise<readonly { id: string; name: string; description: string }[]>;
  /** The catalogue of what can be granted in the caller's company. */
  listPrivileges(
    caller: Caller,
    filter: { q?: string | undefined; api?: string | undefined },
    page: PageRequest,
  ): Promise<Page<Privilege>>;
}

export function createRoleService({ storage }: { storage: Storage }): RoleService {
  return {
    async get(caller, roleId) {
      requirePrivilege(caller, 'roles:read');
      const role = await storage.read((stores) => stores.roles.find(roleId, caller.reach));
      if (!role) throw notFound('role');
      return role;
    },
    list(caller, filter, page) {
      requirePrivilege(caller, 'roles:read');
      return storage.read((stores) => stores.roles.list(filter, page, caller.reach));
    },
    listChoosable(caller) {
      return storage.read((stores) => stores.roles.listChoosable(caller.companyId));
    },
    listPrivileges(caller, filter, page) {
      requirePrivilege(caller, 'roles:read');
      return storage.read((stores) => stores.privileges.list(filter, page, caller.companyId));
    },
  };
}
