// The access decision: an ordered list of named, pure checks on a client whose secret was right, or on whoever a token belongs to. The
// first refusal wins.
import type { IpAddress } from '../address/ip-address.ts';
import type { CompanyRestriction } from '../company/live-company.ts';
import type { LiveOwner, TokenRestriction } from './live-owner.ts';

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

/** By the rules of the whole company, by the client's own, or by those of the API token. */
export type AddressRefusal = 'company_address_refused' | 'address_refused' | 'token_address_refused';

export interface AccessFacts {
  /** undefined when the deciding hop was no address: a restricted client does not pass. */
  readonly address: IpAddress | undefined;
  readonly now: Date;
}

export interface AccessCheck {
  readonly name: RefusalReason;
  /** What the check asks, in words for the pages. */
  readonly question: string;
  readonly passes: (owner: LiveOwner, facts: AccessFacts) => boolean;
}

/** Whether the owner exists for good right now: without these its tokens are dead too. */
export const STANDING_CHECKS: readonly AccessCheck[] = [
  { name: 'client_inactive', question: 'Is the client active?', passes: (owner) => owner.status === 'active' },
  {
    name: 'client_expired',
    question: 'Has the client not expired?',
    passes: (owner, facts) => owner.expiresAt === null || owner.expiresAt > facts.now,
  },
  {
    name: 'company_suspended',
    question: 'Is its company, and every company above it, active?',
    passes: (owner) => !owner.companySuspended,
  },
];

/** The wider rules first: the client's own narrow them further. */
const ADDRESS_CHECKS: readonly AccessCheck[] = [
  {
    name: 'company_address_refused',
    question: 'Is the address allowed by the rules of its company, and of the one for which it acts?',
    passes: (owner, facts) => companiesLetIn(owner, 'enforce', facts.address),
  },
  {
    name: 'address_refused',
    question: 'Is the address allowed by its own rules?',
    passes: (owner, facts) => ownerLetsIn(owner, facts.address),
  },
];

function companiesLetIn(owner: LiveOwner, mode: CompanyRestriction['mode'], address: IpAddress | undefined): boolean {
  for (const restriction of owner.companyRestrictions) {
    if (restriction.mode === mode && !restriction.matcher.allows(address)) return false;
  }
  return true;
}

/** Of a client, whatever it comes with. */
export const ACCESS_CHECKS: readonly AccessCheck[] = [...STANDING_CHECKS, ...ADDRESS_CHECKS];

/** The reason of the first check that fails, or undefined when the owner is let in. */
export function decideAccess(owner: LiveOwner, facts: AccessFacts): RefusalReason | undefined {
  return decideStanding(owner, facts.now) ?? decideAddress(owner, facts.address);
}

/** The rest of the decision once the owner was found standing. The rules of an API token narrow the others. */
export function decideAddress(owner: LiveOwner, address: IpAddress | undefined): AddressRefusal | undefined {
  if (!companiesLetIn(owner, 'enforce', address)) return 'company_address_refused';
  if (!ownerLetsIn(owner, address)) return 'address_refused';
  return tokenLetsIn(owner, 'enforce', address) ? undefined : 'token_address_refused';
}

/** What the rules say to one address. */
export interface JudgedAddress {
  readonly address: IpAddress | undefined;
  readonly refusal: AddressRefusal | undefined;
  /** As what it would have been refused, did the rules not only report. */
  readonly reported: AddressRefusal | undefined;
}

export function judgeAddress(owner: LiveOwner, address: IpAddress | undefined): JudgedAddress {
  return { address, refusal: decideAddress(owner, address), reported: reportedRefusal(owner, address) };
}

/** Whether what the rules say to an address may change while they stay the same. */
export function haveHostNames({ ipMatcher, companyRestrictions, tokenRestriction }: LiveOwner): boolean {
  return (
    ipMatcher.hostNames.length > 0 ||
    companyRestrictions.some(({ matcher }) => matcher.hostNames.length > 0) ||
    (tokenRestriction?.matcher.hostNames.length ?? 0) > 0
  );
}

function ownerLetsIn({ ipMode, ipMatcher }: LiveOwner, address: IpAddress | undefined): boolean {
  return ipMode !== 'enforce' || ipMatcher.allows(address);
}

function tokenLetsIn(
  { tokenRestriction }: LiveOwner,
  mode: TokenRestriction['mode'],
  address: IpAddress | undefined,
): boolean {
  return tokenRestriction?.mode !== mode || tokenRestriction.matcher.allows(address);
}

/** The decision without the address: for introspection without `client_ip`, and for whoever asks about the address apart. */
export function decideStanding(owner: LiveOwner, now: Date): RefusalReason | undefined {
  const facts = { address: undefined, now };
  for (const check of STANDING_CHECKS) {
    if (!check.passes(owner, facts)) return check.name;
  }
  return undefined;
}

export function isAddressRefusal(reason: string | undefined): reason is AddressRefusal {
  return reason === 'address_refused' || reason === 'company_address_refused' || reason === 'token_address_refused';
}

/** In the mode *report only*: as what *enforce* would have refused this address. */
export function reportedRefusal(owner: LiveOwner, address: IpAddress | undefined): AddressRefusal | undefined {
  if (!companiesLetIn(owner, 'report', address)) return 'company_address_refused';
  if (owner.ipMode === 'report' && !owner.ipMatcher.allows(address)) return 'address_refused';
  return tokenLetsIn(owner, 'report', address) ? undefined : 'token_address_refused';
}
