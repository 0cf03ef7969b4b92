// How the text of an environment variable becomes a value, with a message that says what to write instead.
import { isIP } from 'node:net';
import { z } from 'zod';

const MAX_SHOWN = 60;

/** A value as it may stand in a message: one line, not endless. */
export function shown(value: string): string {
  const line = value.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?');
  return `"${line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line}"`;
}

/** Refuses with what `parse` throws as a string; everything else that it throws is a fault of ours. */
export function textTo<T>(parse: (text: string, refuse: (detail: string) => never) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text, (detail) => {
        throw new Refusal(detail);
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.addIssue({ code: 'custom', message: error.message, input: text });
      return z.NEVER;
    }
  });
}

class Refusal extends Error {}

export function wholeNumber(min: number, max: number, what = 'whole number'): z.ZodType<number, string> {
  return textTo((text, refuse) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : refuse(`${shown(text)} is not a ${what} from ${min} to ${max}.`);
  });
}

export const portNumber = wholeNumber(1, 65_535, 'port number');

export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T, string> {
  return textTo(
    (text, refuse) =>
      values.find((value) => value === text) ?? refuse(`${shown(text)} is none of ${values.join(', ')}.`),
  );
}

/** Something to listen on: an address, or a name that stands for one. */
export const listenHost = textTo((text, refuse) =>
  isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text)
    ? text
    : refuse(`${shown(text)} is neither an IP address nor a host name. Use 127.0.0.1, or 0.0.0.0 for all interfaces.`),
);

/**
 * RFC 8414 §2, and strictly: the text is compared letter by letter by everybody who checks a token. Without a path, because the
 * pages and their cookies live at the root of their host.
 */
export const issuerUrl = textTo((text, refuse) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    return refuse(`${shown(text)} is not an absolute http or https URL such as https://postern.example.com.`);
  }
  if (url.username !== '' || url.password !== '')
    return refuse('The URL contains a user name or password. Leave it out.');
  if (text.includes('?') || text.includes('#')) return refuse(`Write ${url.origin}, without a query and a fragment.`);
  if (url.pathname !== '/') {
    return refuse(`Write ${url.origin}, without a path: give Postern a host name, or a port, of its own.`);
  }
  return text === url.origin
    ? text
    : refuse(`${shown(text)} is to be written ${url.origin}, without a slash at its end.`);
});

/** The value holds a password, so it isn't repeated. */
export const databaseUrl = textTo((text, refuse) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    return refuse('This is not a URL such as postgres://user:password@host:5432/postern.');
  }
  if (url.pathname.length < 2) return refuse('The URL names no database. End it with one, such as …:5432/postern.');
  return text;
});

/** 256 bits. Any encoding of another length, and a passphrase, is refused: it would be weaker than it looks. */
export const encryptionKey = textTo((text, refuse) => {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(text);
  if (isBase64) return Buffer.from(text, 'base64');
  return refuse('This is not 32 bytes in base64 or hexadecimal. `openssl rand -base64 32` makes such a key.');
});

/** Entries separated by commas or spaces. */
export function listOf<T>(
  parse: (entry: string, refuse: (detail: string) => never) => T,
): z.ZodType<readonly T[], string> {
  return textTo((text, refuse) =>
    Object.freeze(
      text
        .split(/[,\s]+/)
        .filter((entry) => entry !== '')
        .map((entry) => parse(entry, refuse)),
    ),
  );
}

/** One address or a CIDR. */
export function network(entry: string, refuse: (detail: string) => never): string {
  const [address = '', prefix, ...more] = entry.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  const bits = family === 4 ? 32 : 128;
  const isPrefix = prefix === undefined || (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits);
  if (family !== 0 && isPrefix && more.length === 0) return entry;
  return refuse(`${shown(entry)} is neither an IP address nor a network such as 10.0.0.0/8 or fd00::/8.`);
}

/** `ip`, `ip:port` or `[ip]:port`. */
export function nameServer(entry: string, refuse: (detail: string) => never): string {
  const [, inBrackets, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  const isAddress = isIP(entry) !== 0 || isIP(plain ?? '') === 4 || isIP(inBrackets ?? '') === 6;
  return isAddress && isPort
    ? entry
    : refuse(
        `${shown(entry)} is neither an address nor address:port. Write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53.`,
      );
}
