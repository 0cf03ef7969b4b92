// Where to go after signing in: a page of ours, whatever the link says.

const PAGE = /^\/(?:(?:clients|companies|users|roles|apis|audit|account|docs)(?:\/[A-Za-z0-9_-]{1,100}){0,4})?$/;
const QUERY = /^[\x21-\x7e]{0,1000}$/;

/** The path with its query when it is one of our pages to look at; undefined otherwise. */
export function parseNextPath(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  const query = at < 0 ? '' : text.slice(at);
  return PAGE.test(path) && QUERY.test(query) && !/[\\#]/.test(query) ? text : undefined;
}

/** The way to the sign-in page, and from there on to `next`. */
export function signInPath(options: { next?: string | undefined; notice?: 'signed-out' | 'session-ended' }): string {
  const next = parseNextPath(options.next);
  const query = new URLSearchParams({
    ...(options.notice ? { notice: options.notice } : {}),
    ...(next !== undefined && next !== '/' ? { next } : {}),
  }).toString();
  return query === '' ? '/login' : `/login?${query}`;
}
