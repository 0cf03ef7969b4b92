// GET /metrics on its port: what is counted is what happened, in one process and in several, and nothing in it tells of anybody.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTally } from '../../src/base/tally.ts';
import { METRICS } from '../../src/app/metrics/metric-families.ts';
import { createRequestTimes } from '../../src/app/metrics/request-times.ts';
import { eventually } from '../support/eventually.ts';
import {
  cleanUpPostern,
  findFreePort,
  launchPostern,
  type PosternProcess,
  requestToken,
  startPostern,
  type TestClient,
} from '../support/postern.ts';
import { workersOf } from '../support/worker-processes.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });
afterAll(cleanUpPostern);

interface Measured {
  readonly postern: PosternProcess;
  readonly metricsUrl: string;
}

async function startMeasured(env: Record<string, string> = {}): Promise<Measured> {
  const port = await findFreePort();
  const postern = await startPostern({ env: { POSTERN_METRICS_PORT: String(port), ...env } });
  return { postern, metricsUrl: `http://127.0.0.1:${port}/metrics` };
}

async function readMetrics(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.text();
}

/** The number on a line of the text format; labels are given as they stand there. */
function valueOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function introspect(url: string, client: TestClient, token: string): Promise<void> {
  const response = await fetch(`${url}/oauth2/introspect`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ token }),
  });
  await response.arrayBuffer();
}

