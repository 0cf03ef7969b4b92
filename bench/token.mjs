// What a token costs. Starts three servers on this machine and loads them in turn, round after round, so that a noisy moment hits
// all of them: an endpoint made by hand on node:http, bare oidc-provider in memory, and Postern with its audit log on PostgreSQL.
//
//   npm run bench                       five rounds of four seconds
//   npm run bench -- --rounds 9 --seconds 6 --connections 16
//
// Where taskset exists, each server runs on the first core and the load (with PostgreSQL) on the others. CPU is what the server's
// process itself used, from /proc; PostgreSQL's share is told apart. Nothing here passes or fails.

import { figures, measure, median, ratios, startPostern, startServer, stop, tokenRequests } from './measure.mjs';

function print([byHand, engine, postern]) {
  const rows = [byHand, engine, postern].map(({ name, runs }) => {
    const cost = ratios(runs, engine.runs, 'cpuMicroseconds');
    return [
      name,
      {
        'tokens/s': Math.round(median(runs.map((run) => run.perSecond))),
        ...figures(runs),
        'CPU, engine = 1': `${median(cost).toFixed(2)} (worst ${Math.max(...cost).toFixed(2)})`,
        'CPU, by hand = 1': median(ratios(runs, byHand.runs, 'cpuMicroseconds')).toFixed(2),
        'PostgreSQL µs': Math.round(median(runs.map((run) => run.otherMicroseconds))),
      },
    ];
  });
  console.table(Object.fromEntries(rows));
}

const started = [];
try {
  const postern = await startPostern('Company Admin');
  started.push(postern);
  const { id, secret } = postern.client;
  const env = { BENCH_CLIENT_ID: id, BENCH_CLIENT_SECRET: secret };
  const byHand = await startServer('by-hand.mjs', env);
  started.push(byHand);
  const engine = await startServer('bare-engine.mjs', env);
  started.push(engine);
  const requests = tokenRequests(postern.client);
  print(
    await measure([
      { name: 'by hand on node:http, in memory', ...byHand, requests },
      { name: 'bare oidc-provider, in memory', ...engine, requests },
      { name: 'Postern, audit log on PostgreSQL', ...postern, requests },
    ]),
  );
} finally {
  await stop(started);
}
