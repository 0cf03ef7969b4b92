// What the pages refuse whoever asks: forms of other sites, forms that are none, methods that mean nothing.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientSummary } from '../../src/domain/client/client.ts';
import { COMPANY_ADMIN_ROLE_ID } from '../../src/domain/role/role.ts';
import { routes } from '../../src/ports/pages/routes.ts';
import { launchBrowser } from '../support/browser.ts';
import { heading, visit } from './browser-visit.ts';
import { request } from './form-request.ts';
import { type PageServer, startPages } from './page-server.ts';
import { callerOf, setUpAda } from './people.ts';

let browser: Browser;
let server: PageServer;
let sessionToken: string;
let client: ClientSummary;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPages()]);
  ({ sessionToken } = await setUpAda(server));
  const caller = await callerOf(server, sessionToken);
  ({ client } = await server.services.clients.register(caller, { name: 'target', roleId: COMPANY_ADMIN_ROLE_ID }));
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const status = async () =>
  (await server.services.clients.get(await callerOf(server, sessionToken), client.clientId)).status;
const statusPath = () => `/clients/${client.clientId}/status`;
const inactive = { status: 'inactive' };

/** Every path there is, with ids that exist or look as if they did. */
function everyPath(): { path: string; get: boolean; post: boolean; isOpen: boolean }[] {
  return routes.map((route) => ({
    path: route.path
      .replace(':clientId', client.clientId)
      .replace(':secretId', client.secrets[0]?.id ?? '')
      .replace(':roleId', COMPANY_ADMIN_ROLE_ID)
      .replace(':eventId', '1')
      .replace(':sessionId', 'ses_x'),
    get: route.get !== undefined,
    post: route.post !== undefined,
    isOpen: (route.get ?? route.post)?.kind === 'open',
  }));
}

describe('forms of other sites', () => {
  test.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    ['another port of this host', { origin: 'http://127.0.0.1:1' }],
    ['another site, by the browser’s word', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site, by the browser’s word', { 'sec-fetch-site': 'same-site' }],
    ['this origin, but another site by the browser’s word', { 'sec-fetch-site': 'cross-site', origin: 'SELF' }],
  ])('a form from %s is refused and does nothing', async (_what, given) => {
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value === 'SELF' ? server.url : value]),
    );
    const answer = await request(server, statusPath(), { sessionToken, headers, form: inactive });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('This form was sent from another site, so nothing was done.');
    expect(await status()).toBe('active');
  });

  test('every form there is refuses them', async () => {
    const forms = everyPath().filter(({ post }) => post);
    expect(forms.length).toBeGreaterThan(10);
    for (const { path } of forms) {
      const headers = { origin: 'https://evil.test' };
      const answer = await request(server, path, { sessionToken, headers, form: inactive });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });

  test('a page elsewhere that a browser opens cannot make it post with the session', async () => {
    const evil = await serveFrom(
      `<form method="post" action="${server.url}${statusPath()}"><input name="status" value="inactive"><button>Win</button></form>`,
    );
    const { port } = evil.address() as AddressInfo;
    const { page, end } = await visit(browser, server, { sessionToken });
    try {
      // The same host by another port keeps the cookie (same site); another name for it does not.
      for (const host of ['127.0.0.1', 'localhost']) {
        await page.goto(`http://${host}:${port}/`);
        await page.getByRole('button', { name: 'Win' }).click();
        await page.waitForURL((url) => url.pathname !== '/');
        expect(await heading(page)).toBe('You can’t do this');
        expect(await status()).toBe('active');
      }
    } finally {
      await new Promise((resolve) => evil.close(resolve));
      await end();
    }
  });

  test('a form of the public address, and of a program that says nothing, is taken', async () => {
    for (const headers of [{ origin: server.issuer }, { origin: server.url }, {}]) {
      const answer = await request(server, statusPath(), { sessionToken, headers, form: { status: 'active' } });
      expect(answer.status).toBe(303);
    }
  });
});

async function serveFrom(html: string): Promise<Server> {
  const evil = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(html);
  });
  await new Promise<void>((resolve) => evil.listen(0, resolve));
  return evil;
}

