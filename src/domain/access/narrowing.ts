// Narrowing: acting for a company below one's own, with the rights of the role Reseller there. One idea for tokens (`company_id` at
// the token endpoint) and for the pages (the company switcher). Nobody gains by it: what one does not hold oneself stays away.
import type { GrantedApi } from '../api/privilege.ts';
import type { LiveClient } from '../client/live-client.ts';
import type { LiveCompany } from '../company/live-company.ts';
import type { Caller, Reach } from './caller.ts';

export type NarrowingTarget = Pick<LiveCompany, 'id' | 'name' | 'path' | 'reseller'>;

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
    grants: heldByBoth(client.grants, company.resellerGrants),
  };
}

/** `resellerPrivileges`: what the role Reseller grants in the company, `<api id>/<scope>`. As `narrowClient` for the rest. */
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
    privileges: new Set([...resellerPrivileges].filter((privilege) => caller.privileges.has(privilege))),
  };
}

/** For audit events: which company belongs to whoever acts for another. */
export function narrowingDetails({ companyId, ownCompanyId }: LiveClient): Readonly<Record<string, string>> {
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

type Grants = ReadonlyMap<string, GrantedApi>;

function heldByBoth(own: Grants, there: Grants): Grants {
  const both = new Map<string, GrantedApi>();
  let isAll = true;
  for (const [id, api] of there) {
    const held = new Set(own.get(id)?.scopes);
    const scopes = api.scopes.filter((scope) => held.has(scope));
    if (scopes.length > 0) both.set(id, scopes.length === api.scopes.length ? api : { ...api, scopes });
    isAll &&= scopes.length === api.scopes.length;
  }
  // The usual case: thousands of clients then share what the company has.
  return isAll ? there : both;
}
