// The metrics of all worker processes, asked for by the first one whenever somebody wants to see them.
import cluster, { type Worker } from 'node:cluster';
import type { ToPrimary, ToWorker } from '../worker-messages.ts';
import type { ProcessMetrics } from './prometheus.ts';

/** One that doesn't answer by then, because it starts, stops or hangs, is left out. */
const PATIENCE_MILLISECONDS = 2_000;

export async function collectFromWorkers(workers: readonly Worker[]): Promise<readonly ProcessMetrics[]> {
  const answers = await Promise.all(workers.map(askForMetrics));
  return answers.filter((answer) => answer !== undefined);
}

function askForMetrics(worker: Worker): Promise<ProcessMetrics | undefined> {
  return new Promise((resolve) => {
    const finish = (metrics?: ProcessMetrics) => {
      clearTimeout(timer);
      worker.off('message', hear);
      resolve(metrics);
    };
    const hear = (message: ToPrimary) => {
      if (message.is === 'measured') finish(message.metrics);
    };
    const timer = setTimeout(finish, PATIENCE_MILLISECONDS);
    worker.on('message', hear);
    const question: ToWorker = { is: 'measure' };
    worker.send(question, (error) => {
      if (error) finish();
    });
  });
}

/** In a worker: sends its numbers to the first process. */
export async function sendMetrics(read: () => Promise<ProcessMetrics>): Promise<void> {
  const metrics = await read();
  const answer: ToPrimary = { is: 'measured', metrics };
  if (cluster.worker?.isConnected()) cluster.worker.send(answer);
}
