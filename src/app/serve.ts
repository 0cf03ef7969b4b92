// One process that answers requests: from an open database to a port that listens, and back.
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import type { Composition } from './compose.ts';
import type { Services } from './services.ts';
import { explainListenError } from './start-fault.ts';
import type { StopSequence } from './stop.ts';

interface Parts {
  readonly settings: Settings;
  readonly encryptionKey: Buffer;
  readonly connection: DatabaseConnection;
  readonly log: Log;
  readonly stopping: StopSequence;
  /** What has to be done before the first request is taken. */
  readonly prepare?: (services: Services) => Promise<void>;
}

/** So long each answer ends its connection before the port is closed: nobody sends a request into a closing one. */
const DRAIN_MILLISECONDS = 1_000;
/** For what is still being answered then. */
const FINISH_MILLISECONDS = 5_000;
/** The embedded server gives 40 connections; the change feed of each process takes one, and the command line wants some. */
const POOLED_CONNECTIONS_EMBEDDED = 24;
const MAX_POOL = 10;

/** The bulk of the program, which takes half a second to load. */
export async function loadServer() {
  const { compose } = await import('./compose.ts');
  return compose;
}

/** Returns when the port listens, with what reads the metrics of this process, if they are on. @throws with a message for the operator where one is possible */
export async function serve(parts: Parts): Promise<Composition['readMetrics']> {
  const { settings, encryptionKey, connection, log, stopping, prepare } = parts;
  const compose = await loadServer();
  const { host, port } = settings;
  const poolSize = poolSizeOf(settings);
  const { http, health, services, readMetrics } = await compose({
    settings,
    connection,
    poolSize,
    encryptionKey,
    log,
    clock: systemClock,
    stopping,
  });
  await prepare?.(services);
  await http.listen(port, host).catch((error: unknown) => {
    throw explainListenError(error, host, port);
  });
  stopping.add('connections', async () => {
    health.startStopping();
    http.startDraining();
    await pause(DRAIN_MILLISECONDS);
    const cut = await http.close(FINISH_MILLISECONDS);
    if (cut > 0) log.warn({ requests: cut }, 'requests were still being answered and were cut off');
  });
  return readMetrics;
}

function poolSizeOf({ databaseUrl, workers }: Settings): number {
  if (databaseUrl !== undefined) return MAX_POOL;
  return Math.max(2, Math.min(MAX_POOL, Math.floor(POOLED_CONNECTIONS_EMBEDDED / workers)));
}
