// SIGTERM while a hundred requests are under way: all of them are answered, and the process ends with status 0 in time.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { makeInstallation, quantile, requestToken, settle } from './installation.mjs';

const CALLERS = 100;

export async function stopUnderLoad(rounds) {
  const installation = await makeInstallation();
  try {
    await installation.start();
    const client = await installation.createClient('caller', 'Company Admin');
    const endedAfter = [];
    const ends = [];
    let answered = 0;
    const dropped = [];
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) await installation.start();
      await settle(requestToken(installation.url, client));
      const calling = Array.from({ length: CALLERS }, () => callUntilRefused(installation.port, client));
      await pause(200 + ((round * 97) % 400));
      const askedAt = performance.now();
      const end = await installation.end('SIGTERM');
      endedAfter.push(performance.now() - askedAt);
      ends.push(`${end.status ?? end.signal}`);
      for (const caller of await Promise.all(calling)) {
        answered += caller.answered;
        dropped.push(...caller.faults);
      }
    }
    return {
      stops: rounds,
      'requests answered': answered,
      'dropped or refused': dropped.length,
      'exit statuses': [...new Set(ends)].join(', '),
      'ended after, median ms': quantile(endedAfter, 0.5),
      'ended after, worst ms': quantile(endedAfter, 1),
      faults: dropped.slice(0, 5),
    };
  } finally {
    installation.discard();
  }
}

/** One keep-alive connection after the other, until nobody takes a new one. */
async function callUntilRefused(port, client) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const result = { answered: 0, faults: [] };
  for (;;) {
    const outcome = await call(port, client, agent);
    if (outcome === 'ECONNREFUSED') break;
    if (outcome === 200) result.answered += 1;
    else result.faults.push(outcome);
    if (result.faults.length > 3) break;
  }
  agent.destroy();
  return result;
}

function call(port, { id, secret }, agent) {
  const body = 'grant_type=client_credentials';
  return new Promise((resolve) => {
    const calling = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/oauth2/token',
        agent,
        headers: {
          Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': body.length,
        },
      },
      (answer) => {
        answer.resume();
        answer.once('error', () => resolve('cut'));
        answer.once('end', () => resolve(answer.statusCode));
      },
    );
    calling.once('error', (error) => resolve(error.code ?? error.message));
    calling.end(body);
  });
}
