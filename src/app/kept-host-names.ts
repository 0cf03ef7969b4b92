// Keeps the host names of all IP rules in force under watch, so that the first request after a start or a quiet night need not wait
// for the DNS, and lets go of names that no rule has any more.
import type { Log } from '../base/log.ts';
import type { HostDirectory } from '../domain/address/host-directory.ts';

interface Parts {
  readonly hosts: Pick<HostDirectory, 'keep'>;
  readonly listHostNames: () => Promise<readonly string[]>;
  readonly log: Pick<Log, 'warn'>;
  readonly intervalMilliseconds?: number | undefined;
}

export interface KeptHostNames {
  /** Kept when a look that is under way is over. */
  close(): Promise<void>;
}

/** A new name is under watch as soon as somebody asks for it; this is for those that nobody asks for, and for those that are gone. */
const INTERVAL_MILLISECONDS = 10 * 60_000;

/** Begins in the background: no start waits for it. */
export function keepHostNames(parts: Parts): KeptHostNames {
  const { hosts, listHostNames, log, intervalMilliseconds = INTERVAL_MILLISECONDS } = parts;
  let looking: Promise<void> | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    try {
      const names = await listHostNames();
      if (!isClosed) hosts.keep(names);
    } catch (err) {
      if (!isClosed) log.warn({ err }, 'host names of IP rules cannot be listed; those known stay under watch');
    }
  };
  const lookOnce = () => {
    looking ??= look().finally(() => (looking = undefined));
  };
  const timer = setInterval(lookOnce, intervalMilliseconds).unref();
  lookOnce();
  return {
    async close() {
      isClosed = true;
      clearInterval(timer);
      await looking;
    },
  };
}
