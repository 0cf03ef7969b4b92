// What a question at the gate costs beside a hello world on node:http: 1,000 clients with IP restrictions of their own, in a company
// whose list has 10,000 rules. Scopes are named by the proxy, or found among the thousand operations of GitHub's API. Round after
// round, each is loaded in turn.
//
//   npm run build && node bench/gate.mjs
//   node bench/gate.mjs --rounds 9 --seconds 6 --connections 16
//
// Where taskset exists, the servers run on the first core and the load on the others. The load may be what is slowest: then requests/s
// flatter the dearer server, and CPU is the figure to look at. Nothing here passes or fails.

import { readFileSync } from 'node:fs';
import { figures, measure, median, ratios, startPostern, startServer, stop } from './measure.mjs';

const CLIENTS = 1_000;
const RULES_EACH = 10;
const COMPANY_RULES = 10_000;
const AT_ONCE = 20;
const GITHUB = 'https://api.github.com';
const DOCUMENT = new URL('../node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url);
const OPERATION = '/repos/octocat/hello-world/issues/17?per_page=5';

async function call(url, token, method, path, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(text === undefined ? {} : { body: text }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

async function fetchToken(url, { id, secret }, asked = {}) {
  const response = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...asked }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return (await response.json()).access_token;
}

/** The loopback, where the load comes from, and networks that differ from client to client. */
function restriction(seed, count) {
  const others = Array.from({ length: count - 1 }, (_, at) => `10.${seed & 255}.${at >> 6}.${(at & 63) * 4}/30`);
  return { mode: 'enforce', rules: ['127.0.0.1', ...others] };
}

/** Registers GitHub’s API with its description, from which the gate finds what an operation needs. */
async function importGithub(url, token) {
  const api = { id: 'github', identifier: GITHUB, name: 'GitHub', available_to: 'all' };
  await call(url, token, 'POST', '/apis', api);
  await call(url, token, 'POST', '/apis/github/import', readFileSync(DOCUMENT, 'utf8'));
}

/** A client with a token for each of the two APIs. */
async function makeClient(url, administrator, number) {
  const made = await call(url, administrator, 'POST', '/clients', {
    name: `client ${number}`,
    role_id: 'role_company_admin',
    ip_restriction: restriction(number, RULES_EACH),
  });
  const client = { id: made.client_id, secret: made.client_secret };
  return {
    management: await fetchToken(url, client, { scope: 'clients:read audit:read' }),
    github: await fetchToken(url, client, { resource: GITHUB, scope: 'issues:read' }),
  };
}

async function makeClients(url, administrator) {
  const clients = [];
  for (let at = 0; at < CLIENTS; at += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, more) => at + more);
    clients.push(...(await Promise.all(numbers.map((each) => makeClient(url, administrator, each)))));
  }
  return clients;
}

/** As nginx asks. */
function ask(path, uri, tokens) {
  const requests = tokens.map((token) => ({
    method: 'GET',
    path,
    headers: {
      authorization: `Bearer ${token}`,
      'x-original-method': 'GET',
      'x-original-uri': uri,
      'x-forwarded-for': '127.0.0.1',
    },
  }));
  return { requests };
}

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
  const postern = await startPostern('Reseller', {
    POSTERN_BCRYPT_COST: '4',
    POSTERN_TRUSTED_PROXIES: '127.0.0.1',
    POSTERN_LOG_LEVEL: 'warn',
  });
  started.push(postern);
  const hello = await startServer('hello.mjs');
  started.push(hello);
  const url = `http://127.0.0.1:${postern.port}`;
  const administrator = await fetchToken(url, postern.client);
  await importGithub(url, administrator);
  await call(url, administrator, 'PATCH', '/companies/co_root', { ip_restriction: restriction(0, COMPANY_RULES) });
  const clients = await makeClients(url, administrator);
  const named = ask(
    '/gate?scope=clients:read',
    '/api/v1/clients',
    clients.map(({ management }) => management),
  );
  const found = ask(
    '/gate?api=github',
    OPERATION,
    clients.map(({ github }) => github),
  );
  print(
    await measure([
      { name: 'hello world on node:http, asked the same', ...hello, requests: named },
      { name: `the gate, ${CLIENTS} clients, scope named`, ...postern, requests: named },
      { name: `the gate, ${CLIENTS} clients, scope found by operation`, ...postern, requests: found },
      { name: 'the gate, one of these clients', ...postern, requests: { requests: named.requests.slice(0, 1) } },
    ]),
  );
} finally {
  await stop(started);
}
