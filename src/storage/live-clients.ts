// Clients as the token path sees them: from memory while the change feed is fresh, else read in one statement for all who ask.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache, type LiveCache } from '../base/live-cache.ts';
import type { Log } from '../base/log.ts';
import type { IpAddress } from '../domain/address/ip-address.ts';
import type { LiveClient, LiveClients } from '../domain/client/live-client.ts';
import type { LiveCompanies } from '../domain/company/live-company.ts';
import type { Change } from './change.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import { createLiveClientReader, LIVE_CLIENTS, type LiveClientRow, type ReadLiveClient } from './live-client-row.ts';
import { withRestrictions } from './live-restrictions.ts';
import { poolOf } from './pool.ts';

interface LiveClientsParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
  readonly log: Pick<Log, 'error'>;
  /** Compiled rules of companies: all clients of one share them. */
  readonly companies: Pick<LiveCompanies, 'find'>;
  /** What a host name in an IP rule stands for now; without it such rules let nobody in. */
  readonly resolveHost?: ((name: string) => readonly IpAddress[]) | undefined;
  readonly maxEntries?: number | undefined;
}

const MAX_ENTRIES = 20_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;
/** What is not of this form was never a client and costs no query. */
const CLIENT_ID = /^pst_[0-9A-Za-z]{20,100}$/;

export function createLiveClients(parts: LiveClientsParts): LiveClients {
  const pool = poolOf(parts.dataSource);
  const read = createLiveClientReader(parts);
  const load = coalesceReads<LiveClient>({ readMany: (ids) => readClients(pool, ids, read, parts.companies) });
  const cache = createLiveCache<LiveClient>({
    load,
    maxEntries: parts.maxEntries ?? MAX_ENTRIES,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh: () => parts.feed.isFresh(),
  });
  parts.feed.subscribe((change) => evict(cache, change));
  parts.feed.onGap(() => cache.evictAll());
  return {
    peek: (clientId) => cache.peek(clientId),
    find: async (clientId) => (CLIENT_ID.test(clientId) ? await cache.get(clientId) : undefined),
  };
}

/** Forgets every client in whose picture the change may show. */
function evict(cache: LiveCache<LiveClient>, { topic, key }: Change): void {
  switch (topic) {
    case 'client':
      return cache.evict(key);
    case 'role':
      return cache.evictWhere((client) => client.roleId === key);
    case 'company':
      return cache.evictWhere((client) => `/${client.reach.companyPath}`.includes(`/${key}/`));
    case 'api':
      return cache.evictAll();
    case 'user':
    case 'api_token':
    case 'signing_key':
    case 'revoked_token':
      return;
  }
}

async function readClients(
  pool: Pool,
  clientIds: readonly string[],
  read: ReadLiveClient,
  companies: LiveClientsParts['companies'],
): Promise<ReadonlyMap<string, LiveClient>> {
  // By name: planning it anew would cost more than running it.
  const { rows } = await pool.query<LiveClientRow>({ name: 'live_clients', text: LIVE_CLIENTS, values: [clientIds] });
  const kept = await withRestrictions(rows, companies);
  return new Map(kept.map(([row, restriction]) => [row.client_id, read(row, restriction)]));
}
