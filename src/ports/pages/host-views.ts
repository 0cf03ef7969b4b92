// What the host names among IP rules stand for now, for the pages of clients and companies.
import type { HostView } from '../../../views/parts/ip-restriction.tsx';
import type { HostStatus } from '../../domain/address/host-record.ts';
import { describeHost } from '../../domain/address/host-words.ts';
import type { IpRestriction } from '../../domain/address/ip-rule-list.ts';
import type { SignedInVisit } from './page.ts';

/** None while nothing is restricted: nobody asks what they stand for then. */
export async function findHosts(
  { services }: SignedInVisit,
  restricted: { readonly ipRestriction: IpRestriction },
): Promise<readonly HostView[]> {
  if (restricted.ipRestriction.mode === 'off') return [];
  const states = await services.clientAddresses.hostsOf(restricted);
  return states.map((state) => ({
    name: state.name,
    words: describeHost(state),
    tone: toneOf(state.status),
    since: state.since,
    closesAt: state.closesAt,
  }));
}

function toneOf(status: HostStatus): HostView['tone'] {
  if (status === 'resolved') return 'good';
  return status === 'pending' || status === 'failing' ? 'warn' : 'bad';
}
