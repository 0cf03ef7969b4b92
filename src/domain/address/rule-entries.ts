// Cutting pasted text into the entries of a rule list, without tearing a range that was written with spaces.

/**
 * Commas, spaces and line ends separate. Nothing between two commas, before the first or after the last is an empty
 * entry (''), so that it can be refused; text of white space alone has no entries.
 */
export function splitRuleText(text: string): string[] {
  const parts = text.split(',');
  if (parts.length === 1) return splitLines(text);
  return parts.flatMap((part) => {
    const entries = splitLines(part);
    return entries.length === 0 ? [''] : entries;
  });
}

/**
 * Joins `a - b`, `a -b`, `a- b` and, between IPv4 addresses, `a : b` into one entry where both sides look like
 * addresses; every other space separates.
 */
export function splitBlanks(line: string): string[] {
  const entries: string[] = [];
  const words = line.split(/\s+/).filter((word) => word !== '');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    const before = entries.at(-1);
    if (before !== undefined && next !== undefined && joinsAlone(before, word, next)) {
      entries[entries.length - 1] = before + word + next;
      at++;
    } else if (before !== undefined && joinsAttached(before, word)) {
      entries[entries.length - 1] = before + word;
    } else entries.push(word);
  }
  return entries;
}

/** A dash joins within one line only: a pasted bullet list (`- 192.0.2.1`) must not become ranges. */
function splitLines(text: string): string[] {
  return text.split(/[\n\r\v\f\u2028\u2029]/).flatMap(splitBlanks);
}

function joinsAlone(before: string, word: string, next: string): boolean {
  if (word === '-') return looksLikeAddress(before) && looksLikeAddress(next);
  return word === ':' && looksLikeIpv4(before) && looksLikeIpv4(next);
}

function joinsAttached(before: string, word: string): boolean {
  if (word.startsWith('-')) return looksLikeAddress(before) && looksLikeAddress(word.slice(1));
  if (before.endsWith('-')) return looksLikeAddress(before.slice(0, -1)) && looksLikeAddress(word);
  if (word.startsWith(':')) return looksLikeIpv4(before) && looksLikeIpv4(word.slice(1));
  return before.endsWith(':') && looksLikeIpv4(before.slice(0, -1)) && looksLikeIpv4(word);
}

function looksLikeAddress(text: string): boolean {
  return looksLikeIpv4(text) || (text.includes(':') && /^[0-9a-f:.]+$/i.test(text));
}

function looksLikeIpv4(text: string): boolean {
  return /^\d+(?:\.\d*)+$/.test(text);
}
