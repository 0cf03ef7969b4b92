// Live clients, users, API tokens and companies whose host names have been heard of: whoever is used for the first time isn't refused
// for want of a DNS answer.

import type { HostDirectory } from '../address/host-directory.ts';
import type { LiveCompanies, LiveCompany } from '../company/live-company.ts';
import type { LiveApiToken, LiveApiTokens } from '../api-token/live-api-token.ts';
import type { LiveOwner } from './live-owner.ts';

type Hosts = Pick<HostDirectory, 'isReady' | 'ready'>;

/** `peek` passes over an owner until its host names, and its company's, are known; `find` waits for them, 1.5 s at most. */
export function awaitHostNames<T extends LiveOwner>(owners: Live<T>, hosts: Hosts): Live<T> {
  return awaitNames<T>(owners, hosts, ownerHostNames);
}

/** As `awaitHostNames`, for API tokens. */
export function awaitTokenHostNames(tokens: LiveApiTokens, hosts: Hosts): LiveApiTokens {
  return awaitNames(tokens, hosts, tokenHostNames);
}

/** As `awaitHostNames`, for companies. */
export function awaitCompanyHostNames(companies: LiveCompanies, hosts: Hosts): LiveCompanies {
  return awaitNames(companies, hosts, companyHostNames);
}

const NONE: readonly string[] = [];

function ownerHostNames({ ipMode, ipMatcher, companyRestrictions }: LiveOwner): readonly string[] {
  const own = ipMode === 'off' ? NONE : ipMatcher.hostNames;
  let hasMore = false;
  // Spelled out, since this runs at every call.
  for (const { matcher } of companyRestrictions) hasMore ||= matcher.hostNames.length > 0;
  return hasMore ? [...own, ...companyRestrictions.flatMap(({ matcher }) => matcher.hostNames)] : own;
}

function tokenHostNames({ ipMode, ipMatcher }: LiveApiToken): readonly string[] {
  return ipMode === 'off' ? NONE : ipMatcher.hostNames;
}

function companyHostNames({ restriction }: LiveCompany): readonly string[] {
  return restriction?.matcher.hostNames ?? NONE;
}

interface Live<T> {
  peek(id: string): T | undefined;
  find(id: string): Promise<T | undefined>;
}

function awaitNames<T>(live: Live<T>, hosts: Hosts, namesOf: (found: T) => readonly string[]): Live<T> {
  const isReady = (names: readonly string[]) => names.length === 0 || hosts.isReady(names);
  return {
    peek(id) {
      const found = live.peek(id);
      return found && isReady(namesOf(found)) ? found : undefined;
    },
    async find(id) {
      const found = await live.find(id);
      const names = found ? namesOf(found) : NONE;
      if (!isReady(names)) await hosts.ready(names);
      return found;
    },
  };
}