describe('one process', () => {
  let measured: Measured;
  let client: TestClient;
  let text: string;
  let token: string;

  beforeAll(async () => {
    measured = await startMeasured();
    const { url } = measured.postern;
    client = await measured.postern.createClient();
    const answers = [];
    for (let at = 0; at < 5; at += 1) answers.push(await (await requestToken(url, client)).json());
    ({ access_token: token } = answers[0] as { access_token: string });
    const wrong = `${client.client_secret.slice(0, 5)}${'a'.repeat(43)}${client.client_secret.slice(48)}`;
    await requestToken(url, { ...client, client_secret: 'nonsense' });
    await requestToken(url, { client_id: 'pst_aaaaaaaaaaaaaaaaaaaaaaaa', client_secret: wrong });
    await fetch(`${url}/oauth2/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'password' }) });
    await introspect(url, client, token);
    await introspect(url, client, 'nonsense');
    await introspect(url, { ...client, client_secret: 'nonsense' }, token);
    await fetch(`${url}/gate`, { headers: { Authorization: `Bearer ${token}` } });
    await fetch(`${url}/gate`, { headers: { Authorization: 'Bearer nonsense' } });
    await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
    await fetch(`${url}/login?q=${encodeURIComponent(token)}`);
    text = await readMetrics(measured.metricsUrl);
  });

  test.each([
    ['postern_tokens_issued_total{format="jwt"}', 5],
    ['postern_tokens_issued_total{format="opaque"}', 0],
    ['postern_tokens_refused_total{reason="malformed_secret"}', 2],
    ['postern_tokens_refused_total{reason="missing_credentials"}', 1],
    ['postern_tokens_refused_total{reason="other"}', 0],
    ['postern_introspections_total{result="active"}', 1],
    ['postern_introspections_total{result="inactive"}', 1],
    ['postern_introspections_total{result="refused"}', 1],
    ['postern_gate_decisions_total{decision="allowed"}', 1],
    ['postern_gate_decisions_total{decision="invalid_token"}', 1],
    ['postern_http_request_duration_seconds_count{route="token",status="2xx"}', 5],
    ['postern_http_request_duration_seconds_count{route="token",status="4xx"}', 3],
    ['postern_http_request_duration_seconds_bucket{le="+Inf",route="token",status="2xx"}', 5],
    ['postern_http_request_duration_seconds_count{route="gate",status="2xx"}', 1],
    ['postern_http_request_duration_seconds_count{route="gate",status="4xx"}', 1],
    ['postern_http_request_duration_seconds_count{route="api",status="2xx"}', 1],
    ['postern_http_request_duration_seconds_count{route="pages",status="2xx"}', 1],
    // Five tokens, four refusals of clients.
    ['postern_audit_stored_total', 9],
    ['postern_audit_refused_total', 0],
    ['postern_bcrypt_waiting{queue="secrets"}', 0],
    ['postern_change_feed_fresh', 1],
    ['postern_database_waiting', 0],
  ])('%s is %i', (name, expected) => {
    expect(valueOf(text, name), text).toBe(expected);
  });

  test('has the age of the change feed, the event loop’s lag, and what the process takes', () => {
    expect(valueOf(text, 'postern_change_feed_age_seconds')).toBeLessThan(1.5);
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'process_start_time_seconds',
    ]) {
      expect(valueOf(text, name), name).toBeGreaterThan(0);
    }
  });

  test('each bucket holds what the ones below it hold', () => {
    const counts = [
      ...text.matchAll(
        /^postern_http_request_duration_seconds_bucket\{le="[^"]+",route="token",status="2xx"\} (\d+)$/gm,
      ),
    ];
    const numbers = counts.map(([, count]) => Number(count));
    expect(numbers).toHaveLength(14);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  test('tells neither a client, nor an address, nor a credential, nor a path', () => {
    for (const hidden of [
      client.client_id,
      client.client_secret,
      token.slice(0, 20),
      '127.0.0.1',
      'pst',
      'login',
      'eyJ',
    ]) {
      expect(text).not.toContain(hidden);
    }
  });

  test('nobody else’s port has it, and its port has nothing else', async () => {
    const { postern, metricsUrl } = measured;
    const elsewhere = await fetch(`${postern.url}/metrics`, { redirect: 'manual' });
    expect(await elsewhere.text()).not.toContain('postern_tokens');
    expect((await fetch(metricsUrl.replace('/metrics', '/healthz'))).status).toBe(404);
    const posted = await fetch(metricsUrl, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await fetch(metricsUrl, { method: 'HEAD' })).status).toBe(200);
  });

  test('ends with the server', async () => {
    expect(await measured.postern.stop()).toEqual({ status: 0, signal: null });
    await expect(fetch(measured.metricsUrl)).rejects.toThrow();
    expect(measured.postern.log().filter(({ level }) => ['warn', 'error', 'fatal'].includes(level))).toEqual([
      expect.objectContaining({ msg: expect.stringContaining('POSTERN_BCRYPT_COST') }),
    ]);
  });
});

test('POSTERN_WORKERS=2: one page of the first process has the sum of both', async () => {
  const { postern, metricsUrl } = await startMeasured({ POSTERN_WORKERS: '2' });
  const client = await postern.createClient();
  for (let at = 0; at < 20; at += 1) await (await requestToken(postern.url, client)).arrayBuffer();
  const text = await readMetrics(metricsUrl);
  expect(valueOf(text, 'postern_tokens_issued_total{format="jwt"}')).toBe(20);
  expect(valueOf(text, 'postern_http_request_duration_seconds_count{route="token",status="2xx"}')).toBe(20);
  expect(valueOf(text, 'postern_change_feed_fresh')).toBe(1);
  const pid = postern.log().find(({ msg }) => msg === 'metrics are served')?.['pid'];
  expect(pid).toBe(postern.child.pid);
  expect(await postern.stop()).toEqual({ status: 0, signal: null });
});

test('POSTERN_WORKERS=2: counters stay where they were when a worker hangs, is killed and replaced', async () => {
  const { postern, metricsUrl } = await startMeasured({ POSTERN_WORKERS: '2' });
  const client = await postern.createClient();
  for (let at = 0; at < 20; at += 1) await (await requestToken(postern.url, client)).arrayBuffer();
  const tokens = async () => valueOf(await readMetrics(metricsUrl), 'postern_tokens_issued_total{format="jwt"}');
  expect(await tokens()).toBe(20);
  const workers = workersOf(postern);
  for (const worker of workers) {
    process.kill(worker, 'SIGSTOP');
    expect(await tokens()).toBe(20);
    process.kill(worker, 'SIGKILL');
    await eventually('another takes its place', () => {
      const now = workersOf(postern);
      return now.length === 2 && !now.includes(worker);
    });
    expect(await tokens()).toBe(20);
  }
  await (await requestToken(postern.url, client)).arrayBuffer();
  expect(await tokens()).toBe(21);
  expect(await postern.stop()).toEqual({ status: 0, signal: null });
});

test('a port that is in use stops the start with a sentence that names the setting', async () => {
  const { metricsUrl } = await startMeasured();
  const { port } = new URL(metricsUrl);
  const second = await launchPostern({ env: { POSTERN_METRICS_PORT: port } });
  expect(await second.exited).toEqual({ status: 1, signal: null });
  expect(second.stderr()).toContain('set another POSTERN_METRICS_PORT');
});

describe('the parts', () => {
  test('a kind that was not named counts as other: nobody outside can make the list longer', () => {
    const tally = createTally(['one']);
    for (const kind of ['one', 'two', '__proto__', 'one', 'other']) tally.count(kind);
    expect(Object.fromEntries(tally.read())).toEqual({ one: 2, other: 3 });
  });

  test('any path at all is of one of ten kinds of route', () => {
    const times = createRequestTimes();
    for (let at = 0; at < 1000; at += 1) times.record(`/${at}/${'x'.repeat(at)}`, 200 + (at % 300), at);
    times.record('', 0, 1);
    times.record('/oauth2/token?x', 201, 12_000);
    const series = times.read();
    expect(new Set(series.map(({ route }) => route))).toEqual(new Set(['token', 'pages']));
    expect(series.find(({ route }) => route === 'token')).toMatchObject({ status: '2xx', sumSeconds: 12 });
    expect(Array.from(series[0]?.buckets ?? [])).toEqual([...Array<number>(13).fill(0), 1]);
  });

  test('every metric is described, and counters end in _total', () => {
    for (const { name, help, type } of METRICS) {
      expect(help).toMatch(/^[A-Z1].*[.]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  });
});
