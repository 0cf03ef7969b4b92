// Requests as bytes on a socket, and what comes back.
import { connect } from 'node:net';

/** What is written, part after part. */
export type Bytes = string | Buffer;

export interface HostileRequest {
  /** For the message of a failure. */
  readonly what: string;
  readonly parts: readonly Bytes[];
  /** The connection is broken off after the last part, without waiting for an answer. */
  readonly isBrokenOff?: boolean;
}

export interface Reply {
  /** Of every answer on the connection; none when it was closed without one. */
  readonly statuses: readonly number[];
  readonly text: string;
}

const IDLE_MILLISECONDS = 700;
const LAST_MILLISECONDS = 8_000;

/** Writes, and reads until the other side closes, or has nothing more to say. */
export function send(port: number, { parts, isBrokenOff = false }: HostileRequest): Promise<Reply> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const last = setTimeout(() => socket.destroy(), LAST_MILLISECONDS);
    socket.setEncoding('latin1');
    // The server waits for more, or has answered and keeps the connection: the end of it makes both say what they think.
    socket.setTimeout(IDLE_MILLISECONDS, () => socket.end());
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isOneCompleteAnswer(text) && parts.length === 1) socket.end();
    });
    // A server that has answered may close while we still send.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(last);
      resolve({ statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status)), text });
    });
    for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    if (isBrokenOff) setImmediate(() => socket.destroy());
  });
}

function isOneCompleteAnswer(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const headers = text.slice(0, head);
  const length = /^content-length: (\d+)$/im.exec(headers)?.[1];
  if (length !== undefined) return text.length >= head + 4 + Number(length);
  return /^HTTP\/1\.1 (?:204|304)/.test(headers) || text.endsWith('0\r\n\r\n');
}

/** The text as it goes over the wire, in UTF-8, for strings that are written as latin1. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A well-formed request; texts are latin1. */
export function plain({ method, target, headers = [], body }: PlainRequest): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers];
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
