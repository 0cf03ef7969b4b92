// The log: one JSON object a line on standard output, from which credentials are taken out before it is written.
import { pino, type DestinationStream } from 'pino';
import { describeError } from './log-error.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface Write {
  /** `fields` are snake_case; an error goes under `err`. */
  (fields: object, message: string): void;
  (message: string): void;
}

export interface Log {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
}

const REDACTED = '[redacted]';

/** `destination` is for tests; without it lines are written to standard output before the call returns. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields, 0) as Record<string, unknown>,
      },
      // Errors were described by the formatter already; pino's own serializer would add every property they carry.
      serializers: { err: (error: unknown) => error },
      hooks: { streamWrite: withoutCredentialShapes },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

const MAX_DEPTH = 8;

/** Names are compared in lower case without `-`, `_` and a plural s; `newPassword` and `x-auth-token` are seen by their ends. */
const SECRET_NAME =
  /(?:password|passphrase|secret|token|authorization|cookie|assertion|privatekey|encryptionkey|apikey|credential|rawheader)$/;

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_]/g, '').replace(/s$/, ''));
}

/** A copy in which whatever a secret's name holds is replaced, at every depth. Counts and flags under such names stay. */
function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return withoutSecrets(describeError(value), depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const mayHide = typeof item === 'string' || (typeof item === 'object' && item !== null);
    copy[name] = mayHide && isSecretName(name) ? REDACTED : withoutSecrets(item, depth + 1);
  }
  return copy;
}

/**
 * What is recognisable as a credential wherever it stands, even within a sentence: bcrypt hashes, Postern's own secrets, JWTs, the value of an
 * Authorization header, the password in a URL. The last line of defence, run over the finished line.
 */
const CREDENTIAL_SHAPE =
  /(\$2[aby]\$)\d\d\$[./0-9A-Za-z]{53}|(\bpst[st]_)[0-9A-Za-z]{16,}|(\beyJ)[\w-]{10,}\.[\w-]+\.[\w-]*|(\b(?:basic|bearer|dpop) +)[\w.~+/=-]{16,}|(:\/\/[^\s:@/"]*:)[^\s@/"]+(?=@)/gi;

function withoutCredentialShapes(line: string): string {
  return line.replaceAll(
    CREDENTIAL_SHAPE,
    (_match, ...[hash, own, jwt, scheme, url]: (string | undefined)[]) =>
      `${hash ?? own ?? jwt ?? scheme ?? url ?? ''}${REDACTED}`,
  );
}
