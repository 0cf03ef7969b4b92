// Narrowing: acting for a company below one's own, with the rights of the role Reseller there. One idea for tokens (`company_id` at
// the token endpoint) and for the pages (the company switcher).
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import type { LiveClient } from '../client/live-client.ts';
import type { LiveCompany } from '../company/live-company.ts';
import type { Caller, Reach } from './caller.ts';
import type { LiveOwner } from './live-owner.ts';

type NarrowingTarget = Pick<LiveCompany, 'id' | 'name' | 'path' | 'reseller'>;

/** By client within company: both are other objects once anything about them has changed. */
const narrowed = new WeakMap<LiveCompany, WeakMap<LiveClient, LiveClient>>();

/**
 * The client as it acts for the company: the same object each time for the same two. Unchanged for the company for which it acts
 * already, undefined for one that does not lie below. Whether it is let in there is the access decision's to say.
 */
export function narrowClient(client: LiveClient, company: LiveCompany): LiveClient | undefined {
  if (company.id === client.companyId) return client;
  if (!reachesBelow(client.reach, company)) return undefined;
  let clients = narrowed.get(company);
  if (!clients) narrowed.set(company, (clients = new WeakMap()));
  let known = clients.get(client);
  if (!known) clients.set(client, (known = actingFor(client, company)));
  return known;
}

function actingFor(client: LiveClient, company: LiveCompany): LiveClient {
  const { restriction } = company;
  return {
    ...client,
    companyId: company.id,
    companyName: company.name,
    companySuspended: client.companySuspended || company.suspended,
    reach: reachIn(company),
    companyRestrictions: restriction ? [...client.companyRestrictions, restriction] : client.companyRestrictions,
    grants: company.resellerGrants,
  };
}

const MANAGEMENT = privilegeName(MANAGEMENT_API_ID, '');

/**
 * As `narrowClient`. `resellerPrivileges`: what the role Reseller grants in the company, `<api id>/<scope>`. Of the Management API no
 * more is left than the caller holds already: a token is bound to its own scopes of it.
 */
export function narrowCaller(
  caller: Caller,
  company: NarrowingTarget,
  resellerPrivileges: Iterable<string>,
): Caller | undefined {
  if (company.id === caller.companyId) return caller;
  if (!reachesBelow(caller.reach, company)) return undefined;
  return {
    ...caller,
    companyId: company.id,
    companyName: company.name,
    reach: reachIn(company),
    privileges: new Set(
      [...resellerPrivileges].filter((name) => !name.startsWith(MANAGEMENT) || caller.privileges.has(name)),
    ),
  };
}

/** For audit events: which company belongs to whoever acts for another. */
export function narrowingDetails({ companyId, ownCompanyId }: LiveOwner): Readonly<Record<string, string>> {
  return companyId === ownCompanyId ? {} : { company_id: companyId, client_company_id: ownCompanyId };
}

/** Only holders of the role Reseller reach what is below. */
function reachesBelow(reach: Reach, company: NarrowingTarget): boolean {
  return reach.subtree && company.path.startsWith(reach.companyPath);
}

/** Narrowed to a reseller company one reaches what lies below it too, narrowed to a plain company that one alone. */
function reachIn({ id, path, reseller }: NarrowingTarget): Reach {
  return { companyId: id, companyPath: path, subtree: reseller };
}
