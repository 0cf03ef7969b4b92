// A look at the database from outside the pool: is it there, does it let us in, what is it? Says in words what is wrong.
import { Client } from 'pg';
import { clientSettings, type DatabaseConnection } from './data-source.ts';

export interface DatabaseIdentity {
  /** As the server tells it, such as `16.4 (Debian 16.4-1)`. */
  readonly version: string;
  /** Of the server less ours, in milliseconds. */
  readonly clockOffsetMilliseconds: number;
}

/** The message is a sentence for the operator, without the password. */
export class DatabaseUnreachableError extends Error {
  /** Whether waiting may help: the server is starting, or its name isn't known yet. */
  readonly isPassing: boolean;

  constructor(message: string, isPassing: boolean, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnreachableError';
    this.isPassing = isPassing;
  }
}

const ANSWER_MILLISECONDS = 3_000;

/** @throws DatabaseUnreachableError */
export async function probeDatabase(connection: DatabaseConnection): Promise<DatabaseIdentity> {
  let client: Client | undefined;
  try {
    client = new Client({
      ...clientSettings(connection),
      connectionTimeoutMillis: ANSWER_MILLISECONDS,
      query_timeout: ANSWER_MILLISECONDS,
    });
    client.on('error', () => undefined); // the call under way fails as well
    await client.connect();
    const askedAt = Date.now();
    const { rows } = await client.query<{ version: string; now: Date }>(
      `SELECT current_setting('server_version') AS version, clock_timestamp() AS now`,
    );
    const [row] = rows;
    if (!row) throw new Error('the server answered without a row');
    const halfway = (askedAt + Date.now()) / 2;
    return { version: row.version, clockOffsetMilliseconds: Math.round(row.now.getTime() - halfway) };
  } catch (error) {
    throw explain(error, describeTarget(connection));
  } finally {
    await client?.end().catch(() => undefined);
  }
}

/** Network errors, and what PostgreSQL says while it starts (57P03), stops (57P01) or is full (53300). */
const PASSING =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT|57P0[13]|53300)$/;

const EXPLANATIONS: Readonly<Record<string, string>> = {
  '28P01': 'refuses the user name or the password',
  '28000': 'refuses the user, or the way we sign in (pg_hba.conf)',
  '3D000': 'has no such database; create it first',
  '42501': 'does not give the user enough rights',
};

function explain(error: unknown, target: string): DatabaseUnreachableError {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  const message = inner instanceof Error ? inner.message : String(inner);
  const isTimeout = /timeout/i.test(message);
  const known = EXPLANATIONS[code];
  if (known !== undefined) return new DatabaseUnreachableError(`The database at ${target} ${known}.`, false, error);
  const why = isTimeout ? `no answer within ${ANSWER_MILLISECONDS / 1000} s` : message;
  const isPassing = isTimeout || PASSING.test(code) || /terminated unexpectedly/.test(message);
  return new DatabaseUnreachableError(`The database at ${target} can't be reached: ${why}.`, isPassing, error);
}

function describeTarget(connection: DatabaseConnection): string {
  if (!('url' in connection)) return connection.host;
  const url = URL.canParse(connection.url) ? new URL(connection.url) : undefined;
  if (!url) return 'DATABASE_URL';
  return `${url.host === '' ? (url.searchParams.get('host') ?? 'the local socket') : url.host}${url.pathname}`;
}
