// When and from where clients, their secrets and API tokens were last used, and from which addresses clients come: gathered in memory
// and written in the background, since no request waits for it. A use is no change: it raises no version and is not told to anybody.
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Log } from '../base/log.ts';
import type { UseRecorder } from '../domain/stores.ts';
import { type ClientUses, type CredentialUse, GatheredUses } from './gathered-uses.ts';
import { poolOf } from './pool.ts';

export interface BufferedUseRecorder extends UseRecorder {
  /** Writes what is left; what cannot be written then is lost. */
  close(): Promise<void>;
}

interface UseRecorderParts {
  readonly dataSource: DataSource;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly intervalMilliseconds?: number | undefined;
  readonly maxEntries?: number | undefined;
}

const INTERVAL_MILLISECONDS = 2000;
/** Uses of more clients, or from more addresses, than these are written in the next rounds. */
const MAX_BATCH = 1000;
const MAX_BATCH_SOURCES = 10_000;
const MAX_ENTRIES = 50_000;
const MAX_SOURCES = 200_000;
/** Addresses kept of each client; those seen last stay. After 30 days they go (housekeeping.ts). */
const MAX_SOURCES_PER_CLIENT = 1000;

/**
 * Locks clients before their secrets and API tokens, and in order, as commands do, so that no two writers wait for each other. Answers
 * which clients came from an address that was not known of them.
 */
const WRITE_USES = `
WITH used AS (SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS u (client_id, at)),
held AS MATERIALIZED (
  SELECT c.client_id FROM client c JOIN used USING (client_id) ORDER BY c.client_id FOR NO KEY UPDATE OF c
),
client_used AS (
  UPDATE client c SET last_used_at = used.at
  FROM used JOIN held USING (client_id)
  WHERE c.client_id = used.client_id AND (c.last_used_at IS NULL OR c.last_used_at < used.at) AND used.at IS NOT NULL
),
secret_used AS (
  UPDATE client_secret s SET last_used_at = u.at, last_used_ip = u.ip
  FROM unnest($3::text[], $4::timestamptz[], $5::text[]) AS u (id, at, ip), held
  WHERE s.id = u.id AND s.client_id = held.client_id AND (s.last_used_at IS NULL OR s.last_used_at < u.at)
),
token_used AS (
  UPDATE api_token t SET last_used_at = u.at, last_used_ip = u.ip
  FROM unnest($12::text[], $13::timestamptz[], $14::text[]) AS u (id, at, ip), held
  WHERE t.id = u.id AND t.client_id = held.client_id AND (t.last_used_at IS NULL OR t.last_used_at < u.at)
),
seen AS (
  INSERT INTO client_source AS known (client_id, ip, first_seen_at, last_seen_at, uses, refusals)
  SELECT s.client_id, s.ip, s.first_at, s.last_at, s.uses, s.refusals
  FROM unnest($6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[])
    AS s (client_id, ip, first_at, last_at, uses, refusals)
  JOIN held USING (client_id)
  ON CONFLICT (client_id, ip) DO UPDATE SET
    first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    uses = known.uses + excluded.uses,
    refusals = known.refusals + excluded.refusals
  RETURNING client_id, xmax = 0 AS is_new
)
SELECT DISTINCT client_id FROM seen WHERE is_new`;

/**
 * Users before their tokens, in order again: against whoever deletes or moves one. Those who merely sign in, or change something of
 * their own, are not in the way, so that tokens are locked in order too, against others who write uses.
 */
const WRITE_USER_TOKEN_USES = `
WITH used AS (SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS u (id, at, ip)),
owners AS MATERIALIZED (
  SELECT o.id FROM user_account o WHERE o.id IN (SELECT t.user_id FROM api_token t JOIN used USING (id))
  ORDER BY o.id FOR KEY SHARE
),
held AS MATERIALIZED (
  SELECT t.id FROM api_token t JOIN used USING (id) JOIN owners o ON o.id = t.user_id ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE api_token t SET last_used_at = used.at, last_used_ip = used.ip
FROM used JOIN held USING (id)
WHERE t.id = used.id AND (t.last_used_at IS NULL OR t.last_used_at < used.at)`;

/** Only for clients that came from somewhere new: in most rounds there are none. */
const FORGET_SOURCES = `
DELETE FROM client_source old USING (
  SELECT client_id, ip, row_number() OVER (PARTITION BY client_id ORDER BY last_seen_at DESC, ip) AS place
  FROM client_source WHERE client_id = ANY ($1)
) ranked
WHERE ranked.place > ${MAX_SOURCES_PER_CLIENT} AND old.client_id = ranked.client_id AND old.ip = ranked.ip`;

