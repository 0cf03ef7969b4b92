// One of several processes that share the port. It starts and stops when the primary process says so, and ends when that has gone.
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import { loadEncryptionKey } from './encryption-key.ts';
import { serve } from './serve.ts';
import { explainStartFault } from './start-fault.ts';
import { createOrderlyStop, createStopSequence, type StopSequence } from './stop.ts';
import type { ToPrimary, ToWorker } from './worker-messages.ts';

export function runWorker(settings: Settings, log: Log): void {
  const stopping = createStopSequence(log);
  const stop = createOrderlyStop(stopping, log);
  // A terminal sends Ctrl-C to all; it is for the primary to say when.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', stop);
  // Without a primary Node would end us with status 0 in the middle of whatever we do; so it is, but said.
  process.on('disconnect', () => log.error('the primary process has gone'));
  process.on('message', (message: ToWorker) => {
    if (message.is === 'stop') stop('the primary process stops');
    else void start(settings, message.connection, log, stopping);
  });
  tell({ is: 'loaded' });
}

async function start(
  settings: Settings,
  connection: DatabaseConnection,
  log: Log,
  stopping: StopSequence,
): Promise<void> {
  try {
    const encryptionKey = await loadEncryptionKey(settings);
    await serve({ settings, encryptionKey, connection, log, stopping });
    tell({ is: 'listening' });
  } catch (error) {
    if (stopping.isBegun) return;
    const explanation = explainStartFault(error);
    if (explanation === undefined)
      log.fatal({ err: error }, 'a worker process can’t start because of a fault of its own');
    tell({ is: 'failed', explanation });
    await stopping.run();
    process.exit(1);
  }
}

function tell(message: ToPrimary): void {
  process.send?.(message);
}
