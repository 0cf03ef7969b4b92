// A company as the token path sees it: what its own IP rules say, and what the role Reseller grants whoever is narrowed to it.
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { IpRestrictionMode } from '../address/ip-rule-list.ts';
import type { GrantedApi } from '../api/privilege.ts';

/** IP rules of a whole company, in force. */
export interface CompanyRestriction {
  readonly companyId: string;
  readonly companyName: string;
  readonly mode: Exclude<IpRestrictionMode, 'off'>;
  readonly matcher: IpMatcher;
}

export interface LiveCompany {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** May have companies below it; the root company too. */
  readonly reseller: boolean;
  /** Whether it, or one above it, is suspended. */
  readonly suspended: boolean;
  /** What the role Reseller grants in it, by API id: privileges of its own level at most. */
  readonly resellerGrants: ReadonlyMap<string, GrantedApi>;
  /** undefined while its rules are off. Only its own: those of the companies above are theirs. */
  readonly restriction: CompanyRestriction | undefined;
}

/** Reads companies for the token path; answers from memory while the change feed is known to be alive. */
export interface LiveCompanies {
  /** From memory or undefined: never waits. */
  peek(id: string): LiveCompany | undefined;
  /** From memory, else from the database. Throws `service.unavailable` when it cannot know. */
  find(id: string): Promise<LiveCompany | undefined>;
}
