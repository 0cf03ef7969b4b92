// Every revoked token in memory: loaded once, added to by the change feed, loaded anew when something may have been missed.
import type { Log } from '../base/log.ts';

export interface RevokedTokens {
  /** True is certain. False is, while the set is complete and the feed is fresh. */
  has(jti: string): boolean;
  isComplete(): boolean;
  add(jti: string): void;
  /** Some may be missing. */
  startOver(): void;
}

interface RevokedTokensParts {
  /** At most `limit` of the stored ones. */
  read(limit: number): Promise<readonly string[]>;
  readonly maxSize: number;
  readonly log: Pick<Log, 'warn'>;
}

const RETRY_MILLISECONDS = 1000;
/** The database drops tokens that have expired; they leave the memory with the next loading. */
const RENEWAL_MILLISECONDS = 60 * 60 * 1000;
const WORTH_RENEWING = 10_000;

/** Begins to load at once. Without a timer: what is due is done when somebody asks. */
export function createRevokedTokens(parts: RevokedTokensParts): RevokedTokens {
  const tokens = new LoadedTokens(parts);
  tokens.startOver();
  return tokens;
}

class LoadedTokens implements RevokedTokens {
  readonly #parts: RevokedTokensParts;
  #known = new Set<string>();
  #isComplete = false;
  /** What the feed tells during a loading, which may have begun before. */
  #told: Set<string> | undefined;
  /** A loading that was under way when something may have been missed proves nothing. */
  #hasMissed = false;
  #dueAt = Infinity;

  constructor(parts: RevokedTokensParts) {
    this.#parts = parts;
  }

  has(jti: string): boolean {
    return this.#known.has(jti);
  }

  isComplete(): boolean {
    if (performance.now() >= this.#dueAt && !this.#told) void this.#load();
    return this.#isComplete;
  }

  add(jti: string): void {
    this.#told?.add(jti);
    this.#known.add(jti);
    if (this.#known.size > this.#parts.maxSize) this.#giveUp();
  }

  startOver(): void {
    this.#isComplete = false;
    this.#hasMissed = true;
    if (!this.#told) void this.#load();
  }

  /** Never rejects. */
  async #load(): Promise<void> {
    try {
      do {
        this.#hasMissed = false;
        this.#told = new Set();
        const stored = await this.#parts.read(this.#parts.maxSize + 1);
        this.#take(stored, this.#told);
      } while (this.#hasMissed);
    } catch (err) {
      this.#parts.log.warn({ err }, 'the revoked tokens could not be loaded; each is asked for until they are');
      this.#dueAt = performance.now() + RETRY_MILLISECONDS;
    } finally {
      this.#told = undefined;
    }
  }

  #take(stored: readonly string[], told: ReadonlySet<string>): void {
    if (stored.length + told.size > this.#parts.maxSize) return this.#giveUp();
    this.#known = new Set(stored);
    for (const jti of told) this.#known.add(jti);
    this.#isComplete = !this.#hasMissed;
    this.#dueAt = stored.length > WORTH_RENEWING ? performance.now() + RENEWAL_MILLISECONDS : Infinity;
  }

  /** Too many to be kept; until there are fewer, somebody else has to know. */
  #giveUp(): void {
    this.#known = new Set();
    this.#isComplete = false;
    this.#dueAt = performance.now() + RENEWAL_MILLISECONDS;
  }
}
