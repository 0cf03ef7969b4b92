// How an error looks in the log: what happened and where, never the values that a statement was run with.

const MAX_CAUSES = 4;

/** Fields that say where a database or network error comes from and hold no row values. */
const PLAIN_FIELDS = [
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'status',
  'error',
  'error_description',
  'error_detail',
  'query',
] as const;

/**
 * Plain data of an error and its causes. Only known fields are taken: TypeORM hangs the parameters of the failed statement on
 * its errors and PostgreSQL the whole failing row (`detail`), and those hold hashes, addresses and names.
 */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const message = withoutQuotedValue(error);
  const described: Record<string, unknown> = { type: error.name, message, stack: framesOf(error) };
  for (const field of PLAIN_FIELDS) {
    const value: unknown = Reflect.get(error, field);
    if (typeof value === 'string' || typeof value === 'number') described[field] = value;
  }
  if (depth >= MAX_CAUSES) return described;
  if (error.cause !== undefined) described['cause'] = describeCause(error.cause, depth);
  if (error instanceof AggregateError) {
    described['errors'] = error.errors.slice(0, MAX_CAUSES).map((inner: unknown) => describeCause(inner, depth));
  }
  return described;
}

function describeCause(cause: unknown, depth: number): unknown {
  return cause instanceof Error ? describeError(cause, depth + 1) : typeof cause === 'string' ? cause : typeof cause;
}

/** PostgreSQL quotes the offending value in errors of class 22 (data exception): `invalid input syntax for type uuid: "…"`. */
function withoutQuotedValue(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  const isDataException = typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
  return isDataException ? error.message.replace(/".*"/s, '"…"') : error.message;
}

/** The frames alone: the text above them repeats the message. */
function framesOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n');
  return lines.filter((line) => /^\s+at /.test(line)).join('\n');
}
