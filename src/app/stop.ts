// How a process ends: by a signal in an orderly way, by a fault at once.
import type { Log } from '../base/log.ts';

/** What has been started so far, and how each part is ended. */
export interface StopSequence {
  /** What was added last ends first. */
  add(name: string, step: () => Promise<unknown> | void): void;
  /** All steps, whatever becomes of the others: what can't be flushed must not keep the database from being closed. */
  run(): Promise<void>;
  /** Whether it was begun. What then fails in a start under way is no news. */
  readonly isBegun: boolean;
}

export function createStopSequence(log: Log): StopSequence {
  const steps: { name: string; step: () => Promise<unknown> | void }[] = [];
  let running: Promise<void> | undefined;
  const runAll = async () => {
    for (let next = steps.pop(); next !== undefined; next = steps.pop()) {
      try {
        await next.step();
      } catch (error) {
        log.error({ err: error, step: next.name }, 'a step of stopping failed');
      }
    }
  };
  return {
    add: (name, step) => void steps.push({ name, step }),
    run: () => (running ??= runAll()),
    get isBegun() {
      return running !== undefined;
    },
  };
}

/** npm, and a terminal beside it, pass one Ctrl-C on twice. */
const SAME_SIGNAL_MILLISECONDS = 500;
/** What is left after that is given up, so that the process has ended before somebody kills it after ten seconds. */
const STOP_WITHIN_MILLISECONDS = 9_500;

/** Runs the sequence once and ends the process with status 0. */
export function createOrderlyStop(sequence: StopSequence, log: Log): (reason: string) => void {
  return (reason) => {
    if (sequence.isBegun) return;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error('the orderly stop takes too long and is given up');
      process.exit(1);
    }, STOP_WITHIN_MILLISECONDS).unref();
    void sequence.run().then(() => {
      log.info('stopped');
      process.exit(0);
    });
  };
}

/** The first SIGTERM or SIGINT stops in order, a later one ends the process at once. */
export function stopOnSignals(stop: (reason: string) => void, log: Log): void {
  let askedAt: number | undefined;
  const onSignal = (signal: string) => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      stop(signal);
    } else if (performance.now() - askedAt > SAME_SIGNAL_MILLISECONDS) {
      log.warn({ reason: signal }, 'stopping at once, as asked again');
      process.exit(1);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // The terminal was closed.
  process.on('SIGHUP', stop);
}

/** After what nobody expected, a rejection that nobody handled too, the state can't be trusted: it is told, and the process ends. */
export function endOnFaults(log: Log): void {
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'a fault in Postern ends the process');
    process.exit(1);
  });
}
