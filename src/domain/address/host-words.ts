// What the host directory knows, in words: for notices at saving and for the page that shows what a name stands for.

import type { HostDirectory } from './host-directory.ts';
import { type HostState, MAX_HOST_ADDRESSES } from './host-record.ts';
import { formatIpAddress } from './ip-address.ts';
import { parseIpRule } from './ip-rule.ts';
import type { IpRestriction, PointedDetail } from './ip-rule-list.ts';
import { type IpRestrictionPatch, placeInPatch } from './restriction-change.ts';

/** One sentence. Instants (`since`, `checkedAt`, `closesAt`) are left to who shows them in the reader's zone. */
export function describeHost({ status, addresses, failure }: HostState): string {
  const listed = addresses.map(formatIpAddress).join(', ');
  switch (status) {
    case 'pending':
      return 'It is being looked up. Until then it matches nobody.';
    case 'resolved':
      return addresses.length === MAX_HOST_ADDRESSES
        ? `It stands for ${listed}; more than ${MAX_HOST_ADDRESSES} addresses are not used.`
        : `It stands for ${listed}.`;
    case 'no_such_name':
      return 'The DNS has no such name, so it matches nobody. Check the spelling, or add it to the DNS.';
    case 'no_addresses':
      return 'The DNS has no address for it, so it matches nobody. Give it an A or AAAA record.';
    case 'failing':
      return `It stood for ${listed} at last, and still does for ten minutes at most: ${failure ?? 'no answer came'}.`;
    case 'unreachable':
      return `It can't be looked up, so it matches nobody: ${failure ?? 'no answer came'}.`;
  }
}

/** The host names among entries of a list, each with its place there. */
export function hostNamesAmong(
  entries: readonly string[],
): readonly { readonly name: string; readonly index: number }[] {
  return entries.flatMap((text, index) => {
    const parsed = parseIpRule(text);
    return parsed.ok && parsed.rule.kind === 'host' ? [{ name: parsed.rule.text, index }] : [];
  });
}

/**
 * Awaited before a list is saved: within the transaction it is asked what its host names stand for. Names of a list that was off are
 * under watch no more, so those that are stored are new too when only the mode changes.
 */
export async function readyHosts(
  directory: Pick<HostDirectory, 'ready'> | undefined,
  entries: readonly string[],
): Promise<void> {
  const names = hostNamesAmong(entries).map(({ name }) => name);
  if (names.length > 0) await directory?.ready(names);
}

/**
 * As `noticesOfHosts` for a restriction just saved. They point into what was sent: at the entries, or at the mode where that alone
 * was. None while it is off.
 */
export async function noticesOfSavedHosts(
  directory: Pick<HostDirectory, 'ready' | 'state'> | undefined,
  { mode, rules }: IpRestriction,
  sent: IpRestrictionPatch = {},
): Promise<readonly PointedDetail[]> {
  if (!directory || mode === 'off') return [];
  if (sent.rules !== undefined) return noticesOfHosts(directory, sent.rules);
  const pointer = placeInPatch(sent);
  return (await noticesOfHosts(directory, rules)).map(({ detail }) => ({ pointer, detail }));
}

/**
 * Notices for the host names among the entries of a list that match nobody now; saving them is allowed all the same. Waits for names
 * not heard of before, 1.5 s at most.
 */
export async function noticesOfHosts(
  directory: Pick<HostDirectory, 'ready' | 'state'>,
  entries: readonly string[],
): Promise<PointedDetail[]> {
  const hosts = hostNamesAmong(entries);
  await directory.ready(hosts.map(({ name }) => name));
  return hosts.flatMap(({ name, index }) => {
    const state = directory.state(name);
    if (state === undefined || state.addresses.length > 0) return [];
    return [{ pointer: `/ip_restriction/rules/${index}`, detail: `${name}: ${describeHost(state)}` }];
  });
}
