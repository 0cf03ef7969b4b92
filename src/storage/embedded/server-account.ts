// As whom the database server runs. PostgreSQL refuses to run as root, so a start by root needs another account, or a user
// namespace in which root's files keep their owner while the process is somebody else.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';

export interface ServerAccount {
  /** `self`: as we are; `dropped`: root gives up its rights; `namespace`: mapped to another uid by `unshare` */
  readonly kind: 'self' | 'dropped' | 'namespace';
  /** who owns the data and the socket directory, as we see it */
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** A program call turned into what has to be spawned so that it runs under an account. */
export interface AccountCall {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const MAPPED_ID = '65534';

export function callAs(account: ServerAccount, argv: readonly [string, ...string[]]): AccountCall {
  const [file, ...args] = argv;
  if (account.kind === 'self') return { file, args };
  if (account.kind === 'dropped') return { file, args, uid: account.uid, gid: account.gid };
  return { file: 'unshare', args: ['--user', `--map-user=${MAPPED_ID}`, `--map-group=${MAPPED_ID}`, '--', ...argv] };
}

/** Our own uid and gid; the launcher refuses Windows before it gets here. */
export function ownIds(): { uid: number; gid: number } {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/** Accounts to try, the preferred one first. Which of them works depends on the folders' permissions. */
export async function listAccounts(): Promise<ServerAccount[]> {
  const { uid, gid } = ownIds();
  const namespace: ServerAccount = { kind: 'namespace', uid, gid, name: `uid ${uid} in a user namespace` };
  if (uid === 0) {
    const dropped = await accountForRoot();
    return dropped === undefined ? [namespace] : [dropped, namespace];
  }
  const self: ServerAccount = { kind: 'self', uid, gid, name: `uid ${uid}` };
  // initdb wants a name for the account it runs as, which a container's arbitrary uid doesn't have.
  return hasName() ? [self] : [namespace, self];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

async function accountForRoot(): Promise<ServerAccount | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  const [name, , uid, gid] = entry ?? [];
  if (name === undefined || !(Number(uid) > 0) || !(Number(gid) >= 0)) return undefined;
  return { kind: 'dropped', uid: Number(uid), gid: Number(gid), name };
}
