// A thousand connections that dawdle, in four ways: all are cut in time, and meanwhile somebody in earnest is served.
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { makeInstallation, quantile, requestToken, settle } from './installation.mjs';

const PATIENCE_MILLISECONDS = 60_000;
const DRIP_MILLISECONDS = 1_000;

/** What each says at first, and then every second. */
const WAYS = [
  { name: 'says nothing', first: '', drip: '' },
  { name: 'drips its header', first: 'GET / HTTP/1.1\r\nHost: a\r\nX: ', drip: 'a' },
  {
    name: 'drips its body',
    first:
      'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\n',
    drip: 'a',
  },
  // Far more than a socket's buffers hold, at once or in one answer.
  {
    name: 'reads nothing',
    first: 'GET /api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200),
    drip: '',
    isDeaf: true,
  },
];

export async function dawdle(connections) {
  const installation = await makeInstallation();
  try {
    await installation.start();
    const client = await installation.createClient('caller', 'Company Admin');
    await settle(requestToken(installation.url, client));
    const good = { latencies: [], faults: [] };
    const over = new AbortController();
    const serving = (async () => {
      while (!over.signal.aborted) {
        const startedAt = performance.now();
        const { status } = await settle(requestToken(installation.url, client));
        good.latencies.push(performance.now() - startedAt);
        if (status !== 200) good.faults.push({ status });
        await pause(20);
      }
    })();
    const ends = await Promise.all(
      Array.from({ length: connections }, (_, at) => hold(installation.port, WAYS[at % WAYS.length])),
    );
    over.abort();
    await serving;
    await installation.end('SIGTERM');
    return summarize(connections, ends, good);
  } finally {
    installation.discard();
  }
}

function summarize(connections, ends, good) {
  const heldFor = Object.fromEntries(
    WAYS.map(({ name }) => {
      const times = ends.filter((end) => end.name === name).map((end) => end.milliseconds);
      return [`${name}: cut after, worst ms`, quantile(times, 1)];
    }),
  );
  const kept = ends.filter(({ isCut }) => !isCut);
  return {
    connections,
    ...heldFor,
    'not cut': kept.length,
    'good requests meanwhile': good.latencies.length,
    'of them refused': good.faults.length,
    'good p50 ms': quantile(good.latencies, 0.5),
    'good p99 ms': quantile(good.latencies, 0.99),
    faults: [...kept, ...good.faults].slice(0, 5),
  };
}

function hold(port, { name, first, drip, isDeaf = false }) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    const finish = (isCut) => {
      clearInterval(dripping);
      clearTimeout(patience);
      socket.destroy();
      resolve({ name, isCut, milliseconds: performance.now() - startedAt });
    };
    // One that does not read learns of its end when it writes.
    const dripping = setInterval(() => socket.write(isDeaf ? '\r\n' : drip), DRIP_MILLISECONDS);
    const patience = setTimeout(() => finish(false), PATIENCE_MILLISECONDS);
    if (isDeaf) socket.pause();
    else socket.resume();
    socket.on('error', () => finish(true));
    socket.on('end', () => finish(true));
    socket.on('close', () => finish(true));
  });
}
