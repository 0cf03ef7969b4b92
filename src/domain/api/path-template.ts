// Paths as the matcher compares them: decoded segments, and templates such as `/repos/{owner}/{repo}/archive/{ref}.zip`.

/** A part of a segment: text that stands for itself, or a parameter, which is one character or more. */
export type SegmentTemplate =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter' }
  /** A parameter that takes one segment or more, such as the path of a file. */
  | { readonly kind: 'many' }
  /** Texts around and between parameters, such as `['', '.zip']` for `{ref}.zip`. */
  | { readonly kind: 'mixed'; readonly texts: readonly string[] };

export type TemplateResult =
  | { readonly ok: true; readonly segments: readonly SegmentTemplate[] }
  | { readonly ok: false; readonly detail: string };

const MAX_PATH = 2_000;
const MAX_SEGMENTS = 64;

/**
 * `path` as it stands in a document: begins with a slash, has no query. `manySegments` names the parameters that may hold slashes; one of
 * them at most, as the whole of its segment.
 */
export function parsePathTemplate(path: string, manySegments: readonly string[] = []): TemplateResult {
  if (!path.startsWith('/')) return refused('A path begins with /.');
  if (path.length > MAX_PATH)
    return refused(`The path has ${path.length} characters; at most ${MAX_PATH} are allowed.`);
  // Names are taken out first: they may hold what a path can't.
  const named = path.replaceAll(/\{([^{}/]+)\}/g, (_match, name: string) =>
    manySegments.includes(name) ? '{*}' : '{}',
  );
  if (/[{}]/.test(named.replaceAll(/\{\*?\}/g, ''))) {
    return refused('The braces do not match. A parameter is written {name} and holds no slash.');
  }
  if (/[?#]/.test(named)) return refused('A path has no query and no fragment. Remove what begins with ? or #.');
  const texts = named.split('/').slice(1);
  const many = texts.filter((text) => text.includes('{*}'));
  if (many.length > 1 || (many.length === 1 && many[0] !== '{*}')) {
    return refused('Only one parameter of a path can hold slashes, and it must be a whole part of the path.');
  }
  if (texts.length > MAX_SEGMENTS) return refused(`A path has at most ${MAX_SEGMENTS} parts.`);
  const segments: SegmentTemplate[] = [];
  for (const [index, text] of texts.entries()) {
    const segment = parseSegment(text, index === texts.length - 1);
    if (typeof segment === 'string') return refused(segment);
    segments.push(segment);
  }
  return { ok: true, segments };
}

function refused(detail: string): TemplateResult {
  return { ok: false, detail };
}

function parseSegment(text: string, isLast: boolean): SegmentTemplate | string {
  if (text === '{}') return { kind: 'parameter' };
  if (text === '{*}') return { kind: 'many' };
  const texts = text.split('{}').map((part) => decodeText(part));
  const first = texts[0] ?? '';
  if (!texts.every((part) => part !== undefined)) {
    return 'The path has characters that no request can have there: a backslash, a semicolon, an encoded slash or a control character.';
  }
  if (texts.length > 1) return { kind: 'mixed', texts };
  if (first === '' && !isLast) return 'The path has two slashes in a row. Remove one.';
  return isDotSegment(first) ? 'The path has a part . or .., which no request has.' : { kind: 'literal', text: first };
}

/**
 * The decoded segments of a request's path (without its query), or undefined for one that another server could read as a different
 * path than we do: encoded slashes and backslashes, dot segments, empty segments, path parameters (`;`), control characters, and
 * what is no UTF-8 in percent-encoding. Who guards a server by its paths has to refuse those.
 */
export function splitRequestPath(path: string): readonly string[] | undefined {
  if (!path.startsWith('/') || path.length > 4 * MAX_PATH) return undefined;
  // ASCII only: the rest arrives percent-encoded, as RFC 3986 wants it.
  if (!/^[\x21-\x7e]*$/.test(path)) return undefined;
  // Most paths have nothing to decode; this runs at every call.
  const isPlain = !/[%;\\?#]/.test(path);
  const segments: string[] = [];
  for (let start = 1; ;) {
    const slash = path.indexOf('/', start);
    const isLast = slash < 0;
    const text = path.slice(start, isLast ? path.length : slash);
    const segment = isPlain ? text : decodeText(text);
    if (segment === undefined || isDotSegment(segment) || (segment === '' && !isLast)) return undefined;
    if (segments.push(segment) > MAX_SEGMENTS) return undefined;
    if (isLast) return segments;
    start = slash + 1;
  }
}

function isDotSegment(text: string): boolean {
  return text === '.' || text === '..';
}

/** undefined for what must not be in a segment. */
function decodeText(text: string): string | undefined {
  if (/[;?#]/.test(text)) return undefined;
  if (!text.includes('%')) return isUnsafe(text) ? undefined : text;
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  return isUnsafe(decoded) || decoded.includes('/') ? undefined : decoded;
}

function isUnsafe(text: string): boolean {
  return /[\\\p{Cc}\p{Cs}]/u.test(text);
}

/** Whether the segment is that text, or has its texts with something in place of every parameter. */
export function matchesSegment(template: SegmentTemplate, segment: string): boolean {
  if (template.kind === 'literal') return segment === template.text;
  return template.kind === 'mixed' ? matchesTexts(template.texts, segment) : segment !== '';
}

/** As far left as possible for each text: with parameters that take anything, that finds a match whenever there is one. */
function matchesTexts(texts: readonly string[], segment: string): boolean {
  const first = texts[0] ?? '';
  const last = texts.at(-1) ?? '';
  if (!segment.startsWith(first)) return false;
  let at = first.length;
  for (const text of texts.slice(1, -1)) {
    const found = segment.indexOf(text, at + 1);
    if (found < 0) return false;
    at = found + text.length;
  }
  return segment.length - last.length > at && segment.endsWith(last);
}

/** Equal for templates that no request tells apart. */
export function templateKey(template: SegmentTemplate): string {
  if (template.kind === 'literal') return `=${template.text}`;
  if (template.kind === 'many') return '**';
  // No segment holds a slash.
  return template.kind === 'parameter' ? '*' : `~${template.texts.join('/')}`;
}
