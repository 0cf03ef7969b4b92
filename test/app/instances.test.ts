// Two instances on one PostgreSQL: started at once, told of each other's changes, without their database, and stopped under load.
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  cleanUpPostern,
  findFreePort,
  launchPostern,
  type PosternProcess,
  requestToken,
  type TestClient,
} from '../support/postern.ts';
import { openTcpGate, type TcpGate } from './tcp-gate.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const ISSUER = 'https://auth.example.com';
let database: TestDatabase;
let gate: TcpGate;
let one: PosternProcess;
let two: PosternProcess;
let client: TestClient;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase('empty');
  gate = await openTcpGate(inject('postgres'), await findFreePort());
  const env = {
    DATABASE_URL: gate.url(database.connection.database),
    POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
    POSTERN_ISSUER: ISSUER,
    POSTERN_DATA_DIR: undefined,
  };
  [one, two] = await Promise.all([launchPostern({ env }), launchPostern({ env })]);
  await Promise.all([one.ready(), two.ready()]);
  client = await one.createClient();
  token = ((await (await requestToken(one.url, client)).json()) as { access_token: string }).access_token;
});

afterAll(async () => {
  await cleanUpPostern();
  await gate.shut();
  await database.drop();
});

function callApi(instance: PosternProcess, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${instance.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function isActive(instance: PosternProcess, introspected: string, as: TestClient): Promise<boolean> {
  const response = await fetch(`${instance.url}/oauth2/introspect`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${as.client_id}:${as.client_secret}`).toString('base64')}` },
    body: new URLSearchParams({ token: introspected }),
  });
  return ((await response.json()) as { active: boolean }).active;
}

describe('two instances that start at once on an empty database', () => {
  test('migrate it once and share one signing key', async () => {
    const migrated = [one, two].filter((each) => each.log().some(({ msg }) => msg === 'database migrated'));
    expect(migrated).toHaveLength(1);
    expect(await database.query('SELECT kid FROM signing_key')).toHaveLength(1);
    const [first, second] = await Promise.all(
      [one, two].map(async ({ url }) => await (await fetch(`${url}/.well-known/jwks.json`)).json()),
    );
    expect(first).toEqual(second);
  });

  test('both give a setup link of the public URL', async () => {
    for (const each of [one, two]) {
      await eventually('its link is there', () => each.stdout().includes(`${ISSUER}/setup?token=`));
    }
  });

  test('take each other’s tokens', async () => {
    const me = await callApi(two, 'GET', '/api/v1/me');
    expect([me.status, await me.json()]).toEqual([200, expect.objectContaining({ client_id: client.client_id })]);
  });
});

describe('a change on one instance', () => {
  test('counts on the other within two seconds: no token for an inactive client, and none that it has stays active', async () => {
    const { json: other } = await one.command(
      'clients',
      'create',
      '--name',
      'other',
      '--role',
      'Company Admin',
      '--json',
    );
    const issued = await requestToken(two.url, other);
    const { access_token: itsToken } = (await issued.json()) as { access_token: string };
    expect(await isActive(two, itsToken, client)).toBe(true);

    const changed = await callApi(one, 'PATCH', `/api/v1/clients/${other.client_id}`, { status: 'inactive' });
    const changedAt = performance.now();
    expect(changed.status).toBe(200);
    // On the same instance at the very next request.
    expect(await isActive(one, itsToken, client)).toBe(false);
    expect((await requestToken(one.url, other)).status).toBe(401);
    await eventually('it counts on the other instance', async () => !(await isActive(two, itsToken, client)), 2_000);
    expect(performance.now() - changedAt).toBeLessThan(2_500);
    expect((await requestToken(two.url, other)).status).toBe(401);
  });
});

describe('the gate', () => {
  const ask = async (instance: PosternProcess, presented: string) =>
    (await fetch(`${instance.url}/gate?scope=clients:read`, { headers: { Authorization: `Bearer ${presented}` } }))
      .status;

  test('of either instance lets a token through, and neither does within two seconds of a change on one', async () => {
    const paused = await one.createClient();
    const { access_token: its } = (await (await requestToken(one.url, paused)).json()) as { access_token: string };
    expect(await Promise.all([ask(one, its), ask(two, its)])).toEqual([200, 200]);

    const setStatus = (status: string) => callApi(one, 'PATCH', `/api/v1/clients/${paused.client_id}`, { status });
    expect((await setStatus('inactive')).status).toBe(200);
    expect(await ask(one, its)).toBe(401);
    await eventually('it counts on the other instance', async () => (await ask(two, its)) === 401, 2_000);
    expect((await setStatus('active')).status).toBe(200);
    expect(await ask(one, its)).toBe(200);
    await eventually('it is let in again there', async () => (await ask(two, its)) === 200, 2_000);
  });
});

describe('without its database', () => {
  test.each(['shut', 'hang'] as const)(
    'an instance says 503 with Retry-After and never a wrong verdict, and goes on when it is back (%s)',
    async (kind) => {
      await gate[kind]();
      const away = await eventually('not ready', async () => {
        const response = await fetch(`${one.url}/readyz`);
        return response.status === 503 && response;
      });
      expect(await away.json()).toMatchObject({ status: 'not_ready' });
      expect((await fetch(`${one.url}/healthz`)).status).toBe(200);

      const answers = await Promise.all([
        requestToken(one.url, client),
        requestToken(one.url, { ...client, client_id: `${client.client_id.slice(0, -1)}0` }),
        callApi(one, 'GET', '/api/v1/clients'),
        fetch(`${one.url}/clients`, { headers: { Cookie: `__Host-postern_session=${'a'.repeat(43)}` } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
      for (const answer of answers) {
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await answer.text()).not.toMatch(/ECONN|postgres:|\bat .*\.js:|SELECT/);
      }

      await gate.open();
      await one.ready();
      expect((await requestToken(one.url, client)).status).toBe(200);
      expect(await isActive(one, token, client)).toBe(true);
      await two.ready();
    },
  );
});

async function countIssued(): Promise<number> {
  const rows = await database.query<{ count: number }>(
    `SELECT count(*)::int FROM audit_event WHERE action = 'token.issued'`,
  );
  return rows[0]?.count ?? Number.NaN;
}

describe('stopping under load', () => {
  test('every request in flight is answered, and what came through the door is in the audit log', async () => {
    const before = await countIssued();
    let answered = 0;
    const requests = Array.from({ length: 100 }, async () => {
      const response = await requestToken(two.url, client);
      await response.text();
      answered += 1;
      return response.status;
    });
    await eventually('the first is answered', () => answered > 0);
    const askedAt = performance.now();
    two.signal('SIGTERM');
    expect(await Promise.all(requests)).toEqual(requests.map(() => 200));
    expect(await two.exited).toEqual({ status: 0, signal: null });
    expect(performance.now() - askedAt).toBeLessThan(10_000);
    expect((await countIssued()) - before).toBe(100);
  });

  test('the other instance goes on', async () => {
    expect((await requestToken(one.url, client)).status).toBe(200);
  });
});
