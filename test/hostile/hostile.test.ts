// Thousands of hostile requests at a running server: each gets an answer below 500 that tells nothing of the inside, nothing is
// half-written, and afterwards everything works.
//
//   HOSTILE_REQUESTS=20000 npx vitest run test/hostile      more of them
//   HOSTILE_SEED=7 …                                        others
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findRunningEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import {
  cleanUpPostern,
  type PosternProcess,
  requestToken,
  startPostern,
  type TestClient,
} from '../support/postern.ts';
import { createDice } from './dice.ts';
import { attackHttp, type GoodRequests } from './http-attacks.ts';
import { findForms, findOperations } from './surface.ts';
import { attackText, type Target } from './text-attacks.ts';
import { type HostileRequest, plain, type Reply, send } from './wire.ts';

const COUNT = Number(process.env['HOSTILE_REQUESTS'] ?? 2_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 20_261_124);
const AT_ONCE = 24;

vi.setConfig({ testTimeout: 120_000 + COUNT * 100, hookTimeout: 90_000 });

const ADMIN = { email: 'ada@example.com', password: 'five quiet herons at noon' };
const COOKIE = 'postern_session';

let postern: PosternProcess;
let target: Target;
let good: GoodRequests;
let attacker: TestClient;

beforeAll(async () => {
  postern = await startPostern({
    env: {
      POSTERN_ADMIN_EMAIL: ADMIN.email,
      POSTERN_ADMIN_PASSWORD: ADMIN.password,
      POSTERN_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  // The strongest role, so that nothing is refused before it is looked at.
  attacker = await createClient('attacker', 'Reseller');
  const names = ['one', 'two', 'three', 'four', 'five', 'six'];
  const victims = await Promise.all(names.map((name) => createClient(name, 'Company Admin')));
  const { url } = postern;
  target = {
    url,
    cookie: await signIn(),
    accessToken: await issueToken(),
    client: attacker,
    operations: await findOperations(url),
    // Of those who come by first, then of the administrator.
    forms: await findForms(url, '', isSpared),
    ids: {
      client_id: victims.slice(1).map(({ client_id }) => client_id),
      id: ['role_company_admin'],
      api_id: ['management'],
    },
  };
  target = { ...target, forms: [...target.forms, ...(await findForms(url, target.cookie, isSpared))] };
  good = { requests: goodRequests() };
});

afterAll(cleanUpPostern);

async function createClient(name: string, role: string): Promise<TestClient> {
  const { json, status, err } = await postern.command('clients', 'create', '--name', name, '--role', role, '--json');
  expect(status, err).toBe(0);
  return json as TestClient;
}

async function signIn(): Promise<string> {
  const answer = await fetch(`${postern.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
    body: new URLSearchParams(ADMIN),
  });
  const session = new RegExp(`${COOKIE}=[^;]+`).exec(answer.headers.get('set-cookie') ?? '')?.[0];
  if (session === undefined) throw new Error(`no session: ${answer.status}`);
  return session;
}

async function issueToken(): Promise<string> {
  const answer = await requestToken(postern.url, attacker);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** What would take from the attacker what the next attacks need: the session, the password, the own client and account. */
function isSpared(action: string): boolean {
  return /logout|sign-out|\/account\b|\/users\/[^/]+\b/.test(action) || action.includes(attacker.client_id);
}

function goodRequests(): string[] {
  const bearer = `Authorization: Bearer ${target.accessToken}`;
  const basic = `Authorization: Basic ${Buffer.from(`${attacker.client_id}:${attacker.client_secret}`).toString('base64')}`;
  const form = 'Content-Type: application/x-www-form-urlencoded';
  const json = 'Content-Type: application/json';
  const client = target.ids['client_id']?.[0] ?? '';
  return [
    plain({ method: 'POST', target: '/oauth2/token', headers: [basic, form], body: 'grant_type=client_credentials' }),
    plain({
      method: 'POST',
      target: '/oauth2/introspect',
      headers: [basic, form],
      body: `token=${target.accessToken}`,
    }),
    plain({ method: 'GET', target: '/.well-known/jwks.json' }),
    plain({
      method: 'GET',
      target: '/gate?scope=clients%3Aread',
      headers: [bearer, 'X-Original-Method: GET', 'X-Original-URI: /x'],
    }),
    plain({ method: 'GET', target: '/gate/envoy/management/api/v1/me?a=b', headers: [bearer] }),
    plain({ method: 'GET', target: '/api/v1/clients?limit=10&q=abc&status=active', headers: [bearer] }),
    plain({ method: 'GET', target: '/api/v1/audit-events?order=asc&limit=3', headers: [bearer] }),
    plain({
      method: 'POST',
      target: '/api/v1/clients',
      headers: [bearer, json],
      body: '{"name":"fuzz","role_id":"role_company_admin"}',
    }),
    plain({
      method: 'PATCH',
      target: `/api/v1/clients/${client}`,
      headers: [bearer, 'Content-Type: application/merge-patch+json'],
      body: '{"description":"x"}',
    }),
    plain({ method: 'GET', target: '/clients?q=a', headers: [`Cookie: ${target.cookie}`] }),
    plain({
      method: 'POST',
      target: '/clients',
      headers: [`Cookie: ${target.cookie}`, form, 'Sec-Fetch-Site: same-origin'],
      body: 'name=x&role_id=role_company_admin',
    }),
    plain({ method: 'GET', target: '/assets/postern.css' }),
    plain({ method: 'GET', target: '/docs' }),
  ];
}

/** Of the inside: a stack, a file of ours, what PostgreSQL says. Nothing that the attacks themselves send, and may get back. */
const LEAK =
  /\n\s+at (?:\w|<)|\.[jt]s:\d+:\d+|node_modules|\/dist\/src\/|QueryFailed|violates .* constraint|duplicate key|invalid (?:byte sequence|input syntax)|syntax error at|append_audit_events|\$\d::|relation "|ECONNREFUSED/;

interface Failure {
  readonly number: number;
  readonly what: string;
  readonly sent: string;
  readonly received: string;
}

function faultOf({ statuses, text }: Reply): boolean {
  return statuses.some((status) => status >= 500) || LEAK.test(text);
}

/** A request depends on the seed and its number, one to a page also on what the page shows then. */
function requestOf(number: number): HostileRequest | Promise<HostileRequest> {
  const dice = createDice(SEED + number * 7919);
  return dice.once(2) ? attackHttp(dice, good) : attackText(dice, target);
}

async function attack(): Promise<{ failures: Failure[]; seen: Map<string, number> }> {
  const failures: Failure[] = [];
  const seen = new Map<string, number>();
  let next = 0;
  const work = async () => {
    for (let number = next++; number < COUNT; number = next++) {
      const request = await requestOf(number);
      const reply = await send(postern.port, request);
      const kind = `${request.what}: ${reply.statuses.join(' ') || 'cut'}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (!faultOf(reply)) continue;
      const sent = request.parts
        .map((part) => part.toString('latin1'))
        .join('|')
        .slice(0, 3_000);
      failures.push({ number, what: request.what, sent, received: reply.text.slice(0, 1_500) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { failures, seen };
}

async function query<Row extends object>(sql: string): Promise<Row[]> {
  const connection = await findRunningEmbeddedPostgres(postern.dataDirectory);
  if (!connection) throw new Error('the embedded database does not run');
  const client = new Client({ ...connection, ssl: false });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe(`${COUNT} hostile requests (seed ${SEED})`, () => {
  let seen: Map<string, number>;

  test('there is something to attack: forms and operations were found', () => {
    expect(target.forms.length).toBeGreaterThan(3);
    expect(target.operations.length).toBeGreaterThan(10);
  });

  test('no answer is a 5xx, and none tells of the inside', async () => {
    const result = await attack();
    ({ seen } = result);
    expect(result.failures.length, JSON.stringify(result.failures.slice(0, 5), null, 2)).toBe(0);
  });

  test('they were not all thrown out at the door: every port understood some and refused some', () => {
    const statuses = new Map<string, Set<string>>();
    for (const kind of seen.keys()) {
      const [what = '', status = ''] = kind.split(': ');
      statuses.set(what, (statuses.get(what) ?? new Set()).add(status));
    }
    expect(statuses.size).toBeGreaterThan(18);
    expect([...(statuses.get('Management API') ?? [])]).toEqual(expect.arrayContaining(['200', '422', '404']));
    expect([...(statuses.get('form of a page') ?? [])]).toEqual(expect.arrayContaining(['422']));
    expect([...(statuses.get('token endpoint') ?? [])]).toEqual(expect.arrayContaining(['200', '400', '401']));
    expect([...(statuses.get('gate') ?? [])]).toEqual(expect.arrayContaining(['200', '401', '403']));
  });

  test('the same process goes on, said nothing of faults, and answers as before', async () => {
    const health = await fetch(`${postern.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    expect((await fetch(`${postern.url}/readyz`)).status).toBe(200);
    expect(postern.child.exitCode).toBeNull();
    const me = await fetch(`${postern.url}/api/v1/me`, { headers: { Authorization: `Bearer ${await issueToken()}` } });
    expect(me.status).toBe(200);
    const page = await fetch(`${postern.url}/clients`, { headers: { Cookie: target.cookie }, redirect: 'manual' });
    expect(page.status).toBe(200);
    expect(postern.stderr()).toBe('');
    expect(postern.log().filter(({ level }) => ['error', 'fatal'].includes(level))).toEqual([]);
  });

  test('no credential is in the log', () => {
    const log = postern.stdout();
    const bearer = target.accessToken.slice(target.accessToken.lastIndexOf('.') + 1);
    for (const hidden of [attacker.client_secret, bearer, target.cookie.slice(COOKIE.length + 1), ADMIN.password]) {
      expect(log).not.toContain(hidden);
    }
  });

  test('nothing is half-written: what was made has its parts and its event, and every constraint holds', async () => {
    const rows = await query(`
      SELECT 'client without a secret' AS what, client_id AS id FROM client c
        WHERE NOT EXISTS (SELECT FROM client_secret s WHERE s.client_id = c.client_id)
          AND NOT EXISTS (SELECT FROM audit_event e WHERE e.target_id = c.client_id AND e.action = 'client_secret.deleted')
      UNION ALL SELECT 'client without its event', client_id FROM client c
        WHERE NOT EXISTS (SELECT FROM audit_event e WHERE e.target_id = c.client_id AND e.action = 'client.created')
      UNION ALL SELECT 'event of a client that is not there', target_id FROM audit_event e
        WHERE e.action = 'client.created' AND NOT EXISTS (SELECT FROM client c WHERE c.client_id = e.target_id)
          AND NOT EXISTS (SELECT FROM audit_event d WHERE d.target_id = e.target_id AND d.action = 'client.deleted')
      UNION ALL SELECT 'constraint that was not validated', conname FROM pg_constraint WHERE NOT convalidated`);
    expect(rows).toEqual([]);
  });

  test('every token that was handed out has its event', async () => {
    const handedOut = [...seen]
      .filter(([kind]) => kind.startsWith('token endpoint: 200'))
      .reduce((sum, [, count]) => sum + count, 0);
    const [row] = await query<{ count: number }>(`SELECT count(*)::int FROM audit_event WHERE action = 'token.issued'`);
    expect(handedOut).toBeGreaterThan(0);
    expect(row?.count).toBeGreaterThanOrEqual(handedOut);
  });
});
