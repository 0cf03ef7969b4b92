// The access decision: an ordered list of named, pure checks on a client whose secret was right. The first refusal wins.
import type { IpAddress } from '../address/ip-address.ts';
import type { LiveClient } from '../client/live-client.ts';
import type { CompanyRestriction } from '../company/live-company.ts';

/** Why a client was refused. The reason goes to the audit log; the caller gets one and the same answer for all. */
export type RefusalReason =
  | 'unknown_client'
  | 'wrong_secret'
  | 'malformed_secret'
  | 'secret_expired'
  | 'client_inactive'
  | 'client_expired'
  | 'company_suspended'
  | AddressRefusal;

/** By the rules of the whole company, or by the client's own. */
export type AddressRefusal = 'company_address_refused' | 'address_refused';

export interface AccessFacts {
  /** undefined when the deciding hop was no address: a restricted client does not pass. */
  readonly address: IpAddress | undefined;
  readonly now: Date;
}

export interface AccessCheck {
  readonly name: RefusalReason;
  /** What the check asks, in words for the pages. */
  readonly question: string;
  readonly passes: (client: LiveClient, facts: AccessFacts) => boolean;
}

/** Whether the client exists for good right now: without these its tokens are dead too. */
export const STANDING_CHECKS: readonly AccessCheck[] = [
  { name: 'client_inactive', question: 'Is the client active?', passes: (client) => client.status === 'active' },
  {
    name: 'client_expired',
    question: 'Has the client not expired?',
    passes: (client, facts) => client.expiresAt === null || client.expiresAt > facts.now,
  },
  {
    name: 'company_suspended',
    question: 'Is its company, and every company above it, active?',
    passes: (client) => !client.companySuspended,
  },
];

/** The wider rules first: the client's own narrow them further. */
const ADDRESS_CHECKS: readonly AccessCheck[] = [
  {
    name: 'company_address_refused',
    question: 'Is the address allowed by the rules of its company, and of the one for which it acts?',
    passes: (client, facts) => companiesLetIn(client, 'enforce', facts.address),
  },
  {
    name: 'address_refused',
    question: 'Is the address allowed by its own rules?',
    passes: (client, facts) => client.ipMode !== 'enforce' || client.ipMatcher.allows(facts.address),
  },
];

function companiesLetIn(client: LiveClient, mode: CompanyRestriction['mode'], address: IpAddress | undefined): boolean {
  for (const restriction of client.companyRestrictions) {
    if (restriction.mode === mode && !restriction.matcher.allows(address)) return false;
  }
  return true;
}

export const ACCESS_CHECKS: readonly AccessCheck[] = [...STANDING_CHECKS, ...ADDRESS_CHECKS];

/** The reason of the first check that fails, or undefined when the client is let in. */
export function decideAccess(client: LiveClient, facts: AccessFacts): RefusalReason | undefined {
  for (const check of ACCESS_CHECKS) {
    if (!check.passes(client, facts)) return check.name;
  }
  return undefined;
}

/** The decision without the address: for introspection without `client_ip`. */
export function decideStanding(client: LiveClient, now: Date): RefusalReason | undefined {
  for (const check of STANDING_CHECKS) {
    if (!check.passes(client, { address: undefined, now })) return check.name;
  }
  return undefined;
}

export function isAddressRefusal(reason: string | undefined): reason is AddressRefusal {
  return reason === 'address_refused' || reason === 'company_address_refused';
}

/** In the mode *report only*: as what *enforce* would have refused this address. */
export function reportedRefusal(client: LiveClient, address: IpAddress | undefined): AddressRefusal | undefined {
  if (!companiesLetIn(client, 'report', address)) return 'company_address_refused';
  return client.ipMode === 'report' && !client.ipMatcher.allows(address) ? 'address_refused' : undefined;
}
