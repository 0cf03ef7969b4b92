// A client (RFC 6749 §2): a machine with an identifier, a role, a status, an IP restriction and at most two live secrets.
import type { IpRestriction } from '../address/ip-rule-list.ts';

export type ClientStatus = 'active' | 'inactive';
export type TokenFormat = 'jwt' | 'opaque';
export type AuthMethod = 'client_secret';

export const DEFAULT_TOKEN_LIFETIME_SECONDS = 86_400;
export const MIN_TOKEN_LIFETIME_SECONDS = 60;
export const MAX_TOKEN_LIFETIME_SECONDS = 86_400;

export interface Client {
  readonly clientId: string;
  readonly name: string;
  readonly description: string;
  readonly companyId: string;
  readonly roleId: string;
  readonly status: ClientStatus;
  readonly ipRestriction: IpRestriction;
  /** The API whose scopes a request without `resource` asks for first. */
  readonly defaultApi: string;
  readonly tokenLifetimeSeconds: number;
  readonly tokenFormat: TokenFormat;
  readonly authMethod: AuthMethod;
  readonly expiresAt: Date | null;
  /** Raised by *end all tokens*: tokens of an earlier generation are dead for good. */
  readonly tokenGeneration: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A secret as it is kept: never the plaintext. */
export interface ClientSecret {
  readonly id: string;
  readonly clientId: string;
  /** The last four characters of the plaintext. Live secrets of one client never share it: it chooses the hash to compare with. */
  readonly hint: string;
  /** bcrypt over base64(SHA-256(plaintext)). */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

export interface ClientSecretSummary {
  readonly id: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly lastUsedIp: string | null;
}

/** A client with what the pages and the API show beside it. */
export interface ClientSummary extends Client {
  readonly companyName: string;
  readonly roleName: string;
  readonly lastUsedAt: Date | null;
  readonly secrets: readonly ClientSecretSummary[];
}

/** At most two live ones: enough to rotate without an outage. */
export const MAX_LIVE_SECRETS = 2;
