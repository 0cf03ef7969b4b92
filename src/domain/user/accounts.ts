// The account service: sign-in with throttling, sessions, own password. Setting up and invitations are in first-steps.ts.
import { Problem, invalid, notFound } from '../../base/problem.ts';
import type { Origin } from '../access/caller.ts';
import { runWithin } from '../access/reach-scope.ts';
import type { HostNames } from '../address/kept-restriction.ts';
import { actorOf, auditEvent } from '../audit/audit-event.ts';
import { credentialDigest } from '../client/credential.ts';
import { nameKey } from '../text.ts';
import type { AccountService, PageVisitor, SignedIn } from './account-service.ts';
import { actFor, findActingCaller } from './acting.ts';
import { createCompanyAddresses, reasonOnSuccess, userAddressRefused } from './company-addresses.ts';
import { createFirstSteps } from './first-steps.ts';
import { type AccountParts, bearerHash, createBearer, openSession, userCaller, userParty } from './opening.ts';
import { checkNewPassword, normalizePassword } from './password.ts';
import { SESSION_IDLE_SECONDS, type Session, type UserSummary } from './user.ts';

const WINDOW_SECONDS = 15 * 60;
/** Attempts in a window that are evaluated: by account and address, by address, by account from anywhere. */
const LIMITS = { pair: 10, address: 50, account: 100 } as const;
const TOUCH_AFTER_MILLISECONDS = 60_000;

type Parts = Omit<AccountParts, 'addresses'> & {
  /** What host names in IP rules stand for. */
  readonly hosts?: HostNames | undefined;
};

export function createAccountService({ hosts, ...given }: Parts): AccountService {
  const parts: AccountParts = { ...given, addresses: createCompanyAddresses(hosts) };
  return {
    ...createFirstSteps(parts),
    signIn: (input, origin) => signIn(parts, input, origin),
    findVisitor: (sessionToken, origin) => findVisitor(parts, sessionToken, origin),
    // One's own account lies in one's own company, whatever company one acts for.
    actFor: (visitor, companyId) => runWithin(visitor.own.reach, () => actFor(parts.storage, visitor, companyId)),
    signOut: (visitor) => runWithin(visitor.own.reach, () => signOut(parts, visitor)),
    changePassword: (visitor, input) => runWithin(visitor.own.reach, () => changePassword(parts, visitor, input)),
    listSessions: (visitor) => runWithin(visitor.own.reach, () => listSessions(parts, visitor)),
    revokeSession: (visitor, sessionId) => runWithin(visitor.own.reach, () => revokeSession(parts, visitor, sessionId)),
    revokeOtherSessions: (visitor) => runWithin(visitor.own.reach, () => revokeOtherSessions(parts, visitor)),
  };
}

async function signIn(
  parts: AccountParts,
  input: { email: string; password: string; previousToken?: string | undefined },
  origin: Origin,
): Promise<SignedIn> {
  const email = input.email.normalize('NFC').trim().slice(0, 254);
  await throttle(parts, email, origin);
  const { user, rules } = await parts.storage.read(async (stores) => {
    const found = await stores.users.findByEmail(email);
    return { user: found, rules: found && (await parts.addresses.findRules(stores, found)) };
  });
  const digest = credentialDigest(normalizePassword(input.password));
  const isRight = await parts.hasher.compare(digest, user?.passwordHash ?? parts.dummyHash);
  const verdict = isRight ? await parts.addresses.judge(rules, origin) : 'allowed';
  const reason = refusalOf(user, isRight) ?? (verdict === 'refused' ? 'address_refused' : undefined);
  if (!user || reason) {
    await refuse(parts, user, email, reason ?? 'unknown_user', origin);
    throw new Problem('request.unauthenticated', 'The e-mail address or the password is wrong.');
  }
  return parts.storage.write(async (stores) => {
    const now = parts.clock.now();
    if (input.previousToken) {
      const previous = await stores.sessions.findByTokenHash(bearerHash(input.previousToken));
      if (previous) await stores.sessions.delete(previous.id);
    }
    await stores.attempts.forget(pairKey(email, origin));
    const current = await stores.users.find(user.id);
    // The password was changed while it was being compared.
    if (current?.passwordHash !== user.passwordHash)
      throw new Problem('request.unauthenticated', 'Please sign in again.');
    const signedIn = await openSession(stores, current, origin, now);
    await stores.audit.append(
      auditEvent('user.signed_in', origin, {
        time: now,
        companyId: user.companyId,
        actor: userParty(user),
        target: { type: 'session', id: signedIn.session.id, name: null },
        reason: reasonOnSuccess(verdict),
      }),
    );
    return signedIn;
  });
}

