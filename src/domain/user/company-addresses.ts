// From where users may come: the rules of their company hold for everybody who is not exempted by name.
import { Problem } from '../../base/problem.ts';
import type { Origin } from '../access/caller.ts';
import { parseIpAddress } from '../address/ip-address.ts';
import type { IpMatcher } from '../address/ip-matcher.ts';
import { awaitHosts, compileRestriction, type HostNames } from '../address/kept-restriction.ts';
import type { Company } from '../company/company.ts';
import type { Stores } from '../stores.ts';
import type { UserSummary } from './user.ts';

/** `reported`: it passes because the rules only report. */
export type AddressVerdict = 'allowed' | 'reported' | 'refused';

export interface CompanyAddresses {
  /** The company whose rules are to be asked; undefined when none are. In a transaction of the caller's, before `judge`. */
  findRules(stores: Stores, user: UserSummary): Promise<Company | undefined>;
  /** Outside of transactions: it may wait for the first answer about a host name. */
  judge(company: Company | undefined, origin: Origin): Promise<AddressVerdict>;
}

const MAX_KEPT = 1000;

export function createCompanyAddresses(hosts: HostNames | undefined): CompanyAddresses {
  const kept = new Map<string, { readonly version: number; readonly matcher: IpMatcher }>();
  const matcherOf = (company: Company): IpMatcher => {
    const known = kept.get(company.id);
    if (known?.version === company.version) return known.matcher;
    const matcher = compileRestriction(company.ipRestriction, hosts);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(company.id, { version: company.version, matcher });
    return matcher;
  };
  return {
    async findRules(stores, user) {
      if (user.ipExempt || user.companyIpMode === 'off') return undefined;
      return stores.companies.find(user.companyId, null);
    },
    async judge(company, { ip }) {
      if (!company || company.ipRestriction.mode === 'off') return 'allowed';
      const matcher = matcherOf(company);
      await awaitHosts(matcher, hosts);
      if (matcher.allows(ip === null ? undefined : parseIpAddress(ip))) return 'allowed';
      return company.ipRestriction.mode === 'enforce' ? 'refused' : 'reported';
    },
  };
}

/** A reason on a success: the rules, which only report, would have refused the address. */
export function reasonOnSuccess(verdict: AddressVerdict): 'address_refused' | null {
  return verdict === 'reported' ? 'address_refused' : null;
}

/** For whoever has shown already who they are: it names the address. */
export function userAddressRefused(ip: string | null): Problem {
  return new Problem(
    'request.address_refused',
    ip === null
      ? 'Your company lets its people in from certain addresses only, and yours cannot be told: the proxy before Postern sends no valid X-Forwarded-For.'
      : `Your company does not let its people in from your address, which Postern sees as ${ip}. Come from another, or ask an administrator to allow it.`,
  );
}
