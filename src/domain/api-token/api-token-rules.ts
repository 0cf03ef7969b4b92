// What an API token must keep to: privileges of one API that its owner holds, an end that lies ahead, and no more than the caller has.
import { type Fault, forbidden, invalid } from '../../base/problem.ts';
import { type Caller, requireAll } from '../access/caller.ts';
import { MANAGEMENT_API_ID } from '../api/privilege.ts';
import type { Stores } from '../stores.ts';
import type { ApiToken } from './api-token.ts';
import { privilegesOf } from './api-token-audit.ts';
import type { ApiTokenOwner } from './api-token-owner.ts';

type Contents = Pick<ApiToken, 'apiId' | 'scopes'>;

/** 422 at each privilege that does not exist for the owner's company, is of another API than the first, or is not the owner's. */
export async function settlePrivileges(
  stores: Stores,
  owner: ApiTokenOwner,
  privileges: readonly string[],
): Promise<Contents> {
  const chosen = new Set(privileges);
  const known = await stores.roles.levelsOf([...chosen], owner.companyId);
  const held = new Set(owner.privileges);
  const first = privileges.find((name) => known.has(name)) ?? '';
  const apiId = apiIdOf(first);
  const faultIn = (name: string): string | undefined => {
    if (!known.has(name)) return 'There is no such privilege, or its API is not available to this company.';
    if (apiIdOf(name) !== apiId) {
      return `An API token is for one API: ${name} and ${first} are of two. Make a token for each.`;
    }
    return held.has(name) ? undefined : `${owner.name} does not hold ${name}.`;
  };
  const faults = privileges.flatMap((name, index): Fault[] => {
    const detail = faultIn(name);
    return detail === undefined ? [] : [{ pointer: `/privileges/${index}`, detail }];
  });
  if (faults.length > 0) throw invalid(faults);
  const scopes = owner.privileges.filter((name) => chosen.has(name)).map((name) => name.slice(apiId.length + 1));
  return { apiId, scopes };
}

/** Of what the API token could do the moment it is in the caller's hand, nothing may be more than the caller can do. */
export function requireContents(caller: Caller, token: Contents, verb: 'make' | 'change' | 'regenerate'): void {
  requireAll(caller, privilegesOf(token), `${verb} this API token`);
  // Its owner's role answers for what it hands on in roles; a token in somebody's hand would be more than it is itself.
  if (caller.apiToken && token.apiId !== MANAGEMENT_API_ID) {
    throw forbidden(
      `You cannot ${verb} this API token: you call with one for the Management API, which makes none for another.`,
    );
  }
}

/** As `requireContents`, for what it can do now: what its owner has lost since does not count. */
export function requireLiveContents(caller: Caller, token: Contents, owner: ApiTokenOwner): void {
  const held = new Set(owner.privileges);
  requireAll(
    caller,
    privilegesOf(token).filter((name) => held.has(name)),
    'change this API token',
  );
}

/** 422 for one that lies in the past. `before`: one that was there already may have passed by now. */
export function checkExpiry(after: Date | null, before: Date | null, now: Date): void {
  if (after === null || after.getTime() === before?.getTime() || after > now) return;
  throw invalid([{ pointer: '/expires_at', detail: 'Expiry must lie in the future.' }]);
}

/** An API token that ends hands its rights on to none that lives longer: its own end would mean nothing. */
export function requireNotOutliving({ apiToken }: Caller, expiresAt: Date | null): void {
  const own = apiToken?.expiresAt ?? null;
  if (own === null || !isLater(expiresAt, own)) return;
  const end = own.toISOString();
  throw forbidden(
    `The API token with which you call expires at ${end}, and gives no other a longer life. Let expires_at be that or earlier.`,
  );
}

/** Null is never. */
export function isLater(one: Date | null, other: Date | null): boolean {
  if (other === null) return false;
  return one === null || one > other;
}

/** Before the first `/`: a scope may contain more of them. */
function apiIdOf(privilege: string): string {
  return privilege.slice(0, Math.max(privilege.indexOf('/'), 0));
}
