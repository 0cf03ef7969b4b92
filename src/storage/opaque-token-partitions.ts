// The partitions of opaque_token, one for each day (UTC) of expiry: a day that is over goes as a whole, without deleting rows.
import type { Client } from 'pg';

const DAYS_AHEAD = 3;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** Partitions outlive their last token by a day, should a clock be wrong. */
const KEPT_DAYS = 1;
/** Requests for tokens queue behind a lock that we wait for. Not getting it is no harm: the default partition takes the tokens. */
const LOCK_TIMEOUT = '300ms';

/** From today to three days ahead. */
export async function makePartitions(client: Client, now: Date): Promise<void> {
  const existing = new Set(await listPartitions(client));
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead++) {
    const day = startOfDay(now, ahead);
    if (!existing.has(partitionName(day))) await inTransaction(client, () => makePartition(client, day));
  }
}

/** Those whose tokens had all expired a day before `over`. */
export async function dropOldPartitions(client: Client, over: Date): Promise<void> {
  const firstKept = partitionName(startOfDay(over, -KEPT_DAYS));
  for (const name of await listPartitions(client)) {
    if (name < firstKept) await inTransaction(client, () => client.query(`DROP TABLE ${name}`));
  }
}

/**
 * Tokens of that day that the default partition has taken meanwhile move along. Readers wait outside the whole table until it is
 * done: one that had listed the partitions before would look for a token where it is no longer.
 */
async function makePartition(client: Client, day: Date): Promise<void> {
  const name = partitionName(day);
  const [from, to] = [day.toISOString(), new Date(day.getTime() + DAY_MILLISECONDS).toISOString()];
  await client.query('LOCK TABLE opaque_token IN ACCESS EXCLUSIVE MODE');
  await client.query(`CREATE TABLE ${name} (LIKE opaque_token INCLUDING ALL)`);
  await client.query(
    `WITH moved AS (DELETE FROM opaque_token_default WHERE expires_at >= $1 AND expires_at < $2 RETURNING *)
     INSERT INTO ${name} SELECT * FROM moved`,
    [from, to],
  );
  await client.query(`ALTER TABLE opaque_token ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
}

/** Names sort by day. */
async function listPartitions(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'opaque_token'::regclass AND c.relname ~ '^opaque_token_[0-9]{8}$' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function inTransaction(client: Client, work: () => Promise<unknown>): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function startOfDay(now: Date, daysLater: number): Date {
  return new Date(Math.floor(now.getTime() / DAY_MILLISECONDS + daysLater) * DAY_MILLISECONDS);
}

function partitionName(day: Date): string {
  return `opaque_token_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
}
