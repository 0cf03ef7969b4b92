// What comes up with every request is said at once, then counted.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, type LogLevel } from '../../src/base/log.ts';
import { warnRepeatedly } from '../../src/base/repeated-warning.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const AWAY = 'The database is away.';

function openLog(level: LogLevel = 'info') {
  const lines: { level: string; msg: string; request_id?: string; times?: number; seconds?: number }[] = [];
  const log = createLog(level, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

test('is told once, then with a number each minute, and as new after a minute without it', () => {
  const { log, lines } = openLog();
  for (let request = 0; request < 1000; request += 1) warnRepeatedly(log, { request_id: `r${request}` }, AWAY);
  expect(lines).toMatchObject([{ level: 'warn', msg: AWAY, request_id: 'r0' }]);
  vi.advanceTimersByTime(60_000);
  expect(lines.slice(1)).toMatchObject([{ level: 'warn', times: 999, seconds: 60 }]);
  expect(lines[1]?.msg).toContain(AWAY);
  warnRepeatedly(log, { request_id: 'r1000' }, AWAY);
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(lines.slice(2)).toMatchObject([{ times: 1 }]);
  vi.advanceTimersByTime(10 * 60_000);
  expect(lines).toHaveLength(3);
  warnRepeatedly(log, { request_id: 'r1001' }, AWAY);
  expect(lines.slice(3)).toMatchObject([{ msg: AWAY, request_id: 'r1001' }]);
});

test('another warning and another log are others', () => {
  const [one, other] = [openLog(), openLog()];
  warnRepeatedly(one.log, {}, AWAY);
  warnRepeatedly(one.log, {}, 'The queue is full.');
  warnRepeatedly(other.log, {}, AWAY);
  expect([one.lines.length, other.lines.length]).toEqual([2, 1]);
});

test('at the level debug each is told with its request', () => {
  const { log, lines } = openLog('debug');
  for (const request_id of ['a', 'b', 'c']) warnRepeatedly(log, { request_id }, AWAY);
  expect(lines.map(({ level, request_id }) => [level, request_id])).toEqual([
    ['warn', 'a'],
    ['debug', 'b'],
    ['debug', 'c'],
  ]);
});
