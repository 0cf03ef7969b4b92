// A company: the tenant to which clients, users and custom roles belong. Companies form a tree with the root company on top.

import type { IpRestriction } from '../address/ip-rule-list.ts';

export type CompanyStatus = 'active' | 'suspended';

export interface Company {
  readonly id: string;
  readonly name: string;
  /** null for the root company alone. */
  readonly parentId: string | null;
  /** The ids from the root down to this one, each followed by `/`: `co_root/co_a/`. A company lies below another when its path begins with the other's. */
  readonly path: string;
  /** May have companies below it, and holders of the role Reseller. */
  readonly reseller: boolean;
  readonly status: CompanyStatus;
  /** From where its users sign in and its clients come; the clients' own rules narrow it further. */
  readonly ipRestriction: IpRestriction;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Counts the changes; the entity tag is made of it. */
  readonly version: number;
}

export const ROOT_COMPANY_ID = 'co_root';
