// What can be learned about another process of this machine from its number.

import { execFile } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from './embedded-postgres-error.ts';

const run = promisify(execFile);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/**
 * Whether the process is a PostgreSQL server at work in this data folder: PostgreSQL makes it its working directory.
 * `unknown` where the system doesn't tell (no /proc, or a process of somebody else).
 */
export async function servesData(pid: number, dataPath: string): Promise<'yes' | 'no' | 'unknown'> {
  if (process.platform !== 'linux') return await servesByName(pid);
  try {
    const program = basename((await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, ''));
    if (program !== 'postgres') return 'no';
    return (await readlink(`/proc/${pid}/cwd`)) === dataPath ? 'yes' : 'no';
  } catch (error) {
    return hasCode(error, 'ENOENT', 'ESRCH') ? 'no' : 'unknown';
  }
}

async function servesByName(pid: number): Promise<'no' | 'unknown'> {
  try {
    const { stdout } = await run('ps', ['-o', 'comm=', '-p', String(pid)]);
    return basename(stdout.trim()).startsWith('postgres') ? 'unknown' : 'no';
  } catch {
    return 'no';
  }
}
