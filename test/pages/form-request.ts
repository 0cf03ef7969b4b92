// Requests to pages without a browser: what the wire says.

import type { PageServer } from './page-server.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface RequestOptions {
  readonly method?: string;
  readonly sessionToken?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Sent as browsers send forms. */
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Follows no redirect. A form makes it a POST. */
export async function request(server: PageServer, path: string, options: RequestOptions = {}): Promise<Answered> {
  const headers = new Headers(options.headers);
  if (options.sessionToken !== undefined) headers.set('Cookie', `postern_session=${options.sessionToken}`);
  const body = options.form ? new URLSearchParams(options.form) : options.body;
  const response = await fetch(server.url + path, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The value of a hidden field in a page. */
export function hiddenField(html: string, name: string): string {
  const value = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(html)?.[1];
  if (value === undefined) throw new Error(`the page has no hidden field ${name}`);
  return value;
}
