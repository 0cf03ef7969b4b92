// Whoever a token belongs to, as the token path sees them: a client or a user, with everything that an access decision needs.
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { IpRestrictionMode } from '../address/ip-rule-list.ts';
import type { GrantedApi } from '../api/privilege.ts';
import type { CompanyRestriction } from '../company/live-company.ts';
import type { Reach } from './caller.ts';

export interface LiveOwner {
  readonly type: 'client' | 'user';
  /** A client ID or the id of a user. */
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  /** Users never expire. */
  readonly expiresAt: Date | null;
  /** The company for which it acts: its own, or one below while it is narrowed (narrowing.ts). */
  readonly companyId: string;
  readonly companyName: string;
  /** The company that it belongs to. */
  readonly ownCompanyId: string;
  /** Whether the company or one above it is suspended. */
  readonly companySuspended: boolean;
  readonly reach: Reach;
  readonly roleId: string;
  readonly roleName: string;
  /** Users have no rules of their own: `off`. */
  readonly ipMode: IpRestrictionMode;
  readonly ipMatcher: IpMatcher;
  /**
   * Those of its own company, if it has any and doesn't exempt the user, and of the one that it is narrowed to: each of them must let
   * the address in.
   */
  readonly companyRestrictions: readonly CompanyRestriction[];
  /** Those of the API token with which it comes, while it comes with one that has any. */
  readonly tokenRestriction?: TokenRestriction | undefined;
  /** What the role grants in the company, by API id. */
  readonly grants: ReadonlyMap<string, GrantedApi>;
}

/** The IP rules of an API token, in force. */
export interface TokenRestriction {
  readonly mode: Exclude<IpRestrictionMode, 'off'>;
  readonly matcher: IpMatcher;
}
