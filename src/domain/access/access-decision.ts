// The access decision: an ordered list of named, pure checks on a client whose secret was right. The first refusal wins.
import type { IpAddress } from '../address/ip-address.ts';
import type { LiveClient } from '../client/live-client.ts';

/** Why a client was refused. The reason goes to the audit log; the caller gets one and the same answer for all. */
export type RefusalReason =
  | 'unknown_client'
  | 'wrong_secret'
  | 'malformed_secret'
  | 'secret_expired'
  | 'client_inactive'
  | 'client_expired'
  | 'company_suspended'
  | 'address_refused';

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

const ADDRESS_CHECK: AccessCheck = {
  name: 'address_refused',
  question: 'Is the address allowed?',
  passes: (client, facts) => client.ipMode !== 'enforce' || client.ipMatcher.allows(facts.address),
};

export const ACCESS_CHECKS: readonly AccessCheck[] = [...STANDING_CHECKS, ADDRESS_CHECK];

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

/** In the mode *report only*: whether *enforce* would have refused this address. */
export function wouldRefuseAddress(client: LiveClient, address: IpAddress | undefined): boolean {
  return client.ipMode === 'report' && !client.ipMatcher.allows(address);
}
