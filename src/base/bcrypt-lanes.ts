// bcrypt on a fixed number of threads of its own. In libuv's pool its 50 ms and more would hold up signatures, file access and
// name resolution; without a bound on its queue, wrong secrets sent in bulk would make everybody wait.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { createFairLine, type FairLine } from './fair-line.ts';
import { LANE_PROGRAM } from './bcrypt-lane-worker.ts';

export interface BcryptQueue {
  /**
   * False also for what is no bcrypt hash. `plain` beyond its 72nd byte isn't looked at. Rejects like `hash`. Senders are served in
   * turn: one who sends much keeps nobody else waiting.
   */
  compare(plain: string, hash: string, sender?: string): Promise<boolean>;
  /** A `$2b$` hash. Rejects with LanesFullError, and with RangeError for a text that bcrypt would silently cut off. */
  hash(plain: string): Promise<string>;
}

export interface OpenBcryptQueue extends BcryptQueue {
  /** How many jobs wait in it now. */
  readonly waiting: number;
}

export interface BcryptLanes extends OpenBcryptQueue {
  /** A second queue beside the first. Lanes take from all queues in turn, so that a flood in one doesn't starve the other. */
  openQueue(queueLimit: number): OpenBcryptQueue;
  /** Ends the threads. Jobs that aren't done reject. */
  close(): Promise<void>;
}

export interface BcryptLanesOptions {
  /** Number of threads; each keeps a core busy while there is work. They start with the first job. */
  readonly lanes: number;
  /** How many jobs may wait. Those being worked on don't count. */
  readonly queueLimit: number;
  /** Cost of new hashes, as a power of two. */
  readonly cost: number;
}

/** The queue is full: the caller answers 503 or 429 with `Retry-After`. Nothing was compared. */
export class LanesFullError extends Error {
  constructor() {
    super('too many secrets are waiting to be checked');
    this.name = 'LanesFullError';
  }
}

interface Job {
  readonly plain: string;
  readonly hash: string | undefined;
  readonly resolve: (result: boolean | string) => void;
  readonly reject: (error: Error) => void;
  /** How many threads died under it. */
  deaths: number;
}

interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
}

const MAX_PLAIN_BYTES = 72;
const MAX_DEATHS = 2;

export function createBcryptLanes(options: BcryptLanesOptions): BcryptLanes {
  const lanes = new Lanes(options);
  const first = lanes.openQueue(options.queueLimit);
  return {
    compare: first.compare,
    hash: first.hash,
    get waiting() {
      return first.waiting;
    },
    openQueue: (queueLimit) => lanes.openQueue(queueLimit),
    close: () => lanes.close(),
  };
}

class Lanes {
  readonly #count: number;
  readonly #workerData: { bcrypt: string; cost: number };
  readonly #lanes = new Set<Lane>();
  readonly #queues: FairLine<Job>[] = [];
  /** Index of the queue whose turn it is. */
  #turn = 0;
  #isClosed = false;

  constructor({ lanes, cost }: BcryptLanesOptions) {
    this.#count = lanes;
    this.#workerData = { bcrypt: createRequire(import.meta.url).resolve('bcrypt'), cost };
  }

  openQueue(limit: number): OpenBcryptQueue {
    const queue = createFairLine<Job>(limit);
    this.#queues.push(queue);
    return {
      get waiting() {
        return queue.size;
      },
      compare: async (plain, hash, sender = '') =>
        (await this.#submit(queue, sender, plain, hash.replace(/^\$2y\$/, '$2b$'))) === true,
      hash: async (plain) => {
        if (Buffer.byteLength(plain) > MAX_PLAIN_BYTES || plain.includes('\0')) {
          throw new RangeError(`bcrypt takes at most ${MAX_PLAIN_BYTES} bytes and no NUL: hash a digest`);
        }
        return String(await this.#submit(queue, '', plain, undefined));
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const unfinished = [...this.#queues.flatMap((queue) => queue.takeAll()), ...[...this.#lanes].map(({ job }) => job)];
    for (const job of unfinished) job?.reject(closedError());
    await Promise.all([...this.#lanes].map(async ({ worker }) => await worker.terminate()));
  }

  #submit(queue: FairLine<Job>, sender: string, plain: string, hash: string | undefined): Promise<boolean | string> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closedError());
      const job: Job = { plain, hash, resolve, reject, deaths: 0 };
      const lane = this.#freeLane();
      if (lane) return give(lane, job);
      queue.add(job, sender)?.reject(new LanesFullError());
    });
  }

  #freeLane(): Lane | undefined {
    for (const lane of this.#lanes) {
      if (!lane.job) return lane;
    }
    return this.#lanes.size < this.#count ? this.#startLane() : undefined;
  }

  #startLane(): Lane {
    const worker = new Worker(LANE_PROGRAM, {
      eval: true,
      name: 'bcrypt',
      workerData: this.#workerData,
      // The thread needs nothing of ours, least of all our secrets.
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    const lane: Lane = { worker, job: undefined };
    let cause: unknown;
    worker.unref();
    worker.on('message', (answer: { result?: boolean | string; fault?: string }) => this.#onAnswer(lane, answer));
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => this.#onDeath(lane, cause));
    this.#lanes.add(lane);
    return lane;
  }

  #onAnswer(lane: Lane, { result, fault }: { result?: boolean | string; fault?: string }): void {
    const { job } = lane;
    const next = this.#takeNext();
    lane.job = undefined;
    lane.worker.unref();
    if (next) give(lane, next);
    if (result === undefined) job?.reject(new Error(`bcrypt: ${fault}`));
    else job?.resolve(result);
  }

  /** Whatever ended the thread, its job gets a second chance on a new one. */
  #onDeath(lane: Lane, cause: unknown): void {
    this.#lanes.delete(lane);
    if (this.#isClosed) return;
    const { job } = lane;
    if (job) {
      job.deaths += 1;
      if (job.deaths >= MAX_DEATHS) job.reject(new Error('the bcrypt thread died twice under this job', { cause }));
    }
    const next = job && job.deaths < MAX_DEATHS ? job : this.#takeNext();
    if (next) give(this.#startLane(), next);
  }

  #takeNext(): Job | undefined {
    for (let tried = 0; tried < this.#queues.length; tried += 1) {
      const job = this.#queues[this.#turn]?.take();
      this.#turn = (this.#turn + 1) % this.#queues.length;
      if (job) return job;
    }
    return undefined;
  }
}

/** A thread with a job keeps the process alive, an idle one doesn't. */
function give(lane: Lane, job: Job): void {
  lane.job = job;
  lane.worker.ref();
  lane.worker.postMessage({ plain: job.plain, hash: job.hash });
}

function closedError(): Error {
  return new Error('the bcrypt lanes are closed');
}
