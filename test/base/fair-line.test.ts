// Waiting in turns: who sends much waits behind himself, and gives way when there is no more room.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFairLine } from '../../src/base/fair-line.ts';

describe('a fair line', () => {
  test('takes senders in turn, and what each sent in its order', () => {
    const line = createFairLine<string>(10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) expect(line.add(item, item.charAt(0))).toBeUndefined();
    expect(line.size).toBe(6);
    expect(Array.from({ length: 7 }, () => line.take())).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
    expect(line.size).toBe(0);
  });

  test('full of one sender, makes room for another by the last of the first', () => {
    const line = createFairLine<string>(3);
    for (const item of ['a1', 'a2', 'a3']) line.add(item, 'a');
    expect(line.add('a4', 'a')).toBe('a4');
    expect(line.add('b1', 'b')).toBe('a3');
    expect([line.take(), line.take(), line.take()]).toEqual(['a1', 'b1', 'a2']);
  });

  test('full of many senders with one each, has no room for one more', () => {
    const line = createFairLine<string>(3);
    for (const item of ['a', 'b', 'c']) line.add(item, item);
    expect(line.add('d', 'd')).toBe('d');
  });

  test('without room takes nothing', () => {
    const line = createFairLine<string>(0);
    expect(line.add('a', 'a')).toBe('a');
    expect(line.take()).toBeUndefined();
  });

  test('loses and repeats nothing, never exceeds its limit, and never displaces one who has fewer', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 4 }), { freq: 3 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (limit, senders) => {
        const line = createFairLine<{ sender: number; at: number }>(limit);
        const inside = new Map<number, number>();
        const left = new Set<number>();
        const leave = (item: { sender: number; at: number }) => {
          expect(left.has(item.at)).toBe(false);
          left.add(item.at);
          inside.set(item.sender, (inside.get(item.sender) ?? 0) - 1);
        };
        let added = 0;
        for (const [at, sender] of senders.entries()) {
          if (sender === null) {
            const taken = line.take();
            if (taken) leave(taken);
          } else {
            added += 1;
            inside.set(sender, (inside.get(sender) ?? 0) + 1);
            const displaced = line.add({ sender, at }, String(sender));
            if (displaced) {
              expect(inside.get(displaced.sender)).toBeGreaterThanOrEqual(inside.get(sender) ?? 0);
              leave(displaced);
            }
          }
          expect(line.size).toBeLessThanOrEqual(limit);
        }
        for (const item of line.takeAll()) leave(item);
        expect([left.size, line.size]).toEqual([added, 0]);
      }),
    );
  });
});
