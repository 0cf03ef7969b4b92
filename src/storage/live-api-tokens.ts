// API tokens as the token path sees them, found by the hash of their value: from memory while the change feed is fresh, else read in
// one statement for all who ask.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache } from '../base/live-cache.ts';
import type { Log } from '../base/log.ts';
import type { IpAddress } from '../domain/address/ip-address.ts';
import { compileIpMatcher } from '../domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../domain/address/ip-rule-list.ts';
import type { LiveApiToken, LiveApiTokens } from '../domain/api-token/live-api-token.ts';
import { apiTokenOwner } from './api-token-owner.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import type { ApiTokenRow } from './entities/api-token.ts';
import { poolOf } from './pool.ts';

interface LiveApiTokensParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
  readonly log: Pick<Log, 'error'>;
  /** What a host name in an IP rule stands for now; without it such rules let nobody in. */
  readonly resolveHost?: ((name: string) => readonly IpAddress[]) | undefined;
  readonly maxEntries?: number | undefined;
}

const MAX_ENTRIES = 20_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;
/** SHA-256 as base64url: what is not of this form is no hash and costs no query. */
const TOKEN_HASH = /^[\w-]{43}$/;

const LIVE_API_TOKENS = `
SELECT t.id, t.name, t.client_id, t.user_id, t.api_id, a.identifier, t.scopes, t.ip_mode, t.ip_rules, t.token_hash, t.hint,
  t.issued_at, t.expires_at
FROM api_token t JOIN api a ON a.id = t.api_id
WHERE t.token_hash = ANY ($1)`;

interface LiveApiTokenRow extends Pick<
  ApiTokenRow,
  | 'id'
  | 'name'
  | 'client_id'
  | 'user_id'
  | 'api_id'
  | 'scopes'
  | 'ip_mode'
  | 'ip_rules'
  | 'token_hash'
  | 'hint'
  | 'issued_at'
  | 'expires_at'
> {
  readonly identifier: string;
}

export function createLiveApiTokens(parts: LiveApiTokensParts): LiveApiTokens {
  const { feed, maxEntries = MAX_ENTRIES } = parts;
  const pool = poolOf(parts.dataSource);
  const cache = createLiveCache<LiveApiToken>({
    load: coalesceReads<LiveApiToken>({ readMany: (hashes) => readTokens(pool, hashes, parts) }),
    maxEntries,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh: () => feed.isFresh(),
  });
  feed.subscribe(({ topic, key }) => {
    if (topic === 'api_token') cache.evictWhere((token) => token.id === key);
    else if (topic === 'api') cache.evictWhere((token) => token.apiId === key);
  });
  feed.onGap(() => cache.evictAll());
  return {
    peek: (tokenHash) => cache.peek(tokenHash),
    find: async (tokenHash) => (TOKEN_HASH.test(tokenHash) ? await cache.get(tokenHash) : undefined),
  };
}

async function readTokens(
  pool: Pool,
  hashes: readonly string[],
  parts: LiveApiTokensParts,
): Promise<ReadonlyMap<string, LiveApiToken>> {
  const { rows } = await pool.query<LiveApiTokenRow>({
    name: 'live_api_tokens',
    text: LIVE_API_TOKENS,
    values: [hashes],
  });
  return new Map(rows.map((row) => [row.token_hash, readToken(row, parts)]));
}

function readToken(row: LiveApiTokenRow, { log, resolveHost }: LiveApiTokensParts): LiveApiToken {
  const { rules, faults } = parseIpRuleList(row.ip_rules);
  // Only what was tampered with by hand. A rule that cannot be read lets nobody in; the others stay in force.
  if (faults.length > 0) log.error({ api_token_id: row.id, faults: faults.length }, 'stored IP rules cannot be read');
  return {
    id: row.id,
    name: row.name,
    ...apiTokenOwner(row),
    hint: row.hint,
    apiId: row.api_id,
    identifier: row.identifier,
    scopes: row.scopes,
    ipMode: row.ip_mode,
    ipMatcher: compileIpMatcher(rules, resolveHost),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  };
}
