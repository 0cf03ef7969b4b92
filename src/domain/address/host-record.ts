// What has been heard of one host name and how long it counts. Pure; the directory keeps one for each name in use.

import type { IpAddress, IpFamily } from './ip-address.ts';
import type { HostAnswer } from './host-resolver.ts';

/** More addresses of one name are not looked at: a name of someone else's must not grow a list without bound. */
export const MAX_HOST_ADDRESSES = 64;
/** How long the last good answer counts while nobody can say what the name stands for now. */
export const KEEP_MILLISECONDS = 10 * 60_000;

const MIN_TTL_SECONDS = 30;
const MAX_TTL_SECONDS = 300;
const ABSENT_MILLISECONDS = 30_000;
const FIRST_RETRY_MILLISECONDS = 15_000;
const LAST_RETRY_MILLISECONDS = 60_000;

interface FamilyRecord {
  /** The last definite answer; undefined before the first. */
  readonly answer: Exclude<HostAnswer, { kind: 'failed' }> | undefined;
  /** When it was asked for, so that an answer is as old as its question. */
  readonly askedAt: number;
  /** Why the latest try brought no answer. */
  readonly failure: string | undefined;
}

/** Times are milliseconds on a clock that never goes back. */
export interface HostRecord {
  readonly families: Readonly<Record<IpFamily, FamilyRecord>>;
  /** How many times in a row at least one family brought no answer. */
  readonly failures: number;
}

export type HostAnswers = Readonly<Record<IpFamily, HostAnswer>>;

const FAMILIES: readonly IpFamily[] = [4, 6];
const UNHEARD: FamilyRecord = { answer: undefined, askedAt: 0, failure: undefined };

export const EMPTY_RECORD: HostRecord = { families: { 4: UNHEARD, 6: UNHEARD }, failures: 0 };

/** A definite answer replaces what was there; without one the last good answer stays. `askedAt` is when the questions went out. */
export function learn(record: HostRecord, answers: HostAnswers, askedAt: number): HostRecord {
  const all = [answers[4], answers[6]];
  // A name that doesn't exist has no addresses of the other family either, whatever went wrong there. Beside a found
  // address it counts for its own family alone: some name servers say NXDOMAIN to every AAAA question (RFC 4074 §4.2).
  const gone = all.find((answer) => answer.kind === 'absent' && answer.why === 'no_such_name');
  const families = { ...record.families };
  for (const family of FAMILIES) {
    const answer = answers[family].kind === 'failed' && gone ? gone : answers[family];
    families[family] =
      answer.kind === 'failed'
        ? { ...record.families[family], failure: answer.reason }
        : { answer, askedAt, failure: undefined };
  }
  const hasFailed = FAMILIES.some((family) => families[family].failure !== undefined);
  return { families, failures: hasFailed ? record.failures + 1 : 0 };
}

export interface HostAddresses {
  /** At most 64. */
  readonly addresses: readonly IpAddress[];
  /** How many there were before the limit. */
  readonly heard: number;
  /** From when on it is no longer so. */
  readonly until: number;
}

/** What the name stands for at `now`. */
export function addressesAt(record: HostRecord, now: number): HostAddresses {
  const kept = FAMILIES.map((family) => record.families[family]).filter(
    ({ answer, askedAt }) => answer?.kind === 'found' && now < askedAt + KEEP_MILLISECONDS,
  );
  const distinct = distinctAddresses(kept.flatMap(({ answer }) => (answer?.kind === 'found' ? answer.addresses : [])));
  const until = Math.min(...kept.map(({ askedAt }) => askedAt + KEEP_MILLISECONDS));
  return { addresses: capped(distinct), heard: distinct.length, until };
}

