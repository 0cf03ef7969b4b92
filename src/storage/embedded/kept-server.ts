// Keeps the database server running: starts it, and starts it again when it has died without being told to.

import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DATABASE, SUPERUSER } from './data-directory.ts';
import { messageOf } from './embedded-postgres-error.ts';
import { alreadyRunning, clearTheWay, withClient } from './running-server.ts';
import { StillBusyError, runServer } from './server-process.ts';
import { PORT, ensureSocketDirectory, makeSocketDirectory } from './socket-directory.ts';
import type { Placement } from './placement.ts';
import type { EmbeddedConnection } from './running-server.ts';
import type { EmbeddedLog } from './server-log.ts';
import type { ServerRun } from './server-process.ts';

const BUSY_MILLISECONDS = 5000;
const BUSY_POLL_MILLISECONDS = 100;
/** Waits before each new try, in milliseconds: about half a minute in all, and then it is given up. */
const RESTART_DELAYS = [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000];
/** A server that ran this long before it died is a new case: what it died of did not keep it from working. */
const STABLE_MILLISECONDS = 500;

interface KeepOptions {
  readonly durable: boolean;
  readonly log: EmbeddedLog;
  readonly restartDelays?: readonly number[] | undefined;
}

export class KeptServer {
  /** Resolves with the reason when the server has died and all tries to bring it back have failed. */
  readonly died: Promise<string>;
  readonly connection: EmbeddedConnection;
  readonly #placement: Placement;
  readonly #options: KeepOptions;
  readonly #stopping = new AbortController();
  #giveUp: (reason: string) => void = () => undefined;
  #run: ServerRun | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(placement: Placement, socketDirectory: string, options: KeepOptions) {
    this.#placement = placement;
    this.#options = options;
    this.connection = { host: socketDirectory, port: PORT, user: SUPERUSER, database: DATABASE };
    this.died = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  static async start(placement: Placement, options: KeepOptions): Promise<KeptServer> {
    const socketDirectory = await makeSocketDirectory(placement.account);
    const server = new KeptServer(placement, socketDirectory, options);
    try {
      const run = await server.#launch();
      server.#keeping = server.#keep(run);
      return server;
    } catch (error) {
      await rm(socketDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops the server and waits for its end; open transactions are rolled back. May be called more than once. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run?.stop();
    await this.#keeping;
    await rm(this.connection.host, { recursive: true, force: true });
  }

  /** One start, with patience for what a crashed predecessor leaves. */
  async #launch(goneOwner?: number): Promise<ServerRun> {
    const { path, account } = this.#placement;
    const startedAt = performance.now();
    for (;;) {
      await clearTheWay(path, this.#options.log, goneOwner);
      await ensureSocketDirectory(this.connection.host, account);
      try {
        const run = await runServer(this.#placement, this.connection.host, this.#options);
        this.#run = run;
        await this.#ensureDatabase().catch(async (error: unknown) => {
          await run.stop();
          throw error;
        });
        return run;
      } catch (error) {
        if (!(error instanceof StillBusyError)) throw error;
        if (performance.now() - startedAt > BUSY_MILLISECONDS) throw alreadyRunning(path, undefined);
        await pause(BUSY_POLL_MILLISECONDS);
      }
    }
  }

  async #ensureDatabase(): Promise<void> {
    await withClient({ ...this.connection, database: 'postgres' }, async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    });
  }

  async #keep(first: ServerRun): Promise<void> {
    const { log, restartDelays = RESTART_DELAYS } = this.#options;
    const { signal } = this.#stopping;
    const lastDelay = restartDelays.at(-1) ?? 0;
    let run: ServerRun | undefined = first;
    // One that comes up and soon dies again is given more and more time, but never up.
    let shortLives = 0;
    let failures = 0;
    let upAt = performance.now();
    let reason = '';
    while (!signal.aborted) {
      if (run !== undefined) {
        reason = await run.ended;
        if (signal.aborted) return;
        log.error({ reason }, 'the embedded database has died and is started again');
        shortLives = performance.now() - upAt > STABLE_MILLISECONDS ? 0 : shortLives + 1;
        failures = 0;
      }
      if (failures >= restartDelays.length) {
        this.#giveUp(`the embedded database died and could not be started again: ${reason}`);
        return;
      }
      const delay = restartDelays[Math.max(shortLives, failures)] ?? lastDelay;
      await pause(delay, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      run = await this.#relaunch();
      failures += 1;
      if (run === undefined) continue;
      upAt = performance.now();
      log.info({ tries: failures }, 'the embedded database is up again');
      if (signal.aborted) await run.stop();
    }
  }

  async #relaunch(): Promise<ServerRun | undefined> {
    try {
      return await this.#launch(process.pid);
    } catch (error) {
      this.#options.log.error({ reason: messageOf(error) }, 'the embedded database could not be started again');
      return undefined;
    }
  }
}
