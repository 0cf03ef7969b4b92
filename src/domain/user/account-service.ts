// Signing in and what follows: setting up the first user, sessions, and one's own password.
import type { Caller, Origin } from '../access/caller.ts';
import type { Session, UserSummary } from './user.ts';

export interface SignedIn {
  readonly user: UserSummary;
  readonly session: Session;
  /** The cookie's value, in this one answer: 43 characters of base64url. */
  readonly sessionToken: string;
}

/** Who a cookie stands for, read anew at every request. */
export interface PageVisitor {
  /** Narrowed to the company for which the user acts in this session. */
  readonly caller: Caller;
  /** The user as they are, whatever company they act for; the same as `caller` when they act for none. */
  readonly own: Caller;
  readonly user: UserSummary;
  readonly session: Session;
}

export interface AccountService {
  /** A new one-time setup token while there are no users; undefined afterwards. Valid for 24 hours. */
  createSetupToken(): Promise<string | undefined>;
  /** Whether this setup token would still be taken. */
  isSetupToken(token: string): Promise<boolean>;
  isSetUp(): Promise<boolean>;
  /** The first user: role Reseller of the root company, signed in at once. 403 when the token is used up, wrong or too old. */
  setUp(input: { token: string; email: string; name: string; password: string }, origin: Origin): Promise<SignedIn>;
  /** The first user from the configuration, without the setup page; nothing when there are users. Answers whether one was made. */
  setUpFromSettings(input: { email: string; password: string }): Promise<boolean>;
  /** Whom an invitation is for; undefined when it is used up, wrong or too old. */
  findInvitation(token: string): Promise<{ email: string; name: string } | undefined>;
  /** Sets the invited user's password and signs them in. 403 when the token is no longer good, or from an address as in `findVisitor`. */
  acceptInvitation(input: { token: string; password: string }, origin: Origin): Promise<SignedIn>;
  /** `request.unauthenticated` in one and the same words whatever was wrong, the address too; `request.too_many` when throttled. Ends `previousToken`'s session. */
  signIn(
    input: { email: string; password: string; previousToken?: string | undefined },
    origin: Origin,
  ): Promise<SignedIn>;
  /**
   * undefined when the session is over, or its user or company is no longer active. `request.address_refused`, naming the address, from
   * where the company's IP restriction lets nobody in.
   */
  findVisitor(sessionToken: string, origin: Origin): Promise<PageVisitor | undefined>;
  /**
   * From the next request on the session acts for a company below the user's own, with the rights of the role Reseller there; null ends
   * that. 404 for a company out of reach, 403 for whoever does not have the role Reseller.
   */
  actFor(visitor: PageVisitor, companyId: string | null): Promise<void>;
  signOut(visitor: PageVisitor): Promise<void>;
  /** Other sessions end; this one gets a new token. 422 at `/current_password` when that is wrong. */
  changePassword(
    visitor: PageVisitor,
    input: { currentPassword: string; newPassword: string },
  ): Promise<{ sessionToken: string }>;
  listSessions(visitor: PageVisitor): Promise<readonly Session[]>;
  revokeSession(visitor: PageVisitor, sessionId: string): Promise<void>;
  /** All but this one; answers how many. */
  revokeOtherSessions(visitor: PageVisitor): Promise<number>;
}
