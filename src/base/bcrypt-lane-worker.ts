// What a bcrypt lane runs on its own thread. It is text because it has to start the same from the compiled program and from the
// TypeScript sources under test, which Node 20 can't load into a worker.

/** CommonJS. `workerData.bcrypt` is the resolved path of the package; a job without `hash` asks for one. */
export const LANE_PROGRAM = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const bcrypt = require(workerData.bcrypt);
parentPort.on('message', ({ plain, hash }) => {
  try {
    const result = hash === undefined ? bcrypt.hashSync(plain, workerData.cost) : bcrypt.compareSync(plain, hash);
    parentPort.postMessage({ result });
  } catch (error) {
    parentPort.postMessage({ fault: String(error && error.message) });
  }
});
`;
