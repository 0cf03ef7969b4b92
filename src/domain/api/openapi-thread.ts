// What runs on the thread of its own that `openapi-reader.ts` starts: one job, then the end.

import { parentPort, workerData } from 'node:worker_threads';
import { type DocumentJob, runDocumentJob } from './openapi-jobs.ts';

const { job } = workerData as { readonly job: DocumentJob };
parentPort?.postMessage(runDocumentJob(job));
