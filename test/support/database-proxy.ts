// A PostgreSQL that can go away, hang and lie: a TCP port in front of the real one.

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';

export interface DatabaseProxy {
  /** As in DATABASE_URL. */
  readonly url: string;
  /** Connections are cut and new ones refused. */
  goAway(): Promise<void>;
  /** Connections stay, and nothing comes through any more, nor for new ones. */
  hang(): void;
  /** Back to normal; connections that hung are cut. */
  comeBack(): Promise<void>;
  /** What the server says from now on, with every occurrence of one text replaced by another of the same length. */
  replace(text: string, by: string): void;
  close(): Promise<void>;
}

export async function startDatabaseProxy(target: EmbeddedConnection): Promise<DatabaseProxy> {
  const proxy = new PostgresProxy(target);
  await proxy.listen(0);
  return proxy;
}

class PostgresProxy implements DatabaseProxy {
  readonly #target: EmbeddedConnection;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isHanging = false;
  #lie: { text: string; by: string } | undefined;

  constructor(target: EmbeddedConnection) {
    this.#target = target;
  }

  get url(): string {
    return `postgres://${this.#target.user}@127.0.0.1:${this.#port}/${this.#target.database}`;
  }

  async listen(port: number): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.#port = address.port;
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.#cut();
    await closed;
  }

  hang(): void {
    this.#isHanging = true;
    for (const socket of this.#sockets) socket.pause();
  }

  async comeBack(): Promise<void> {
    if (this.#isHanging) this.#cut();
    this.#isHanging = false;
    if (!this.#server) await this.listen(this.#port);
  }

  replace(text: string, by: string): void {
    this.#lie = { text, by };
  }

  close(): Promise<void> {
    return this.goAway();
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #accept(client: Socket): void {
    const server = connect(`${this.#target.host}/.s.PGSQL.${this.#target.port}`);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('data', (data: Buffer) => {
        to.write(from === server ? this.#told(data) : data);
      });
      if (this.#isHanging) from.pause();
    }
  }

  #told(data: Buffer): Buffer {
    if (!this.#lie) return data;
    return Buffer.from(data.toString('latin1').replaceAll(this.#lie.text, this.#lie.by), 'latin1');
  }
}
