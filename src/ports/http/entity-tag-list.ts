// Entity tags as conditional requests list them (RFC 9110 §8.8.3, §13.1).

export interface EntityTag {
  readonly weak: boolean;
  /** Without its quotes. */
  readonly value: string;
}

const LEAD = /[\t ,]*/y;
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[\t ]*(?:,[\t ,]*|$)/y;

/** The tags of an `If-Match` or `If-None-Match` field, or `*` for any; undefined when it is neither. */
export function parseEntityTags(header: string): readonly EntityTag[] | '*' | undefined {
  if (header === '*') return '*';
  const tags: EntityTag[] = [];
  LEAD.lastIndex = 0;
  LEAD.exec(header);
  for (let at = LEAD.lastIndex; at < header.length; at = TAG.lastIndex) {
    TAG.lastIndex = at;
    const match = TAG.exec(header);
    if (!match) return undefined;
    tags.push({ weak: match[1] !== undefined, value: match[2] ?? '' });
  }
  return tags.length > 0 ? tags : undefined;
}

/**
 * Whether `If-None-Match` names the tag (`"…"`), so that 304 says enough; weak comparison (RFC 9110 §13.1.2). Koa's `fresh` is
 * not used: it takes the `Cache-Control: no-cache` that fetch adds by itself for a wish to have everything anew.
 */
export function hasSeen(ifNoneMatch: string, tag: string): boolean {
  const tags = parseEntityTags(ifNoneMatch);
  return tags === '*' || (tags ?? []).some(({ value }) => `"${value}"` === tag);
}