function refusalOf(user: UserSummary | undefined, isRight: boolean): string | undefined {
  if (!user) return 'unknown_user';
  if (user.passwordHash === null) return 'no_password';
  if (!isRight) return 'wrong_password';
  if (user.status !== 'active') return 'user_inactive';
  if (user.companySuspended) return 'company_suspended';
  return undefined;
}

/** Counted before evaluation and over all instances, so that of many parallel guesses only so many are evaluated. */
async function throttle({ storage, clock }: AccountParts, email: string, origin: Origin): Promise<void> {
  const now = clock.now();
  const windows = await storage.write(async (stores) => [
    { limit: LIMITS.pair, ...(await stores.attempts.count(pairKey(email, origin), WINDOW_SECONDS, now)) },
    { limit: LIMITS.address, ...(await stores.attempts.count(`sign_in:from:${origin.ip}`, WINDOW_SECONDS, now)) },
    { limit: LIMITS.account, ...(await stores.attempts.count(`sign_in:as:${nameKey(email)}`, WINDOW_SECONDS, now)) },
  ]);
  const full = windows.filter((window) => window.attempts > window.limit);
  if (full.length === 0) return;
  const waitSeconds = Math.max(
    ...full.map((window) => Math.ceil((window.windowEndsAt.getTime() - now.getTime()) / 1000)),
  );
  throw new Problem('request.too_many', 'Too many sign-in attempts. Wait a while, then try again.', {
    retryAfterSeconds: Math.max(1, waitSeconds),
  });
}

function pairKey(email: string, origin: Origin): string {
  return `sign_in:${nameKey(email)}:${origin.ip}`;
}

async function refuse(
  { storage, clock }: AccountParts,
  user: UserSummary | undefined,
  email: string,
  reason: string,
  origin: Origin,
): Promise<void> {
  // What was typed is kept only when it looks like an address: people type their password into the wrong field.
  const typed = /^[^\s@]+@[^\s@]+$/.test(email) ? email : null;
  await storage.write((stores) =>
    stores.audit.append(
      auditEvent('user.sign_in_refused', origin, {
        time: clock.now(),
        companyId: user?.companyId ?? null,
        outcome: 'failure',
        reason,
        actor: user ? userParty(user) : { type: 'user', id: 'unknown', name: typed },
      }),
    ),
  );
}

function isOpen(session: Session, now: Date): boolean {
  const idleEnd = session.lastSeenAt.getTime() + SESSION_IDLE_SECONDS * 1000;
  return session.expiresAt > now && idleEnd > now.getTime();
}

async function findVisitor(
  { storage, clock, addresses }: AccountParts,
  sessionToken: string,
  origin: Origin,
): Promise<PageVisitor | undefined> {
  const now = clock.now();
  const found = await storage.read(async (stores) => {
    const session = await stores.sessions.findByTokenHash(bearerHash(sessionToken));
    if (!session || !isOpen(session, now)) return undefined;
    const user = await stores.users.find(session.userId);
    if (!user || user.status !== 'active' || user.companySuspended) return undefined;
    const own = userCaller(user, origin);
    const visitor = { caller: await findActingCaller(stores, own, session), own, user, session };
    return { visitor, rules: await addresses.findRules(stores, user) };
  });
  if (!found) return undefined;
  const { visitor, rules } = found;
  if ((await addresses.judge(rules, origin)) === 'refused') throw userAddressRefused(origin.ip);
  const { session } = visitor;
  if (now.getTime() - session.lastSeenAt.getTime() > TOUCH_AFTER_MILLISECONDS) {
    await storage.read((stores) => stores.sessions.touch(session.id, now));
  }
  return visitor;
}

