// Why Postern can't start, in one sentence for the person who started it.
import { Problem } from '../base/problem.ts';
import { SecretBoxError } from '../base/secret-box.ts';

/** Complete without a stack: what is wrong, then what to do about it. */
export class StartFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartFault';
  }
}

const WRONG_KEY =
  'The encryption key does not open the signing keys in the database. Start with the POSTERN_ENCRYPTION_KEY, or the ' +
  'encryption-key file in the data directory, with which they were made.';

/** By name, so that a start doesn't wait for the modules of errors that don't happen. */
const EXPLAINED = new Set([
  'StartFault',
  'SettingsError',
  'EmbeddedPostgresError',
  'DatabaseUnreachableError',
  'MigrationError',
]);

/** The sentence; undefined for a fault of ours, which needs its stack. */
export function explainStartFault(error: unknown): string | undefined {
  if (error instanceof SecretBoxError) return WRONG_KEY;
  if (error instanceof Problem) return error.detail;
  return error instanceof Error && EXPLAINED.has(error.name) ? error.message : undefined;
}

/** What the system says to a port that can't be had. */
export function explainListenError(error: unknown, host: string, port: number, setting = 'PORT'): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return new StartFault(`${place} is in use by another program. Stop it, or set another ${setting}.`, error);
    case 'EACCES':
      return new StartFault(
        `Listening on ${place} is not allowed to this account. Set a ${setting} above 1023.`,
        error,
      );
    case 'EADDRNOTAVAIL':
      return new StartFault(`This machine has no address ${host}. Set HOST to one that it has, or to 0.0.0.0.`, error);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartFault(`The name ${host} in HOST can't be resolved. Set HOST to an address.`, error);
    default:
      return error instanceof Error ? error : new Error(String(error));
  }
}
