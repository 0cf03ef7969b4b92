// Whoever comes from where their company lets nobody in: an open session is refused by name of the address, a sign-in in the usual words.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/domain/access/caller.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { ada, callerOf, setUpAda } from './people.ts';

let server: PageServer;
let sessionToken: string;
let caller: Caller;

beforeAll(async () => {
  server = await startPages();
  ({ sessionToken } = await setUpAda(server));
  caller = await callerOf(server, sessionToken);
  await restrict('enforce');
});

afterAll(() => server.close());

const restrict = (mode: 'off' | 'enforce') => {
  const ipRestriction = { mode, rules: ['203.0.113.0/24'] };
  return server.services.companies.update(caller, caller.companyId, { ipRestriction }, undefined, true);
};

const signIn = (password: string) =>
  request(server, '/login', {
    form: { email: ada.email, password },
    headers: { origin: server.issuer, 'sec-fetch-site': 'same-origin' },
  });

describe('while the rules of the company let the address in nowhere', () => {
  test.each(['/', '/clients', '/account'])(
    '%s answers 403 and names the address, with nothing behind the sign-in',
    async (path) => {
      const { status, text } = await request(server, path, { sessionToken });
      expect(status).toBe(403);
      expect(text).toContain('127.0.0.1');
      expect(text).not.toContain(ada.name);
      expect(text).toContain('href="/login"');
    },
  );

  test('the page to sign in is there for whoever is exempted', async () => {
    const { status, text } = await request(server, '/login', { sessionToken });
    expect([status, text.includes('name="password"')]).toEqual([200, true]);
  });

  test('the right password is refused as a wrong one is, and says nothing of addresses', async () => {
    const [right, wrong] = [await signIn(ada.password), await signIn('not the password')];
    expect([right.status, right.headers.get('set-cookie')]).toEqual([422, null]);
    expect(right.text).not.toContain('127.0.0.1');
    expect(right.text).toBe(wrong.text);
  });

  test('the session goes on as soon as they let it in again', async () => {
    await restrict('off');
    expect((await request(server, '/', { sessionToken })).status).toBe(200);
    await restrict('enforce');
    expect((await request(server, '/', { sessionToken })).status).toBe(403);
  });

  test('and whoever is exempted by name is let in', async () => {
    await server.services.users.update(caller, caller.id, { ipExempt: true });
    expect((await request(server, '/', { sessionToken })).status).toBe(200);
    expect((await signIn(ada.password)).status).toBe(303);
  });
});
