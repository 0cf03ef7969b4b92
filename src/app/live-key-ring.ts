// The key ring of this process, read anew whenever a signing key changes, on whichever instance that happened.
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SecretBox } from '../base/secret-box.ts';
import { type KeyRing, openKeyRing } from '../domain/signing-key/key-ring.ts';
import type { Storage } from '../domain/stores.ts';

export interface LiveKeyRing {
  readonly keys: () => KeyRing;
  close(): void;
}

interface Parts {
  readonly storage: Storage;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells of each change. Until the new ring is read the old one serves. */
  readonly onChange: (listener: () => void) => void;
}

const FIRST_RETRY_MILLISECONDS = 250;
const LAST_RETRY_MILLISECONDS = 10_000;

/** Makes the first key when there is none. */
export async function openLiveKeyRing(parts: Parts): Promise<LiveKeyRing> {
  let ring: KeyRing | undefined;
  let isWanted = false;
  let isReading = false;
  const closing = new AbortController();

  const reread = async () => {
    if (isReading) return;
    isReading = true;
    let delay = FIRST_RETRY_MILLISECONDS;
    while (isWanted && !closing.signal.aborted) {
      isWanted = false;
      try {
        ring = await openKeyRing(parts);
      } catch (error) {
        isWanted = true;
        parts.log.warn({ err: error }, 'the signing keys could not be read anew; trying again');
        await pause(delay, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
        delay = Math.min(delay * 2, LAST_RETRY_MILLISECONDS);
      }
    }
    isReading = false;
  };

  // Before the first look, so that no change falls between the two.
  parts.onChange(() => {
    isWanted = true;
    if (ring) void reread();
  });
  const first = await openKeyRing(parts);
  ring = first;
  void reread();
  return { keys: () => ring ?? first, close: () => closing.abort() };
}
