// The HTTP server: sockets, limits and time-outs, what is answered to what is no HTTP, and how it ends without dropping anybody.
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../base/log.ts';
import { randomRequestId } from '../base/random.ts';
import { createRequestLines, type RequestLines } from './request-lines.ts';

export interface HttpServer {
  /** Rejects with the system's error, such as EADDRINUSE. */
  listen(port: number, host: string): Promise<void>;
  /** From now on each answer ends its connection, so that clients come back elsewhere. */
  startDraining(): void;
  /** Takes no new connections and waits for the answers under way. What isn't answered by then is cut; how many that were. */
  close(limitMilliseconds: number): Promise<number>;
}

export interface HttpServerLimits {
  readonly headersMilliseconds: number;
  readonly requestMilliseconds: number;
  readonly keepAliveMilliseconds: number;
  /** A connection on which nothing moves for so long while it is answered. */
  readonly idleMilliseconds: number;
  /** An answer of which the other side takes nothing for so long: its reader has gone. */
  readonly stalledMilliseconds: number;
  readonly headerBytes: number;
  readonly connections: number;
}

export const HTTP_LIMITS: HttpServerLimits = {
  headersMilliseconds: 5_000,
  requestMilliseconds: 10_000,
  // Longer than the minute after which proxies let go of theirs, so that it is never us who close under a request.
  keepAliveMilliseconds: 65_000,
  idleMilliseconds: 30_000,
  stalledMilliseconds: 20_000,
  headerBytes: 16 * 1024,
  connections: 5_000,
};

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Options {
  readonly limits?: HttpServerLimits;
  /** Told of each request at its end; `status` is 0 when its answer was cut. */
  readonly record?: ((target: string, status: number, milliseconds: number) => void) | undefined;
}

export function createHttpServer(
  handle: Handler,
  log: Log,
  { limits = HTTP_LIMITS, record }: Options = {},
): HttpServer {
  let isDraining = false;
  let held: (() => void)[] | undefined;
  const lines = createRequestLines((request, response) => {
    if (isDraining) response.shouldKeepAlive = false;
    if (record) {
      const startedAt = performance.now();
      const target = request.url ?? '';
      response.once('close', () => {
        const status = response.writableFinished ? response.statusCode : 0;
        record(target, status, performance.now() - startedAt);
      });
    }
    if (held) held.push(() => void handle(request, response));
    else handle(request, response);
  });
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMilliseconds,
      requestTimeout: limits.requestMilliseconds,
      keepAliveTimeout: limits.keepAliveMilliseconds,
      connectionsCheckingInterval: 1_000,
    },
    lines.listener,
  );
  // By number Node would drop the last ones without a word, among them the X-Forwarded-For of our proxy. Their size is bounded.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  server.timeout = limits.idleMilliseconds;
  refuseWhatIsNoRequest(server, lines, log);
  cutStalledAnswers(server, lines, limits.stalledMilliseconds);
  return {
    listen: (port, host) => listen(server, port, host, log),
    startDraining() {
      isDraining = true;
      // Not too late for those being worked on.
      for (const response of lines.underWay()) if (!response.headersSent) response.shouldKeepAlive = false;
    },
    async close(limitMilliseconds) {
      // Whoever waits for an answer sends nothing new: so the line before the door comes to its end.
      held = [];
      await untilNobodyComes(server);
      const closed = close(server, lines, limitMilliseconds);
      for (const answer of held) answer();
      held = undefined;
      return await closed;
    },
  };
}

/** Long enough for who was just told that the connection ends, and comes again on another one. */
const QUIET_MILLISECONDS = 30;
const MAX_LINE_MILLISECONDS = 300;

/**
 * Connections that the system has taken and we haven't would be reset by closing the port, with the requests that are on them. Node
 * takes one in each turn of its event loop, so that a line forms under load.
 */
async function untilNobodyComes(server: Server): Promise<void> {
  const until = performance.now() + MAX_LINE_MILLISECONDS;
  let lastCameAt = performance.now();
  const onConnection = () => (lastCameAt = performance.now());
  server.on('connection', onConnection);
  while (performance.now() - lastCameAt < QUIET_MILLISECONDS && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    // Behind the system's events of this moment.
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off('connection', onConnection);
}

const STALL_LOOKS = 8;

/**
 * Node's own time-out starts again when part of an answer was taken, and whenever the other side sends a byte. Those who read nothing
 * would keep their connection, and what waits to be sent on it, as long as they like.
 */
function cutStalledAnswers(server: Server, lines: RequestLines, limitMilliseconds: number): void {
  const seen = new WeakMap<Socket, { readonly waiting: number; readonly at: number }>();
  const look = () => {
    const now = performance.now();
    for (const { socket } of lines.underWay()) {
      if (!socket || socket.writableLength === 0) continue;
      const waiting = waitingBytes(socket);
      const before = seen.get(socket);
      if (before?.waiting !== waiting) seen.set(socket, { waiting, at: now });
      else if (now - before.at > limitMilliseconds) socket.destroy();
    }
  };
  const timer = setInterval(look, limitMilliseconds / STALL_LOOKS).unref();
  server.once('close', () => clearInterval(timer));
}

/** What the system has not taken yet, also of a write under way, which may be megabytes. Node's own time-out looks there too. */
function waitingBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const queued: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0;
  return socket.writableLength + (typeof queued === 'number' ? queued : 0);
}

/** The system may allow less. Who finds no place tries again only after a second, then three, then seven. */
const BACKLOG = 4_096;

function listen(server: Server, port: number, host: string, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      // Such as no more file descriptors: the connections that are there go on.
      server.on('error', (error) => log.error({ err: error }, 'the HTTP server reports an error'));
      resolve();
    });
  });
}

async function close(server: Server, lines: RequestLines, limitMilliseconds: number): Promise<number> {
  let cut = 0;
  const timer = setTimeout(() => {
    cut = lines.underWay().length;
    server.closeAllConnections();
  }, limitMilliseconds);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(timer);
  return cut;
}

/** A moment in which the other side can read the refusal before the reset that closing on unread bytes brings. */
const LINGER_MILLISECONDS = 500;
const DROP_LOG_MILLISECONDS = 60_000;

function refuseWhatIsNoRequest(server: Server, lines: RequestLines, log: Log): void {
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const answer = lines.on(socket);
    const isMidAnswer = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable || isMidAnswer) {
      socket.destroy();
      return;
    }
    const requestId = randomRequestId();
    log.debug({ request_id: requestId, code: error.code }, 'a request that could not be read was refused');
    refuse(socket, statusOf(error), requestId);
  });
  // CONNECT is for proxies. Node would close without a word.
  server.on('connect', (_request, socket) => refuse(socket, 405, randomRequestId()));
  let loggedAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    if (performance.now() - loggedAt < DROP_LOG_MILLISECONDS) return;
    loggedAt = performance.now();
    log.warn({ limit: server.maxConnections }, 'too many connections at once: new ones are dropped');
  });
}

function statusOf(error: NodeJS.ErrnoException): number {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 431;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return 400;
}

const DETAILS: Readonly<Record<number, string>> = {
  405: 'Postern is no proxy.',
  408: 'The request did not arrive completely in time.',
  431: 'The header fields are too large.',
};

function refuse(socket: Duplex, status: number, requestId: string): void {
  const title = STATUS_CODES[status] ?? '';
  const detail = DETAILS[status] ?? 'The request is not valid HTTP.';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, instance: `urn:request:${requestId}` });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    ...(status === 405 ? ['Allow: GET, HEAD, POST'] : []),
    'Connection: close',
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref();
}
