// Identifiers of APIs: absolute URIs without a fragment (RFC 3986 §4.3, RFC 8707 §2), in the spelling in which tokens carry them.

export const MAX_IDENTIFIER = 500;

export type IdentifierReading =
  { readonly ok: true; readonly identifier: string } | { readonly ok: false; readonly detail: string };

const CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?]*))?(.*)$/s;
const HOST_AND_PORT = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]@]*)(?::(\d*))?$/;

/**
 * Scheme, host and percent-encoding get the one spelling that RFC 3986 §6.2.2.1 gives them (lower case, and `%2F` rather than `%2f`).
 * All else stays as it was typed, a slash at the end too: resource servers compare the audience letter by letter.
 */
export function readIdentifier(text: string): IdentifierReading {
  const given = text.trim();
  if (given === '') return refused('Enter an identifier, such as https://api.example.com.');
  if (given.length > MAX_IDENTIFIER) {
    return refused(`The identifier has ${given.length} characters; at most ${MAX_IDENTIFIER} are allowed.`);
  }
  if (given.includes('#')) return refused('An identifier has no fragment. Leave out # and what follows.');
  if (!CHARACTERS.test(given)) {
    return refused(
      'The identifier has a character that URIs do not have. Percent-encode it, and write hosts in ASCII.',
    );
  }
  const [, scheme, authority, rest = ''] = PARTS.exec(given) ?? [];
  if (scheme === undefined) {
    return refused('An identifier is an absolute URI: write it with its scheme, such as https://api.example.com.');
  }
  if (/[[\]]/.test(rest)) return refused('Percent-encode the square brackets in the path.');
  if (authority === undefined) return readWithoutHost(scheme, rest);
  const host = readAuthority(authority);
  if (!host.ok) return host;
  return { ok: true, identifier: `${scheme.toLowerCase()}://${host.identifier}${upperHex(rest)}` };
}

function readWithoutHost(scheme: string, rest: string): IdentifierReading {
  if (/^https?$/i.test(scheme)) return refused(`Write the host after ${scheme}://, such as https://api.example.com.`);
  if (rest === '') return refused(`Nothing follows ${scheme}: in this identifier.`);
  return { ok: true, identifier: `${scheme.toLowerCase()}:${upperHex(rest)}` };
}

function readAuthority(authority: string): IdentifierReading {
  if (authority.includes('@')) return refused('An identifier names no user. Leave out what stands before the @.');
  const [, host, port] = HOST_AND_PORT.exec(authority) ?? [];
  if (host === undefined || host === '') return refused('The identifier has no host that can be read.');
  if (port !== undefined && (port === '' || Number(port) < 1 || Number(port) > 65_535)) {
    return refused('The port of the identifier is not a number from 1 to 65535.');
  }
  return { ok: true, identifier: upperHex(host.toLowerCase()) + (port === undefined ? '' : `:${port}`) };
}

function upperHex(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}/gi, (triplet) => triplet.toUpperCase());
}

function refused(detail: string): IdentifierReading {
  return { ok: false, detail };
}
