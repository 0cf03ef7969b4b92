// multipart/form-data (RFC 7578), as browsers send forms with files: read whole, strictly, within bounds. A body that says something
// twice, or in a way that could be read in more than one way, is refused (400).
import { Problem } from '../../base/problem.ts';
import { decodeUtf8, quoted } from './body.ts';

export interface UploadedForm {
  readonly fields: Readonly<Record<string, string>>;
  /** By name of the field, when one was chosen. */
  readonly files: Readonly<Record<string, Buffer>>;
}

const MAX_PARTS = 50;
const MAX_HEADERS = 2_000;
const LINE_END = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');

const TYPE = /^multipart\/form-data\s*;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*$/i;
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]$/;

/** RFC 2046 §5.1.1; undefined for another content type. */
export function boundaryOf(contentType: string): string | undefined {
  const [, inQuotes, bare] = TYPE.exec(contentType) ?? [];
  const boundary = inQuotes ?? bare;
  return boundary !== undefined && BOUNDARY.test(boundary) ? boundary : undefined;
}

interface Part {
  readonly name: string;
  readonly isFile: boolean;
  readonly isChosen: boolean;
  readonly content: Buffer;
}

export function parseMultipart(body: Buffer, boundary: string): UploadedForm {
  const fields = new Map<string, string>();
  const files = new Map<string, Buffer>();
  const seen = new Set<string>();
  for (const { name, isFile, isChosen, content } of readParts(body, boundary)) {
    if (seen.has(name)) throw malformed(`The field ${quoted(name)} is repeated; send it once.`);
    seen.add(name);
    if (!isFile) fields.set(name, textOf(name, content));
    else if (isChosen || content.length > 0) files.set(name, content);
  }
  // Without a prototype, as what parseForm gives.
  return { fields: withoutPrototype(fields), files: withoutPrototype(files) };
}

function withoutPrototype<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}

function textOf(name: string, content: Buffer): string {
  const text = decodeUtf8(content);
  if (text.includes('\0')) throw malformed(`The field ${quoted(name)} contains a NUL character.`);
  return text;
}

function* readParts(body: Buffer, boundary: string): Generator<Part> {
  const opening = Buffer.from(`--${boundary}`);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (!startsWith(body, opening, 0)) throw malformed('The form does not begin with its boundary.');
  let at = opening.length;
  for (let count = 0; ; count += 1) {
    if (startsWith(body, Buffer.from('--'), at)) {
      const rest = body.subarray(at + 2);
      if (rest.length > 0 && !rest.equals(LINE_END)) throw malformed('Something follows the end of the form.');
      return;
    }
    if (!startsWith(body, LINE_END, at)) throw malformed('A boundary of the form is not alone on its line.');
    if (count === MAX_PARTS) throw malformed(`The form has more than ${MAX_PARTS} fields.`);
    const headersAt = at + LINE_END.length;
    const headersEnd = body.subarray(0, headersAt + MAX_HEADERS).indexOf(HEADERS_END, headersAt);
    const end = body.indexOf(delimiter, headersAt);
    if (headersEnd < 0 || end < 0 || headersEnd + HEADERS_END.length > end + LINE_END.length) {
      throw malformed('A field of the form is cut off, or its head is too long.');
    }
    const start = headersEnd + HEADERS_END.length;
    yield {
      ...readHead(body.toString('utf8', headersAt, headersEnd)),
      content: body.subarray(Math.min(start, end), end),
    };
    at = end + delimiter.length;
  }
}

function startsWith(body: Buffer, text: Buffer, at: number): boolean {
  return body.length >= at + text.length && body.compare(text, 0, text.length, at, at + text.length) === 0;
}

// Browsers write a quote in a name as %22 and line ends as %0D%0A (HTML, multipart/form-data encoding algorithm).
const DISPOSITION =
  /^content-disposition: *form-data; *name="([^"\r\n\0]{1,200})"(; *filename="([^"\r\n\0]{0,500})")?$/i;
const OTHERS = /^content-type: *[\x20-\x7e]{1,200}$/i;

function readHead(text: string): Omit<Part, 'content'> {
  const lines = text.split('\r\n');
  const dispositions = lines.filter((line) => /^content-disposition:/i.test(line));
  const match = dispositions.length === 1 ? DISPOSITION.exec(dispositions[0] ?? '') : null;
  const others = lines.filter((line) => line !== dispositions[0]);
  const isPlain = others.length <= 1 && others.every((line) => OTHERS.test(line));
  if (!match?.[1] || !isPlain) throw malformed('The head of a field of the form cannot be read.');
  return { name: match[1], isFile: match[2] !== undefined, isChosen: Boolean(match[3]) };
}

function malformed(detail: string): Problem {
  return new Problem('request.malformed', detail);
}
