// One connection out of the pool, for the time of one `read` or `write`. Whatever happens on it, it goes back sound or not at all.
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { unavailable } from '../base/problem.ts';
import type { Change } from './change.ts';
import { isConnectionFault } from './database-error.ts';
import { lineOf, type Place } from './session-line.ts';

/** What the stores work with. One statement after the other: they share a connection. */
export interface Statements {
  /** For rows that are written as they are. */
  readonly manager: EntityManager;
  /** Within a transaction: rows that are read to be changed are locked. */
  readonly isWriting: boolean;
  readonly query: <Row extends QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<QueryResult<Row>>;
}

export class DatabaseSession implements Statements {
  readonly isWriting: boolean;
  readonly #runner: QueryRunner;
  readonly #client: PoolClient;
  readonly #place: Place | undefined;
  #isOpen = false;
  #isBroken = false;
  #isReleased = false;

  private constructor(runner: QueryRunner, client: PoolClient, isWriting: boolean, place?: Place) {
    this.#runner = runner;
    this.#client = client;
    this.isWriting = isWriting;
    this.#place = place;
  }

  /** When its turn comes. @throws Problem `service.unavailable` */
  static async open(dataSource: DataSource, { isWriting }: { isWriting: boolean }): Promise<DatabaseSession> {
    const runner = dataSource.createQueryRunner();
    const { connected, place } = await lineOf(dataSource).enter(
      async () => (await runner.connect()) as PoolClient,
      () => runner.release(),
    );
    return new DatabaseSession(runner, connected, isWriting, place);
  }

  /** Past all who wait: for whoever asks whether the database is there, not how busy we are. @throws Problem `service.unavailable` */
  static async openUrgent(dataSource: DataSource): Promise<DatabaseSession> {
    const runner = dataSource.createQueryRunner();
    try {
      return new DatabaseSession(runner, (await runner.connect()) as PoolClient, false);
    } catch (error) {
      throw unavailable(error);
    }
  }

  get manager(): EntityManager {
    return this.#runner.manager;
  }

  readonly query = async <Row extends QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<QueryResult<Row>> => {
    // Its connection broke between two statements, and the pool took it back.
    if (this.#runner.isReleased) throw unavailable('the connection was lost');
    try {
      return await this.#client.query<Row>(sql, [...values]);
    } catch (error) {
      // Without an answer of the server's: nobody knows what state the connection is in.
      if (error instanceof Error && 'severity' in error) throw error;
      this.#isBroken = true;
      throw unavailable(error);
    }
  };

  /**
   * Begins a transaction. `entering`: a statement that is to be its first; both go out as one message, so that it costs no time of
   * its own.
   */
  async begin(entering?: string): Promise<void> {
    this.#isOpen = true;
    const begin = this.isWriting ? 'BEGIN' : 'BEGIN READ ONLY';
    await this.query(entering === undefined ? begin : `${begin}; ${entering}`);
  }

  /** Answers what the transaction changed, once it is on disk. */
  async commit(): Promise<readonly Change[]> {
    const { rows } = await this.query<Change & QueryResultRow>(
      'SELECT topic, key FROM change WHERE xid = pg_current_xact_id_if_assigned() ORDER BY seq',
    );
    const { command } = await this.query('COMMIT');
    this.#isOpen = false;
    // PostgreSQL answers COMMIT so when a statement failed before and nobody heeded it.
    if (command !== 'COMMIT') throw new Error('a transaction was committed after one of its statements had failed');
    return rows;
  }

  /** Gives the connection back, without what was written since `begin`; `error` is what the work ended with. Never rejects. */
  async release(error?: unknown): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (isConnectionFault(error) || this.#runner.isReleased) this.#isBroken = true;
    if (!this.#runner.isReleased) await this.#giveBack();
    this.#place?.leave(!this.#isBroken);
  }

  async #giveBack(): Promise<void> {
    if (this.#isOpen && !this.#isBroken) await this.query('ROLLBACK').catch(() => (this.#isBroken = true));
    // The pool throws away what is being ended; waiting for a broken one's farewell would take forever.
    if (this.#isBroken) void this.#client.end().catch(() => undefined);
    await this.#runner.release();
  }
}
