// What the host names in IP rules stand for now, answered from memory: names in use are looked up again in the background before
// their answers end, so that a request never waits for the DNS.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import {
  addressesAt,
  EMPTY_RECORD,
  failureOf,
  type HostAnswers,
  type HostRecord,
  type HostState,
  isSameAddresses,
  KEEP_MILLISECONDS,
  learn,
  MAX_HOST_ADDRESSES,
  statusOf,
  waitBeforeNextLookUp,
} from './host-record.ts';
import type { HostResolver } from './host-resolver.ts';
import { formatIpAddress, type IpAddress } from './ip-address.ts';

export interface HostDirectory {
  /** At once: [] for a name that stands for nothing, or of which nothing has been heard. A new name is looked up from now on. */
  resolve(name: string): readonly IpAddress[];
  /**
   * Kept when something has been heard of every name, or after the wait (1.5 s) at the latest. Awaited before rules are asked
   * for the first time; then that call isn't refused for want of an answer.
   */
  ready(names: readonly string[], waitMilliseconds?: number): Promise<void>;
  /** Whether something has been heard of every name; never waits. A name that isn't under watch has not been heard of. */
  isReady(names: readonly string[]): boolean;
  /** Names that stay under watch although nobody asks. Replaces what was kept before. */
  keep(names: Iterable<string>): void;
  /** For the pages; undefined for a name that isn't under watch. Doesn't count as use. */
  state(name: string): HostState | undefined;
  /** Looks up what is due and forgets what is out of use. Called every second by a timer of the directory's own. */
  checkDue(): void;
  /** Ends the looking up. Answers stay until they end. */
  close(): void;
}

export interface HostDirectoryOptions {
  readonly resolver: HostResolver;
  readonly log: Log;
  /** For the instants that people see. */
  readonly clock: Clock;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
  /** 0 to 1. */
  readonly random?: () => number;
  readonly maxNames?: number;
  /** Lookups at once, of two questions each. */
  readonly maxParallel?: number;
}

/** A name that nobody has asked for in this time is forgotten; the next to ask for it waits for its first answer again. */
export const FORGET_MILLISECONDS = 60 * 60_000;

const FIRST_ANSWER_MILLISECONDS = 1_500;
const TICK_MILLISECONDS = 1_000;
const MAX_NAMES = 20_000;
const MAX_PARALLEL = 32;
/** When full, a name in use within this time doesn't make room for a new one. */
const IN_USE_MILLISECONDS = 5 * 60_000;
/** How long a full directory takes no new names and says nothing more of it. */
const FULL_MILLISECONDS = 10_000;

export function createHostDirectory(options: HostDirectoryOptions): HostDirectory {
  return new WatchedHosts(options);
}

interface Entry {
  readonly name: string;
  record: HostRecord;
  /** What `resolve` answers until `validUntil`. */
  addresses: readonly IpAddress[];
  validUntil: number;
  askedAt: number;
  dueAt: number;
  isBeingLookedUp: boolean;
  since: Date | null;
  checkedAt: Date | null;
  /** Of those who await the first answer. */
  readonly waiting: (() => void)[];
}

class WatchedHosts implements HostDirectory {
  readonly #options: HostDirectoryOptions;
  readonly #now: () => number;
  readonly #maxNames: number;
  readonly #maxParallel: number;
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  /** Names of which nothing has been heard, in the order of coming. They go before those that are refreshed. */
  readonly #new = new Set<Entry>();
  #kept: ReadonlySet<string> = new Set();
  #running = 0;
  #isClosed = false;
  #fullUntil = -Infinity;

  constructor(options: HostDirectoryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#maxNames = options.maxNames ?? MAX_NAMES;
    this.#maxParallel = options.maxParallel ?? MAX_PARALLEL;
    this.#timer = setInterval(() => this.checkDue(), TICK_MILLISECONDS).unref();
  }

