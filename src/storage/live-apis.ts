// APIs as the gate sees them: from memory while the change feed is fresh, with the operations of their imported descriptions compiled.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { createLiveCache } from '../base/live-cache.ts';
import type { LiveApi, LiveApis } from '../domain/api/live-api.ts';
import { type ApiOperation, compileOperationMatcher } from '../domain/api/operation-matcher.ts';
import type { ChangeFeed } from './change-feed.ts';
import { coalesceReads } from './coalesced-reads.ts';
import { poolOf } from './pool.ts';

interface LiveApisParts {
  readonly dataSource: DataSource;
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'subscribe' | 'onGap'>;
}

const MAX_ENTRIES = 1_000;
const MAX_AGE_MILLISECONDS = 5 * 60 * 1000;
/** Of identifiers, and of what a proxy may ask for at all. */
const MAX_NAME = 2_000;

/** A name that is the id of one API and the identifier of another means the first: identifiers are absolute URIs, so there is none. */
const LIVE_APIS = `
SELECT a.id, a.identifier, a.name, a.unknown_operations, a.base_paths, o.operations
FROM api a
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('method', method, 'path', path, 'manySegments', many_segments, 'scopes', scopes)
    ORDER BY path, method) AS operations
  FROM api_operation WHERE api_id = a.id
) o ON true
WHERE a.id = ANY ($1) OR a.identifier = ANY ($1)`;

interface LiveApiRow {
  readonly id: string;
  readonly identifier: string;
  readonly name: string;
  readonly unknown_operations: 'refuse' | 'allow';
  readonly base_paths: readonly string[];
  readonly operations: readonly ApiOperation[] | null;
}

export function createLiveApis({ dataSource, feed }: LiveApisParts): LiveApis {
  const pool = poolOf(dataSource);
  const cache = createLiveCache<LiveApi>({
    load: coalesceReads<LiveApi>({ readMany: (names) => readApis(pool, names) }),
    maxEntries: MAX_ENTRIES,
    maxAgeMilliseconds: MAX_AGE_MILLISECONDS,
    isFresh: () => feed.isFresh(),
  });
  feed.subscribe(({ topic, key }) => {
    if (topic !== 'api') return;
    cache.evictWhere((api) => api.id === key);
  });
  feed.onGap(() => cache.evictAll());
  return {
    peek: (name) => cache.peek(name),
    find: async (name) => (name.length <= MAX_NAME && !name.includes('\0') ? await cache.get(name) : undefined),
  };
}

async function readApis(pool: Pool, names: readonly string[]): Promise<ReadonlyMap<string, LiveApi>> {
  const { rows } = await pool.query<LiveApiRow>(LIVE_APIS, [names]);
  return new Map(
    rows.flatMap((row) => {
      const api = readApi(row);
      return [
        [api.id, api],
        [api.identifier, api],
      ] as const;
    }),
  );
}

function readApi({ id, identifier, name, unknown_operations, base_paths, operations }: LiveApiRow): LiveApi {
  return {
    id,
    identifier,
    name,
    unknownOperations: unknown_operations,
    hasOperations: operations !== null,
    matcher: compileOperationMatcher(operations ?? [], base_paths.length > 0 ? base_paths : ['']),
  };
}
