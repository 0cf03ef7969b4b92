// Live clients and companies whose host names have been heard of: whoever is used for the first time isn't refused for want of a DNS
// answer.

import type { HostDirectory } from '../address/host-directory.ts';
import type { LiveCompanies, LiveCompany } from '../company/live-company.ts';
import type { LiveClient, LiveClients } from './live-client.ts';

type Hosts = Pick<HostDirectory, 'isReady' | 'ready'>;

/** `peek` passes over a client until its host names, and its company's, are known; `find` waits for them, 1.5 s at most. */
export function awaitHostNames(clients: LiveClients, hosts: Hosts): LiveClients {
  return awaitNames(clients, hosts, clientHostNames);
}

/** As `awaitHostNames`, for companies. */
export function awaitCompanyHostNames(companies: LiveCompanies, hosts: Hosts): LiveCompanies {
  return awaitNames(companies, hosts, companyHostNames);
}

const NONE: readonly string[] = [];

function clientHostNames({ ipMode, ipMatcher, companyRestrictions }: LiveClient): readonly string[] {
  const own = ipMode === 'off' ? NONE : ipMatcher.hostNames;
  if (!companyRestrictions.some(({ matcher }) => matcher.hostNames.length > 0)) return own;
  return [...own, ...companyRestrictions.flatMap(({ matcher }) => matcher.hostNames)];
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
