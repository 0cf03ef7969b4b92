// What nobody asks for and somebody has to do: partitions of opaque tokens ahead of time, and an end to rows whose time is over.
// One instance does it at a time.
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { HOUSEKEEPING_LOCK } from './advisory-locks.ts';
import { dropOldPartitions, makePartitions } from './opaque-token-partitions.ts';
import { createClientBeside, cut, poolOf } from './pool.ts';

export interface Housekeeping {
  /** One round, unless another instance is at it. Never rejects. */
  run(): Promise<void>;
  close(): Promise<void>;
}

interface HousekeepingParts {
  readonly dataSource: DataSource;
  readonly log: Pick<Log, 'warn'>;
  readonly clock?: Clock | undefined;
  readonly intervalMilliseconds?: number | undefined;
}

const INTERVAL_MILLISECONDS = 5 * 60 * 1000;
const BATCH_ROWS = 5000;
/** Per table and round: what is left is for the next. */
const MAX_BATCHES = 200;

/**
 * What may go, with the condition. `$1` is the earlier of our clock and the database's: a clock that jumps ahead for a moment must
 * not make a revoked token good again.
 */
const EXPIRED_ROWS: readonly { table: string; condition: string }[] = [
  // The change feed looks back as far as this (change-feed.ts).
  { table: 'change', condition: `at < now() - interval '1 hour'` },
  { table: 'revoked_token', condition: `expires_at < $1::timestamptz - interval '1 day'` },
  { table: 'opaque_token_default', condition: `expires_at < $1::timestamptz - interval '1 day'` },
  { table: 'session', condition: 'expires_at < $1::timestamptz' },
  { table: 'one_time_link', condition: 'expires_at < $1::timestamptz' },
  { table: 'attempt', condition: 'window_ends_at < $1::timestamptz' },
  { table: 'client_source', condition: `last_seen_at < $1::timestamptz - interval '30 days'` },
  { table: 'used_form', condition: `used_at < $1::timestamptz - interval '2 days'` },
];

/** Begins in the background: no start waits for it. */
export function startHousekeeping(parts: HousekeepingParts): Housekeeping {
  const housekeeping = new TimedHousekeeping(parts);
  void housekeeping.run();
  return housekeeping;
}

class TimedHousekeeping implements Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #timer: NodeJS.Timeout;
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.run(), parts.intervalMilliseconds ?? INTERVAL_MILLISECONDS).unref();
  }

  run(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#running ??= this.#runOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#client) cut(this.#client);
    await this.#running;
  }

  async #runOnce(): Promise<void> {
    // Beside the pool, whose time limits are made for requests.
    const client = createClientBeside(
      poolOf(this.#parts.dataSource),
      { connectionTimeoutMillis: 5000, query_timeout: 60_000, statement_timeout: 50_000 },
      () => undefined,
    );
    this.#client = client;
    try {
      await client.connect();
      const { rows } = await client.query<{ ours: boolean }>(
        `SELECT pg_try_advisory_lock(${HOUSEKEEPING_LOCK}) AS ours`,
      );
      if (rows[0]?.ours === true) await this.#tidy(client);
    } catch (err) {
      if (!this.#isClosed) this.#parts.log.warn({ err }, 'housekeeping was cut short; it will be tried again');
    } finally {
      this.#client = undefined;
      // The lock goes with the connection.
      await client.end().catch(() => undefined);
    }
  }

  async #tidy(client: Client): Promise<void> {
    const now = (this.#parts.clock ?? systemClock).now();
    const { rows } = await client.query<{ over: Date }>('SELECT least($1::timestamptz, now()) AS over', [now]);
    const over = rows[0]?.over ?? now;
    await this.#attempt('partitions could not be made', () => makePartitions(client, now));
    await this.#attempt('old partitions could not be dropped', () => dropOldPartitions(client, over));
    for (const { table, condition } of EXPIRED_ROWS) {
      await this.#attempt(`old rows of ${table} could not be deleted`, () =>
        this.#sweep(client, table, condition, over),
      );
    }
  }

  /** One task that fails, on a lock for instance, does not keep the others from being done. */
  async #attempt(message: string, task: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await task();
    } catch (err) {
      if (!this.#isClosed) this.#parts.log.warn({ err }, message);
    }
  }

  /** In small transactions, so that nobody waits long for a row and nothing is lost when one fails. */
  async #sweep(client: Client, table: string, condition: string, over: Date): Promise<void> {
    const sql = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED))`;
    for (let batch = 0; batch < MAX_BATCHES && !this.#isClosed; batch++) {
      const { rowCount } = await client.query(sql, condition.includes('$1') ? [over] : []);
      if ((rowCount ?? 0) < BATCH_ROWS) return;
    }
  }
}
