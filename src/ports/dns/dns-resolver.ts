// Asks the DNS about host names in IP rules: the configured servers, or the system's, one after the other.

import { Resolver } from 'node:dns/promises';
import { parseIpAddress, type IpFamily } from '../../domain/address/ip-address.ts';
import type { HostAnswer, HostResolver } from '../../domain/address/host-resolver.ts';

export interface DnsResolverOptions {
  /** `ip`, `ip:port` or `[ip]:port`, asked in this order; undefined or empty for the system's. */
  readonly servers?: readonly string[] | undefined;
  /** For the first round; the second waits twice as long. */
  readonly timeoutMilliseconds?: number;
}

export interface DnsResolver extends HostResolver {
  /** Ends what is under way; it answers as failed. */
  close(): void;
}

const TIMEOUT_MILLISECONDS = 1_500;
/** Packets get lost: everybody is asked twice. */
const ROUNDS = 2;
/** Later servers of a long list are never reached in time. */
const MAX_SERVERS = 3;
/** How soon after a failure the system's settings are read again: a laptop may have changed its network. */
const REREAD_MILLISECONDS = 30_000;

/** Throws TypeError for a server that is no address. */
export function createDnsResolver(options: DnsResolverOptions = {}): DnsResolver {
  const configured = options.servers?.length ? options.servers : undefined;
  const timeout = options.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;
  let isClosed = false;
  let rounds = openRounds(configured, timeout);
  let openedAt = performance.now();

  const reread = () => {
    if (configured || isClosed || performance.now() - openedAt < REREAD_MILLISECONDS) return;
    // Questions under way end with the resolvers that they were put to.
    rounds = openRounds(undefined, timeout);
    openedAt = performance.now();
  };

  return {
    async lookUp(name, family) {
      let reason = 'no DNS server is configured';
      // c-ares hands on SERVFAIL and REFUSED of the first server without asking the next: that is done here.
      for (const resolver of rounds) {
        if (isClosed) break;
        const answer = await ask(resolver, name, family);
        if (answer.kind !== 'failed') return answer;
        reason = answer.reason;
      }
      reread();
      return { kind: 'failed', reason };
    },
    close() {
      isClosed = true;
      for (const resolver of rounds) resolver.cancel();
    },
  };
}

/** One resolver for each server and round, in the order of asking. */
function openRounds(configured: readonly string[] | undefined, timeout: number): readonly Resolver[] {
  const servers = (configured ?? new Resolver().getServers()).slice(0, MAX_SERVERS);
  return Array.from({ length: ROUNDS }, (_, round) => round).flatMap((round) =>
    servers.map((server) => {
      const resolver = new Resolver({ timeout: timeout * 2 ** round, tries: 1 });
      try {
        resolver.setServers([server]);
      } catch (error) {
        // The system may name a link-local server with its zone, which can't be set. An unset resolver asks the system's.
        if (configured) throw new TypeError(`${server} is not the address of a DNS server`, { cause: error });
      }
      return resolver;
    }),
  );
}

async function ask(resolver: Resolver, name: string, family: IpFamily): Promise<HostAnswer> {
  try {
    const records =
      family === 4 ? await resolver.resolve4(name, { ttl: true }) : await resolver.resolve6(name, { ttl: true });
    const addresses = records.flatMap((record) => parseIpAddress(record.address) ?? []);
    if (addresses.length === 0) return { kind: 'absent', why: 'no_addresses' };
    return { kind: 'found', addresses, ttlSeconds: Math.min(...records.map((record) => record.ttl)) };
  } catch (error) {
    return readError(error);
  }
}

function readError(error: unknown): HostAnswer {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ENOTFOUND') return { kind: 'absent', why: 'no_such_name' };
  if (code === 'ENODATA') return { kind: 'absent', why: 'no_addresses' };
  return { kind: 'failed', reason: reasons.get(code) ?? `the lookup ended with ${String(code ?? error)}` };
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['ETIMEOUT', 'the DNS server did not answer in time'],
  ['ESERVFAIL', 'the DNS server answered SERVFAIL'],
  ['EREFUSED', 'the DNS server refused the question'],
  ['ECONNREFUSED', 'no DNS server could be reached'],
  ['EFORMERR', 'the DNS server did not understand the question'],
  ['ENOTIMP', 'the DNS server does not answer such questions'],
  ['EBADRESP', 'the answer of the DNS server could not be read'],
  ['ECANCELLED', 'the lookup was ended'],
]);
