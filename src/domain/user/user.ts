// A user: a person who signs in to the pages, with a role out of the same system as clients.

import type { IpRestrictionMode } from '../address/ip-rule-list.ts';

export type UserStatus = 'active' | 'inactive';

export interface User {
  readonly id: string;
  /** As typed; unique without regard to case. */
  readonly email: string;
  readonly name: string;
  readonly companyId: string;
  readonly roleId: string;
  readonly status: UserStatus;
  /** Signs in from anywhere, whatever the company's IP restriction says. */
  readonly ipExempt: boolean;
  /** bcrypt over base64(SHA-256(password)); null until an invitation is accepted. */
  readonly passwordHash: string | null;
  readonly lastSignInAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A user with what the pages show and a request needs, read in one query. */
export interface UserSummary extends User {
  readonly companyName: string;
  readonly companyPath: string;
  readonly companySuspended: boolean;
  readonly companyReseller: boolean;
  /** The rules themselves are the company's: there may be thousands. */
  readonly companyIpMode: IpRestrictionMode;
  readonly roleName: string;
  /** `<api id>/<scope>` that the role grants in the user's company. */
  readonly privileges: readonly string[];
}

/** A session of the pages. The cookie's value is stored as its SHA-256 alone. */
export interface Session {
  readonly id: string;
  readonly tokenHash: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** Absolute end, 12 hours after sign-in. */
  readonly expiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The company below their own for which the user acts in this session; null for their own. */
  readonly actingCompanyId: string | null;
}

export const SESSION_IDLE_SECONDS = 30 * 60;
export const SESSION_LIFETIME_SECONDS = 12 * 60 * 60;
