// IP restrictions as they are kept, for who asks about them now and then: the token path has matchers compiled once.
import type { HostDirectory } from './host-directory.ts';
import { type IpMatcher, compileIpMatcher } from './ip-matcher.ts';
import { type IpRestriction, parseIpRuleList } from './ip-rule-list.ts';

/** What the host names among the rules stand for now. Without it such rules let nobody in. */
export type HostNames = Pick<HostDirectory, 'resolve' | 'ready'>;

/** And what can be told of them. */
export type KnownHosts = HostNames & Pick<HostDirectory, 'state'>;

/** Of rules that cannot be read nothing is left: they let nobody in. */
export function compileRestriction({ rules }: Pick<IpRestriction, 'rules'>, hosts?: HostNames): IpMatcher {
  return compileIpMatcher(parseIpRuleList(rules).rules, (name) => hosts?.resolve(name) ?? []);
}

/** Waits for the first answers about host names, 1.5 s at most, so that nobody is refused for want of one. */
export async function awaitHosts({ hostNames }: IpMatcher, hosts?: HostNames): Promise<void> {
  if (hostNames.length > 0) await hosts?.ready(hostNames);
}
