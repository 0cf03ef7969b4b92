// Looking for text in rows, the same way in every database: what is looked in is folded when it is stored, what is looked for when
// it is asked, both here. PostgreSQL's own lower() knows ASCII alone in a database with the locale C.
import { nameKey } from '../domain/text.ts';

/** What a row is found by: its texts without regard to case, width and composition, a line each. */
export function searchText(...texts: readonly string[]): string {
  return texts.map(nameKey).join('\n');
}

/** A LIKE pattern for rows whose search text contains this; `%` and `_` stand for themselves. */
export function containing(text: string): string {
  return `%${escapeLike(nameKey(text))}%`;
}

/** A LIKE pattern for texts, folded by lower(), that begin with this. */
export function beginningWith(text: string): string {
  return `${escapeLike(text.toLowerCase())}%`;
}

/** An ILIKE pattern for texts that were not folded and contain this. */
export function containingAsIs(text: string): string {
  return `%${escapeLike(text)}%`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`);
}