export function createUseRecorder(parts: UseRecorderParts): BufferedUseRecorder {
  return new GatheringUseRecorder(parts);
}

class GatheringUseRecorder implements BufferedUseRecorder {
  readonly #pool: Pool;
  readonly #log: UseRecorderParts['log'];
  readonly #interval: number;
  readonly #waiting: GatheredUses;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor({ dataSource, log, intervalMilliseconds, maxEntries }: UseRecorderParts) {
    this.#pool = poolOf(dataSource);
    this.#log = log;
    this.#interval = intervalMilliseconds ?? INTERVAL_MILLISECONDS;
    this.#waiting = new GatheredUses({
      maxClients: maxEntries ?? MAX_ENTRIES,
      maxSourcesPerClient: MAX_SOURCES_PER_CLIENT,
      maxSources: MAX_SOURCES,
    });
  }

  record(use: Parameters<UseRecorder['record']>[0]): void {
    if (this.#isClosed) return;
    this.#waiting.record(use);
    this.#schedule();
  }

  recordRefusal(refusal: Parameters<UseRecorder['recordRefusal']>[0]): void {
    if (this.#isClosed) return;
    this.#waiting.recordRefusal(refusal);
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    let isWritten = true;
    while (this.#waiting.size > 0 && isWritten) isWritten = await this.#write();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.#writeInTurn(), this.#interval).unref();
  }

  async #writeInTurn(): Promise<void> {
    this.#writing = this.#write();
    await this.#writing;
    this.#writing = undefined;
    this.#timer = undefined;
    if (this.#waiting.size > 0 && !this.#isClosed) this.#schedule();
  }

  /** False when anything failed; those uses are kept then. Never rejects. */
  async #write(): Promise<boolean> {
    if (this.#waiting.size === 0) return true;
    try {
      // One after the other: clients and users are never locked together, whatever commands do.
      await this.#writeClients();
      await this.#writeUserTokens();
    } catch (err) {
      if (!this.#isFailing) this.#log.warn({ err }, 'last uses cannot be written; trying again');
      this.#isFailing = true;
      return false;
    }
    if (this.#isFailing) this.#log.info('last uses are written again');
    this.#isFailing = false;
    return true;
  }

  async #writeClients(): Promise<void> {
    const batch = this.#waiting.take(MAX_BATCH, MAX_BATCH_SOURCES);
    if (batch.size === 0) return;
    let fromElsewhere: readonly string[];
    try {
      const { rows } = await this.#pool.query<{ client_id: string }>(WRITE_USES, toColumns(batch));
      fromElsewhere = rows.map((row) => row.client_id);
    } catch (error) {
      this.#waiting.putBack(batch);
      throw error;
    }
    if (fromElsewhere.length > 0) await this.#forgetSources(fromElsewhere);
  }

  async #writeUserTokens(): Promise<void> {
    const batch = this.#waiting.takeUserTokens(MAX_BATCH);
    if (batch.size === 0) return;
    try {
      await this.#pool.query(WRITE_USER_TOKEN_USES, toCredentialColumns([...batch]));
    } catch (error) {
      this.#waiting.putBackUserTokens(batch);
      throw error;
    }
  }

  async #forgetSources(clientIds: readonly string[]): Promise<void> {
    try {
      await this.#pool.query(FORGET_SOURCES, [clientIds]);
    } catch (err) {
      this.#log.warn({ err }, 'old addresses of clients cannot be forgotten; the next new one tries again');
    }
  }
}

function toColumns(batch: ClientUses): unknown[] {
  const clients = [...batch];
  const sources = clients.flatMap(([clientId, use]) =>
    [...use.sources].map(([ip, source]) => ({ clientId, ip, source })),
  );
  return [
    clients.map(([clientId]) => clientId),
    clients.map(([, { at }]) => at ?? null),
    ...toCredentialColumns(clients.flatMap(([, use]) => [...use.secrets])),
    sources.map(({ clientId }) => clientId),
    sources.map(({ ip }) => ip),
    sources.map(({ source }) => source.firstAt),
    sources.map(({ source }) => source.lastAt),
    sources.map(({ source }) => source.uses),
    sources.map(({ source }) => source.refusals),
    ...toCredentialColumns(clients.flatMap(([, use]) => [...(use.apiTokens ?? [])])),
  ];
}

function toCredentialColumns(uses: readonly (readonly [id: string, CredentialUse])[]): unknown[] {
  return [uses.map(([id]) => id), uses.map(([, { at }]) => at), uses.map(([, { ip }]) => ip)];
}
