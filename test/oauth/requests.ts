// How the OAuth tests send requests, and what they look at in the answers.

import { request } from 'node:http';
import type { NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import type { Installation, TestClient } from './installation.ts';

export interface Answer {
  readonly status: number;
  /** By lower-case name; several lines joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, whatever it is; undefined when it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it as it came
  readonly json: any;
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A form as text or as fields, or raw bytes. */
  readonly body?: string | Buffer | Readonly<Record<string, string>> | undefined;
  /** HTTP Basic, sent raw as curl does it. */
  readonly basic?: TestClient | undefined;
  /** The address that the proxy in front saw; each test has its own, so that they do not throttle each other. */
  readonly from?: string | undefined;
}

/** Sends exactly these headers and no others but Host and Content-Length. A form by POST to the token endpoint unless said otherwise. */
export function send({ url }: Pick<Installation, 'url'>, sending: Sending): Promise<Answer> {
  const { method = 'POST', path = '/oauth2/token', basic } = sending;
  const body = bytesOf(sending.body);
  const headers: Record<string, string> = {
    ...(body && !hasHeader(sending, 'content-type') ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...(body && !hasHeader(sending, 'transfer-encoding') ? { 'content-length': String(body.length) } : {}),
    ...(basic ? { authorization: basicHeader(basic) } : {}),
    ...(sending.from ? { 'x-forwarded-for': sending.from } : {}),
    ...sending.headers,
  };
  for (const name of Object.keys(headers)) if (headers[name] === '') delete headers[name];
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(answered) as Record<string, string>,
          text,
          json: text.startsWith('{') ? JSON.parse(text) : undefined,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function bytesOf(body: Sending['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : new URLSearchParams(body).toString());
}

function hasHeader({ headers = {} }: Sending, name: string): boolean {
  return Object.keys(headers).some((each) => each.toLowerCase() === name);
}

export function basicHeader({ clientId, secret }: TestClient): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}

export const GRANT = { grant_type: 'client_credentials' } as const;

/** A token for the client; fails the test when it gets none. */
export async function fetchToken(
  installation: Installation,
  client: TestClient,
  form: Readonly<Record<string, string>> = {},
  from?: string,
): Promise<string> {
  const answer = await send(installation, { basic: client, body: { ...GRANT, ...form }, from });
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`);
  return answer.json.access_token;
}

export function introspect(
  installation: Installation,
  caller: TestClient,
  form: Readonly<Record<string, string>>,
  from?: string,
): Promise<Answer> {
  return send(installation, { path: '/oauth2/introspect', basic: caller, body: form, from });
}

/** The event under the reference that an answer gave. */
export function eventOf(installation: Installation, answer: Answer): NewAuditEvent | undefined {
  return installation.events.find((event) => event.requestId === answer.headers['x-request-id']);
}
