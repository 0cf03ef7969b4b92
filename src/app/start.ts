// `npm start`: from the environment to a running server, alone or as the first of several processes.
import cluster from 'node:cluster';
import { createLog, type Log } from '../base/log.ts';
import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { announce, warnOfSettings } from './announcement.ts';
import { startDatabase } from './database-source.ts';
import { loadEncryptionKey } from './encryption-key.ts';
import { type FirstSteps, takeFirstSteps } from './first-steps.ts';
import { serveMetrics } from './metrics/metrics-server.ts';
import { loadServer, serve } from './serve.ts';
import { explainStartFault } from './start-fault.ts';
import { createOrderlyStop, createStopSequence, endOnFaults, stopOnSignals, type StopSequence } from './stop.ts';

/** Never rejects: what keeps Postern from starting is said on standard error, and the process ends with status 1. */
export async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  let settings: Settings;
  try {
    settings = readSettings(environment);
  } catch (error) {
    tellFault(error);
    return process.exit(1);
  }
  const log = createLog(settings.logLevel);
  endOnFaults(log);
  if (cluster.isWorker) return (await import('./worker.ts')).runWorker(settings, log);
  const stopping = createStopSequence(log);
  stopOnSignals(createOrderlyStop(stopping, log), log);
  try {
    warnOfSettings(log, settings);
    if (settings.workers > 1) await (await import('./primary.ts')).runPrimary(settings, log, stopping);
    else await runAlone(settings, log, stopping);
  } catch (error) {
    // Stopped while starting: that ends the process, and what fails on the way is no news.
    if (stopping.isBegun) return;
    tellFault(error, log);
    await stopping.run();
    process.exit(1);
  }
}

async function runAlone(settings: Settings, log: Log, stopping: StopSequence): Promise<void> {
  const encryptionKey = await loadEncryptionKey(settings);
  // Both at once: the database starts in processes of its own while this one is busy loading modules.
  const [source] = await Promise.all([startDatabase(settings, log), loadServer()]);
  stopping.add('embedded database', () => source.stop());
  void source.died.then((reason) => {
    log.fatal({ reason }, 'Postern ends: it has no database any more');
    process.exit(1);
  });
  let steps: FirstSteps | undefined;
  const readMetrics = await serve({
    settings,
    encryptionKey,
    connection: source.connection,
    log,
    stopping,
    prepare: async ({ accounts }) => {
      steps = await takeFirstSteps(accounts, settings);
    },
  });
  if (readMetrics) {
    await serveMetrics({ settings, collect: async () => [await readMetrics()], log, stopping });
  }
  if (steps) announce(log, settings, steps);
}

function tellFault(error: unknown, log?: Log): void {
  const explanation = explainStartFault(error);
  process.stderr.write(`Postern can't start: ${explanation ?? 'a fault of its own stops it, see the log.'}\n`);
  if (explanation === undefined) log?.fatal({ err: error }, 'Postern can’t start because of a fault of its own');
}
