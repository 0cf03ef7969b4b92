// Opening a session: what every way of signing in ends with.
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { randomId } from '../../base/random.ts';
import type { Caller, Origin } from '../access/caller.ts';
import type { AuditParty } from '../audit/audit-event.ts';
import { RESELLER_ROLE_ID } from '../role/role.ts';
import type { Storage, Stores } from '../stores.ts';
import type { SignedIn } from './account-service.ts';
import type { CompanyAddresses } from './company-addresses.ts';
import { SESSION_LIFETIME_SECONDS, type Session, type UserSummary } from './user.ts';

/** bcrypt off the main thread; both reject when the queue is full. */
export interface PasswordHasher {
  hash(plain: string): Promise<string>;
  compare(plain: string, hash: string): Promise<boolean>;
}

export interface AccountParts {
  readonly storage: Storage;
  readonly hasher: PasswordHasher;
  /** What an unknown user's password is compared with, so that it takes as long. */
  readonly dummyHash: string;
  readonly clock: Clock;
  readonly addresses: CompanyAddresses;
}

/** 256 bits in base64url: session cookies and one-time links. */
export function createBearer(): string {
  return randomBytes(32).toString('base64url');
}

/** How a bearer is kept: SHA-256 in base64url. */
export function bearerHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export function userParty(user: { id: string; email: string }): AuditParty {
  return { type: 'user', id: user.id, name: user.email };
}

/** Inserts a session for the user and answers it with its cookie value. That is what signing in means. */
export async function openSession(stores: Stores, user: UserSummary, origin: Origin, now: Date): Promise<SignedIn> {
  const sessionToken = createBearer();
  const session: Session = {
    id: randomId('ses'),
    tokenHash: bearerHash(sessionToken),
    userId: user.id,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: new Date(now.getTime() + SESSION_LIFETIME_SECONDS * 1000),
    ip: origin.ip,
    userAgent: origin.userAgent,
    actingCompanyId: null,
  };
  await stores.sessions.insert(session);
  await stores.users.recordSignIn(user.id, now);
  return { user, session, sessionToken };
}

/** The user as a caller: the live role's privileges, below its company only with the role Reseller. */
export function userCaller(user: UserSummary, origin: Origin): Caller {
  return {
    type: 'user',
    id: user.id,
    name: user.email,
    companyId: user.companyId,
    companyName: user.companyName,
    roleId: user.roleId,
    roleName: user.roleName,
    reach: {
      companyId: user.companyId,
      companyPath: user.companyPath,
      subtree: user.roleId === RESELLER_ROLE_ID,
    },
    privileges: new Set(user.privileges),
    origin,
  };
}
