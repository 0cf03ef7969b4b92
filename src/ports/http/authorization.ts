// The Authorization field (RFC 9110 §11.6.2), taken apart.
import type { IncomingMessage } from 'node:http';

export interface Authorization {
  /** In lower case; empty when there is no such field. */
  readonly scheme: string;
  readonly credentials: string;
  /** Node keeps the first of several; whoever stands behind us may look at another. */
  readonly isRepeated: boolean;
}

export function readAuthorization({ headers, rawHeaders }: IncomingMessage): Authorization {
  const value = headers.authorization?.trim() ?? '';
  const space = value.indexOf(' ');
  return {
    scheme: (space < 0 ? value : value.slice(0, space)).toLowerCase(),
    credentials: space < 0 ? '' : value.slice(space).trimStart(),
    isRepeated: value !== '' && countLines(rawHeaders) > 1,
  };
}

const NAME = 'authorization';

function countLines(rawHeaders: readonly string[]): number {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === NAME.length && name.toLowerCase() === NAME) lines += 1;
  }
  return lines;
}
