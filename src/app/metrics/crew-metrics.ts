// The metrics of all worker processes, as the first one gives them away. Counters never go back: what a worker had counted stays in
// the sum when it hangs or has ended; what it was at then (memory, connections, who waits) does not.
import cluster, { type Worker } from 'node:cluster';
import type { EventEmitter } from 'node:events';
import type { ToPrimary, ToWorker } from '../worker-messages.ts';
import type { MetricFamily, MetricValue } from './metric-families.ts';
import type { MetricsReader, ProcessMetrics } from './prometheus.ts';

/** One that doesn't answer by then, because it starts, stops or hangs, is there with what it counted only. */
const PATIENCE_MILLISECONDS = 2_000;
/** What was counted since is lost when a worker is killed. */
const TELLING_MILLISECONDS = 1_000;

/** As much of a worker process as is needed here. */
export type MeasuredWorker = EventEmitter & Pick<Worker, 'id' | 'isDead' | 'isConnected' | 'send'>;

export class CrewMetrics {
  /** What each told last, by the worker's id and the metric's name. */
  readonly #told = new Map<number, Map<string, MetricFamily>>();
  /** Of those that have ended. */
  #ended: ProcessMetrics = [];

  /** From its beginning on. */
  watch(worker: MeasuredWorker): void {
    const told = new Map<string, MetricFamily>();
    this.#told.set(worker.id, told);
    worker.on('message', (message: ToPrimary) => {
      if (message.is !== 'measured' && message.is !== 'counted') return;
      for (const family of message.metrics) told.set(family.name, family);
    });
    const settle = () => {
      // It may have ended before its last words are heard.
      if (!worker.isDead() || worker.isConnected()) return;
      if (this.#told.delete(worker.id)) this.#ended = addCounted([this.#ended, [...told.values()]]);
    };
    worker.on('exit', settle);
    worker.on('disconnect', settle);
  }

  /** Asks those that run now. */
  async collect(workers: readonly MeasuredWorker[]): Promise<readonly ProcessMetrics[]> {
    const answered = new Set<number>();
    await Promise.all(workers.map(async (worker) => (await hasAnswered(worker)) && answered.add(worker.id)));
    const now = [...this.#told].map(([id, told]) => {
      const families = [...told.values()];
      return answered.has(id) ? families : families.filter(isCounted);
    });
    return [this.#ended, ...now];
  }
}

function isCounted({ type }: MetricFamily): boolean {
  return type === 'counter' || type === 'histogram';
}

/** The sum of what only grows; the rest is left out. */
function addCounted(processes: readonly ProcessMetrics[]): ProcessMetrics {
  const sums = new Map<string, MetricFamily & { readonly byLabels: Map<string, MetricValue> }>();
  for (const family of processes.flat().filter(isCounted)) {
    const byLabels = sums.get(family.name)?.byLabels ?? new Map<string, MetricValue>();
    if (byLabels.size === 0) sums.set(family.name, { ...family, byLabels });
    for (const value of family.values) {
      const key = JSON.stringify([value.metricName, value.labels]);
      byLabels.set(key, { ...value, value: value.value + (byLabels.get(key)?.value ?? 0) });
    }
  }
  return Array.from(sums.values(), ({ byLabels, ...family }) => ({ ...family, values: [...byLabels.values()] }));
}

function hasAnswered(worker: MeasuredWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isAnswer: boolean) => {
      clearTimeout(timer);
      worker.off('message', hear);
      worker.off('disconnect', giveUp);
      resolve(isAnswer);
    };
    const giveUp = () => finish(false);
    const hear = (message: ToPrimary) => {
      if (message.is === 'measured') finish(true);
    };
    const timer = setTimeout(giveUp, PATIENCE_MILLISECONDS);
    worker.on('message', hear);
    worker.on('disconnect', giveUp);
    const question: ToWorker = { is: 'measure' };
    worker.send(question, (error) => {
      if (error) giveUp();
    });
  });
}

/** In a worker: sends all its numbers to the first process, which asked. */
export async function sendMetrics(read: MetricsReader): Promise<void> {
  send({ is: 'measured', metrics: await read() });
}

/** In a worker: tells the first process unasked what it counts, so that it is known should this process end. */
export function keepTelling(read: MetricsReader): void {
  setInterval(() => {
    void read('own').then((metrics) => send({ is: 'counted', metrics }));
  }, TELLING_MILLISECONDS).unref();
}

function send(message: ToPrimary): void {
  if (cluster.worker?.isConnected()) cluster.worker.send(message);
}
