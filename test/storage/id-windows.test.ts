// Scanning ids window by window gives what one statement over all of them would give, in pieces.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ScanResult, scanInWindows } from '../../src/storage/id-windows.ts';

interface Row {
  readonly id: string;
}

/** Scans from beginning to end, page by page, over these ids. */
async function walk(
  ids: readonly number[],
  order: 'asc' | 'desc',
  limit: number,
  options: { first: number; last: number; window: bigint; budgetMilliseconds?: number },
): Promise<{ seen: number[]; pages: number }> {
  const sorted = ids.toSorted((a, b) => (order === 'asc' ? a - b : b - a));
  const seen: number[] = [];
  let after: bigint | undefined;
  for (let pages = 1; ; pages += 1) {
    const result: ScanResult<Row> = await scanInWindows<Row>({
      order,
      first: BigInt(options.first),
      last: BigInt(options.last),
      after,
      limit,
      firstWindow: options.window,
      ...(options.budgetMilliseconds !== undefined && { budgetMilliseconds: options.budgetMilliseconds }),
      read: (lowest, highest, most) =>
        Promise.resolve(
          sorted
            .filter((id) => id >= lowest && id <= highest)
            .slice(0, most)
            .map((id) => ({ id: String(id) })),
        ),
    });
    expect(result.rows.length).toBeLessThanOrEqual(limit);
    seen.push(...result.rows.map(({ id }) => Number(id)));
    if (result.isComplete) return { seen, pages };
    expect(result.position).not.toBe(after);
    after = result.position;
  }
}

test('every id once and in order, whatever the gaps, the windows and the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 60 }),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 50 }),
      async (ids, order, limit, window) => {
        const { seen } = await walk(ids, order, limit, { first: 1, last: 300, window: BigInt(window) });
        expect(seen).toEqual(ids.toSorted((a, b) => (order === 'asc' ? a - b : b - a)));
      },
    ),
    { numRuns: 200 },
  );
});

test('a scan whose time is up says how far it came, and the next one goes on from there', async () => {
  const { seen, pages } = await walk([1, 500], 'asc', 10, { first: 1, last: 500, window: 1n, budgetMilliseconds: -1 });
  expect(seen).toEqual([1, 500]);
  expect(pages).toBeGreaterThan(1);
});

test('where there are no ids nothing is read', async () => {
  const read = () => Promise.reject(new Error('nothing to read'));
  const scan = { first: 1n, last: 0n, after: undefined, limit: 10, read };
  expect(await scanInWindows({ ...scan, order: 'asc' })).toEqual({ rows: [], position: 0n, isComplete: true });
  expect(await scanInWindows({ ...scan, order: 'desc' })).toMatchObject({ rows: [], isComplete: true });
});
