// The one error that the embedded database throws: a message for the person who started the program, with its remedy.

export type EmbeddedPostgresFault =
  /** A server (ours or a stranger's) works on this data directory already. */
  | 'already_running'
  /** The data can't be placed, read or owned as it must be. */
  | 'data_directory'
  | 'no_binaries'
  /** The data was made by a major version for which no programs were found. */
  | 'version_mismatch'
  /** PostgreSQL was found but would not make its files or start. */
  | 'start_failed'
  /** The operating system, or the account we run as, can't run the embedded database. */
  | 'unsupported';

/** The message is complete without a stack: what is wrong, then what to do about it. */
export class EmbeddedPostgresError extends Error {
  readonly fault: EmbeddedPostgresFault;

  constructor(fault: EmbeddedPostgresFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EmbeddedPostgresError';
    this.fault = fault;
  }
}

/** The way out that always exists; ends most messages. */
export const OTHER_DATABASE = 'set DATABASE_URL to a PostgreSQL 14 or later, or run `docker compose up`';

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
