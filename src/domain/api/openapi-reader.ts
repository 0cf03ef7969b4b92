// Reads documents of up to 20 MB without holding up requests: each on a thread of its own, with bounds on time, memory and number.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { invalid, Problem } from '../../base/problem.ts';
import type { DocumentJob, DocumentOutcome, StorableImport } from './openapi-jobs.ts';
import type { SwaggerParts } from './swagger-document.ts';

export interface OpenApiReader {
  /** As `importOpenApi`. Rejects with `request.too_many` when several documents are waiting already. */
  import(source: Uint8Array | string): Promise<StorableImport>;
  /** `documentJson` as an import gave it; the answer is JSON text. */
  swagger(documentJson: string, parts: SwaggerParts): Promise<string>;
}

export interface OpenApiReaderOptions {
  /** The compiled `openapi-thread.js`; undefined does the work on the caller's thread. */
  readonly program?: URL | undefined;
  readonly timeoutMilliseconds?: number;
  readonly maxWaiting?: number;
}

const TIMEOUT_MILLISECONDS = 60_000;
const MAX_WAITING = 4;
const MAX_HEAP_MEGABYTES = 1_024;

/** Node 20 can't load TypeScript into a worker: under test there is no program, and the work is done where it is asked for. */
const COMPILED_PROGRAM = import.meta.url.endsWith('.ts') ? undefined : new URL('./openapi-thread.js', import.meta.url);

export function createOpenApiReader(options: OpenApiReaderOptions = {}): OpenApiReader {
  const program = 'program' in options ? options.program : COMPILED_PROGRAM;
  const timeout = options.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;
  const maxWaiting = options.maxWaiting ?? MAX_WAITING;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  // One after the other: two at once would take twice the memory and not be ready sooner.
  const run = async (job: DocumentJob): Promise<DocumentOutcome> => {
    // Loaded by who does the work alone: a server that hands it to a thread never needs it.
    if (program === undefined) return (await import('./openapi-jobs.ts')).runDocumentJob(job);
    if (waiting > maxWaiting) {
      throw new Problem('request.too_many', 'Several documents are being read already. Try again in a minute.', {
        retryAfterSeconds: 60,
      });
    }
    waiting += 1;
    const mine = last.then(() => runOnThread(program, job, timeout));
    last = mine.catch(() => undefined).finally(() => (waiting -= 1));
    return mine;
  };

  return {
    async import(source) {
      const outcome = await run({ kind: 'import', source });
      if (outcome.kind === 'import') return outcome.result;
      throw refusalOf(outcome);
    },
    async swagger(documentJson, parts) {
      const outcome = await run({ kind: 'swagger', documentJson, parts });
      if (outcome.kind === 'swagger') return outcome.result;
      throw refusalOf(outcome);
    },
  };
}

function refusalOf(outcome: DocumentOutcome): Error {
  if (outcome.kind !== 'refused') return new Error(`a document job ended as ${outcome.kind}`);
  return new Problem(outcome.code, outcome.detail, { errors: outcome.errors });
}

async function runOnThread(program: URL, job: DocumentJob, timeout: number): Promise<DocumentOutcome> {
  const worker = new Worker(program, {
    workerData: { job },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES },
  });
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), timeout);
  try {
    const [outcome] = (await once(worker, 'message', { signal: expiry.signal })) as [DocumentOutcome];
    return outcome;
  } catch (error) {
    if (expiry.signal.aborted) throw unreadable('It takes too long to read. Send it as JSON, or in smaller parts.');
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') throw unreadable('It takes too much memory to read. Send it as JSON.');
    throw error;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function unreadable(detail: string): Problem {
  return invalid([{ pointer: '', detail }]);
}
