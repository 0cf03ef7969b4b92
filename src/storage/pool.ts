// The pool behind TypeORM, for statements of the token path, and connections beside it for what must not wait for a free one.
import { Client, type ClientConfig, Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** TypeORM's own pool: the token path does without the query runner around it. */
export function poolOf(dataSource: DataSource): Pool {
  const pool: unknown = Reflect.get(dataSource.driver, 'master');
  if (!(pool instanceof Pool)) throw new Error('the data source is not initialized');
  return pool;
}

/** A client with the pool's settings and those given, not connected yet. `onLost` hears when its connection breaks. */
export function createClientBeside(pool: Pool, settings: ClientConfig, onLost: (error: Error) => void): Client {
  // The pool hides its password from copies.
  const client = new Client({ ...pool.options, password: pool.options.password, ...settings });
  client.on('error', onLost);
  return client;
}

/** Ends a connection at once, whatever it is doing or waiting for; what was under way rejects, and nothing is told to `onLost`. */
export function cut(client: Client): void {
  client.removeAllListeners('error');
  client.removeAllListeners('notification');
  client.on('error', () => undefined);
  client.connection.stream.destroy();
}
