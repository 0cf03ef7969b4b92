// Commands about custom roles. The two standard roles are fixed.
import type { Clock } from '../../base/clock.ts';
import { conflict, forbidden, invalid, notFound, Problem } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import { type Caller, requireAll, requirePrivilege } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import { actorOf, auditEvent, type AuditParty, changesBetween } from '../audit/audit-event.ts';
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import type { Storage, Stores } from '../stores.ts';
import type { NewRole, RolePatch } from './role-fields.ts';
import { keepLastManager } from '../user/last-manager.ts';
import { checkAvailability, checkLevels, checkName, holdersInWords } from './role-rules.ts';
import type { CustomRole } from './role-store.ts';
import type { Role, RoleSummary } from './role.ts';

export interface RoleCommands {
  create(caller: Caller, input: NewRole): Promise<RoleSummary>;
  /** What it grants changes for its holders at once. `ifVersion`: refuses with `resource.changed` when somebody else was faster. */
  update(caller: Caller, roleId: string, patch: RolePatch, ifVersion?: number): Promise<RoleSummary>;
  /** Only while nobody has it; the conflict names who does. */
  delete(caller: Caller, roleId: string, ifVersion?: number): Promise<void>;
}

interface Parts {
  readonly storage: Storage;
  readonly clock: Clock;
}

export function createRoleCommands(parts: Parts): RoleCommands {
  return {
    create: (caller, input) => createRole(parts, caller, input),
    update: (caller, roleId, patch, ifVersion) => updateRole(parts, caller, roleId, patch, ifVersion),
    delete: (caller, roleId, ifVersion) => deleteRole(parts, caller, roleId, ifVersion),
  };
}

