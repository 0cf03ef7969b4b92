// Wrong secrets pour in on 200 connections, from as many addresses, so that the throttle stops few of them. Meanwhile one who has a
// right secret goes on, others come with one for the first time, and somebody asks for health.
//
//   node tools/build.mjs && node bench/flood.mjs                         ten seconds without the flood, twenty with it
//   node bench/flood.mjs --seconds 60 --connections 400 --one-address    all from one address, as a single attacker

import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { createClientId, createCredential } from '../dist/src/domain/client/credential.js';
import { makeInstallation, quantile, requestToken, settle } from './reliability/installation.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '200' },
    'one-address': { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);

/** Asks again and again until told to stop; how long each answer took, and which there were. */
async function watch(signal, ask) {
  const seen = { latencies: [], statuses: new Map() };
  while (!signal.aborted) {
    const startedAt = performance.now();
    const { status } = await settle(ask());
    seen.latencies.push(performance.now() - startedAt);
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
    await pause(20);
  }
  return seen;
}

async function watchAll({ url }, known, newcomers, milliseconds) {
  const over = new AbortController();
  const health = watch(over.signal, () => fetch(`${url}/healthz`));
  const good = watch(over.signal, () => requestToken(url, known));
  // bcrypt has to compare their secrets, in the same line as the wrong ones. Each is new only once.
  const fresh = watchNewcomers(over.signal, url, newcomers);
  await pause(milliseconds);
  over.abort();
  return { health: await health, 'known client': await good, 'new client': await fresh };
}

async function watchNewcomers(signal, url, newcomers) {
  const seen = { latencies: [], statuses: new Map() };
  for (let next = newcomers.pop(); next && !signal.aborted; next = newcomers.pop()) {
    const startedAt = performance.now();
    let status;
    // 503 and 429 say when to come again.
    do {
      ({ status } = await settle(requestToken(url, next)));
      if (status !== 200) await pause(1_000);
    } while (status !== 200 && !signal.aborted);
    seen.latencies.push(performance.now() - startedAt);
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
    await pause(500);
  }
  return seen;
}

/** Well-formed secrets, so that nothing but bcrypt can tell that they are wrong; and every other client ID is nobody's. */
function flood({ url }, client) {
  let number = 0;
  return autocannon({
    url: `${url}/oauth2/token`,
    connections: Number(options.connections),
    duration: seconds + 2,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        setupRequest(request) {
          number += 1;
          const body = new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: number % 2 === 0 ? client.id : createClientId(),
            client_secret: createCredential('psts_'),
          });
          const headers = { ...request.headers, 'x-forwarded-for': addressOf(number) };
          return { ...request, body: body.toString(), headers };
        },
      },
    ],
  });
}

function addressOf(number) {
  const attacker = number % Number(options.connections);
  return options['one-address'] ? '203.0.113.9' : `10.0.${attacker >> 8}.${attacker & 255}`;
}

function row({ latencies, statuses }) {
  return {
    answers: latencies.length,
    'p50 ms': quantile(latencies, 0.5),
    'p99 ms': quantile(latencies, 0.99),
    'worst ms': quantile(latencies, 1),
    statuses: [...statuses].map(([status, count]) => `${status}: ${count}`).join(', '),
  };
}

function print(title, watched) {
  console.log(title);
  console.table(Object.fromEntries(Object.entries(watched).map(([name, seen]) => [name, row(seen)])));
}

const NEWCOMERS = 60;
const installation = await makeInstallation({ POSTERN_TRUSTED_PROXIES: '127.0.0.1' });
try {
  await installation.start();
  const known = await installation.createClient('known', 'Reseller');
  const { body } = await settle(requestToken(installation.url, known));
  const newcomers = await makeNewcomers(installation.url, body.access_token);
  print('without', await watchAll(installation, known, newcomers, 10_000));
  const flooding = flood(installation, known);
  await pause(2_000);
  const watched = await watchAll(installation, known, newcomers, seconds * 1_000);
  const { requests, statusCodeStats } = await flooding;
  const statuses = Object.entries(statusCodeStats).map(([status, { count }]) => `${status}: ${count}`);
  print(
    `\nwhile ${Math.round(requests.average)} wrong secrets a second come on ${options.connections} connections`,
    watched,
  );
  console.log(`what they are told: ${statuses.join(', ')}`);
  await installation.end('SIGTERM');
} finally {
  installation.discard();
}

/** Made before, so that making them does not stand in the same line. */
async function makeNewcomers(url, token) {
  const made = [];
  for (let count = 0; count < NEWCOMERS; count += 1) {
    const { body: client } = await settle(
      fetch(`${url}/api/v1/clients`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: `newcomer ${count}`, role_id: 'role_company_admin' }),
      }),
    );
    made.push({ id: client.client_id, secret: client.client_secret });
  }
  return made;
}
