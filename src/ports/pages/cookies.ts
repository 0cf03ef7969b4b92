// The two cookies of the pages: the session, and the message that the next page shows once. Read strictly, written by hand:
// Koa refuses `Secure` where TLS ends at a proxy in front of us.
import type { Context } from 'koa';

export interface PageCookies {
  /** undefined unless there is exactly one, of the form that we give out. */
  readSession(ctx: Context): string | undefined;
  /** null deletes it. */
  writeSession(ctx: Context, token: string | null): void;
  readFlash(ctx: Context): string | undefined;
  writeFlash(ctx: Context, value: string | null): void;
}

const SESSION_FORM = /^[A-Za-z0-9_-]{43}$/;
const FLASH_FORM = /^[A-Za-z0-9_.-]{1,3800}$/;
const FLASH_SECONDS = 60;

/** `secure`: with the prefix `__Host-`, under which no other host and no plain http page can plant one. */
export function createPageCookies(secure: boolean): PageCookies {
  const prefix = secure ? '__Host-' : '';
  const session = `${prefix}postern_session`;
  const flash = `${prefix}postern_flash`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const write = (ctx: Context, name: string, value: string | null, lifetime: string) => {
    const end = value === null ? '; Max-Age=0' : lifetime;
    ctx.append('Set-Cookie', `${name}=${value ?? ''}; ${attributes}${end}`);
  };
  return {
    readSession: (ctx) => readCookie(ctx.get('cookie'), session, SESSION_FORM),
    // Without an age of its own: the browser drops it when it is closed, and the server knows when it ends.
    writeSession: (ctx, token) => write(ctx, session, token, ''),
    readFlash: (ctx) => readCookie(ctx.get('cookie'), flash, FLASH_FORM),
    writeFlash: (ctx, value) => write(ctx, flash, value, `; Max-Age=${FLASH_SECONDS}`),
  };
}

/** Two of one name: one was planted by a neighbour (another port or subdomain), and nobody can say which. */
function readCookie(header: string, name: string, form: RegExp): string | undefined {
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && form.test(value) ? value : undefined;
}
