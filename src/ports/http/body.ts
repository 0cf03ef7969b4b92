// Reading request bodies: bounded, strict, and never a 5xx for what a caller sent.
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { Problem } from '../../base/problem.ts';

/** The raw body, at most `limitBytes`. 413 beyond it (and the connection is closed), 415 for an encoded one. */
export async function readBody(ctx: Context, limitBytes: number): Promise<Buffer> {
  const encoding = ctx.get('content-encoding');
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new Problem('request.unsupported_media_type', 'Send the body without Content-Encoding.');
  }
  const tooLarge = () => {
    ctx.set('Connection', 'close');
    return new Problem('request.too_large', `The body may have at most ${limitBytes} bytes.`);
  };
  if ((ctx.request.length ?? 0) > limitBytes) throw tooLarge();
  return await collect(ctx.req, limitBytes, tooLarge);
}

const CUT_OFF = 'The body ended before it was complete.';

/** By events: an async iterator over the stream costs several times as much, which counts where tokens are issued. */
function collect(request: IncomingMessage, limitBytes: number, tooLarge: () => Problem): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // Both would never be told again.
    if (request.readableEnded) return resolve(Buffer.alloc(0));
    if (request.destroyed) return reject(new Problem('request.malformed', CUT_OFF));
    const settle = () => {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitBytes) return;
      settle();
      request.pause();
      reject(tooLarge());
    };
    const onEnd = () => {
      settle();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const onCut = (cause?: Error) => {
      settle();
      // An error that comes after the close has nobody else to hear it.
      request.on('error', () => undefined);
      reject(new Problem('request.malformed', CUT_OFF, { cause }));
    };
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

// Made once: making one costs more than most bodies take to decode. Without `stream` it keeps nothing between calls.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body as UTF-8; invalid sequences are refused rather than replaced. */
export function decodeUtf8(body: Buffer): string {
  try {
    return strictUtf8.decode(body);
  } catch (cause) {
    throw new Problem('request.malformed', 'The body is not valid UTF-8.', { cause });
  }
}

const MAX_PARAMETERS = 200;

/**
 * `application/x-www-form-urlencoded`, strictly: bad percent-encoding, NUL, repeated names and too many parameters are refused
 * (400), where parsers usually guess. The result has no prototype.
 */
export function parseForm(text: string, maxParameters = MAX_PARAMETERS): Record<string, string> {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  const parts = text === '' ? [] : text.split('&');
  if (parts.length > maxParameters) throw malformed(`The form has more than ${maxParameters} parameters.`);
  for (const part of parts) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeComponent(equals < 0 ? part : part.slice(0, equals));
    if (name in fields) throw malformed(`The parameter ${quoted(name)} is repeated; send it once.`);
    fields[name] = equals < 0 ? '' : decodeComponent(part.slice(equals + 1));
  }
  return fields;
}

function decodeComponent(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw malformed('The form is not percent-encoded correctly.', cause);
  }
  if (decoded.includes('\0')) throw malformed('The form contains a NUL character.');
  return decoded;
}

function malformed(detail: string, cause?: unknown): Problem {
  return new Problem('request.malformed', detail, { cause });
}

/** A name from outside, fit to stand in an error: printable ASCII without quotes, at most 40 characters. */
export function quoted(name: string): string {
  return `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '?').slice(0, 40)}"`;
}
