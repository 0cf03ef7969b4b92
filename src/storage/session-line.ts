// Who waits for a connection, and for how long: as long as others get done before, but no longer than nothing has been done. A burst
// is worked off, a database that is away or hangs is told at once. The token path doesn't stand here: its statements ask the pool
// itself, where nobody waits before them.
import type { DataSource } from 'typeorm';
import { unavailable } from '../base/problem.ts';
import { poolOf } from './pool.ts';

/** While no transaction gets done nobody waits longer than this; it is the pool's own limit for a connection too. */
export const STANDSTILL_MILLISECONDS = 1500;
/** However fast the line moves. */
const LONGEST_WAIT_MILLISECONDS = 5000;
/** Even at one millisecond each, who comes later would wait too long. */
const MAX_WAITING = 5000;

export interface Place {
  /** Once, when the connection has been given back; `isSound`: the database answered on it to the last. */
  leave(isSound: boolean): void;
}

interface Waiter {
  start(): void;
}

export class SessionLine {
  readonly #limit: number;
  readonly #waiting = new Set<Waiter>();
  #places = 0;
  #movedAt = -Infinity;

  /** `limit`: how many have a connection at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * `connect` is called when it is one's turn; what comes of it too late goes to `giveBack`.
   * @throws Problem `service.unavailable`
   */
  enter<T>(
    connect: () => Promise<T>,
    giveBack: (late: T) => Promise<unknown>,
  ): Promise<{ connected: T; place: Place }> {
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(unavailable('too many wait for a connection'));
    return new Promise((resolve, reject) => {
      const since = performance.now();
      let isOver = false;
      const refuse = (error: unknown) => {
        isOver = true;
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        reject(unavailable(error));
      };
      const look = () => {
        const now = performance.now();
        const end = Math.min(
          Math.max(since, this.#movedAt) + STANDSTILL_MILLISECONDS,
          since + LONGEST_WAIT_MILLISECONDS,
        );
        if (now >= end) refuse('nobody gave a connection back in time');
        else timer = setTimeout(look, Math.ceil(end - now));
      };
      let timer = setTimeout(look, STANDSTILL_MILLISECONDS);
      const waiter: Waiter = {
        start: () => {
          this.#places += 1;
          connect().then(
            (connected) => {
              if (isOver) return void giveBack(connected).finally(() => this.#leave(true));
              clearTimeout(timer);
              resolve({ connected, place: { leave: (isSound) => this.#leave(isSound) } });
            },
            (error: unknown) => {
              this.#leave(false);
              if (!isOver) refuse(error);
            },
          );
        },
      };
      this.#waiting.add(waiter);
      this.#admit();
    });
  }

  #leave(isSound: boolean): void {
    this.#places -= 1;
    if (isSound) this.#movedAt = performance.now();
    this.#admit();
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (this.#places >= this.#limit) return;
      this.#waiting.delete(waiter);
      waiter.start();
    }
  }
}

const lines = new WeakMap<DataSource, SessionLine>();

/** The line before the pool of an initialized data source. */
export function lineOf(dataSource: DataSource): SessionLine {
  let line = lines.get(dataSource);
  if (!line) lines.set(dataSource, (line = new SessionLine(poolOf(dataSource).options.max)));
  return line;
}
