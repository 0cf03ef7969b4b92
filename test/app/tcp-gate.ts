// A gate before the tests' PostgreSQL: a TCP port that leads to its socket and can be shut, as a network or a server fails.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { EmbeddedConnection } from '../../src/storage/embedded/embedded-postgres.ts';

export interface TcpGate {
  /** `DATABASE_URL` of a database behind it. */
  url(database: string): string;
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>;
  /** Takes connections and lets nothing through, as a machine that hangs. */
  hang(): void;
  open(): Promise<void>;
}

export async function openTcpGate(target: EmbeddedConnection, port: number): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let isHanging = false;

  const forward = (near: Socket) => {
    const far = connect(`${target.host}/.s.PGSQL.${target.port}`);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (chunk) => {
        if (!isHanging) other.write(chunk);
      });
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  };
  const open = async () => {
    isHanging = false;
    if (server) return;
    const listening = createServer(forward);
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(port, '127.0.0.1', resolve);
    });
    server = listening;
  };
  await open();
  return {
    url: (database) => `postgres://${target.user}@127.0.0.1:${port}/${database}`,
    async shut() {
      const closing = server;
      server = undefined;
      const closed = new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    hang() {
      isHanging = true;
    },
    open,
  };
}
