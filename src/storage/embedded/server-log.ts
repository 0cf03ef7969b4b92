// What PostgreSQL writes to standard error: remembered for error messages, and the part that matters passed to our log.

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The part of a pino logger that the embedded database uses. */
export interface EmbeddedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const REMEMBERED_LINES = 40;
const READY = 'database system is ready to accept connections';

/** Reads one server's output. Failed statements (ERROR) are the business of whoever sent them and aren't repeated here. */
export class ServerLog {
  /** Resolves at the server's own word that it takes connections. */
  readonly ready: Promise<void>;
  /** Resolves when the output has ended. */
  readonly ended: Promise<void>;
  readonly #log: EmbeddedLog;
  readonly #lines: string[] = [];
  #serving = false;

  constructor(output: Readable, log: EmbeddedLog) {
    this.#log = log;
    const lines = createInterface({ input: output });
    this.ended = new Promise((resolve) => lines.once('close', resolve));
    this.ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        this.#take(line);
        if (line.includes(READY)) {
          this.#serving = true;
          resolve();
        }
      });
    });
  }

  /** From here on the usual words of a shutdown are expected and not passed on. */
  expectStop(): void {
    this.#serving = false;
  }

  /** The last lines, for an error message. */
  tail(lines = 6): string {
    return this.#lines.slice(-lines).join('\n');
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    this.#lines.push(line);
    if (this.#lines.length > REMEMBERED_LINES) this.#lines.shift();
    const [, severity, message] = /^([A-Z]+): {2}(.*)$/.exec(line) ?? [];
    if (!this.#serving || message === undefined || message.includes(READY)) return;
    if (severity === 'PANIC') this.#log.error({ postgres: message }, 'the embedded database reports a fault');
    else if (severity === 'WARNING' || severity === 'FATAL') {
      this.#log.warn({ postgres: message }, 'the embedded database gives a warning');
    } else if (severity === 'LOG') this.#log.info({ postgres: message }, 'the embedded database says');
  }
}
