// kill -9 under mixed writes: what was acknowledged is there afterwards, nothing is there by half, and the next start is soon ready.
import { setTimeout as pause } from 'node:timers/promises';
import { HALF_WRITTEN, jtiOf, makeInstallation, quantile, requestToken, settle } from './installation.mjs';

const WRITERS = 8;

export async function killUnderWrites(rounds) {
  // Cheap hashes, so that more is written before the end.
  const installation = await makeInstallation({ POSTERN_BCRYPT_COST: '4' });
  try {
    await installation.start();
    const writer = await installation.createClient('writer', 'Reseller');
    const promised = new Promises();
    const readyAfter = [];
    for (let round = 0; round < rounds; round += 1) {
      const killedAfter = 300 + ((round * 397) % 1_200);
      await writeUntilKilled(installation, writer, promised, killedAfter);
      readyAfter.push(await installation.start());
      promised.lost.push(...(await findBroken(installation, promised)));
    }
    const halfWritten = await installation.query(HALF_WRITTEN);
    await installation.end('SIGTERM');
    return {
      kills: rounds,
      'acknowledged writes': promised.count,
      'acknowledged and lost': promised.lost.length,
      'half-written': halfWritten.length,
      'ready again, median ms': quantile(readyAfter, 0.5),
      'ready again, worst ms': quantile(readyAfter, 1),
      faults: [...promised.lost, ...halfWritten].slice(0, 5),
    };
  } finally {
    installation.discard();
  }
}

/** What was acknowledged, and what was asked for without an answer and may be either way. */
class Promises {
  count = 0;
  lost = [];
  /** By client ID: the description that was acknowledged last, and those that may have come after it. */
  clients = new Map();
  secrets = new Map();
  jtis = new Set();
}

async function writeUntilKilled(installation, writer, promised, milliseconds) {
  const issued = await settle(requestToken(installation.url, writer));
  const token = issued.body?.access_token;
  if (!token) throw new Error(`no token before the writes: ${issued.status}`);
  const over = new AbortController();
  const writing = Array.from({ length: WRITERS }, async (_, at) => {
    for (let turn = 0; !over.signal.aborted; turn += 1)
      await writeOnce(installation.url, token, writer, promised, at + turn);
  });
  await pause(milliseconds);
  installation.child.kill('SIGKILL');
  over.abort();
  await Promise.all([...writing, installation.exited]);
}

async function writeOnce(url, token, writer, promised, turn) {
  const call = (method, path, body) =>
    settle(
      fetch(`${url}/api/v1/clients${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  const known = [...promised.clients.keys()];
  // Nobody else writes to the one that this turn picks.
  const id = known[turn % Math.max(1, known.length)];
  const client = promised.clients.get(id);
  if (client && !client.isBusy && turn % 5 !== 0) {
    client.isBusy = true;
    if (turn % 11 === 0) await remove(call, id, client, promised);
    else if (turn % 7 === 0) await addSecret(call, id, client, promised);
    else await describe(call, id, client, promised, turn);
    client.isBusy = false;
  } else if (turn % 3 === 0) {
    const { status, body } = await settle(requestToken(url, writer));
    if (status === 200) promised.jtis.add(jtiOf(body.access_token));
    promised.count += status === 200 ? 1 : 0;
  } else {
    const { status, body } = await call('POST', '', { name: `written ${turn}`, role_id: 'role_company_admin' });
    if (status !== 201) return;
    promised.clients.set(body.client_id, { description: '', maybe: [], isDeletionAsked: false, isBusy: false });
    promised.count += 1;
  }
}

async function describe(call, id, client, promised, turn) {
  const description = `turn ${turn} ${Math.random()}`;
  client.maybe.push(description);
  const { status } = await call('PATCH', `/${id}`, { description });
  if (status !== 200) return;
  Object.assign(client, { description, maybe: [] });
  promised.count += 1;
}

async function addSecret(call, id, client, promised) {
  const { status, body } = await call('POST', `/${id}/secrets`);
  if (status !== 201) return;
  promised.secrets.set(body.id, id);
  promised.count += 1;
}

async function remove(call, id, client, promised) {
  client.isDeletionAsked = true;
  const { status } = await call('DELETE', `/${id}`);
  if (status !== 204) return;
  client.isDeleted = true;
  promised.count += 1;
}

/** Looked for in the database itself, past everything that could remember it. */
async function findBroken(installation, promised) {
  const broken = [];
  const rows = new Map(
    (await installation.query('SELECT client_id, description FROM client')).map((row) => [row.client_id, row]),
  );
  for (const [id, client] of promised.clients) {
    const row = rows.get(id);
    if (client.isDeleted && row) broken.push({ what: 'a deleted client is there', id });
    if (!row && !client.isDeletionAsked) broken.push({ what: 'a client is not there', id });
    if (row && row.description !== client.description && !client.maybe.includes(row.description)) {
      broken.push({ what: 'a change is not there', id });
    }
    // From here on what the database has is what was promised.
    if (row) Object.assign(client, { description: row.description, maybe: [], isDeletionAsked: false, isBusy: false });
    else promised.clients.delete(id);
  }
  const secrets = new Set((await installation.query('SELECT id FROM client_secret')).map(({ id }) => id));
  for (const [id, clientId] of promised.secrets) {
    if (!secrets.has(id) && rows.has(clientId)) broken.push({ what: 'a secret is not there', id });
  }
  const events = await installation.query(
    `SELECT details->>'jti' AS jti FROM audit_event WHERE action = 'token.issued'`,
  );
  const jtis = new Set(events.map(({ jti }) => jti));
  for (const jti of promised.jtis) if (!jtis.has(jti)) broken.push({ what: 'a token has no event', id: jti });
  return broken;
}
