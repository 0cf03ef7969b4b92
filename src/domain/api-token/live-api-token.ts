// An API token and its owner as the token path sees them: read once and kept until something changes.
import type { LiveOwner } from '../access/live-owner.ts';
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { IpRestrictionMode } from '../address/ip-rule-list.ts';
import type { ApiTokenOwnerType } from './api-token.ts';

export interface LiveApiToken {
  readonly id: string;
  readonly name: string;
  readonly ownerType: ApiTokenOwnerType;
  readonly ownerId: string;
  readonly hint: string;
  readonly apiId: string;
  /** The API's: the audience. */
  readonly identifier: string;
  readonly scopes: readonly string[];
  readonly ipMode: IpRestrictionMode;
  readonly ipMatcher: IpMatcher;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
}

/** Reads API tokens for the token path; answers from memory while the change feed is known to be alive. */
export interface LiveApiTokens {
  /** By `opaqueTokenHash` of the value; from memory or undefined: never waits. */
  peek(tokenHash: string): LiveApiToken | undefined;
  /** From memory, else from the database. Throws `service.unavailable` when it cannot know. */
  find(tokenHash: string): Promise<LiveApiToken | undefined>;
}

/** A person whose API token is at work. */
export interface LiveUser extends LiveOwner {
  readonly type: 'user';
  readonly email: string;
}

/** As `LiveApiTokens`, by the id of the user. */
export interface LiveUsers {
  peek(userId: string): LiveUser | undefined;
  find(userId: string): Promise<LiveUser | undefined>;
}