async function createRole({ storage, clock }: Parts, caller: Caller, input: NewRole): Promise<RoleSummary> {
  requirePrivilege(caller, 'roles:write');
  return storage.write(async (stores) => {
    await stores.roles.lockNames();
    const now = clock.now();
    const role: CustomRole = {
      id: randomId('role'),
      name: input.name,
      description: input.description ?? '',
      kind: 'custom',
      companyId: input.companyId ?? caller.companyId,
      privileges: inOrder(input.privileges),
      availableTo: inOrder(input.availableTo ?? []),
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await checkRole(stores, caller, role, null, input);
    await stores.roles.insert(role);
    await stores.audit.append(
      auditEvent('role.created', caller.origin, {
        time: now,
        companyId: role.companyId,
        actor: actorOf(caller),
        target: roleParty(role),
        changes: changesBetween({}, roleAuditView(role)) ?? null,
      }),
    );
    return getStored(stores, role.id, caller);
  });
}

async function updateRole(
  { storage, clock }: Parts,
  caller: Caller,
  roleId: string,
  patch: RolePatch,
  ifVersion?: number,
): Promise<RoleSummary> {
  requirePrivilege(caller, 'roles:write');
  return storage.write(async (stores) => {
    await stores.roles.lockNames();
    const before = await getForChange(stores, caller, roleId, ifVersion);
    const now = clock.now();
    const after: CustomRole = {
      ...before,
      name: patch.name ?? before.name,
      description: patch.description ?? before.description,
      privileges: patch.privileges ? inOrder(patch.privileges) : before.privileges,
      availableTo: patch.availableTo
        ? inOrder([...patch.availableTo, ...(await hiddenAvailability(stores, caller, before))])
        : before.availableTo,
      updatedAt: now,
    };
    const changes = changesBetween(roleAuditView(before), roleAuditView(after));
    if (!changes) return getStored(stores, roleId, caller);
    await checkRole(stores, caller, after, before, patch);
    await writeRole(stores, before, after);
    await stores.audit.append(
      auditEvent('role.updated', caller.origin, {
        time: now,
        companyId: after.companyId,
        actor: actorOf(caller),
        target: roleParty(after),
        changes,
      }),
    );
    return getStored(stores, roleId, caller);
  });
}

async function deleteRole(
  { storage, clock }: Parts,
  caller: Caller,
  roleId: string,
  ifVersion?: number,
): Promise<void> {
  requirePrivilege(caller, 'roles:write');
  await storage.write(async (stores) => {
    const role = await getForChange(stores, caller, roleId, ifVersion);
    const holders = await stores.roles.holdersOf(roleId, caller.reach);
    if (holders.count > 0) {
      throw conflict(`${role.name} is in use and cannot be deleted: ${holdersInWords(holders)}.`);
    }
    await stores.roles.delete(roleId);
    await stores.audit.append(
      auditEvent('role.deleted', caller.origin, {
        time: clock.now(),
        companyId: role.companyId,
        actor: actorOf(caller),
        target: roleParty(role),
        changes: Object.fromEntries(
          Object.entries(roleAuditView(role)).map(([field, value]) => [field, [value, null] as const]),
        ),
      }),
    );
  });
}

/** The role, locked, when the caller may change it: a custom one, of a company within reach, no stronger than the caller. */
async function getForChange(
  stores: Stores,
  caller: Caller,
  roleId: string,
  ifVersion: number | undefined,
): Promise<CustomRole> {
  const role = await stores.roles.findForUpdate(roleId, caller.reach);
  if (!role) throw notFound('role');
  if (role.companyId === null) throw conflict(`${role.name} is a standard role. Standard roles are fixed.`);
  const owner = await stores.companies.find(role.companyId, caller.reach);
  if (!owner)
    throw forbidden(`${role.name} was made available by a company above yours. You can use it, not change it.`);
  requireAll(await callerOver(stores, caller, owner.id), role.privileges, 'change this role');
  if (ifVersion !== undefined && ifVersion !== role.version) {
    throw new Problem('resource.changed', 'Somebody changed this role since you read it. Read it again and repeat.');
  }
  return { ...role, companyId: role.companyId };
}

/** Companies beyond the caller's reach, which a list of theirs neither names nor takes away. */
async function hiddenAvailability(stores: Stores, caller: Caller, role: CustomRole): Promise<readonly string[]> {
  const seen = await stores.roles.find(role.id, caller.reach);
  return role.availableTo.filter((id) => !seen?.availableTo.includes(id));
}

/** The rules on the final state. `given` is what was sent, so that faults point to where it stands there. */
async function checkRole(
  stores: Stores,
  caller: Caller,
  role: CustomRole,
  before: CustomRole | null,
  given: RolePatch,
): Promise<void> {
  // Locked: what the company may hold must still be true when the role is stored.
  const company = await stores.companies.findForUpdate(role.companyId, caller.reach);
  if (!company) throw invalid([{ pointer: '/company_id', detail: 'There is no such company.' }]);
  const faults = [
    ...(given.privileges ? await checkLevels(stores, company, given.privileges) : []),
    ...(given.availableTo ? await checkAvailability(stores, caller, company, given.availableTo, before) : []),
  ];
  if (faults.length > 0) throw invalid(faults);
  requireAll(await callerOver(stores, caller, company.id), role.privileges, `make the role ${role.name}`);
  await checkName(stores, caller, role, company);
  const left = (before?.availableTo ?? []).filter((id) => !role.availableTo.includes(id));
  if (left.length === 0) return;
  const holders = await stores.roles.holdersOf(role.id, caller.reach, left);
  if (holders.count === 0) return;
  const detail = `It is in use in a company from which it would be taken: ${holdersInWords(holders)}.`;
  throw conflict(detail, [{ pointer: '/available_to', detail }]);
}

const MANAGES_USERS = privilegeName(MANAGEMENT_API_ID, 'users:write');

/** Whoever loses the right to manage users by it must not have been the last who had it. */
async function writeRole(stores: Stores, before: CustomRole, after: CustomRole): Promise<void> {
  const loses = before.privileges.includes(MANAGES_USERS) && !after.privileges.includes(MANAGES_USERS);
  if (!loses) return stores.roles.update(after);
  await keepLastManager(stores.users, '/privileges', () => stores.roles.update(after));
}

function inOrder(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
}

function roleParty(role: Role): AuditParty {
  return { type: 'role', id: role.id, name: role.name };
}

function roleAuditView(role: CustomRole): Record<string, unknown> {
  return {
    name: role.name,
    description: role.description,
    company_id: role.companyId,
    privileges: role.privileges,
    available_to: role.availableTo,
  };
}

async function getStored(stores: Stores, roleId: string, caller: Caller): Promise<RoleSummary> {
  const stored = await stores.roles.find(roleId, caller.reach);
  if (!stored) throw new Error('a role just stored is missing');
  return stored;
}
