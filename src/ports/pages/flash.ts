// The message that the page after a redirect shows once. It travels in a cookie, so that any instance can show it, sealed with
// the session's token, so that nobody else can make the pages say something.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Flash } from '../../../views/layout/app-shell.tsx';

const CODES = [
  'set_up',
  'welcome',
  'client_saved',
  'client_activated',
  'client_deactivated',
  'client_deleted',
  'client_tokens_ended',
  'address_allowed',
  'address_let_in_already',
  'address_unrestricted',
  'secret_deleted',
  'api_token_saved',
  'api_token_deleted',
  'acting',
  'acting_ended',
  'company_created',
  'company_saved',
  'company_suspended',
  'company_reactivated',
  'company_deleted',
  'api_created',
  'api_saved',
  'api_imported',
  'api_privilege_added',
  'api_privilege_saved',
  'api_privilege_removed',
  'api_deleted',
  'role_created',
  'role_saved',
  'role_deleted',
  'user_saved',
  'user_activated',
  'user_deactivated',
  'user_deleted',
  'password_changed',
  'session_ended',
  'other_sessions_ended',
] as const;

type FlashCode = (typeof CODES)[number];

export interface FlashMessage {
  readonly code: FlashCode;
  /** What it is about, such as a client's name. Never a secret. */
  readonly subject?: string | undefined;
  readonly details?: readonly string[] | undefined;
}

const message: z.ZodType<FlashMessage> = z.strictObject({
  code: z.enum(CODES),
  subject: z.string().optional(),
  details: z.array(z.string()).optional(),
});

/** Browsers keep cookies of at most 4,096 bytes; base64url makes four bytes of three. */
const MAX_BYTES = 2400;
const MAX_DETAILS = 20;

/** The cookie's value. Details that don't fit are counted in the last one. */
export function sealFlash(flash: FlashMessage, sessionToken: string): string {
  const payload = Buffer.from(fitted(flash)).toString('base64url');
  return `${payload}.${signatureOf(payload, sessionToken)}`;
}

/** undefined for what this session did not seal. */
export function openFlash(value: string, sessionToken: string): FlashMessage | undefined {
  const [payload = '', signature = '', ...rest] = value.split('.');
  const expected = signatureOf(payload, sessionToken);
  const isOurs = signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  if (!isOurs || rest.length > 0) return undefined;
  const parsed = message.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return parsed.success ? parsed.data : undefined;
}

function signatureOf(payload: string, sessionToken: string): string {
  return createHmac('sha256', sessionToken).update(`postern flash\n${payload}`).digest('base64url');
}

function fitted(flash: FlashMessage): string {
  const all = flash.details ?? [];
  for (let shown = Math.min(all.length, MAX_DETAILS); shown >= 0; shown -= 1) {
    const left = all.length - shown;
    const details = [
      ...all.slice(0, shown),
      ...(left > 0 ? [`And ${left.toLocaleString('en')} more of the kind.`] : []),
    ];
    const text = JSON.stringify({ ...flash, ...(all.length > 0 ? { details } : {}) });
    if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  }
  return JSON.stringify({ code: flash.code });
}

const API_WORDS = {
  api_created: (subject: string) => `Created ${subject}.`,
  api_saved: (subject: string) => `Saved the changes to ${subject}.`,
  api_imported: (subject: string) => `Imported the description of ${subject}.`,
  api_privilege_added: (subject: string) => `Added the privilege ${subject}.`,
  api_privilege_saved: (subject: string) => `Saved the privilege ${subject}.`,
  api_privilege_removed: (subject: string) => `Removed the privilege ${subject}.`,
};

/** What was done, and what else follows from it. */
function withDetails(text: string, details: readonly string[] | undefined): Flash {
  return details?.length ? { tone: 'info', text, details } : { tone: 'good', text };
}

/** The message in words. */
export function toFlash({ code, subject = 'it', details }: FlashMessage): Flash {
  switch (code) {
    case 'set_up':
      return { tone: 'good', text: 'Postern is set up, and you are signed in as its first administrator.' };
    case 'welcome':
      return { tone: 'good', text: 'Your password is set, and you are signed in.' };
    case 'client_saved':
    case 'api_token_saved':
    case 'company_saved':
    case 'role_saved':
    case 'user_saved':
      return details?.length
        ? { tone: 'info', text: `Saved the changes to ${subject}, with these differences:`, details }
        : { tone: 'good', text: `Saved the changes to ${subject}.` };
    case 'acting':
      return { tone: 'info', text: `You act for ${subject} now, and see only what belongs to it and is below it.` };
    case 'acting_ended':
      return { tone: 'info', text: `You act for your own company, ${subject}, again.` };
    case 'company_created':
      return details?.length
        ? { tone: 'info', text: `Created ${subject}, with these differences:`, details }
        : { tone: 'good', text: `Created ${subject}. Its first user can be invited now.` };
    case 'company_suspended':
      return { tone: 'good', text: `${subject} is suspended, with everything below it.` };
    case 'company_reactivated':
      return { tone: 'good', text: `${subject} is active again.` };
    case 'company_deleted':
    case 'role_deleted':
    case 'api_deleted':
      return { tone: 'good', text: `Deleted ${subject}.` };
    case 'api_created':
    case 'api_saved':
    case 'api_imported':
    case 'api_privilege_added':
    case 'api_privilege_saved':
    case 'api_privilege_removed':
      return withDetails(API_WORDS[code](subject), details);
    case 'role_created':
      return { tone: 'good', text: `Created the role ${subject}. Clients and users can be given it now.` };
    case 'user_activated':
      return { tone: 'good', text: `${subject} is active: they can sign in.` };
    case 'user_deactivated':
      return { tone: 'good', text: `${subject} is inactive: they are signed out and can’t sign in.` };
    case 'user_deleted':
      return { tone: 'good', text: `Deleted ${subject}. They are signed out.` };
    case 'client_activated':
      return { tone: 'good', text: `${subject} is active: it gets tokens, and those still out count again.` };
    case 'client_deactivated':
      return { tone: 'good', text: `${subject} is inactive: it gets no tokens, and those already out don’t count.` };
    case 'client_deleted':
      return { tone: 'good', text: `Deleted ${subject} with its secrets and tokens.` };
    case 'client_tokens_ended':
      return { tone: 'good', text: `Ended all tokens of ${subject}.` };
    case 'address_allowed':
      return { tone: 'good', text: `${subject} is on the list of this client now.` };
    case 'address_let_in_already':
      return { tone: 'info', text: `A rule of this client lets ${subject} in already. Nothing was changed.` };
    case 'address_unrestricted':
      return { tone: 'info', text: `This client may come from anywhere, ${subject} too. Nothing was changed.` };
    case 'secret_deleted':
      return { tone: 'good', text: `Deleted the secret ending in ${subject}.` };
    case 'api_token_deleted':
      return { tone: 'good', text: `Deleted the API token ${subject}: it lets nobody in any more.` };
    case 'password_changed':
      return { tone: 'good', text: 'Changed your password. Your other sessions have ended.' };
    case 'session_ended':
      return { tone: 'good', text: 'Ended the session.' };
    case 'other_sessions_ended':
      return { tone: 'good', text: 'Ended all your other sessions.' };
  }
}
