// The whole server as it is composed for real, in this process, on a database and a port of its own.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { compose } from '../../src/app/compose.ts';
import type { Services } from '../../src/app/services.ts';
import { createStopSequence } from '../../src/app/stop.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import { createTestDatabase } from '../support/database.ts';

export interface WholeServer {
  readonly issuer: string;
  readonly services: Services;
  close(): Promise<void>;
}

export async function startWholeServer(): Promise<WholeServer> {
  const port = await findFreePort();
  const log = createLog('silent');
  const database = await createTestDatabase();
  const stopping = createStopSequence(log);
  const { http, services } = await compose({
    settings: readSettings({ PORT: String(port), POSTERN_BCRYPT_COST: '4' }),
    connection: database.connection,
    poolSize: 5,
    encryptionKey: randomBytes(32),
    log,
    clock: systemClock,
    stopping,
  });
  await http.listen(port, '127.0.0.1');
  stopping.add('connections', () => http.close(0));
  return {
    issuer: `http://localhost:${port}`,
    services,
    async close() {
      await stopping.run();
      await database.drop();
    },
  };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
