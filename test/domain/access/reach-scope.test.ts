// Scopes that come and go: nobody's reach is lost or kept because others have left theirs.

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Reach } from '../../../src/domain/access/caller.ts';
import { currentReach, runBeyond, runWithin } from '../../../src/domain/access/reach-scope.ts';

const acme: Reach = { companyId: 'co_acme', companyPath: 'co_root/co_acme/', subtree: false };
const bolt: Reach = { companyId: 'co_bolt', companyPath: 'co_root/co_bolt/', subtree: true };

/** Longer than scopes are kept up when nobody is within one. */
const A_WHILE = 1_200;

describe('a scope', () => {
  test('is left where its work ends, and goes along with whatever the work waits for', async () => {
    const seen = await runWithin(acme, async () => {
      await pause(5);
      return [currentReach(), runBeyond(() => currentReach()), currentReach()];
    });
    expect(seen).toEqual([acme, undefined, acme]);
    expect(currentReach()).toBeUndefined();
  });

  test('is left when its work fails, with the failure', async () => {
    await expect(runWithin(acme, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(() => runWithin(acme, () => undefined)).not.toThrow();
    expect(currentReach()).toBeUndefined();
  });

  test('holds for as long as its work takes, however many others end meanwhile', async () => {
    const long = runWithin(acme, async () => {
      await pause(2 * A_WHILE);
      return currentReach();
    });
    await runWithin(bolt, async () => currentReach());
    await pause(A_WHILE);
    expect(await runWithin(bolt, async () => currentReach())).toEqual(bolt);
    expect(await long).toEqual(acme);
  });

  test('that is entered after nobody was within one for a while holds too, also within another', async () => {
    await runWithin(acme, async () => currentReach());
    await pause(A_WHILE);
    const both = await runWithin(acme, async () => [await runWithin(bolt, async () => currentReach()), currentReach()]);
    expect(both).toEqual([bolt, acme]);
  });

  test('that is entered just before the others are let go is not let go with them', async () => {
    await runWithin(bolt, async () => currentReach());
    await pause(A_WHILE - 300);
    const late = await runWithin(acme, async () => {
      await pause(A_WHILE);
      return currentReach();
    });
    expect(late).toEqual(acme);
  });
});
