// A client as the token path sees it: everything a decision needs, read in one query and kept until something changes.
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { IpRestrictionMode } from '../address/ip-rule-list.ts';
import type { Reach } from '../access/caller.ts';
import type { GrantedApi } from '../api/privilege.ts';
import type { CompanyRestriction } from '../company/live-company.ts';
import type { ClientStatus, TokenFormat } from './client.ts';

export interface LiveSecret {
  readonly id: string;
  readonly hint: string;
  readonly hash: string;
  readonly expiresAt: Date | null;
}

export interface LiveClient {
  readonly clientId: string;
  readonly name: string;
  readonly status: ClientStatus;
  readonly expiresAt: Date | null;
  /** The company for which it acts: its own, or one below while it is narrowed (access/narrowing.ts). */
  readonly companyId: string;
  readonly companyName: string;
  /** The company that it belongs to. */
  readonly ownCompanyId: string;
  /** Whether the company or one above it is suspended. */
  readonly companySuspended: boolean;
  readonly reach: Reach;
  readonly roleId: string;
  readonly roleName: string;
  readonly defaultApi: string;
  readonly tokenLifetimeSeconds: number;
  readonly tokenFormat: TokenFormat;
  readonly tokenGeneration: number;
  readonly ipMode: IpRestrictionMode;
  readonly ipMatcher: IpMatcher;
  /** Those of its own company, if it has any, and of the one that it is narrowed to: each of them must let the address in. */
  readonly companyRestrictions: readonly CompanyRestriction[];
  /** Oldest first. Also expired ones: an expired secret is told from a wrong one in the audit log, never in the answer. */
  readonly secrets: readonly LiveSecret[];
  /** What the role grants in the company, by API id. */
  readonly grants: ReadonlyMap<string, GrantedApi>;
}

/** Reads clients for the token path; answers from memory while the change feed is known to be alive. */
export interface LiveClients {
  /** From memory or undefined: never waits. */
  peek(clientId: string): LiveClient | undefined;
  /** From memory, else from the database. Throws `service.unavailable` when it cannot know. */
  find(clientId: string): Promise<LiveClient | undefined>;
}
