// GET /metrics on a port of its own, so that it can be kept from those who reach the other one.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { Settings } from '../../config/settings.ts';
import { explainListenError } from '../start-fault.ts';
import type { StopSequence } from '../stop.ts';
import type { ProcessMetrics } from './prometheus.ts';

interface Parts {
  readonly settings: Pick<Settings, 'host' | 'metricsPort'>;
  /** Of every process that answers requests. */
  readonly collect: () => Promise<readonly ProcessMetrics[]>;
  readonly log: Log;
  readonly stopping: Pick<StopSequence, 'add'>;
}

const MAX_CONNECTIONS = 50;
const TIMEOUT_MILLISECONDS = 10_000;

/** Does nothing when no port is set. @throws StartFault when the port can't be had */
export async function serveMetrics({ settings, collect, log, stopping }: Parts): Promise<void> {
  const { host, metricsPort: port } = settings;
  if (port === undefined) return;
  const { CONTENT_TYPE, toText } = await import('./prometheus.ts');
  const readText = async () => await toText(await collect());
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: TIMEOUT_MILLISECONDS },
    answer(readText, CONTENT_TYPE, log),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = TIMEOUT_MILLISECONDS;
  await listen(server, port, host);
  stopping.add('metrics', () => {
    server.close();
    server.closeAllConnections();
  });
  log.info({ host, port }, 'metrics are served');
}

function answer(readText: () => Promise<string>, contentType: string, log: Log): RequestListener {
  return (request, response) => {
    // Nothing here has a body to look at.
    request.resume();
    response.setHeader('Cache-Control', 'no-store');
    const path = /^[^?#]*/.exec(request.url ?? '')?.[0];
    if (path !== '/metrics') return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    }
    readText().then(
      (text) => response.writeHead(200, { 'Content-Type': contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'the metrics could not be read');
        response.writeHead(500).end();
      },
    );
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, host, port, 'POSTERN_METRICS_PORT')));
    server.listen({ port, host }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
