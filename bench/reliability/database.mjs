// The database is stopped at once, again and again, under load: never a wrong verdict, no token without its event, and back by itself.
import { setTimeout as pause } from 'node:timers/promises';
import { jtiOf, makeInstallation, quantile, requestToken, settle } from './installation.mjs';

const CALLERS = 8;
const RECOVERY_MILLISECONDS = 60_000;

export async function stopDatabase(rounds) {
  // Wrong secrets come from many addresses, so that the throttle leaves them something to find out.
  const installation = await makeInstallation({ POSTERN_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    await installation.start();
    const client = await installation.createClient('caller', 'Company Admin');
    const first = await settle(requestToken(installation.url, client));
    const seen = new Map();
    const wrong = [];
    const slowest = { milliseconds: 0 };
    const jtis = new Set([jtiOf(first.body.access_token)]);
    const over = new AbortController();
    const tally = (kind, status) => seen.set(`${kind} ${status}`, (seen.get(`${kind} ${status}`) ?? 0) + 1);
    const calling = Array.from({ length: CALLERS }, async (_, at) => {
      const call = [callWithRight, callWithWrong, introspect][at < 5 ? 0 : at < 6 ? 1 : 2];
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        const startedAt = performance.now();
        await call({ installation, client, token: first.body.access_token, jtis, wrong, tally, turn });
        slowest.milliseconds = Math.max(slowest.milliseconds, performance.now() - startedAt);
        await pause(5);
      }
    });
    const backAfter = [];
    for (let round = 0; round < rounds; round += 1) {
      await pause(500 + ((round * 271) % 1_500));
      backAfter.push(await stopOnce(installation, client, jtis));
    }
    over.abort();
    await Promise.all(calling);
    const events = await installation.query(
      `SELECT details->>'jti' AS jti FROM audit_event WHERE action = 'token.issued'`,
    );
    const stored = new Set(events.map(({ jti }) => jti));
    const unrecorded = [...jtis].filter((jti) => !stored.has(jti));
    await installation.end('SIGTERM');
    return {
      'immediate stops': rounds,
      'tokens handed out': jtis.size,
      'of them without their event': unrecorded.length,
      'wrong verdicts': wrong.length,
      answers: Object.fromEntries([...seen].toSorted(([one], [other]) => (one < other ? -1 : 1))),
      'slowest answer, ms': Math.round(slowest.milliseconds),
      'tokens again, median ms': quantile(backAfter, 0.5),
      'tokens again, worst ms': quantile(backAfter, 1),
      faults: [...wrong, ...unrecorded].slice(0, 5),
    };
  } finally {
    installation.discard();
  }
}

/** How long after the stop there were tokens again; without a restart of Postern. */
async function stopOnce(installation, client, jtis) {
  const pid = installation.postmaster();
  const stoppedAt = performance.now();
  process.kill(pid, 'SIGQUIT');
  // Gone first: an answer that was under way does not count as being back.
  while (isAlive(pid)) await pause(5);
  for (;;) {
    const { status, body } = await settle(requestToken(installation.url, client));
    if (status === 200) {
      jtis.add(jtiOf(body.access_token));
      return performance.now() - stoppedAt;
    }
    if (performance.now() - stoppedAt > RECOVERY_MILLISECONDS)
      throw new Error(`not back: ${installation.log.slice(-2_000)}`);
    await pause(20);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function callWithRight({ installation, client, jtis, wrong, tally }) {
  const { status, body } = await settle(requestToken(installation.url, client));
  tally('right secret', status);
  if (status === 200) jtis.add(jtiOf(body.access_token));
  else if (status !== 503) wrong.push({ what: 'a right secret was refused', status, body });
}

async function callWithWrong({ installation, client, wrong, tally, turn }) {
  const secret = `${client.secret.slice(0, -1)}${client.secret.endsWith('0') ? '1' : '0'}`;
  const headers = { 'X-Forwarded-For': `203.0.${(turn >> 8) & 255}.${turn & 255}` };
  const { status, body } = await settle(requestToken(installation.url, { ...client, secret }, headers));
  tally('wrong secret', status);
  if (![401, 429, 503].includes(status)) wrong.push({ what: 'a wrong secret was answered so', status, body });
}

async function introspect({ installation, client, token, wrong, tally }) {
  const { status, body } = await settle(
    fetch(`${installation.url}/oauth2/introspect`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    }),
  );
  tally('introspection', status === 200 ? `200 active ${body.active}` : status);
  if (status === 200 ? body.active !== true : status !== 503)
    wrong.push({ what: 'a live token was called dead', status, body });
}
