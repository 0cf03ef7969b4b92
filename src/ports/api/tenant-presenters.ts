// From companies and users to the wire.
import type { z } from 'zod';
import type { Caller } from '../../domain/access/caller.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import type { companySchema, userSchema } from './tenant-schemas.ts';

/** As the caller may see it: what stands above their own company does not exist for them. */
export function presentCompany(company: CompanySummary, { reach }: Caller): z.input<typeof companySchema> {
  return {
    id: company.id,
    name: company.name,
    parent_id: company.id === reach.companyId ? null : company.parentId,
    reseller: company.reseller,
    status: company.status,
    ip_restriction: { mode: company.ipRestriction.mode, rules: [...company.ipRestriction.rules] },
    created_at: company.createdAt.toISOString(),
    updated_at: company.updatedAt.toISOString(),
  };
}

export function presentUser(user: UserSummary): z.input<typeof userSchema> {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    company_id: user.companyId,
    role_id: user.roleId,
    role: user.roleName,
    status: user.status,
    ip_exempt: user.ipExempt,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
    last_sign_in_at: user.lastSignInAt?.toISOString() ?? null,
  };
}
