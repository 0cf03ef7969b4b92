// Starts a program that can't outlive us. A small shell stands between: it reads a pipe that we hold open, and when the
// pipe ends, because we let go or because we were killed, it stops the program.

import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { messageOf } from './embedded-postgres-error.ts';
import { callAs } from './server-account.ts';
import type { AccountCall, ServerAccount } from './server-account.ts';

export interface Supervised {
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  /** Ends the pipe: the program is interrupted, after 5 s told to quit, after 10 s killed. */
  letGo(): void;
  /** Kills shell and program at once. */
  kill(): void;
}

export interface Exit {
  /** the program's exit status, 128 + n if signal n ended it; undefined if the shell itself was ended or never ran */
  readonly status: number | undefined;
  readonly reason: string;
}

/** The shell's own exit status when somebody else holds the lock file. */
export const LOCK_HELD = 75;
/** A file in the folder to remove, which tells the shell that the end of the program was wanted. */
export const STOP_MARK = 'stopping';

// $1: lock file or nothing, $2: folder to remove after a stop or nothing, then the program and its arguments.
// File descriptor 3 is the pipe. 9 is the lock, which the program inherits, so that the lock lasts as long as any of its
// processes; it also holds between containers, which can't see each other's process numbers. Interrupts from a terminal
// are ignored here because we, not the terminal, decide when the program stops. The mark is made by `true`, not by `:`: where
// the folder has gone, a shell whose special built-in can't be redirected ends (POSIX §2.8.1), and nobody would stop the program.
const SCRIPT = `
trap '' INT TERM HUP
lock=$1 scrap=$2
shift 2
if [ -n "$lock" ] && command -v flock >/dev/null 2>&1; then
  exec 9>>"$lock"
  flock -n 9
  [ $? -ne 1 ] || exit ${LOCK_HELD}
fi
"$@" </dev/null 3<&- &
program=$!
(
  exec </dev/null >/dev/null 2>&1 9>&-
  read -r _ <&3
  [ -z "$scrap" ] || true >"$scrap/${STOP_MARK}"
  for signal in INT QUIT KILL; do
    kill -$signal $program
    tries=0
    while kill -0 $program && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  done
) &
watcher=$!
wait $program
status=$?
kill -9 $watcher 2>/dev/null
if [ -n "$scrap" ] && [ -e "$scrap/${STOP_MARK}" ]; then rm -rf "$scrap"; fi
exit $status
`;

export function supervise(
  account: ServerAccount,
  argv: readonly string[],
  options: { libraryPath?: string | undefined; lockFile?: string; scrapDirectory?: string } = {},
): Supervised {
  const words = ['supervisor', options.lockFile ?? '', options.scrapDirectory ?? '', ...argv];
  try {
    return begin(callAs(account, ['/bin/sh', '-c', SCRIPT, ...words]), options.libraryPath);
  } catch (error) {
    // A process without the right to change its uid is told so here, not by an event.
    const exited = Promise.resolve({ status: undefined, reason: messageOf(error) });
    return { stderr: Readable.from([]), exited, letGo: () => undefined, kill: () => undefined };
  }
}

function begin(call: AccountCall, libraryPath: string | undefined): Supervised {
  const child = spawn(call.file, call.args, {
    cwd: '/',
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...(libraryPath !== undefined && { LD_LIBRARY_PATH: libraryPath }),
    },
    ...(call.uid !== undefined && { uid: call.uid }),
    ...(call.gid !== undefined && { gid: call.gid }),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in the terminal must not stop the database before we have finished with it.
    detached: true,
  });
  const lifeline = child.stdio[3];
  lifeline?.on('error', () => undefined);
  const letGo = (): void => {
    lifeline?.destroy();
  };
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ status: undefined, reason: error.message }));
    child.once('exit', (code, signal) => {
      // If the shell was ended from outside, its watcher is still there and waits for this.
      letGo();
      resolve({ status: code ?? undefined, reason: signal === null ? `exit status ${code}` : `killed by ${signal}` });
    });
  });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // gone already
    }
  };
  return { stderr: child.stderr ?? Readable.from([]), exited, letGo, kill };
}
