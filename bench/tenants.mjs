// What a token costs in a large installation beside one with a single company, and whether it costs more once the Management API has
// been called: that binds its work to the caller's reach by async_hooks, from which the token path stays away.
//
//   npm run build && node bench/tenants.mjs
//   node bench/tenants.mjs --rounds 9 --seconds 6
//
// Every server has its own database; round after round, each is loaded in turn. Nothing here passes or fails.

import { Client } from 'pg';
import { findRunningEmbeddedPostgres } from '../dist/src/storage/embedded/embedded-postgres.js';
import { FILL } from './large-installation.mjs';
import { figures, measure, median, ratios, startPostern, stop, tokenRequests } from './measure.mjs';

async function fill({ data }) {
  const connection = await findRunningEmbeddedPostgres(data);
  const client = new Client({ ...connection, ssl: false });
  await client.connect();
  try {
    for (const statement of FILL) await client.query(statement);
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

async function callManagementApi({ port, client }) {
  const url = `http://127.0.0.1:${port}`;
  const token = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token } = await token.json();
  for (let call = 0; call < 100; call += 1) {
    const listed = await fetch(`${url}/api/v1/clients`, { headers: { Authorization: `Bearer ${access_token}` } });
    if (!listed.ok) throw new Error(`the list of clients answers ${listed.status}`);
    await listed.arrayBuffer();
  }
}

const started = [];
try {
  const servers = [];
  for (const name of [
    'one company',
    'one company, after calls of the Management API',
    '10,000 companies, after such calls',
  ]) {
    const postern = await startPostern('Company Admin');
    started.push(postern);
    servers.push({ name, ...postern, requests: tokenRequests(postern.client) });
  }
  const [, called, large] = servers;
  await fill(large);
  await callManagementApi(called);
  await callManagementApi(large);
  const measured = await measure(servers);
  const [plain] = measured;
  const rows = measured.map(({ name, runs }) => [
    name,
    {
      'tokens/s': Math.round(median(runs.map((run) => run.perSecond))),
      ...figures(runs),
      'CPU, first = 1': median(ratios(runs, plain.runs, 'cpuMicroseconds')).toFixed(2),
      'PostgreSQL µs': Math.round(median(runs.map((run) => run.otherMicroseconds))),
    },
  ]);
  console.table(Object.fromEntries(rows));
} finally {
  await stop(started);
}
