// The first of several processes: owns the embedded database, prepares the installation once, and keeps the workers running.
import cluster, { type Worker } from 'node:cluster';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createSecretBox } from '../base/secret-box.ts';
import type { Settings } from '../config/settings.ts';
import { openKeyRing } from '../domain/signing-key/key-ring.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import { openDatabase } from '../storage/open-database.ts';
import { announce } from './announcement.ts';
import { createBcryptQueues } from './bcrypt-queues.ts';
import { startDatabase } from './database-source.ts';
import { loadEncryptionKey } from './encryption-key.ts';
import { type FirstSteps, takeFirstSteps } from './first-steps.ts';
import { CrewMetrics } from './metrics/crew-metrics.ts';
import { serveMetrics } from './metrics/metrics-server.ts';
import type { ProcessMetrics } from './metrics/prometheus.ts';
import { createDummyHash, createServices } from './services.ts';
import { StartFault } from './start-fault.ts';
import type { StopSequence } from './stop.ts';
import type { ToPrimary, ToWorker } from './worker-messages.ts';

const PREPARING_CONNECTIONS = 2;

export async function runPrimary(settings: Settings, log: Log, stopping: StopSequence): Promise<void> {
  const encryptionKey = await loadEncryptionKey(settings);
  const source = await startDatabase(settings, log);
  stopping.add('embedded database', () => source.stop());
  void source.died.then((reason) => {
    log.fatal({ reason }, 'Postern ends: it has no database any more');
    process.exit(1);
  });
  const steps = await prepare(settings, source.connection, encryptionKey, log);
  const crew = new Crew(settings.workers, source.connection, log);
  stopping.add('workers', () => crew.stop());
  await crew.start();
  await serveMetrics({ settings, collect: () => crew.measure(), log, stopping });
  announce(log, settings, steps);
}

/** What happens once for all workers: migrations, the first signing key, the first user or the link to make one. */
async function prepare(
  settings: Settings,
  connection: DatabaseConnection,
  encryptionKey: Buffer,
  log: Log,
): Promise<FirstSteps> {
  const clock = systemClock;
  const { issuer } = settings;
  const database = await openDatabase({ connection, issuer, log, clock, poolSize: PREPARING_CONNECTIONS });
  const queues = createBcryptQueues(settings);
  try {
    const { storage } = database;
    await openKeyRing({ storage, secretBox: createSecretBox(encryptionKey), clock });
    const dummyHash = await createDummyHash(queues);
    const { accounts } = createServices({ storage, queues, dummyHash, clock });
    return await takeFirstSteps(accounts, settings);
  } finally {
    await queues.close();
    await database.close();
  }
}

const FIRST_DELAY_MILLISECONDS = 200;
const LAST_DELAY_MILLISECONDS = 10_000;
/** A worker that ran this long before it died is a new case. */
const STABLE_MILLISECONDS = 60_000;
/** Longer than a worker takes to stop in order, shorter than our own patience. */
const STOP_MILLISECONDS = 7_500;

class Crew {
  readonly #size: number;
  readonly #connection: DatabaseConnection;
  readonly #log: Log;
  /** Those that hear what they are told. */
  readonly #loaded = new Set<Worker>();
  readonly #metrics = new CrewMetrics();
  #isStopping = false;
  #delay = FIRST_DELAY_MILLISECONDS;

  constructor(size: number, connection: DatabaseConnection, log: Log) {
    this.#size = size;
    this.#connection = connection;
    this.#log = log;
  }

  /** Resolves when all listen; rejects when one can't. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#size }, () => this.#launch()));
  }

  measure(): Promise<readonly ProcessMetrics[]> {
    return this.#metrics.collect(running().filter((worker) => worker.isConnected() && this.#loaded.has(worker)));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const workers = running();
    for (const worker of workers) {
      if (this.#loaded.has(worker)) order(worker, { is: 'stop' });
      // It has nothing yet, and messages that come while it loads its modules are lost.
      else worker.process.kill('SIGKILL');
    }
    const timer = setTimeout(() => {
      this.#log.warn('worker processes take too long to stop and are killed');
      for (const worker of running()) worker.process.kill('SIGKILL');
    }, STOP_MILLISECONDS);
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    clearTimeout(timer);
  }

  #launch(): Promise<void> {
    const worker = cluster.fork();
    this.#metrics.watch(worker);
    const bornAt = performance.now();
    return new Promise((resolve, reject) => {
      let isListening = false;
      let explanation: string | undefined;
      worker.on('message', (message: ToPrimary) => {
        if (message.is === 'loaded') {
          this.#loaded.add(worker);
          order(worker, { is: 'start', connection: this.#connection });
        } else if (message.is === 'failed') explanation = message.explanation;
        else if (message.is === 'listening') {
          isListening = true;
          this.#log.debug({ worker_pid: worker.process.pid }, 'a worker process listens');
          resolve();
        }
      });
      worker.once('exit', (code: number | null, signal: string | null) => {
        this.#loaded.delete(worker);
        if (this.#isStopping) return resolve();
        if (isListening) return this.#replace(worker, bornAt, signal ?? `status ${code}`);
        reject(
          explanation === undefined ? new Error('a worker process ended while starting') : new StartFault(explanation),
        );
      });
    });
  }

  #replace(dead: Worker, bornAt: number, end: string): void {
    if (performance.now() - bornAt > STABLE_MILLISECONDS) this.#delay = FIRST_DELAY_MILLISECONDS;
    this.#log.error({ worker_pid: dead.process.pid, end }, 'a worker process has ended; another takes its place');
    this.#launchLater();
  }

  #launchLater(): void {
    setTimeout(() => {
      if (this.#isStopping) return;
      this.#launch().catch((error: unknown) => {
        this.#log.error({ err: error }, 'a worker process can’t start; trying again');
        this.#launchLater();
      });
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, LAST_DELAY_MILLISECONDS);
  }
}

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap((worker) => (worker && !worker.isDead() ? [worker] : []));
}

function order(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
