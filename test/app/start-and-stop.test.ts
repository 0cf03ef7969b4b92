// A server from its first start to its end, and again: what it says, what it keeps, what it leaves behind.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { processesIn } from '../embedded/server-processes.ts';
import { eventually } from '../support/eventually.ts';
import { cleanUpPostern, launchPostern, makeDataDirectory, requestToken, startPostern } from '../support/postern.ts';

vi.setConfig({ testTimeout: 90_000 });
afterAll(cleanUpPostern);

/** Nothing of a server is at work on its data any more. */
async function nothingIsLeft(dataDirectory: string): Promise<void> {
  await eventually('no process is left', () => processesIn(dataDirectory).length === 0);
}

describe('the first start', () => {
  test('says where it listens and gives the setup link in JSON lines, and keeps the key for its account alone', async () => {
    const postern = await startPostern();
    const link = await eventually('the link is there', () => postern.setupLink());
    expect(link).toMatch(new RegExp(`^http://localhost:${postern.port}/setup\\?token=[A-Za-z0-9_-]{43}$`));
    const messages = postern.log().map(({ level, msg }) => [level, msg]);
    expect(messages).toContainEqual(['info', `Postern is ready at http://localhost:${postern.port}`]);
    expect(messages).toContainEqual([
      'info',
      `There are no users yet. Make the first one at ${link} (this link works once, for 24 hours)`,
    ]);
    expect(postern.stderr()).toBe('');
    expect((await stat(join(postern.dataDirectory, 'encryption-key'))).mode & 0o777).toBe(0o600);

    const page = await fetch(link.replace('localhost', '127.0.0.1'));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('name="password"')]);
    await postern.stop();
  });

  test('makes the first user from the settings instead, and never logs the password', async () => {
    const env = { POSTERN_ADMIN_EMAIL: 'ada@example.com', POSTERN_ADMIN_PASSWORD: 'five quiet herons at noon' };
    const postern = await startPostern({ env });
    const answer = await fetch(`${postern.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams({ email: env.POSTERN_ADMIN_EMAIL, password: env.POSTERN_ADMIN_PASSWORD }),
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    await postern.stop();
    expect(postern.setupLink()).toBeUndefined();
    expect(postern.stdout()).not.toContain('herons');
  });
});

describe('a later start', () => {
  test('keeps clients, keys and tokens, and gives another setup link while there are no users', async () => {
    const dataDirectory = await makeDataDirectory();
    const first = await startPostern({ dataDirectory });
    const client = await first.createClient();
    const issued = (await (await requestToken(first.url, client)).json()) as { access_token: string };
    await first.stop();

    const second = await startPostern({ dataDirectory, port: first.port });
    const link = await eventually('another link is there', () => second.setupLink());
    expect(link).not.toBe(first.setupLink());
    const me = await fetch(`${second.url}/api/v1/me`, { headers: { Authorization: `Bearer ${issued.access_token}` } });
    expect([me.status, await me.json()]).toEqual([200, expect.objectContaining({ client_id: client.client_id })]);
    expect((await requestToken(second.url, client)).status).toBe(200);
    await second.stop();
  });
});

describe('the end', () => {
  test('SIGTERM: not ready any more, every answer ends its connection, status 0, no process left', async () => {
    const postern = await startPostern();
    postern.signal('SIGTERM');
    const answer = await eventually('not ready any more', async () => {
      const response = await fetch(`${postern.url}/readyz`);
      return response.status === 503 && response;
    });
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toEqual({ status: 'stopping' });
    const alive = await fetch(`${postern.url}/healthz`);
    expect([alive.status, alive.headers.get('connection')]).toEqual([200, 'close']);
    expect(await postern.exited).toEqual({ status: 0, signal: null });
    expect(postern.log().at(-1)).toMatchObject({ level: 'info', msg: 'stopped' });
    expect(postern.log().filter(({ level }) => ['error', 'fatal'].includes(level))).toEqual([]);
    expect(postern.stderr()).toBe('');
    await nothingIsLeft(postern.dataDirectory);
  });

  test('one Ctrl-C that arrives twice, as npm passes it on, is still one', async () => {
    const postern = await startPostern();
    postern.signal('SIGINT');
    postern.signal('SIGINT');
    expect(await postern.exited).toEqual({ status: 0, signal: null });
    await nothingIsLeft(postern.dataDirectory);
  });

  test('a second signal ends at once, and the database with it', async () => {
    const postern = await startPostern();
    // Holds up the orderly end: an answer that nobody reads to its end doesn't count, a request whose body is awaited does.
    const hanging = fetch(`${postern.url}/oauth2/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new ReadableStream({ pull: () => new Promise(() => undefined) }),
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    postern.signal('SIGTERM');
    await eventually('it stops', () => postern.log().some(({ msg }) => msg === 'stopping'));
    const asked = performance.now();
    await eventually('the second signal counts as one of its own', () => performance.now() - asked > 700);
    postern.signal('SIGTERM');
    expect(await postern.exited).toEqual({ status: 1, signal: null });
    await hanging;
    await nothingIsLeft(postern.dataDirectory);
  });

  test('kill -9 leaves no process and loses nothing that was answered', async () => {
    const dataDirectory = await makeDataDirectory();
    const first = await startPostern({ dataDirectory });
    const client = await first.createClient();
    first.signal('SIGKILL');
    await first.exited;
    await nothingIsLeft(dataDirectory);
    const second = await startPostern({ dataDirectory });
    expect((await requestToken(second.url, client)).status).toBe(200);
    await second.stop();
  });

  test('a signal during the start ends it in order too', async () => {
    const postern = await launchPostern();
    await eventually('the database is being made', () => processesIn(postern.dataDirectory).length > 1);
    const { status, signal } = await postern.stop();
    expect([status, signal]).toEqual([0, null]);
    expect(postern.stderr()).toBe('');
    await nothingIsLeft(postern.dataDirectory);
  });
});
