// Request bodies: JSON, read strictly (the right content type, bounded in size and depth, no field twice), and whole documents.
import type { Context } from 'koa';
import { Problem } from '../../base/problem.ts';
import { decodeUtf8, quoted, readBody } from '../http/body.ts';
import { ApiProblem } from './api-problem.ts';
import type { DocumentContract } from './contract.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_DEPTH = 32;

const MAX_CONTENT_TYPE = 200;
const MERGE_PATCH = 'application/merge-patch+json';

/** The content types that a method takes: RFC 7396 has its own, plain JSON means the same. */
export function contentTypesOf(method: string): readonly string[] {
  return method === 'PATCH' ? ['application/json', MERGE_PATCH] : ['application/json'];
}

/** The parsed body; `{}` when there is none and none is needed. 400, 413 or 415 for what cannot be read. */
export async function readJsonBody(
  ctx: Context,
  isRequired: boolean,
  maxBytes: number = MAX_BODY_BYTES,
): Promise<unknown> {
  if (!isRequired && isEmpty(ctx)) return {};
  const accepted = contentTypesOf(ctx.method);
  checkContentType(ctx, accepted, `Send JSON in UTF-8 with the header "Content-Type: ${accepted.join('" or "')}".`);
  const text = decodeUtf8(await readBody(ctx, maxBytes)).replace(/^\ufeff/, '');
  if (text === '' && !isRequired) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem('request.malformed', text === '' ? 'The body is empty; send a JSON object.' : notJson(cause), {
      cause,
    });
  }
  checkStructure(text);
  return value;
}

/** The bytes of a document of one of the content types. 413 or 415 for what cannot be taken, 400 for nothing. */
export async function readDocument(ctx: Context, { contentTypes, maxBytes }: DocumentContract): Promise<Uint8Array> {
  const list = contentTypes.join(', ');
  checkContentType(
    ctx,
    contentTypes,
    `Send the document as it is, in UTF-8, with one of these as Content-Type: ${list}.`,
  );
  const document = await readBody(ctx, maxBytes);
  if (document.length === 0) throw new Problem('request.malformed', 'The body is empty; send the document.');
  return document;
}

function isEmpty(ctx: Context): boolean {
  return ctx.get('transfer-encoding') === '' && ['', '0'].includes(ctx.get('content-length'));
}

function checkContentType(ctx: Context, accepted: readonly string[], detail: string): void {
  const header = ctx.get('content-type');
  const [type = '', ...parameters] = header.length <= MAX_CONTENT_TYPE ? header.split(';') : [];
  const charset = parameters.map((each) => /^\s*charset\s*=\s*"?([^"]*)"?\s*$/i.exec(each)?.[1]).find(Boolean);
  if (accepted.includes(type.trim().toLowerCase()) && (charset ?? 'utf-8').toLowerCase() === 'utf-8') return;
  throw new ApiProblem(
    'request.unsupported_media_type',
    detail,
    // RFC 5789 §2.2 and RFC 9110 §15.5.16 name the field that tells what would be taken.
    { [ctx.method === 'PATCH' ? 'Accept-Patch' : 'Accept']: accepted.join(', ') },
  );
}

/** The parser's message quotes the body, so only the place is told. */
function notJson(cause: unknown): string {
  const place = /at position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
  return place === undefined ? 'The body is not valid JSON.' : `The body is not valid JSON: see character ${place}.`;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/y;
const BETWEEN = /[^"{}[\],]*/y;

/**
 * Walks a text that is known to be JSON: 400 when it nests deeper than 32 or names a member twice, of which parsers silently keep
 * one or the other.
 */
function checkStructure(text: string): void {
  /** The names seen in each open object; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length;) {
    BETWEEN.lastIndex = at;
    BETWEEN.exec(text);
    TOKEN.lastIndex = BETWEEN.lastIndex;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return;
    at = TOKEN.lastIndex;
    const names = open.at(-1);
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : null) > MAX_DEPTH) {
        throw new Problem('request.malformed', `The body nests deeper than ${MAX_DEPTH} levels.`);
      }
      expectsName = token === '{';
    } else if (token === '}' || token === ']') {
      open.pop();
      expectsName = false;
    } else if (token === ',') {
      expectsName = names !== null;
    } else if (expectsName && names) {
      addName(names, token);
      expectsName = false;
    }
  }
}

function addName(names: Set<string>, token: string): void {
  const name = JSON.parse(token) as string;
  if (names.has(name)) {
    throw new Problem('request.malformed', `The field ${quoted(name)} stands in the same object twice; send it once.`);
  }
  names.add(name);
}