  resolve(name: string): readonly IpAddress[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      this.#watch(name);
      return [];
    }
    const now = this.#now();
    entry.askedAt = now;
    if (now >= entry.validUntil) this.#refreshAnswer(entry, now);
    return entry.addresses;
  }

  async ready(names: readonly string[], waitMilliseconds = FIRST_ANSWER_MILLISECONDS): Promise<void> {
    const unheard = names.flatMap((name) => {
      this.resolve(name);
      const entry = this.#entries.get(name);
      return entry && this.#new.has(entry) ? [entry] : [];
    });
    if (unheard.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const heard = Promise.all(unheard.map((entry) => new Promise<void>((resolve) => entry.waiting.push(resolve))));
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMilliseconds)));
    await Promise.race([heard, late]);
    clearTimeout(timer);
  }

  isReady(names: readonly string[]): boolean {
    return names.every((name) => {
      const entry = this.#entries.get(name);
      return entry !== undefined && !this.#new.has(entry);
    });
  }

  keep(names: Iterable<string>): void {
    this.#kept = new Set(names);
    for (const name of this.#kept) if (!this.#entries.has(name)) this.#watch(name);
  }

  state(name: string): HostState | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const now = this.#now();
    if (now >= entry.validUntil) this.#refreshAnswer(entry, now);
    const status = statusOf(entry.record, now);
    return {
      name,
      status,
      addresses: entry.addresses,
      since: entry.since,
      checkedAt: entry.checkedAt,
      closesAt: status === 'failing' ? new Date(this.#options.clock.now().getTime() + entry.validUntil - now) : null,
      failure: failureOf(entry.record) ?? null,
    };
  }

  checkDue(): void {
    const now = this.#now();
    const due: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (now - entry.askedAt > FORGET_MILLISECONDS && !this.#kept.has(entry.name)) this.#forget(entry);
      else {
        if (now >= entry.validUntil) this.#refreshAnswer(entry, now);
        if (!entry.isBeingLookedUp && entry.dueAt <= now) due.push(entry);
      }
    }
    due.sort((a, b) => a.dueAt - b.dueAt);
    this.#startNew();
    // A quarter is left to names that somebody waits for: dead name servers must not hold them up.
    const forRefreshing = Math.ceil(this.#maxParallel * 0.75);
    for (const entry of due) {
      if (this.#running >= forRefreshing) break;
      if (!entry.isBeingLookedUp) void this.#lookUp(entry);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const entry of this.#new) release(entry);
  }

  #watch(name: string): void {
    const now = this.#now();
    if (this.#entries.size >= this.#maxNames && !this.#makeRoom(now)) return;
    const entry: Entry = {
      name,
      record: EMPTY_RECORD,
      addresses: [],
      validUntil: Infinity,
      askedAt: now,
      dueAt: now,
      isBeingLookedUp: false,
      since: null,
      checkedAt: null,
      waiting: [],
    };
    this.#entries.set(name, entry);
    this.#new.add(entry);
    this.#startNew();
  }

  #startNew(): void {
    for (const entry of this.#new) {
      if (this.#running >= this.#maxParallel) return;
      if (!entry.isBeingLookedUp) void this.#lookUp(entry);
    }
  }

  /** Forgets the name that has been out of use for longest. False when all are in use. */
  #makeRoom(now: number): boolean {
    // Looking through all of them at every request would be the request path paying for a full directory.
    if (now < this.#fullUntil) return false;
    let idle: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (this.#kept.has(entry.name) || now - entry.askedAt < IN_USE_MILLISECONDS) continue;
      if (idle === undefined || entry.askedAt < idle.askedAt) idle = entry;
    }
    if (idle !== undefined) {
      this.#forget(idle);
      return true;
    }
    this.#fullUntil = now + FULL_MILLISECONDS;
    this.#options.log.warn({ names: this.#maxNames }, 'too many host names in IP rules: further ones match nobody');
    return false;
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.name);
    this.#new.delete(entry);
    release(entry);
  }

  async #lookUp(entry: Entry): Promise<void> {
    entry.isBeingLookedUp = true;
    this.#running += 1;
    const startedAt = this.#now();
    const { resolver } = this.#options;
    const [ipv4, ipv6] = await Promise.all([resolver.lookUp(entry.name, 4), resolver.lookUp(entry.name, 6)]);
    this.#running -= 1;
    entry.isBeingLookedUp = false;
    this.#new.delete(entry);
    if (this.#isClosed) return;
    if (this.#entries.get(entry.name) === entry) this.#learn(entry, { 4: ipv4, 6: ipv6 }, startedAt);
    release(entry);
    this.#startNew();
  }

  #learn(entry: Entry, answers: HostAnswers, startedAt: number): void {
    const now = this.#now();
    const before = entry.record;
    entry.record = learn(before, answers, startedAt);
    entry.dueAt = now + waitBeforeNextLookUp(entry.record, (this.#options.random ?? Math.random)());
    if (answers[4].kind !== 'failed' || answers[6].kind !== 'failed') entry.checkedAt = this.#options.clock.now();
    const isFirst = entry.since === null;
    this.#refreshAnswer(entry, now);
    if (isFirst) entry.since = entry.checkedAt;
    const { log } = this.#options;
    const host = entry.name;
    if (before.failures === 0 && entry.record.failures > 0) {
      const kept_seconds = entry.addresses.length > 0 ? KEEP_MILLISECONDS / 1000 : 0;
      log.warn(
        { host, reason: failureOf(entry.record), kept_seconds },
        'a host name of an IP rule cannot be looked up',
      );
    } else if (before.failures > 0 && entry.record.failures === 0) {
      log.info({ host }, 'a host name of an IP rule can be looked up again');
    }
  }

  /** Computes what `resolve` answers, and says so in the log if it isn't what it was. */
  #refreshAnswer(entry: Entry, now: number): void {
    const before = entry.addresses;
    const { addresses, heard, until } = addressesAt(entry.record, now);
    entry.validUntil = until;
    if (isSameAddresses(before, addresses)) return;
    entry.addresses = addresses;
    entry.since = this.#options.clock.now();
    const fields = { host: entry.name, before: before.map(formatIpAddress), after: addresses.map(formatIpAddress) };
    const { log } = this.#options;
    if (addresses.length > 0) log.info(fields, 'a host name of an IP rule stands for other addresses now');
    else log.warn(fields, 'a host name of an IP rule stands for no address any more and matches nobody');
    if (heard > MAX_HOST_ADDRESSES) {
      const message = `a host name of an IP rule has more than ${MAX_HOST_ADDRESSES} addresses: the rest is not used`;
      log.warn({ host: entry.name, addresses: heard }, message);
    }
  }
}

function release(entry: Entry): void {
  for (const resolve of entry.waiting.splice(0)) resolve();
}
