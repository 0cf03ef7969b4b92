// What a question at the gate costs beside a hello world on node:http, with 1,000 clients whose IP restrictions have 10,000 rules in
// all, and with one client whose list alone has 10,000. Round after round, each is loaded in turn.
//
//   npm run build && node bench/gate.mjs
//   node bench/gate.mjs --rounds 9 --seconds 6 --connections 16
//
// Where taskset exists, the servers run on the first core and the load on the others. The load may be what is slowest: then requests/s
// flatter the dearer server, and CPU is the figure to look at. Nothing here passes or fails.

import { figures, measure, median, ratios, startPostern, startServer, stop } from './measure.mjs';

const CLIENTS = 1_000;
const RULES_EACH = 10;
const MOST_RULES = 10_000;
const AT_ONCE = 20;

async function fetchToken(url, { id, secret }) {
  const response = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return (await response.json()).access_token;
}

/** Each in a network of its own, and on the loopback, where the load comes from. */
function rulesOf(client, count) {
  const others = Array.from({ length: count - 1 }, (_, at) => `10.${client & 255}.${at >> 6}.${(at & 63) * 4}/30`);
  return ['127.0.0.1', ...others];
}

async function register(url, administrator, name, rules) {
  const response = await fetch(`${url}/api/v1/clients`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${administrator}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, role_id: 'role_company_admin', ip_restriction: { mode: 'enforce', rules } }),
  });
  if (!response.ok) throw new Error(`no client: ${response.status} ${await response.text()}`);
  const made = await response.json();
  return await fetchToken(url, { id: made.client_id, secret: made.client_secret });
}

async function makeTokens(url, administrator) {
  const tokens = [];
  for (let at = 0; at < CLIENTS; at += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, more) => at + more);
    const made = numbers.map((each) => register(url, administrator, `client ${each}`, rulesOf(each, RULES_EACH)));
    tokens.push(...(await Promise.all(made)));
  }
  return tokens;
}

/** As nginx asks. */
const ask = (token) => ({
  method: 'GET',
  path: '/gate?scope=clients:read',
  headers: {
    authorization: `Bearer ${token}`,
    'x-original-method': 'GET',
    'x-original-uri': '/api/v1/clients',
    'x-forwarded-for': '127.0.0.1',
  },
});

function print(servers) {
  const [hello] = servers;
  const rows = servers.map(({ name, runs }) => {
    const speed = ratios(runs, hello.runs, 'perSecond');
    return [
      name,
      {
        'requests/s': Math.round(median(runs.map((run) => run.perSecond))),
        'hello = 1': `${median(speed).toFixed(2)} (worst ${Math.min(...speed).toFixed(2)})`,
        ...figures(runs),
        'worst p99 ms': Math.max(...runs.map((run) => run.p99)),
        'CPU, hello = 1': median(ratios(runs, hello.runs, 'cpuMicroseconds')).toFixed(2),
        'PostgreSQL µs': Math.round(median(runs.map((run) => run.otherMicroseconds))),
      },
    ];
  });
  console.table(Object.fromEntries(rows));
}

const started = [];
try {
  const postern = await startPostern('Company Admin', {
    POSTERN_BCRYPT_COST: '4',
    POSTERN_TRUSTED_PROXIES: '127.0.0.1',
    POSTERN_LOG_LEVEL: 'warn',
  });
  started.push(postern);
  const hello = await startServer('hello.mjs');
  started.push(hello);
  const url = `http://127.0.0.1:${postern.port}`;
  const administrator = await fetchToken(url, postern.client);
  const tokens = await makeTokens(url, administrator);
  const restricted = await register(url, administrator, 'one with many rules', rulesOf(0, MOST_RULES));
  const requests = tokens.map(ask);
  print(
    await measure([
      { name: 'hello world on node:http, asked the same', ...hello, requests: { requests } },
      {
        name: `the gate, ${CLIENTS} clients with ${RULES_EACH} rules each`,
        ...postern,
        requests: { requests },
      },
      { name: `the gate, one client with ${MOST_RULES} rules`, ...postern, requests: { requests: [ask(restricted)] } },
    ]),
  );
} finally {
  await stop(started);
}
