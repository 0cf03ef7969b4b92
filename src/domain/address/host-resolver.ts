// What the domain asks of the DNS: one question about one name and one family, answered definitely or not at all.

import type { IpAddress, IpFamily } from './ip-address.ts';

export type HostAnswer =
  /** `addresses` isn't empty. `ttlSeconds` is the shortest of the records followed. */
  | { readonly kind: 'found'; readonly addresses: readonly IpAddress[]; readonly ttlSeconds: number }
  /** The DNS says that there is nothing: NXDOMAIN, or a name without addresses of this family. */
  | { readonly kind: 'absent'; readonly why: 'no_such_name' | 'no_addresses' }
  /** Nobody could say. `reason` is for the log and the pages, such as `SERVFAIL`. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface HostResolver {
  /** A (4) or AAAA (6) of a fully qualified name; aliases are followed. Never rejects and always ends. */
  lookUp(name: string, family: IpFamily): Promise<HostAnswer>;
}
