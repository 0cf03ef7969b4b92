// From where a client may come, as one list that a resource server can hold a caller's address against by itself.
import { formatInterval, type IpInterval, intersectIntervals } from '../address/ip-intervals.ts';
import type { IpMatcher } from '../address/ip-matcher.ts';
import type { LiveOwner } from './live-owner.ts';

/** Of owners without host names in their rules: another list is another object. */
const known = new WeakMap<LiveOwner, readonly string[]>();

/**
 * undefined: from anywhere. Else canonical rules without host names, which are given as the addresses that they stand for now; an empty
 * list lets nobody in. One set of rules is given as it is kept; of several (the client's own, its company's, those of the company for
 * which it acts) what all of them let in.
 */
export function findAllowedIps(owner: LiveOwner): readonly string[] | undefined {
  const remembered = known.get(owner);
  if (remembered) return remembered;
  const matchers = enforcedMatchers(owner);
  const [first, ...others] = matchers;
  if (!first) return undefined;
  const list = others.length === 0 ? textsOf(first) : intersectionOf(first, others);
  if (matchers.every(({ hostNames }) => hostNames.length === 0)) known.set(owner, list);
  return list;
}

function enforcedMatchers({
  ipMode,
  ipMatcher,
  companyRestrictions,
  tokenRestriction,
}: LiveOwner): readonly IpMatcher[] {
  const others = tokenRestriction ? [...companyRestrictions, tokenRestriction] : companyRestrictions;
  const enforced = others.filter(({ mode }) => mode === 'enforce').map(({ matcher }) => matcher);
  return ipMode === 'enforce' ? [ipMatcher, ...enforced] : enforced;
}

/** In the order of the list. Two host names may stand for the same address. */
function textsOf(matcher: IpMatcher): readonly string[] {
  return [...new Set(matcher.listIntervals().map(({ text }) => text))];
}

function intersectionOf(first: IpMatcher, others: readonly IpMatcher[]): readonly string[] {
  const start: readonly IpInterval[] = first.listIntervals();
  return others.reduce((both, each) => intersectIntervals(both, each.listIntervals()), start).map(formatInterval);
}
