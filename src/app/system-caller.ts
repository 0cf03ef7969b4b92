// The caller behind the command line. Whoever can run it can read the database and the key, so nothing is kept from it.
import { invalid } from '../base/problem.ts';
import type { Caller } from '../domain/access/caller.ts';
import { ROOT_COMPANY_ID } from '../domain/company/company.ts';
import { RESELLER_ROLE_ID } from '../domain/role/role.ts';
import type { Storage } from '../domain/stores.ts';
import { randomRequestId } from '../base/random.ts';

/** Also what APIs have that are registered later, and roles hold that nobody else does. */
class EveryPrivilege extends Set<string> {
  override has(): boolean {
    return true;
  }
}

/** Acts in the given company, else in the root company, and reaches all. */
export async function systemCaller(storage: Storage, companyId: string | undefined): Promise<Caller> {
  const [root, company] = await storage.read(async (stores) => [
    await stores.companies.find(ROOT_COMPANY_ID, null),
    await stores.companies.find(companyId ?? ROOT_COMPANY_ID, null),
  ]);
  if (!root) throw new Error('the root company is missing');
  if (!company) throw invalid([{ pointer: '/company_id', detail: `There is no company with the id ${companyId}.` }]);
  return {
    type: 'system',
    id: 'cli',
    name: 'Command line',
    companyId: company.id,
    companyName: company.name,
    roleId: RESELLER_ROLE_ID,
    roleName: 'Reseller',
    reach: { companyId: root.id, companyPath: root.path, subtree: true },
    privileges: new EveryPrivilege(),
    origin: { requestId: randomRequestId(), ip: null, userAgent: null },
  };
}
