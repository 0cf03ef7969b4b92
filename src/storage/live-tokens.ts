// Revocations and opaque tokens as the token path sees them. The usual answer, "not revoked", costs no query.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache } from '../base/live-cache.ts';
import type { Log } from '../base/log.ts';
import type { OpaqueToken } from '../domain/token/access-token.ts';
import type { LiveTokens } from '../domain/token/token-inspector.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import { poolOf } from './pool.ts';
import { createRevokedTokens } from './revoked-tokens.ts';

interface LiveTokensParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
  readonly log: Pick<Log, 'warn'>;
  /** With more revoked tokens than these, each token is asked for and the answers are remembered. */
  readonly maxRevoked?: number | undefined;
}

const MAX_REVOKED = 200_000;
const MAX_VERDICTS = 50_000;
const MAX_OPAQUE_TOKENS = 20_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;

/** Until the revoked tokens are in memory, a moment after the call, the database is asked for each token. */
export function createLiveTokens({ dataSource, feed, log, maxRevoked = MAX_REVOKED }: LiveTokensParts): LiveTokens {
  const pool = poolOf(dataSource);
  const isFresh = () => feed.isFresh();
  const revoked = createRevokedTokens({ read: (limit) => readRevoked(pool, limit), maxSize: maxRevoked, log });
  const verdicts = createLiveCache<boolean>({
    load: coalesceReads({ readMany: (ids) => readVerdicts(pool, ids) }),
    maxEntries: MAX_VERDICTS,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh,
  });
  const opaque = createLiveCache<OpaqueToken>({
    load: coalesceReads({ readMany: (hashes) => readOpaque(pool, hashes) }),
    maxEntries: MAX_OPAQUE_TOKENS,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    // A stored token never changes; whether it is still good is decided by other things.
    isFresh: () => true,
  });
  feed.subscribe(({ topic, key }) => {
    if (topic !== 'revoked_token') return;
    verdicts.evict(key);
    revoked.add(key);
  });
  feed.onGap(() => {
    verdicts.evictAll();
    revoked.startOver();
  });
  return {
    isRevoked(jti) {
      // Holds while the feed is silent too: nobody takes a revocation back.
      if (revoked.has(jti)) return true;
      if (revoked.isComplete() && isFresh()) return false;
      return verdicts.peek(jti) ?? verdicts.get(jti).then((verdict) => verdict === true);
    },
    findOpaque: (tokenHash) => opaque.peek(tokenHash) ?? opaque.get(tokenHash),
  };
}

async function readRevoked(pool: Pool, limit: number): Promise<readonly string[]> {
  const { rows } = await pool.query<[string]>({ rowMode: 'array', text: 'SELECT jti FROM revoked_token LIMIT $1' }, [
    limit,
  ]);
  return rows.map(([jti]) => jti);
}

/** False is remembered too: it is the usual answer. */
async function readVerdicts(pool: Pool, ids: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await pool.query<{ jti: string }>('SELECT jti FROM revoked_token WHERE jti = ANY ($1)', [ids]);
  const revoked = new Set(rows.map(({ jti }) => jti));
  return new Map(ids.map((jti) => [jti, revoked.has(jti)]));
}

interface OpaqueTokenRow {
  readonly token_hash: string;
  readonly jti: string;
  readonly client_id: string;
  readonly company_id: string;
  readonly audience: string;
  readonly scope: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
}

async function readOpaque(pool: Pool, hashes: readonly string[]): Promise<ReadonlyMap<string, OpaqueToken>> {
  const { rows } = await pool.query<OpaqueTokenRow>('SELECT * FROM opaque_token WHERE token_hash = ANY ($1)', [hashes]);
  return new Map(
    rows.map((row) => [
      row.token_hash,
      {
        tokenHash: row.token_hash,
        jti: row.jti,
        clientId: row.client_id,
        companyId: row.company_id,
        audience: row.audience,
        scope: row.scope,
        issuedAt: row.issued_at,
        expiresAt: row.expires_at,
      },
    ]),
  );
}