/** Each address once, in their own order, so that a round-robin of the name server is no change. */
function distinctAddresses(addresses: readonly IpAddress[]): readonly IpAddress[] {
  // An AAAA record may hold a mapped address, which is the IPv4 one.
  const distinct = new Map(addresses.map((address) => [`${address.family} ${address.value}`, address]));
  return [...distinct.values()].sort((a, b) => a.family - b.family || (a.value < b.value ? -1 : 1));
}

/** Of too many each family keeps its share, the same ones every time. */
function capped(sorted: readonly IpAddress[]): readonly IpAddress[] {
  if (sorted.length <= MAX_HOST_ADDRESSES) return sorted;
  const ipv4 = sorted.filter(({ family }) => family === 4);
  const ipv6 = sorted.filter(({ family }) => family === 6);
  const first = ipv4.slice(0, Math.max(MAX_HOST_ADDRESSES / 2, MAX_HOST_ADDRESSES - ipv6.length));
  return [...first, ...ipv6.slice(0, MAX_HOST_ADDRESSES - first.length)];
}

/**
 * How long to wait before asking again. A found name is asked about a little before its time to live ends, so that what ended is
 * never served; `random` (0 to 1) spreads names that came together.
 */
export function waitBeforeNextLookUp(record: HostRecord, random: number): number {
  if (record.failures > 0) {
    const wait = Math.min(FIRST_RETRY_MILLISECONDS * 2 ** Math.min(record.failures - 1, 10), LAST_RETRY_MILLISECONDS);
    return wait * (0.8 + 0.4 * random);
  }
  const found = FAMILIES.flatMap((family) => {
    const { answer } = record.families[family];
    return answer?.kind === 'found' ? [answer.ttlSeconds] : [];
  });
  if (found.length === 0) return ABSENT_MILLISECONDS * (0.9 + 0.1 * random);
  const seconds = Math.min(MAX_TTL_SECONDS, Math.max(MIN_TTL_SECONDS, Math.min(...found)));
  return seconds * 1000 * (0.8 + 0.15 * random);
}

export type HostStatus =
  /** The first answer is awaited. */
  | 'pending'
  | 'resolved'
  | 'no_such_name'
  /** It exists but has neither A nor AAAA records. */
  | 'no_addresses'
  /** The latest try brought no answer; the last good one still counts. */
  | 'failing'
  /** Nobody has been able to say for too long, or ever: it matches nobody. */
  | 'unreachable';

export function statusOf(record: HostRecord, now: number): HostStatus {
  const { addresses } = addressesAt(record, now);
  if (record.failures > 0) return addresses.length > 0 ? 'failing' : 'unreachable';
  if (addresses.length > 0) return 'resolved';
  const answers = FAMILIES.map((family) => record.families[family].answer);
  if (answers.every((answer) => answer === undefined)) return 'pending';
  // Found once and too old by now: nothing has been asked for ten minutes, as after a long sleep of the machine.
  if (answers.some((answer) => answer?.kind === 'found')) return 'unreachable';
  return answers.some((answer) => answer?.kind === 'absent' && answer.why === 'no_such_name')
    ? 'no_such_name'
    : 'no_addresses';
}

/** Why the latest try brought no answer, for the log and the pages. */
export function failureOf(record: HostRecord): string | undefined {
  return record.families[4].failure ?? record.families[6].failure;
}

/** A name as the pages show it. */
export interface HostState {
  readonly name: string;
  readonly status: HostStatus;
  readonly addresses: readonly IpAddress[];
  /** Since when the addresses are these; null while nothing has been heard. */
  readonly since: Date | null;
  /** When the DNS last answered, whatever it said. */
  readonly checkedAt: Date | null;
  /** While failing: from when on the name matches nobody if the DNS stays silent. */
  readonly closesAt: Date | null;
  /** Why the latest lookup brought no answer. */
  readonly failure: string | null;
}

export function isSameAddresses(a: readonly IpAddress[], b: readonly IpAddress[]): boolean {
  return a.length === b.length && a.every((each, at) => each.family === b[at]?.family && each.value === b[at].value);
}
