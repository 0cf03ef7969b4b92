// The header fields that the gate looks at, out of all that a call brings, in one pass: Node's own table of them costs several times
// as much, and nobody else needs it here.

export interface GateFields {
  /** The first of several. */
  authorization: string | undefined;
  isAuthorizationRepeated: boolean;
  userAgent: string | undefined;
  forwardedFor: string | undefined;
  originalMethod: string | undefined;
  originalUri: string | undefined;
  forwardedMethod: string | undefined;
  forwardedUri: string | undefined;
  scope: string | undefined;
}

/** `raw`: names and values in turn, as Node has them. Lines of one field are joined by commas (RFC 9110 §5.3). */
export function readGateFields(raw: readonly string[]): GateFields {
  const fields: GateFields = {
    authorization: undefined,
    isAuthorizationRepeated: false,
    userAgent: undefined,
    forwardedFor: undefined,
    originalMethod: undefined,
    originalUri: undefined,
    forwardedMethod: undefined,
    forwardedUri: undefined,
    scope: undefined,
  };
  for (let at = 0; at + 1 < raw.length; at += 2) readField(fields, raw[at] ?? '', raw[at + 1] ?? '');
  return fields;
}

/** By length first: most names are none of these. */
function readField(fields: GateFields, name: string, value: string): void {
  switch (name.length) {
    case 10:
      if (is(name, 'user-agent')) fields.userAgent ??= value;
      return;
    case 13:
      if (!is(name, 'authorization')) return;
      if (fields.authorization === undefined) fields.authorization = value;
      else fields.isAuthorizationRepeated = true;
      return;
    case 14:
      if (is(name, 'x-original-uri')) fields.originalUri = join(fields.originalUri, value);
      return;
    case 15:
      if (is(name, 'x-forwarded-for')) fields.forwardedFor = join(fields.forwardedFor, value);
      else if (is(name, 'x-forwarded-uri')) fields.forwardedUri = join(fields.forwardedUri, value);
      else if (is(name, 'x-postern-scope')) fields.scope = join(fields.scope, value);
      return;
    case 17:
      if (is(name, 'x-original-method')) fields.originalMethod = join(fields.originalMethod, value);
      return;
    case 18:
      if (is(name, 'x-forwarded-method')) fields.forwardedMethod = join(fields.forwardedMethod, value);
      return;
  }
}

function is(name: string, lowerCase: string): boolean {
  return name === lowerCase || name.toLowerCase() === lowerCase;
}

function join(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
