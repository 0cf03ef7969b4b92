// The change feed: what any process has committed, heard within milliseconds through NOTIFY and at the latest by the next look at
// the table `change`. The live views forget what it names; while it cannot vouch for them they ask the database each time.
import type { Client, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { Log } from '../base/log.ts';
import type { Change, ChangeTopic } from './change.ts';
import { FEED_APPLICATION_NAME } from './database-facts.ts';
import { createClientBeside, cut, poolOf } from './pool.ts';

export interface ChangeFeed {
  /** Whether everything that was committed more than 1.5 s ago has been told to the listeners. */
  isFresh(): boolean;
  /** How long ago the last look at what was committed began; before the first: how long there has been none. */
  ageMilliseconds(): number;
  /** A change may be told more than once. */
  subscribe(listener: (change: Change) => void): void;
  /** Anything may have changed without being told. Runs before the feed is fresh again. */
  onGap(listener: () => void): void;
  /** Tells the listeners, before it returns, what this process itself has just committed. */
  apply(changes: readonly Change[]): void;
  close(): Promise<void>;
}

interface ChangeFeedOptions {
  readonly dataSource: DataSource;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** False: changes are found by looking alone. */
  readonly listen?: boolean | undefined;
  readonly pollMilliseconds?: number | undefined;
}

/** Returns after the first look, or the first failure to get one: then it goes on trying and is not fresh. */
export async function openChangeFeed(options: ChangeFeedOptions): Promise<ChangeFeed> {
  const feed = new PostgresChangeFeed(options);
  await feed.start();
  return feed;
}

const POLL_MILLISECONDS = 500;
const FRESH_MILLISECONDS = 1500;
/** A later answer would be too old to make the feed fresh. */
const ANSWER_MILLISECONDS = 1400;
const SESSION = {
  application_name: FEED_APPLICATION_NAME,
  connectionTimeoutMillis: 700,
  query_timeout: ANSWER_MILLISECONDS,
  statement_timeout: ANSWER_MILLISECONDS,
} as const;
const FIRST_RETRY_MILLISECONDS = 50;
const LAST_RETRY_MILLISECONDS = 1000;
/** Rows of `change` are kept for an hour (housekeeping.ts). */
const KEPT_SECONDS = 50 * 60;
/** One by one they would cost more than to forget everything. */
const MAX_CHANGES = 1000;

/**
 * What has become visible since an earlier look: everything its snapshot did not show, so that a transaction that was still
 * running then, and whose changes stand among those seen already, is neither missed nor told twice.
 */
const LOOK = `
SELECT looked.snapshot, looked.server, looked.at, c.topic, c.key
FROM (
  SELECT pg_current_snapshot()::text AS snapshot, extract(epoch FROM pg_postmaster_start_time())::float8 AS server,
    extract(epoch FROM now())::float8 AS at
) looked
LEFT JOIN LATERAL (
  SELECT topic, key FROM change
  WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
  LIMIT ${MAX_CHANGES + 1}
) c ON true`;

interface LookRow {
  readonly snapshot: string;
  /** When the server was started: after a restart it may be another one, with other transaction numbers. */
  readonly server: number;
  readonly at: number;
  readonly topic: string | null;
  readonly key: string | null;
}

type Position = Pick<LookRow, 'snapshot' | 'server' | 'at'>;

class PostgresChangeFeed implements ChangeFeed {
  readonly #pool: Pool;
  readonly #log: ChangeFeedOptions['log'];
  readonly #listen: boolean;
  readonly #pollMilliseconds: number;
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #gapListeners: (() => void)[] = [];
  #position: Position | undefined;
  #freshUntil = -Infinity;
  #lookedAt = performance.now();
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #firstAttemptOver: () => void = () => undefined;
  /** Ends the pause under way. */
  #wake: () => void = () => undefined;
  #client: Client | undefined;

  constructor({ dataSource, log, listen = true, pollMilliseconds = POLL_MILLISECONDS }: ChangeFeedOptions) {
    this.#pool = poolOf(dataSource);
    this.#log = log;
    this.#listen = listen;
    this.#pollMilliseconds = pollMilliseconds;
  }

  isFresh(): boolean {
    return performance.now() < this.#freshUntil;
  }

  ageMilliseconds(): number {
    return performance.now() - this.#lookedAt;
  }

  subscribe(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  onGap(listener: () => void): void {
    this.#gapListeners.push(listener);
  }

  apply(changes: readonly Change[]): void {
    const distinct = new Map(changes.map((change) => [`${change.topic} ${change.key}`, change]));
    for (const change of distinct.values()) this.#call((listener) => listener(change), this.#listeners);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#freshUntil = -Infinity;
    if (this.#client) cut(this.#client);
    this.#wake();
    await this.#running;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#firstAttemptOver = resolve;
      this.#running = this.#run();
    });
  }

  /** One session after the other until closed. */
  async #run(): Promise<void> {
    let failures = 0;
    const onLook = () => {
      if (failures > 0) this.#log.info('the change feed is back');
      failures = 0;
      this.#firstAttemptOver();
    };
    while (!this.#isClosed) {
      try {
        await this.#follow(onLook);
      } catch (err) {
        if (this.#isClosed) break;
        if (failures === 0) this.#log.warn({ err }, 'the change feed was lost; clients are read from the database');
        failures += 1;
      }
      this.#firstAttemptOver();
      await this.#pause(Math.min(FIRST_RETRY_MILLISECONDS * 2 ** (failures - 1), LAST_RETRY_MILLISECONDS));
    }
  }

  /** Listens and looks on one connection until it is lost. */
  async #follow(onLook: () => void): Promise<void> {
    const lost = new AbortController();
    const client = createClientBeside(this.#pool, SESSION, (error) => {
      lost.abort(error);
      this.#wake();
    });
    this.#client = client;
    try {
      await client.connect();
      if (this.#listen) {
        client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
        // Before the first look: what is committed in between is told by both, not by neither.
        await client.query('LISTEN postern_change');
      }
      while (!this.#isClosed) {
        const beganAt = performance.now();
        await this.#look(client, beganAt);
        onLook();
        lost.signal.throwIfAborted();
        await this.#pause(this.#pollMilliseconds - (performance.now() - beganAt));
        lost.signal.throwIfAborted();
      }
    } finally {
      this.#client = undefined;
      cut(client);
    }
  }

  async #look(client: Client, beganAt: number): Promise<void> {
    const { rows } = await client.query<LookRow>(LOOK, [this.#position?.snapshot ?? null]);
    const [first] = rows;
    if (!first) throw new Error('the change feed got no answer');
    if (this.#isClosed) return;
    if (this.#isCovered(first, rows.length)) this.apply(rows.flatMap(({ topic, key }) => toChanges(topic, key)));
    else this.#call((listener) => listener(), this.#gapListeners);
    this.#position = { snapshot: first.snapshot, server: first.server, at: first.at };
    this.#lookedAt = beganAt;
    this.#freshUntil = beganAt + FRESH_MILLISECONDS;
  }

  /** Whether the rows of a look are all that happened since the one before. */
  #isCovered(looked: Position, rowCount: number): boolean {
    const before = this.#position;
    return (
      before !== undefined &&
      looked.server === before.server &&
      looked.at - before.at < KEPT_SECONDS &&
      rowCount <= MAX_CHANGES
    );
  }

  #hear(payload: string): void {
    const space = payload.indexOf(' ');
    this.apply(toChanges(payload.slice(0, space), payload.slice(space + 1)));
  }

  /** One that throws must not keep the others from hearing. */
  #call<L>(call: (listener: L) => void, listeners: readonly L[]): void {
    for (const listener of listeners) {
      try {
        call(listener);
      } catch (err) {
        this.#log.error({ err }, 'a listener of the change feed failed');
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const TOPICS: ReadonlySet<string> = new Set<ChangeTopic>([
  'client',
  'user',
  'company',
  'role',
  'api',
  'api_token',
  'signing_key',
  'revoked_token',
]);

function isTopic(topic: string): topic is ChangeTopic {
  return TOPICS.has(topic);
}

/** Nothing for a topic that only a newer version knows. */
function toChanges(topic: string | null, key: string | null): Change[] {
  return topic !== null && key !== null && isTopic(topic) ? [{ topic, key }] : [];
}
