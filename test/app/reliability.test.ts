// bench/reliability.mjs on a small scale: it ends with status 1 when a word was not kept.
import { spawn } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { buildPostern } from '../support/postern.ts';

vi.setConfig({ testTimeout: 180_000 });

interface Outcome {
  readonly status: number | null;
  readonly text: string;
  /** The number beside a figure's name. */
  figure(name: string): number;
}

async function measure(...args: readonly string[]): Promise<Outcome> {
  buildPostern();
  const child = spawn(process.execPath, ['bench/reliability.mjs', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const figure = (name: string) => Number(new RegExp(`^ +${name} +(\\d+)`, 'm').exec(text)?.[1]);
  return { status, text, figure };
}

describe('under load', () => {
  test('kill -9 three times: what was acknowledged is there, and nothing by half', async () => {
    const { status, text, figure } = await measure('--only', 'kill', '--rounds', '3');
    expect(status, text).toBe(0);
    expect(figure('acknowledged writes')).toBeGreaterThan(10);
    expect([figure('acknowledged and lost'), figure('half-written')]).toEqual([0, 0]);
  });

  test('the database stopped at once three times: no wrong verdict, and no token without its event', async () => {
    const { status, text, figure } = await measure('--only', 'database', '--rounds', '3');
    expect(status, text).toBe(0);
    expect(figure('tokens handed out')).toBeGreaterThan(10);
    expect(text).toMatch(/right secret 503/);
    expect([figure('of them without their event'), figure('wrong verdicts')]).toEqual([0, 0]);
  });

  test('SIGTERM twice: every request is answered, status 0', async () => {
    const { status, text, figure } = await measure('--only', 'shutdown', '--rounds', '2');
    expect(status, text).toBe(0);
    expect(figure('requests answered')).toBeGreaterThan(200);
    expect([figure('dropped or refused'), figure('exit statuses')]).toEqual([0, 0]);
  });

  test('a thousand operations leave a thousand events', async () => {
    const { status, text, figure } = await measure('--only', 'audit', '--operations', '1000');
    expect(status, text).toBe(0);
    expect([figure('operations'), figure('events')]).toEqual([1000, 1000]);
  });
});
