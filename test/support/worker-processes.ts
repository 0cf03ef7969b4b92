// The worker processes of a Postern that has several, seen from outside.
import { execFileSync } from 'node:child_process';
import type { PosternProcess } from './postern.ts';

/** Node processes that the primary has made. */
export function workersOf(postern: PosternProcess): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === postern.child.pid && args.includes('main.js') ? [Number(pid)] : [];
  });
}
