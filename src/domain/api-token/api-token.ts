// An API token: a static bearer token for tools that can't do OAuth. It belongs to a client or to a user, never does more than its
// owner, and is stored as a hash.
import type { IpRestriction } from '../address/ip-rule-list.ts';

export type ApiTokenOwnerType = 'client' | 'user';

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly ownerType: ApiTokenOwnerType;
  /** A client ID or the id of a user. */
  readonly ownerId: string;
  /** The owner's. */
  readonly companyId: string;
  /** Its one API: two may use the same scope value, so that a token for both would say something else to each. */
  readonly apiId: string;
  /** What it may do at most; at every call no more than the owner holds then. At least one, in the order of the catalogue. */
  readonly scopes: readonly string[];
  /** Narrows further what the owner and the company may come from. */
  readonly ipRestriction: IpRestriction;
  /** SHA-256 of the value, base64url. Enough for 256 random bits, and it is what the token is found by. */
  readonly tokenHash: string;
  /** The last four characters of the value. */
  readonly hint: string;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the value was made that counts now. */
  readonly issuedAt: Date;
  readonly version: number;
}

/** An API token with what the pages and the API show beside it. */
export interface ApiTokenSummary extends Omit<ApiToken, 'tokenHash'> {
  /** The client's name, or the user's. */
  readonly ownerName: string;
  readonly companyName: string;
  readonly apiName: string;
  readonly lastUsedAt: Date | null;
  readonly lastUsedIp: string | null;
}

/** Of one owner; more are a sign that tokens are made and never ended. */
export const MAX_API_TOKENS = 50;