test('every page but the first ones sends strangers to sign in, and does nothing', async () => {
  const paths = everyPath().filter(({ isOpen }) => !isOpen);
  expect(paths.length).toBeGreaterThan(15);
  for (const { path, get, post } of paths) {
    for (const method of [...(get ? ['GET', 'HEAD'] : []), ...(post ? ['POST'] : [])]) {
      const answer = await request(server, path, { method, ...(method === 'POST' ? { form: inactive } : {}) });
      expect([method, path, answer.status]).toEqual([method, path, 303]);
      expect(answer.headers.get('location')).toMatch(/^\/login/);
    }
  }
  expect(await status()).toBe('active');
});

test('every answer carries the headers that keep it to itself, whatever its status', async () => {
  for (const path of ['/', '/login', '/clients', '/nothing', '/setup?token=x', '/clients?status=x']) {
    const { headers } = await request(server, path, { sessionToken });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  }
});

test.each([
  ['PUT', '/clients', 'GET, HEAD, POST'],
  ['DELETE', '/login', 'GET, HEAD, POST'],
  ['GET', '/logout', 'POST'],
  ['POST', '/audit', 'GET, HEAD'],
  ['OPTIONS', '/', 'GET, HEAD'],
])('RFC 9110 §15.5.6 › %s %s is 405 and names what is allowed', async (method, path, allowed) => {
  const answer = await request(server, path, { method, sessionToken });
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe(allowed);
});

describe('forms that are none', () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  test.each([
    ['JSON', { headers: { 'content-type': 'application/json' }, body: '{"status":"inactive"}' }, 415],
    ['a file upload', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }, 415],
    ['plain text', { headers: { 'content-type': 'text/plain' }, body: 'status=inactive' }, 415],
    [
      'another character set',
      { headers: { 'content-type': `${type['content-type']}; charset=utf-16` }, body: 'status=inactive' },
      415,
    ],
    ['a compressed body', { headers: { ...type, 'content-encoding': 'gzip' }, body: 'status=inactive' }, 415],
    ['a repeated field', { headers: type, body: 'status=inactive&status=active' }, 400],
    ['a field that the form does not have', { headers: type, body: 'status=inactive&role_id=x' }, 400],
    ['bad percent-encoding', { headers: type, body: 'status=%zz' }, 400],
    ['a NUL', { headers: type, body: 'status=%00' }, 400],
    ['invalid UTF-8', { headers: type, body: 'status=%ff' }, 400],
    ['raw invalid UTF-8', { headers: type, body: new Uint8Array([115, 61, 255]) }, 400],
    ['a name that means something to JavaScript', { headers: type, body: '__proto__=x' }, 400],
    ['a value that is no choice', { headers: type, body: 'status=paused' }, 422],
    ['nothing', { headers: type, body: '' }, 422],
  ] as const)('%s is refused and does nothing', async (_what, options, expected) => {
    const answer = await request(server, statusPath(), { method: 'POST', sessionToken, ...options });
    expect(answer.status).toBe(expected);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await status()).toBe('active');
  });

  test('a body over 256 KiB is 413', async () => {
    const form = { name: 'big', ip_rules: 'x'.repeat(300_000) };
    const answer = await request(server, '/clients', { sessionToken, form }).catch(() => undefined);
    // The server closes at once; a client that is still writing may see that before it sees the answer.
    if (answer) expect(answer.status).toBe(413);
    expect(server.logged()).not.toContain('"level":"error"');
  });
});

test('while the database is away every page says so with 503 and when to come back', async () => {
  const away = await startPages();
  const { sessionToken: session } = await setUpAda(away);
  try {
    await away.loseDatabase();
    for (const path of ['/', '/clients', '/login']) {
      const answer = await request(away, path, { sessionToken: session });
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.text).toContain('Postern cannot reach its database at the moment.');
      expect(answer.text).toContain(`href="${path}"`);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const styles = await request(away, '/assets/postern.css');
    expect(styles.status).toBe(200);
    expect(styles.headers.get('content-type')).toBe('text/css; charset=utf-8');
  } finally {
    await away.close();
  }
});
