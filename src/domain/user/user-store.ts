// What the domain asks of storage about users.
import type { Reach } from '../access/caller.ts';
import type { Page, PageRequest } from '../page.ts';
import type { User, UserStatus, UserSummary } from './user.ts';

export type UserSort = 'created_at' | 'email' | 'last_sign_in_at';

export interface UserFilter {
  /** Text within name or e-mail address; case does not matter, `%` and `_` stand for themselves. */
  readonly q?: string | undefined;
  /** Without regard to case. */
  readonly email?: string | undefined;
  readonly status?: UserStatus | undefined;
  readonly roleId?: string | undefined;
  readonly companyId?: string | undefined;
  /** Newest or latest first for times, A to Z for addresses; `created_at` when absent. */
  readonly sort?: UserSort | undefined;
}

export interface UserStore {
  find(id: string): Promise<UserSummary | undefined>;
  /** Without regard to case. */
  findByEmail(email: string): Promise<UserSummary | undefined>;
  countAll(): Promise<number>;
  /** `resource.conflict` when the address is taken. */
  insert(user: User): Promise<void>;
  /** Writes every field but id, creation time and last sign-in; the version is raised by one. */
  update(user: User): Promise<void>;
  /** A use, no change: the version stays. */
  recordSignIn(id: string, at: Date): Promise<void>;
  /** As `find`; undefined also when the user lies outside the reach. */
  findWithin(id: string, reach: Reach): Promise<UserSummary | undefined>;
  /** As `findWithin`, and locks the row until the end of the transaction. */
  findForUpdate(id: string, reach: Reach): Promise<UserSummary | undefined>;
  /** Those of the ids that are users within reach now. */
  knownOf(ids: readonly string[], reach: Reach): Promise<ReadonlySet<string>>;
  list(filter: UserFilter, page: PageRequest, reach: Reach): Promise<Page<UserSummary>>;
  count(reach: Reach): Promise<{ readonly active: number; readonly inactive: number }>;
  /** With sessions and invitations. */
  delete(id: string): Promise<void>;
  /** Waits for, and holds until the end of the transaction, the lock under which managers of users are taken away: of two who take away each other one is told. */
  lockManagers(): Promise<void>;
  /** Whether an active user of the root company, with a password, may manage users: above them there is nobody to help. */
  hasManager(): Promise<boolean>;
}
