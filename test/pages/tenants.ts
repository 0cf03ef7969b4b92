// A small tree of companies with what belongs to them, made as an administrator of the root company makes it.

import type { Caller } from '../../src/domain/access/caller.ts';
import type { CompanySummary } from '../../src/domain/company/company-store.ts';
import type { NewCompany } from '../../src/domain/company/company-fields.ts';
import { ROOT_COMPANY_ID } from '../../src/domain/company/company.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import type { UserSummary } from '../../src/domain/user/user.ts';
import type { PageServer } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

export interface PageTenants {
  readonly ada: Caller;
  readonly sessionToken: string;
  /** Below root, a reseller. */
  readonly contoso: CompanySummary;
  /** Below Contoso. */
  readonly acme: CompanySummary;
  /** Below root, beside Contoso. */
  readonly globex: CompanySummary;
}

/** With Ada as the first user. */
export async function makePageTenants(server: PageServer): Promise<PageTenants> {
  const { sessionToken } = await setUpAda(server);
  const ada = await callerOf(server, sessionToken);
  const create = (input: NewCompany) => server.services.companies.create(ada, input);
  const contoso = await create({ name: 'Contoso', parentId: ROOT_COMPANY_ID, reseller: true });
  const acme = await create({ name: 'Acme', parentId: contoso.id });
  const globex = await create({ name: 'Globex', parentId: ROOT_COMPANY_ID });
  return { ada, sessionToken, contoso, acme, globex };
}

const nowhere = { requestId: '0'.repeat(32), ip: '127.0.0.1', userAgent: 'Tests' };

interface Person {
  readonly name: string;
  readonly companyId: string;
  readonly roleId?: string;
}

/** Invited and signed in; the address is made of the name. */
export async function makeSignedIn(
  { services }: PageServer,
  inviter: Caller,
  { name, companyId, roleId = COMPANY_ADMIN_ROLE_ID }: Person,
): Promise<{ user: UserSummary; sessionToken: string }> {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.test`;
  const { user, invitationToken } = await services.users.create(inviter, { name, email, companyId, roleId });
  const password = `the quiet harbour of ${name} at dawn`;
  const { sessionToken } = await services.accounts.acceptInvitation({ token: invitationToken, password }, nowhere);
  return { user, sessionToken };
}

/** With the role Reseller. */
export function makeReseller(server: PageServer, inviter: Caller, name: string, companyId: string) {
  return makeSignedIn(server, inviter, { name, companyId, roleId: RESELLER_ROLE_ID });
}
