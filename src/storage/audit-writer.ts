// Stores the audit events of requests. While one statement is under way the events of all other requests gather for the next, so
// that many share one flush to disk; whoever appends is answered when its own event is there.
import type { Client, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Log } from '../base/log.ts';
import { unavailable } from '../base/problem.ts';
import type { AuditLog, NewAuditEvent } from '../domain/audit/audit-event.ts';
import { toAuditJson } from './audit-rows.ts';
import { createClientBeside, cut, poolOf } from './pool.ts';

export interface AuditWriter extends AuditLog {
  readonly figures: AuditWriterFigures;
  /** Stores what was appended before, then refuses more. */
  close(): Promise<void>;
}

/** How it is doing, for whoever watches over it. */
export interface AuditWriterFigures {
  /** Events that wait for the statement under way to end. */
  readonly waiting: number;
  readonly stored: number;
  readonly batches: number;
  readonly lastBatch: number;
  /** Events that could not be stored in time, or not at all. */
  readonly refused: number;
}

interface AuditWriterParts {
  readonly dataSource: DataSource;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** From the call to the answer, so that a caller hears of it within two seconds. */
  readonly timeoutMilliseconds?: number | undefined;
  readonly maxBatch?: number | undefined;
  readonly maxWaiting?: number | undefined;
}

const TIMEOUT_MILLISECONDS = 1800;
/** This part of the time is a statement's at least; who has waited longer than the rest is refused before it begins. */
const STATEMENT_SHARE = 0.25;
const MAX_BATCH = 500;
const MAX_WAITING = 10_000;

/** `append` rejects with `service.unavailable` when the event is not known to be on disk; it may be all the same. */
export function createAuditWriter(parts: AuditWriterParts): AuditWriter {
  return new GroupingAuditWriter(parts);
}

interface Entry {
  readonly json: string;
  readonly appendedAt: number;
  resolve(): void;
  reject(error: unknown): void;
}

class GroupingAuditWriter implements AuditWriter {
  readonly #pool: Pool;
  readonly #log: AuditWriterParts['log'];
  readonly #timeout: number;
  readonly #maxBatch: number;
  readonly #maxWaiting: number;
  #waiting: Entry[] = [];
  /** A connection of its own: a pool that is busy with pages does not hold up tokens. */
  #client: Client | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #isFailing = false;
  #stored = 0;
  #batches = 0;
  #lastBatch = 0;
  #refused = 0;

  constructor({ dataSource, log, timeoutMilliseconds, maxBatch, maxWaiting }: AuditWriterParts) {
    this.#pool = poolOf(dataSource);
    this.#log = log;
    this.#timeout = timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;
    this.#maxBatch = maxBatch ?? MAX_BATCH;
    this.#maxWaiting = maxWaiting ?? MAX_WAITING;
  }

  get figures(): AuditWriterFigures {
    return {
      waiting: this.#waiting.length,
      stored: this.#stored,
      batches: this.#batches,
      lastBatch: this.#lastBatch,
      refused: this.#refused,
    };
  }

  append(event: NewAuditEvent): Promise<void> {
    if (this.#isClosed) return Promise.reject(unavailable('the audit log is closed'));
    if (this.#waiting.length >= this.#maxWaiting) {
      this.#refused += 1;
      return Promise.reject(unavailable('the audit queue is full'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ json: toAuditJson(event), appendedAt: performance.now(), resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    if (this.#client) cut(this.#client);
    this.#client = undefined;
  }

  /** One batch after the other: the function takes a lock, a second one would wait for the first. Never rejects. */
  async #writeWaiting(): Promise<void> {
    // The other requests of this turn of the event loop come along.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      this.#refuseOverdue();
      const batch = this.#takeBatch();
      if (batch.length === 0) break;
      await this.#write(batch);
    }
    this.#writing = undefined;
  }

  #refuseOverdue(): void {
    const earliest = performance.now() - this.#timeout * (1 - STATEMENT_SHARE);
    const inTime = this.#waiting.findIndex((entry) => entry.appendedAt >= earliest);
    if (inTime === 0) return;
    const overdue = this.#waiting.splice(0, inTime === -1 ? this.#waiting.length : inTime);
    this.#reject(overdue, 'the audit log is too slow');
  }

  #takeBatch(): readonly Entry[] {
    if (this.#waiting.length > this.#maxBatch) return this.#waiting.splice(0, this.#maxBatch);
    const batch = this.#waiting;
    this.#waiting = [];
    return batch;
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    const oldest = batch[0]?.appendedAt ?? 0;
    const timer = setTimeout(() => this.#disconnect(), oldest + this.#timeout - performance.now());
    try {
      await this.#store(batch);
      if (this.#isFailing) this.#log.info('audit events are stored again');
      this.#isFailing = false;
    } catch (error) {
      this.#fail(batch, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps the promises of what was stored. An event that PostgreSQL will not take is found by halving, so that it fails alone. */
  async #store(batch: readonly Entry[]): Promise<void> {
    try {
      const client = await this.#connect();
      await client.query('SELECT append_audit_events($1::jsonb)', [`[${batch.map((entry) => entry.json).join(',')}]`]);
    } catch (error) {
      if (!isAboutValues(error)) throw error;
      if (batch.length === 1) return this.#refuse(batch, error);
      const middle = batch.length >> 1;
      await this.#store(batch.slice(0, middle));
      return await this.#store(batch.slice(middle));
    }
    this.#stored += batch.length;
    this.#batches += 1;
    this.#lastBatch = batch.length;
    for (const entry of batch) entry.resolve();
  }

  #refuse(batch: readonly Entry[], err: unknown): void {
    this.#log.warn({ err }, 'an audit event cannot be stored; what it tells of was refused');
    this.#reject(batch, err);
  }

  /** Whoever waits behind a batch that failed would wait as long again. Promises kept before stay kept. */
  #fail(batch: readonly Entry[], err: unknown): void {
    if (!this.#isFailing) this.#log.warn({ err }, 'audit events cannot be stored; nothing is issued until they can');
    this.#isFailing = true;
    this.#disconnect();
    const stranded = this.#waiting;
    this.#waiting = [];
    this.#reject([...batch, ...stranded], err);
  }

  /** Those that are stored already don't mind. */
  #reject(entries: readonly Entry[], cause: unknown): void {
    this.#refused += entries.length;
    for (const entry of entries) entry.reject(unavailable(cause));
  }

  async #connect(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = createClientBeside(
      this.#pool,
      { connectionTimeoutMillis: this.#timeout, query_timeout: this.#timeout, statement_timeout: this.#timeout },
      () => {
        if (this.#client === client) this.#client = undefined;
      },
    );
    this.#client = client;
    await client.connect();
    // Stronger settings, such as waiting for a standby, are the operator's to choose; a weaker one would break our word.
    await client.query(
      `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
    );
    return client;
  }

  /** What is under way rejects. */
  #disconnect(): void {
    if (this.#client) cut(this.#client);
    this.#client = undefined;
  }
}

/** Data exceptions, violated constraints, program limits: the same statement would fail again, and others need not. */
function isAboutValues(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^(?:22|23|54)[0-9A-Z]{3}$/.test(code);
}
