// Looking for a few rows among millions without an index that fits: window after window of ids, each a quick statement, until there
// are enough or it has taken long enough. A page may then be short, or empty, and still have a next one.

interface WindowScan<Row> {
  readonly order: 'asc' | 'desc';
  /** The ids that exist lie between these two, both included. */
  readonly first: bigint;
  readonly last: bigint;
  /** Where an earlier scan stopped; undefined at the beginning. */
  readonly after: bigint | undefined;
  readonly limit: number;
  /** The rows of this range that are looked for, in the order asked, at most `limit`. */
  read(lowest: bigint, highest: bigint, limit: number): Promise<readonly Row[]>;
  readonly firstWindow?: bigint;
  readonly budgetMilliseconds?: number;
}

export interface ScanResult<Row> {
  readonly rows: readonly Row[];
  /** Everything up to here, itself included, was looked at. */
  readonly position: bigint;
  /** Whether nothing is left on that side. */
  readonly isComplete: boolean;
}

/** About what a statement reads in a tenth of a second at worst. */
const FIRST_WINDOW = 50_000n;
/** A window that took no longer than this is followed by one four times as large. */
const QUICK_MILLISECONDS = 60;
const BUDGET_MILLISECONDS = 800;

/** Reads one window at least. */
export async function scanInWindows<Row extends { readonly id: string }>(
  scan: WindowScan<Row>,
): Promise<ScanResult<Row>> {
  const until = performance.now() + (scan.budgetMilliseconds ?? BUDGET_MILLISECONDS);
  const isDown = scan.order === 'desc';
  const end = isDown ? scan.first : scan.last;
  const rows: Row[] = [];
  let window = scan.firstWindow ?? FIRST_WINDOW;
  let position = scan.after ?? (isDown ? scan.last + 1n : scan.first - 1n);
  const isComplete = () => (isDown ? position <= end : position >= end);
  while (!isComplete()) {
    const askedAt = performance.now();
    const edge = isDown ? larger(position - window, end) : smaller(position + window, end);
    // One more than is wanted tells that there is a next page.
    const limit = scan.limit - rows.length + 1;
    const found = await (isDown ? scan.read(edge, position - 1n, limit) : scan.read(position + 1n, edge, limit));
    rows.push(...found.slice(0, limit - 1));
    const last = rows.at(-1);
    if (found.length === limit && last) return { rows, position: BigInt(last.id), isComplete: false };
    position = edge;
    const now = performance.now();
    if (now > until) break;
    if (now - askedAt < QUICK_MILLISECONDS) window *= 4n;
  }
  return { rows, position, isComplete: isComplete() };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
