// Signing in and out, and how long one stays signed in.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { heading, signIn, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { ada, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  await setUpAda(server);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const form = { email: ada.email, password: ada.password };

function sessionOf(headers: Headers): string | undefined {
  return /^(?:__Host-)?postern_session=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1];
}

async function openSession(): Promise<string> {
  const session = sessionOf((await request(server, '/login', { form })).headers);
  if (session === undefined) throw new Error('the sign-in gave no session');
  return session;
}

test('whoever asks for a page is sent to sign in, arrives there afterwards, and signs out again', async () => {
  const { page, end } = await visit(browser, server);
  await page.goto('/clients?status=inactive');
  expect(await heading(page)).toBe('Sign in');
  await page.getByLabel('Email address').fill(`  ${ada.email.toUpperCase()} `);
  await page.getByLabel('Password').fill(ada.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('/clients?status=inactive');
  await page.getByRole('button', { name: 'Sign out' }).click();
  expect(await page.getByRole('status').first().innerText()).toContain('You have signed out.');
  await page.goto('/clients');
  expect(await heading(page)).toBe('Sign in');
  await end();
});

test('a wrong password and an unknown address are refused in the same words', async () => {
  const { page, end } = await visit(browser, server);
  await signIn(page, 'not her password, surely');
  const wrong = await page.getByRole('alert').innerText();
  expect(wrong).toContain('The e-mail address or the password is wrong.');
  expect(await page.getByLabel('Email address').inputValue()).toBe(ada.email);
  await end();
  const answers = await Promise.all(
    [ada.email, 'nobody@northwind.test', 'not an address'].map((email) =>
      request(server, '/login', { form: { email, password: 'not her password, surely' } }),
    ),
  );
  const [first, ...others] = answers.map(({ status, text }) => ({ status, text: text.replace(/ value="[^"]*"/g, '') }));
  expect(first?.status).toBe(422);
  for (const other of others) expect(other).toEqual(first);
});

test('the true reason of a refused sign-in is in the audit log, and no password anywhere', async () => {
  const password = 'a guess that nobody should ever read';
  await request(server, '/login', { form: { email: ada.email, password } });
  const rows = await server.database.query<{ reason: string; all: string }>(
    `SELECT reason, to_jsonb(e)::text AS all FROM audit_event e WHERE action = 'user.sign_in_refused' ORDER BY id DESC LIMIT 1`,
  );
  expect(rows[0]?.reason).toBe('wrong_password');
  expect(rows[0]?.all).not.toContain(password);
  expect(server.logged()).not.toContain(password);
});

test.each(['//evil.test', 'https://evil.test/', '/\\evil.test', '/login', '/clients#x', '/logout', '/clients/../../x'])(
  'after the sign-in nobody is sent to %s',
  async (next) => {
    const answer = await request(server, '/login', { form: { ...form, next } });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
  },
);

describe('the session cookie', () => {
  test('cannot be read by scripts, is not sent along by other sites, and is new after each sign-in', async () => {
    const first = await request(server, '/login', { form });
    expect(first.headers.get('set-cookie')).toMatch(
      /^postern_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const before = sessionOf(first.headers);
    const second = await request(server, '/login', { form, sessionToken: before });
    expect(sessionOf(second.headers)).not.toBe(before);
    expect((await request(server, '/', { sessionToken: before })).headers.get('location')).toMatch(/^\/login/);
  });

  test('with an https issuer it is Secure and bound to this host by its name', async () => {
    const secure = await startPages({ issuer: 'https://id.northwind.test' });
    try {
      await setUpAda(secure);
      const answer = await request(secure, '/login', { form });
      expect(answer.headers.get('set-cookie')).toMatch(
        /^__Host-postern_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      );
      expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
      const unprefixed = await request(secure, '/', { sessionToken: sessionOf(answer.headers) });
      expect(unprefixed.headers.get('location')).toMatch(/^\/login/);
    } finally {
      await secure.close();
    }
  });

  test('is stored as a hash alone', async () => {
    const session = await openSession();
    const [row] = await server.database.query<{ all: string }>(
      `SELECT string_agg(to_jsonb(s)::text, '') AS all FROM session s`,
    );
    expect(row?.all).toContain('token_hash');
    expect(row?.all).not.toContain(session);
  });

  test('ends after half an hour without a request, and after twelve hours in any case', async () => {
    const idle = await openSession();
    server.clock.forward({ minutes: 31 });
    const ended = await request(server, '/clients', { sessionToken: idle });
    expect(ended.headers.get('location')).toBe('/login?notice=session-ended&next=%2Fclients');
    expect(ended.headers.get('set-cookie')).toContain('Max-Age=0');

    const busy = await openSession();
    for (let minutes = 20; minutes < 12 * 60; minutes += 20) {
      server.clock.forward({ minutes: 20 });
      expect((await request(server, '/', { sessionToken: busy })).status).toBe(200);
    }
    server.clock.forward({ minutes: 21 });
    expect((await request(server, '/', { sessionToken: busy })).status).toBe(303);
  });

  test('two of one name are taken for none: a neighbour may have planted one', async () => {
    const session = await openSession();
    const cookie = `postern_session=${session}; postern_session=${'x'.repeat(43)}`;
    expect((await request(server, '/', { headers: { cookie } })).status).toBe(303);
  });
});

test('of two hundred guesses at once at most ten are evaluated, the others are told to wait', async () => {
  const before = server.comparisons();
  const guesses = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      request(server, '/login', { form: { email: ada.email, password: `guess number ${index} of two hundred` } }),
    ),
  );
  expect(server.comparisons() - before).toBeLessThanOrEqual(10);
  const statuses = new Set(guesses.map(({ status }) => status));
  expect([...statuses].every((status) => [422, 429, 503].includes(status))).toBe(true);
  const throttled = guesses.filter(({ status }) => status === 429);
  expect(throttled.length).toBeGreaterThan(0);
  for (const { headers, text } of throttled) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(text).toContain('Too many sign-in attempts.');
  }
  // The right password does not help either until the window is over.
  expect((await request(server, '/login', { form })).status).toBe(429);
  server.clock.forward({ minutes: 16 });
  expect((await request(server, '/login', { form })).status).toBe(303);
});
