// From where a client came lately, and what a list of rules would mean for that.
import { parseIpAddress } from '../address/ip-address.ts';
import type { IpRestriction, PointedDetail } from '../address/ip-rule-list.ts';
import { compileRestriction, type HostNames } from '../address/kept-restriction.ts';
import { type IpRestrictionPatch, placeInPatch } from '../address/restriction-change.ts';
import type { CompanyRestriction } from '../company/live-company.ts';
import type { Page, PageRequest } from '../page.ts';

export interface ClientSource {
  /** Canonical. */
  readonly ip: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** How often it was let in from there, and how often everything was right but the address. */
  readonly uses: number;
  readonly refusals: number;
}

export interface ClientSourceStore {
  /** Those seen since then, latest first. */
  list(clientId: string, since: Date, page: PageRequest): Promise<Page<ClientSource>>;
  /** All of them, latest first; storage keeps a bounded number for each client. */
  listAll(clientId: string, since: Date): Promise<readonly ClientSource[]>;
}

export const SOURCE_DAYS = 30;

export function sourcesSince(now: Date): Date {
  return new Date(now.getTime() - SOURCE_DAYS * 24 * 60 * 60 * 1000);
}

/** What a restriction says to an address: `reported` is let in although the list has it not. */
export type SourceVerdict = 'allowed' | 'reported' | 'refused';

/** The restriction as a question about addresses, asked any number of times. */
export function judgeSources(restriction: IpRestriction, hosts?: HostNames): (ip: string) => SourceVerdict {
  const { mode } = restriction;
  if (mode === 'off') return () => 'allowed';
  const matcher = compileRestriction(restriction, hosts);
  return (ip) => {
    if (matcher.allows(parseIpAddress(ip))) return 'allowed';
    return mode === 'report' ? 'reported' : 'refused';
  };
}

/** The same by the rules of its company, as the token path has them compiled. */
export function judgeByCompanies(restrictions: readonly CompanyRestriction[], ip: string): SourceVerdict {
  const address = parseIpAddress(ip);
  const against = restrictions.filter(({ matcher }) => !matcher.allows(address));
  if (against.length === 0) return 'allowed';
  return against.some(({ mode }) => mode === 'enforce') ? 'refused' : 'reported';
}

/** Those from which the client was let in and would be no more. What was refused all along is no loss. */
export function lostSources(
  sources: readonly ClientSource[],
  restriction: IpRestriction,
  hosts?: HostNames,
): readonly ClientSource[] {
  if (restriction.mode !== 'enforce') return [];
  const judge = judgeSources(restriction, hosts);
  return sources.filter(({ ip, uses }) => uses > 0 && judge(ip) === 'refused');
}

const NAMED = 10;

/**
 * For who saves it all the same; none when nothing is lost. `sent`: what they point into. `named`: how many addresses are in the
 * sentence, 0 for none.
 */
export function noticesOfLost(
  lost: readonly ClientSource[],
  sent: IpRestrictionPatch,
  named = NAMED,
): readonly PointedDetail[] {
  if (lost.length === 0) return [];
  const left = lost.length - named;
  const list = lost
    .slice(0, named)
    .map(({ ip }) => ip)
    .join(', ');
  const names = named === 0 ? '' : `: ${list}${left > 0 ? ` and ${left.toLocaleString('en')} more` : ''}`;
  const from = lost.length === 1 ? 'an address' : `${lost.length.toLocaleString('en')} addresses`;
  const detail = `This list refuses ${from} from which the client came in the last ${SOURCE_DAYS} days${names}.`;
  return [{ pointer: placeInPatch(sent), detail }];
}
