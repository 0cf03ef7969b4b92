// Looking at the launcher's servers from outside: which processes there are, whose, and what a client sees.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { EmbeddedConnection, EmbeddedLog } from '../../src/storage/embedded/embedded-postgres.ts';

/** Every process at work in the folder: PostgreSQL's processes stand in their data; elsewhere than on Linux, those that name it. */
export function processesIn(folder: string): number[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['axo', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line.includes(folder)).map((line) => Number.parseInt(line, 10));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isIn(name, folder))
    .map(Number);
}

function isIn(pid: string, folder: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) return true;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) && Number(pid) !== process.pid;
  } catch {
    return false; // ended in this moment
  }
}

/** The uid in the first place of a process's status: the real one. */
export function uidOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

export async function postmasterOf(dataDirectory: string): Promise<number> {
  return Number((await readFile(join(dataDirectory, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** The shell that stands between a program and its server. */
export function parentOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
}

export function groupOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
}

/** One statement on a connection of its own. */
export async function query(
  connection: EmbeddedConnection | undefined,
  sql: string,
): Promise<Record<string, unknown>[]> {
  if (connection === undefined) throw new Error('there is no connection');
  const client = new Client({ ...connection, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A log that keeps what it is told. */
export function keptLog(): { log: EmbeddedLog; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const keep = (level: LogEntry['level']) => (fields: object, message: string) => {
    entries.push({ level, fields, message });
  };
  return { entries, log: { info: keep('info'), warn: keep('warn'), error: keep('error') } };
}
