// As many events as operations: none lost, none twice, whatever comes at once.
import { setTimeout as pause } from 'node:timers/promises';
import { makeInstallation, requestToken, settle } from './installation.mjs';

const AT_ONCE = 32;
const MAX_TRIES = 20;

export async function countEvents(operations) {
  const installation = await makeInstallation({ POSTERN_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    await installation.start();
    const client = await installation.createClient('caller', 'Reseller');
    const token = (await settle(requestToken(installation.url, client))).body.access_token;
    const before = await readCounts(installation);
    const expected = new Map();
    const unexpected = [];
    const startedAt = performance.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let number = next++; number < operations; number = next++) {
          const { action, isDone, answer } = await operatePatiently(installation, client, token, number);
          if (isDone) expected.set(action, (expected.get(action) ?? 0) + 1);
          else unexpected.push({ action, ...answer });
        }
      }),
    );
    const milliseconds = performance.now() - startedAt;
    const after = await readCounts(installation);
    const faults = [...unexpected];
    for (const action of new Set([...after.keys(), ...expected.keys()])) {
      const made = (after.get(action) ?? 0) - (before.get(action) ?? 0);
      if (made !== (expected.get(action) ?? 0)) faults.push({ action, expected: expected.get(action) ?? 0, made });
    }
    await installation.end('SIGTERM');
    return {
      operations,
      events: sum(after) - sum(before),
      'by action': Object.fromEntries(expected),
      seconds: Math.round(milliseconds / 100) / 10,
      'answers that were not expected': unexpected.length,
      faults: faults.slice(0, 5),
    };
  } finally {
    installation.discard();
  }
}

/** 503 means that nothing was done, and asks to come again. */
async function operatePatiently(installation, client, token, number) {
  for (let tries = 0; ; tries += 1) {
    const done = await operate(installation, client, token, number);
    if (done.isDone || done.answer.status !== 503 || tries === MAX_TRIES) return done;
    await pause(500);
  }
}

async function readCounts(installation) {
  const rows = await installation.query('SELECT action, count(*)::int AS count FROM audit_event GROUP BY action');
  return new Map(rows.map(({ action, count }) => [action, count]));
}

function sum(counts) {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** Mostly tokens, as at work; each operation has exactly one event. */
async function operate({ url }, client, token, number) {
  const kind = number % 20;
  if (kind === 0) {
    const wrong = { ...client, secret: 'nonsense' };
    const headers = { 'X-Forwarded-For': `198.51.${(number >> 8) & 255}.${number & 255}` };
    return conclude('token.refused', 401, await settle(requestToken(url, wrong, headers)));
  }
  if (kind === 1) {
    const body = JSON.stringify({ description: `number ${number}` });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    return conclude(
      'client.updated',
      200,
      await settle(fetch(`${url}/api/v1/clients/${client.id}`, { method: 'PATCH', headers, body })),
    );
  }
  if (kind === 2) {
    const body = JSON.stringify({ name: `made ${number}`, role_id: 'role_company_admin' });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    return conclude(
      'client.created',
      201,
      await settle(fetch(`${url}/api/v1/clients`, { method: 'POST', headers, body })),
    );
  }
  return conclude('token.issued', 200, await settle(requestToken(url, client)));
}

function conclude(action, status, answer) {
  return { action, isDone: answer.status === status, answer };
}
