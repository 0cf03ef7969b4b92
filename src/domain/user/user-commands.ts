// Commands and questions about the people who sign in, by those who manage them. One's own password and sessions are in accounts.ts,
// inviting somebody new in user-service.ts.
import type { Clock } from '../../base/clock.ts';
import { conflict, forbidden, invalid, notFound, Problem } from '../../base/problem.ts';
import { type Caller, mayCall, requirePrivilege, requireRole } from '../access/caller.ts';
import { callerOver } from '../access/held-there.ts';
import { isOwn } from '../api-token/api-token-owner.ts';
import { actorOf, type AuditAction, auditEvent, type AuditParty, changesBetween } from '../audit/audit-event.ts';
import { credentialDigest } from '../client/credential.ts';
import type { Page, PageRequest, Storage, Stores } from '../stores.ts';
import { keepLastManager } from './last-manager.ts';
import { bearerHash, createBearer, type PasswordHasher, userParty } from './opening.ts';
import { checkNewPassword, normalizePassword } from './password.ts';
import type { UserPatch } from './user-fields.ts';
import { INVITATION_MILLISECONDS } from './user-service.ts';
import type { UserFilter } from './user-store.ts';
import type { User, UserSummary } from './user.ts';

export interface UserCommands {
  get(caller: Caller, userId: string): Promise<UserSummary>;
  /** For what names users that may be gone or beyond: those of the ids that the caller can open. */
  knownOf(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>>;
  list(caller: Caller, filter: UserFilter, page: PageRequest): Promise<Page<UserSummary>>;
  count(caller: Caller): Promise<{ readonly active: number; readonly inactive: number }>;
  /** `ifVersion`: refuses with `resource.changed` when somebody else was faster. */
  update(caller: Caller, userId: string, patch: UserPatch, ifVersion?: number): Promise<UserSummary>;
  activate(caller: Caller, userId: string): Promise<UserSummary>;
  /** Ends the user's sessions at once. */
  deactivate(caller: Caller, userId: string): Promise<UserSummary>;
  delete(caller: Caller, userId: string, ifVersion?: number): Promise<void>;
  /** For rotation by a job; the user's sessions end. 422 at `/password` for one that is not good enough. */
  setPassword(caller: Caller, userId: string, password: string): Promise<UserSummary>;
  /** A new link with which the user sets a password; earlier ones are void. Shown once, good for seven days. */
  invite(caller: Caller, userId: string): Promise<{ user: UserSummary; invitationToken: string }>;
}

interface Parts {
  readonly storage: Storage;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly clock: Clock;
}

export function createUserCommands(parts: Parts): UserCommands {
  const { storage } = parts;
  return {
    async get(caller, userId) {
      requirePrivilege(caller, 'users:read');
      const user = await storage.read((stores) => stores.users.findWithin(userId, caller.reach));
      if (!user) throw notFound('user');
      return user;
    },
    async knownOf(caller, ids) {
      if (ids.length === 0 || !mayCall(caller, 'users:read')) return new Set();
      return storage.read((stores) => stores.users.knownOf(ids, caller.reach));
    },
    list(caller, filter, page) {
      requirePrivilege(caller, 'users:read');
      return storage.read((stores) => stores.users.list(filter, page, caller.reach));
    },
    count(caller) {
      requirePrivilege(caller, 'users:read');
      return storage.read((stores) => stores.users.count(caller.reach));
    },
    update: (caller, userId, patch, ifVersion) => updateUser(parts, caller, userId, patch, ifVersion),
    activate: (caller, userId) => updateUser(parts, caller, userId, { status: 'active' }),
    deactivate: (caller, userId) => updateUser(parts, caller, userId, { status: 'inactive' }),
    delete: (caller, userId, ifVersion) => deleteUser(parts, caller, userId, ifVersion),
    setPassword: (caller, userId, password) => setPassword(parts, caller, userId, password),
    invite: (caller, userId) => invite(parts, caller, userId),
  };
}

async function updateUser(
  { storage, clock }: Parts,
  caller: Caller,
  userId: string,
  patch: UserPatch,
  ifVersion?: number,
): Promise<UserSummary> {
  requirePrivilege(caller, 'users:write');
  return storage.write(async (stores) => {
    const before = await getForChange(stores, caller, userId, ifVersion);
    const after: User = {
      ...plainUser(before),
      email: patch.email ?? before.email,
      name: patch.name ?? before.name,
      companyId: patch.companyId ?? before.companyId,
      roleId: patch.roleId ?? before.roleId,
      status: patch.status ?? before.status,
      ipExempt: patch.ipExempt ?? before.ipExempt,
      updatedAt: clock.now(),
    };
    const roleName = await checkAssignments(stores, caller, after, before);
    const changes = changesBetween(userAuditView(before, before.roleName), userAuditView(after, roleName));
    if (!changes) return before;
    const pointer = after.status === 'inactive' ? '/status' : '/role_id';
    await keepLastManager(stores.users, pointer, () => stores.users.update(after));
    if (after.status === 'inactive' && before.status === 'active') await endEverything(stores, userId);
    await append(stores, caller, actionOf(before, after), after, { time: after.updatedAt, changes });
    return getStored(stores, userId);
  });
}

async function deleteUser(
  { storage, clock }: Parts,
  caller: Caller,
  userId: string,
  ifVersion?: number,
): Promise<void> {
  requirePrivilege(caller, 'users:write');
  await storage.write(async (stores) => {
    const user = await getForChange(stores, caller, userId, ifVersion);
    await keepLastManager(stores.users, null, () => stores.users.delete(userId));
    const view = Object.entries(userAuditView(user, user.roleName));
    const changes = Object.fromEntries(view.map(([field, value]) => [field, [value, null] as const]));
    await append(stores, caller, 'user.deleted', user, { time: clock.now(), changes });
  });
}

async function setPassword(parts: Parts, caller: Caller, userId: string, password: string): Promise<UserSummary> {
  requirePrivilege(caller, 'users:write');
  refuseOwn(caller, userId);
  const seen = await parts.storage.read((stores) => getForChange(stores, caller, userId, undefined, 'findWithin'));
  await checkNewPassword(password, seen, '/password');
  const passwordHash = await parts.hasher.hash(credentialDigest(normalizePassword(password)));
  return parts.storage.write(async (stores) => {
    const user = await getForChange(stores, caller, userId, undefined);
    const now = parts.clock.now();
    await stores.users.update({ ...plainUser(user), passwordHash, updatedAt: now });
    await endEverything(stores, userId);
    await append(stores, caller, 'user.password_set', user, { time: now });
    return getStored(stores, userId);
  });
}

/** A session that somebody left open, or an API token made in it, must not be enough to take the account over. */
function refuseOwn(caller: Caller, userId: string): void {
  if (!isOwn(caller, { type: 'user', id: userId })) return;
  throw forbidden('Change your own password on your account page, where you are asked for the current one.');
}

async function invite({ storage, clock }: Parts, caller: Caller, userId: string) {
  requirePrivilege(caller, 'users:write');
  // Whoever opens the link sets a password.
  refuseOwn(caller, userId);
  const invitationToken = createBearer();
  return storage.write(async (stores) => {
    const user = await getForChange(stores, caller, userId, undefined);
    if (user.status !== 'active') throw conflict('This user is inactive. Activate them first, then invite them.');
    const now = clock.now();
    const expiresAt = new Date(now.getTime() + INVITATION_MILLISECONDS);
    await stores.links.deleteAll('invitation', userId);
    await stores.links.insert({ tokenHash: bearerHash(invitationToken), kind: 'invitation', userId, expiresAt });
    await append(stores, caller, 'user.invited', user, {
      time: now,
      details: { expires_at: expiresAt.toISOString() },
    });
    return { user, invitationToken };
  });
}

/** The user when they lie within reach, are what the caller saw, and no stronger than the caller. Locked unless only looked at. */
async function getForChange(
  stores: Stores,
  caller: Caller,
  userId: string,
  ifVersion: number | undefined,
  find: 'findForUpdate' | 'findWithin' = 'findForUpdate',
): Promise<UserSummary> {
  const user = await stores.users[find](userId, caller.reach);
  if (!user) throw notFound('user');
  const there = await callerOver(stores, caller, user.companyId);
  requireRole(there, { id: user.roleId, privileges: user.privileges }, 'change this user');
  if (ifVersion !== undefined && ifVersion !== user.version) {
    throw new Problem('resource.changed', 'Somebody changed this user since you read it. Read it again and repeat.');
  }
  return user;
}

/** Company and role exist for the caller, the role holds nothing that the caller lacks, and nobody else has the address. */
async function checkAssignments(stores: Stores, caller: Caller, user: User, before: User): Promise<string> {
  const company = await stores.companies.find(user.companyId, caller.reach);
  if (!company) throw invalid([{ pointer: '/company_id', detail: 'There is no such company.' }]);
  const role = await stores.roles.findChoosable(user.roleId, user.companyId);
  if (!role) {
    throw invalid([{ pointer: '/role_id', detail: 'There is no such role, or this company cannot use it.' }]);
  }
  requireRole(await callerOver(stores, caller, user.companyId), role, `give the role ${role.name}`);
  if (user.email !== before.email) {
    const owner = await stores.users.findByEmail(user.email);
    if (owner && owner.id !== user.id) {
      const detail = 'Another user has this e-mail address already.';
      throw conflict(detail, [{ pointer: '/email', detail }]);
    }
  }
  return role.name;
}

/** Sessions, and links that would open new ones. */
async function endEverything(stores: Stores, userId: string): Promise<void> {
  await stores.sessions.deleteOfUser(userId, null);
  await stores.links.deleteAll('invitation', userId);
}

function actionOf(before: User, after: User): AuditAction {
  if (before.status === after.status) return 'user.updated';
  return after.status === 'active' ? 'user.activated' : 'user.deactivated';
}

async function append(
  stores: Stores,
  caller: Caller,
  action: AuditAction,
  user: User,
  parts: Pick<Parameters<typeof auditEvent>[2], 'time' | 'changes' | 'details'>,
): Promise<void> {
  const target: AuditParty = userParty(user);
  const event = { ...parts, companyId: user.companyId, actor: actorOf(caller), target };
  await stores.audit.append(auditEvent(action, caller.origin, event));
}

function userAuditView(user: User, roleName: string): Record<string, unknown> {
  return {
    email: user.email,
    name: user.name,
    company_id: user.companyId,
    role_id: user.roleId,
    role: roleName,
    status: user.status,
    ip_exempt: user.ipExempt,
  };
}

async function getStored(stores: Stores, userId: string): Promise<UserSummary> {
  const stored = await stores.users.find(userId);
  if (!stored) throw new Error('a user just stored is missing');
  return stored;
}

/** Without what a summary adds. */
function plainUser(summary: UserSummary): User {
  return {
    id: summary.id,
    email: summary.email,
    name: summary.name,
    companyId: summary.companyId,
    roleId: summary.roleId,
    status: summary.status,
    ipExempt: summary.ipExempt,
    passwordHash: summary.passwordHash,
    lastSignInAt: summary.lastSignInAt,
    createdAt: summary.createdAt,
    updatedAt: summary.updatedAt,
    version: summary.version,
  };
}
