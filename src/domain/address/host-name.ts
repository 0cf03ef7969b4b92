// The host name of a rule: a fully qualified DNS name in its ASCII, lower-case form without the root dot.

import { domainToASCII } from 'node:url';

export type HostNameResult =
  | { readonly ok: true; readonly name: string; readonly notices: readonly string[] }
  | { readonly ok: false; readonly detail: string };

const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * Takes names of RFC 1123 §2.1 letters, digits and hyphens with at least one dot and a top-level label that isn't a
 * number, and internationalised names by their RFC 5891 A-labels. Lengths are those of RFC 1035 §2.3.4.
 */
export function parseHostName(entry: string): HostNameResult {
  const foreign = firstForeignCharacter(entry);
  if (foreign !== undefined) return refused(explainCharacter(entry, foreign));

  const notices: string[] = [];
  let name = entry;
  if (!isAscii(entry)) {
    name = domainToASCII(entry);
    if (name === '') return refused(`${entry} is not a valid internationalised name. Write its xn-- form.`);
    notices.push(`${entry} is stored in its ASCII form, ${withoutRootDot(name)}.`);
  } else if (entry !== entry.toLowerCase()) {
    name = entry.toLowerCase();
    notices.push(`${entry} is stored in lower case.`);
  }
  if (name.endsWith('.')) {
    name = withoutRootDot(name);
    notices.push(`The dot at the end of ${name}. was dropped.`);
  }
  const detail = explainBadName(name);
  return detail === undefined ? { ok: true, name, notices } : refused(detail);
}

/** True for a label that URL and resolver libraries read as a number: `10`, `0x7f`. */
export function isNumericLabel(label: string): boolean {
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(label);
}

function refused(detail: string): HostNameResult {
  return { ok: false, detail };
}

function withoutRootDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** ASCII that can't be in a name. Looked for before domainToASCII, which would decode or drop some of it. */
function firstForeignCharacter(text: string): string | undefined {
  return /[^A-Za-z0-9.\-\u0080-\u{10ffff}]/u.exec(text)?.[0];
}

function explainCharacter(entry: string, character: string): string {
  if (character === '_') return `${entry} has an underscore. Host names have letters, digits, hyphens and dots only.`;
  if (character === '@') return `${entry} looks like an e-mail address. Write only the host name after the @.`;
  return `${entry} is neither an address nor a host name: ${character} can't be part of either.`;
}

function explainBadName(name: string): string | undefined {
  if (name.length > MAX_NAME) return `The host name has ${name.length} characters; DNS allows ${MAX_NAME}. Shorten it.`;
  const labels = name.split('.');
  if (labels.includes('')) return `${name || 'The host name'} has an empty part: remove the surplus dot.`;
  if (labels.length === 1) return explainShortName(name);
  const long = labels.find((label) => label.length > MAX_LABEL);
  if (long !== undefined)
    return `${name} has a part of ${long.length} characters; DNS allows ${MAX_LABEL}. Shorten it.`;
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) {
    return `${name} has a part that starts or ends with a hyphen. Remove the hyphen.`;
  }
  if (isNumericLabel(labels.at(-1) ?? '')) {
    return `${name} ends in a number, so it is no host name. Write an address in plain digits, such as 192.0.2.10.`;
  }
  if (!labels.every((label) => /^[a-z0-9-]+$/.test(label))) {
    return `${name} has characters that DNS doesn't allow. Use letters, digits, hyphens and dots.`;
  }
  if (labels.some((label) => label.startsWith('xn--')) && domainToASCII(name) !== name) {
    return `${name} has an xn-- part that encodes no valid name. Copy it again, or write the name in its own script.`;
  }
  return undefined;
}

function explainShortName(name: string): string {
  if (name === 'localhost') return 'localhost is no full host name. Write 127.0.0.1 and ::1.';
  return `${name} is neither an address nor a full host name. A host name has at least one dot: ${name}.example.com.`;
}
