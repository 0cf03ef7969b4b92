// Somebody must be left who can manage users: above the root company there is nobody who could let them in again.
import { conflict } from '../../base/problem.ts';
import type { UserStore } from './user-store.ts';

/**
 * Runs a change within the transaction: 409, at `pointer` when there is one, if afterwards nobody can manage users and before it
 * somebody could. An installation that is run by clients alone has nobody to lose.
 */
export async function keepLastManager(
  users: UserStore,
  pointer: string | null,
  change: () => Promise<void>,
): Promise<void> {
  await users.lockManagers();
  const hadOne = await users.hasManager();
  await change();
  if (!hadOne || (await users.hasManager())) return;
  const detail = 'This would leave nobody who can manage users. Give another user that right first.';
  throw conflict(detail, pointer === null ? [] : [{ pointer, detail }]);
}
