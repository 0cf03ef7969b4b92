// The client credentials that a request presents, by HTTP Basic or in the form (RFC 6749 §2.3.1). Whether they are right is asked later.
import type { Context } from 'koa';
import type { OAuthForm } from './front.ts';
import { invalidRequest, type OAuthError } from './oauth-error.ts';

export type PresentedCredentials =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: string }
  /** Nothing that could be checked. `clientId` where one was named all the same. */
  | {
      readonly kind: 'unusable';
      readonly reason: 'missing_credentials' | 'malformed_credentials';
      /** For the caller: what to send instead. It depends on the request alone. */
      readonly hint: string;
      readonly clientId: string | undefined;
    }
  /** Against the protocol whoever the client is: 400. */
  | { readonly kind: 'refused'; readonly error: OAuthError; readonly clientId: string | undefined };

const BASIC = /^basic ([A-Za-z0-9+/]+={0,2})$/i;
const VISIBLE = /^[\x21-\x7e]+$/;
const MAX_LENGTH = 1024;

export function readCredentials(ctx: Context, form: OAuthForm): PresentedCredentials {
  const { headers } = ctx.req;
  const header = headers.authorization;
  const bodyId = form['client_id'];
  const bodySecret = form['client_secret'];
  const mechanisms = [header, bodySecret, form['client_assertion'], headers['oauth-client-attestation']];
  if (mechanisms.filter(Boolean).length > 1 || countAuthorization(ctx) > 1) {
    return refused(
      'Authenticate in one way only: by HTTP Basic or by client_id and client_secret in the form.',
      bodyId,
    );
  }
  if (header) {
    const basic = readBasic(header);
    if (basic.kind === 'secret' && bodyId !== undefined && bodyId !== basic.clientId) {
      return refused('client_id in the form is not the one in the Authorization header.', basic.clientId);
    }
    return basic;
  }
  if (bodySecret === undefined) {
    return unusable('missing_credentials', 'Send client ID and secret by HTTP Basic or in the form.', bodyId);
  }
  if (bodyId === undefined) return malformed('client_id is missing beside client_secret.', undefined);
  return checked(bodyId, bodySecret);
}

function readBasic(header: string): PresentedCredentials {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return malformed('The Authorization header is not valid HTTP Basic.', undefined);
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const id = colon < 0 ? undefined : formDecode(text.slice(0, colon));
  const secret = colon < 0 ? undefined : formDecode(text.slice(colon + 1));
  if (id === undefined || secret === undefined) {
    return malformed('The Authorization header is not base64 of client ID, colon, secret.', undefined);
  }
  return checked(id, secret);
}

/** RFC 6749 §2.3.1 has both parts form-encoded. Most senders don't, which comes to the same: our alphabet has nothing to encode. */
function formDecode(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function checked(clientId: string, secret: string): PresentedCredentials {
  const isUsable = [clientId, secret].every((text) => text.length <= MAX_LENGTH && VISIBLE.test(text));
  if (!isUsable) return malformed('Client ID and secret are visible ASCII characters, neither is empty.', clientId);
  return { kind: 'secret', clientId, secret };
}

function malformed(hint: string, clientId: string | undefined): PresentedCredentials {
  return unusable('malformed_credentials', hint, clientId);
}

function unusable(
  reason: 'missing_credentials' | 'malformed_credentials',
  hint: string,
  clientId: string | undefined,
): PresentedCredentials {
  return { kind: 'unusable', reason, hint, clientId };
}

function refused(description: string, clientId: string | undefined): PresentedCredentials {
  return { kind: 'refused', error: invalidRequest(description), clientId };
}

const AUTHORIZATION = 'authorization';

/** Node keeps the first of several lines and drops the others in silence. */
function countAuthorization(ctx: Context): number {
  const { rawHeaders } = ctx.req;
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) count += 1;
  }
  return count;
}
