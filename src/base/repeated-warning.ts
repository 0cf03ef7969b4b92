// A warning that comes up with every request while something is away: said at once, then counted and said once a minute.
import type { Log } from './log.ts';

interface Repetition {
  times: number;
}

const MINUTE_MILLISECONDS = 60_000;
const repetitions = new WeakMap<object, Map<string, Repetition>>();

/**
 * `message` is one of few: what differs from request to request belongs into `fields`, which are told of the first alone and, at the
 * level debug, of all. After a minute without it, it counts as new.
 */
export function warnRepeatedly(
  log: Pick<Log, 'warn' | 'debug'>,
  fields: object,
  message: string,
  milliseconds = MINUTE_MILLISECONDS,
): void {
  let byMessage = repetitions.get(log);
  if (!byMessage) repetitions.set(log, (byMessage = new Map<string, Repetition>()));
  const known = byMessage.get(message);
  if (known) {
    known.times += 1;
    log.debug(fields, message);
    return;
  }
  log.warn(fields, message);
  count(log, byMessage, message, milliseconds);
}

/** Ends with the first stretch of time in which it did not come up. */
function count(
  log: Pick<Log, 'warn'>,
  byMessage: Map<string, Repetition>,
  message: string,
  milliseconds: number,
): void {
  const repetition: Repetition = { times: 0 };
  byMessage.set(message, repetition);
  const timer = setInterval(() => {
    const { times } = repetition;
    repetition.times = 0;
    if (times > 0) return log.warn({ times, seconds: milliseconds / 1000 }, `This came up again: ${message}`);
    clearInterval(timer);
    byMessage.delete(message);
  }, milliseconds).unref();
}
