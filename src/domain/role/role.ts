// Roles: named sets of privileges. Two are standard and fixed; custom ones belong to a company.

export type RoleKind = 'standard' | 'custom';

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly kind: RoleKind;
  /** null for the standard roles, which every company has. */
  readonly companyId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

export interface RoleSummary extends Role {
  readonly companyName: string | null;
  /** `<api id>/<scope>`. For a standard role: what it holds in the company of the one who asks. */
  readonly privileges: readonly string[];
  /** Companies below the owner that may use it; empty for standard roles. */
  readonly availableTo: readonly string[];
  /** Holders within the reach of the one who asks. */
  readonly clientCount: number;
  readonly userCount: number;
}

export const RESELLER_ROLE_ID = 'role_reseller';
export const COMPANY_ADMIN_ROLE_ID = 'role_company_admin';
