// One of several processes that share the port. It starts and stops when the primary process says so, and ends when that has gone.
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import type { Composition } from './compose.ts';
import { loadEncryptionKey } from './encryption-key.ts';
import { keepTelling, sendMetrics } from './metrics/crew-metrics.ts';
import { serve } from './serve.ts';
import { explainStartFault } from './start-fault.ts';
import { createOrderlyStop, createStopSequence, type StopSequence } from './stop.ts';
import type { ToPrimary, ToWorker } from './worker-messages.ts';

export function runWorker(settings: Settings, log: Log): void {
  const stopping = createStopSequence(log);
  const stop = createOrderlyStop(stopping, log);
  let readMetrics: Composition['readMetrics'];
  // A terminal sends Ctrl-C to all; it is for the primary to say when.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', stop);
  // Without a primary Node would end us with status 0 in the middle of whatever we do; so it is, but said.
  process.on('disconnect', () => log.error('the primary process has gone'));
  process.on('message', (message: ToWorker) => {
    if (message.is === 'stop') stop('the primary process stops');
    else if (message.is === 'start') {
      void start(settings, message.connection, log, stopping).then((read) => {
        readMetrics = read;
        if (read) keepTelling(read);
      });
    } else if (readMetrics) void sendMetrics(readMetrics);
  });
  tell({ is: 'loaded' });
}

async function start(
  settings: Settings,
  connection: DatabaseConnection,
  log: Log,
  stopping: StopSequence,
): Promise<Composition['readMetrics']> {
  try {
    const encryptionKey = await loadEncryptionKey(settings);
    const readMetrics = await serve({ settings, encryptionKey, connection, log, stopping });
    tell({ is: 'listening' });
    return readMetrics;
  } catch (error) {
    if (stopping.isBegun) return undefined;
    const explanation = explainStartFault(error);
    if (explanation === undefined)
      log.fatal({ err: error }, 'a worker process can’t start because of a fault of its own');
    tell({ is: 'failed', explanation });
    await stopping.run();
    return process.exit(1);
  }
}

function tell(message: ToPrimary): void {
  process.send?.(message);
}