async function signOut({ storage, clock }: AccountParts, { caller, user, session }: PageVisitor): Promise<void> {
  await storage.write(async (stores) => {
    await stores.sessions.delete(session.id);
    await stores.audit.append(
      auditEvent('user.signed_out', caller.origin, {
        time: clock.now(),
        companyId: user.companyId,
        actor: actorOf(caller),
        target: { type: 'session', id: session.id, name: null },
      }),
    );
  });
}

async function changePassword(
  parts: AccountParts,
  { caller, user, session }: PageVisitor,
  input: { currentPassword: string; newPassword: string },
): Promise<{ sessionToken: string }> {
  await throttle(parts, user.email, caller.origin);
  const current = credentialDigest(normalizePassword(input.currentPassword));
  if (!(await parts.hasher.compare(current, user.passwordHash ?? parts.dummyHash))) {
    await refuse(parts, user, user.email, 'wrong_password', caller.origin);
    throw invalid([{ pointer: '/current_password', detail: 'This is not your current password.' }]);
  }
  await checkNewPassword(input.newPassword, user, '/new_password');
  const passwordHash = await parts.hasher.hash(credentialDigest(normalizePassword(input.newPassword)));
  const sessionToken = createBearer();
  await parts.storage.write(async (stores) => {
    const now = parts.clock.now();
    const fresh = await stores.users.find(user.id);
    if (!fresh) throw notFound('user');
    await stores.users.update({ ...fresh, passwordHash, updatedAt: now });
    await stores.sessions.deleteOfUser(user.id, null);
    // The same session under a new token: what was stolen before the change is worth nothing after it.
    await stores.sessions.insert({ ...session, tokenHash: bearerHash(sessionToken), lastSeenAt: now });
    await stores.attempts.forget(pairKey(user.email, caller.origin));
    await stores.audit.append(
      auditEvent('user.password_changed', caller.origin, {
        time: now,
        companyId: user.companyId,
        actor: actorOf(caller),
        target: userParty(user),
      }),
    );
  });
  return { sessionToken };
}

async function listSessions({ storage, clock }: AccountParts, { user }: PageVisitor): Promise<readonly Session[]> {
  const sessions = await storage.read((stores) => stores.sessions.listOfUser(user.id));
  return sessions.filter((session) => isOpen(session, clock.now()));
}

async function revokeSession({ storage, clock }: AccountParts, visitor: PageVisitor, sessionId: string): Promise<void> {
  const { caller, user } = visitor;
  await storage.write(async (stores) => {
    const sessions = await stores.sessions.listOfUser(user.id);
    if (!sessions.some((session) => session.id === sessionId)) throw notFound('session');
    await stores.sessions.delete(sessionId);
    await stores.audit.append(
      auditEvent('session.revoked', caller.origin, {
        time: clock.now(),
        companyId: user.companyId,
        actor: actorOf(caller),
        target: { type: 'session', id: sessionId, name: null },
      }),
    );
  });
}

async function revokeOtherSessions({ storage, clock }: AccountParts, visitor: PageVisitor): Promise<number> {
  const { caller, user, session } = visitor;
  return storage.write(async (stores) => {
    const ended = await stores.sessions.deleteOfUser(user.id, session.id);
    if (ended > 0) {
      await stores.audit.append(
        auditEvent('session.revoked', caller.origin, {
          time: clock.now(),
          companyId: user.companyId,
          actor: actorOf(caller),
          target: userParty(user),
          details: { ended: String(ended) },
        }),
      );
    }
    return ended;
  });
}
