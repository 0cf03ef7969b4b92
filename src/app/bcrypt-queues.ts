// Who may use the bcrypt threads, and how many may wait: three queues, so that guessing at secrets keeps nobody from signing in.
import { availableParallelism } from 'node:os';
import { type BcryptQueue, createBcryptLanes, LanesFullError } from '../base/bcrypt-lanes.ts';
import { Problem } from '../base/problem.ts';
import type { Settings } from '../config/settings.ts';

export interface BcryptQueues {
  /** Client secrets. Rejects with LanesFullError. */
  readonly secrets: BcryptQueue;
  /** Passwords of users, and hashes of new ones. Rejects with `service.unavailable`. */
  readonly passwords: BcryptQueue;
  /** Hashes of new client secrets. Rejects with `service.unavailable`. */
  readonly newSecrets: BcryptQueue;
  /** How many wait in each now. */
  waiting(): { readonly secrets: number; readonly passwords: number; readonly newSecrets: number };
  close(): Promise<void>;
}

const MAX_LANES = 8;
/** All limits are for this cost. One step more takes twice the time, so that half as many wait as long. */
const USUAL_COST = 10;
const FEWEST_WAITING = 4;
const MOST_WAITING = 2_000;
/** At some 15 comparisons a second and lane: what waits longest waits four seconds. */
const WAITING_SECRETS_PER_LANE = 64;
const WAITING_PASSWORDS_PER_LANE = 24;
/** They come from those who were let in already, such as a job that registers a hundred clients at once. */
const WAITING_NEW_SECRETS_PER_LANE = 160;

export function createBcryptQueues({ bcryptCost, workers }: Pick<Settings, 'bcryptCost' | 'workers'>): BcryptQueues {
  // The main thread of each process keeps a processor to itself where there are enough.
  const lanes = Math.max(1, Math.min(MAX_LANES, Math.floor(availableParallelism() / workers) - 1));
  const limitOf = (waitingPerLane: number) => {
    const atThisCost = Math.round(waitingPerLane * 2 ** (USUAL_COST - bcryptCost));
    return lanes * Math.min(MOST_WAITING, Math.max(FEWEST_WAITING, atThisCost));
  };
  const pool = createBcryptLanes({ lanes, queueLimit: limitOf(WAITING_SECRETS_PER_LANE), cost: bcryptCost });
  const passwords = pool.openQueue(limitOf(WAITING_PASSWORDS_PER_LANE));
  const newSecrets = pool.openQueue(limitOf(WAITING_NEW_SECRETS_PER_LANE));
  return {
    secrets: pool,
    passwords: withProblems(passwords),
    newSecrets: withProblems(newSecrets),
    waiting: () => ({ secrets: pool.waiting, passwords: passwords.waiting, newSecrets: newSecrets.waiting }),
    close: () => pool.close(),
  };
}

function withProblems(queue: BcryptQueue): BcryptQueue {
  return {
    compare: (plain, hash, sender) => queue.compare(plain, hash, sender).catch(explainFull),
    hash: (plain) => queue.hash(plain).catch(explainFull),
  };
}

function explainFull(error: unknown): never {
  if (!(error instanceof LanesFullError)) throw error;
  throw new Problem('service.unavailable', 'Too many passwords and secrets are being checked. Try again in a moment.', {
    retryAfterSeconds: 2,
    cause: error,
  });
}
