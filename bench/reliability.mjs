// Whether Postern keeps its word when things go wrong: killed, without its database, stopped under load, held up by dawdlers. Each
// part starts an installation of its own and says what it saw; `faults` must be empty everywhere.
//
//   node tools/build.mjs && node bench/reliability.mjs                      all parts, twenty rounds each
//   node bench/reliability.mjs --only kill,database --rounds 100
//   node bench/reliability.mjs --only audit --operations 10000
//   node bench/reliability.mjs --only slow --connections 1000

import { parseArgs } from 'node:util';
import { countEvents } from './reliability/audit.mjs';
import { stopDatabase } from './reliability/database.mjs';
import { killUnderWrites } from './reliability/kill.mjs';
import { stopUnderLoad } from './reliability/shutdown.mjs';
import { dawdle } from './reliability/slow.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'kill,database,shutdown,audit,slow' },
    rounds: { type: 'string', default: '20' },
    operations: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '1000' },
  },
});

const parts = {
  kill: { title: 'kill -9 under mixed writes', run: () => killUnderWrites(Number(options.rounds)) },
  database: { title: 'the database stopped at once', run: () => stopDatabase(Number(options.rounds)) },
  shutdown: { title: 'SIGTERM under load', run: () => stopUnderLoad(Number(options.rounds)) },
  audit: { title: 'operations and their events', run: () => countEvents(Number(options.operations)) },
  slow: { title: 'slow connections', run: () => dawdle(Number(options.connections)) },
};

for (const name of options.only.split(',')) {
  const part = parts[name];
  if (!part) throw new Error(`There is no part ${name}. Parts are ${Object.keys(parts).join(', ')}.`);
  console.log(`\n${part.title}`);
  const { faults, ...figures } = await part.run();
  for (const [figure, value] of Object.entries(figures)) {
    console.log(`  ${figure.padEnd(40)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  }
  if (faults.length > 0) {
    process.exitCode = 1;
    console.log(`  FAULTS ${JSON.stringify(faults, null, 2)}`);
  }
}
