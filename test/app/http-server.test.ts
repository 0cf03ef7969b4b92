// The server before any port: what is no HTTP, what is too slow or too large, what fails, and how it ends.
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Middleware } from 'koa';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpApp } from '../../src/app/http-app.ts';
import { createHttpServer, HTTP_LIMITS, type HttpServer, type HttpServerLimits } from '../../src/app/http-server.ts';
import { createLog, type LogLevel } from '../../src/base/log.ts';
import { unavailable } from '../../src/base/problem.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import type { RequestState } from '../../src/ports/http/request-context.ts';
import { eventually } from '../support/eventually.ts';
import { bodyOf, sendRaw, statusOf } from './raw-http.ts';

type Port = Middleware<RequestState>;

interface Running {
  readonly port: number;
  readonly server: HttpServer;
  readonly lines: () => Record<string, unknown>[];
}

const running: HttpServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close(0);
});

const echo: Port = (ctx) => {
  ctx.body = { path: ctx.path, query: ctx.querystring, ip: ctx.state.origin.ip };
};

async function start(
  port: Port = echo,
  options: { limits?: Partial<HttpServerLimits>; level?: LogLevel; trusted?: string[] } = {},
): Promise<Running> {
  const written: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  const log = createLog(options.level ?? 'info', sink);
  const trustedProxies = compileIpMatcher(parseIpRuleList(options.trusted ?? []).rules);
  const handle = createHttpApp({ log, isHttps: false, trustedProxies, ports: [port] });
  const server = createHttpServer(handle, log, { limits: { ...HTTP_LIMITS, ...options.limits } });
  const free = await freePort();
  await server.listen(free, '127.0.0.1');
  running.push(server);
  return { port: free, server, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** On a connection of its own: the status, or what became of it. */
function callOnce(port: number): Promise<string> {
  return new Promise((resolve) => {
    const calling = request({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      response.once('error', () => resolve('cut'));
      response.once('end', () => resolve(String(response.statusCode)));
    });
    calling.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    calling.end();
  });
}

describe('what is no HTTP', () => {
  test.each([
    ['a method that there is not', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['NUL in the request line', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n'],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['TLS', Buffer.from('160301020001000 1fc0303'.replaceAll(' ', ''), 'hex')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s gets 400 and the connection is closed', async (_what, bytes) => {
    const { port } = await start();
    const answer = await sendRaw(port, bytes);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('Connection: close');
    expect(JSON.parse(bodyOf(answer))).toMatchObject({ status: 400, title: 'Bad Request' });
  });

  test('headers beyond 16 KiB get 431', async () => {
    const { port } = await start();
    const answer = await sendRaw(port, `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(statusOf(answer)).toBe(431);
  });

  test('CONNECT gets 405 with what is allowed', async () => {
    const { port } = await start();
    const answer = await sendRaw(port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n');
    expect(statusOf(answer)).toBe(405);
    expect(answer).toContain('Allow: GET, HEAD, POST');
  });
});

describe('what is too slow', () => {
  const limits = { headersMilliseconds: 300, requestMilliseconds: 600 };

  test.each([
    ['a connection that says nothing', ''],
    ['a request line without an end', 'GET / HT'],
    ['headers without an end', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: '],
  ])('%s is cut with 408', async (_what, text) => {
    const { port } = await start(echo, { limits });
    expect(statusOf(await sendRaw(port, text))).toBe(408);
  });

  test('a body that does not come is cut with 408, and the port gets to know', async () => {
    let ending: unknown;
    const reading: Port = async (ctx) => {
      try {
        for await (const _chunk of ctx.req);
      } catch (error) {
        ending = error;
        throw error;
      }
    };
    const { port } = await start(reading, { limits });
    const answer = await sendRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    expect(statusOf(answer)).toBe(408);
    await eventually('the port sees the end of the body', () => ending !== undefined);
  });

  test('requests that come without waiting are answered in order, each when the one before it is done', async () => {
    const begun: string[] = [];
    const held = new Map<string, () => void>();
    const holding: Port = async (ctx) => {
      begun.push(ctx.path);
      await new Promise<void>((resolve) => held.set(ctx.path, resolve));
      ctx.body = `<${ctx.path}>`;
    };
    const { port } = await start(holding);
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const answer = sendRaw(port, get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
    for (const [at, path] of ['/1', '/2', '/3'].entries()) {
      await eventually(`${path} is begun`, () => held.has(path));
      expect(begun).toHaveLength(at + 1);
      held.get(path)?.();
    }
    expect([...(await answer).matchAll(/<([^>]*)>/g)].map(([, path]) => path)).toEqual(['/1', '/2', '/3']);
  });

  test('of requests whose sender has gone only the one under way was begun', async () => {
    let begun = 0;
    const large: Port = (ctx) => {
      begun += 1;
      ctx.body = 'a'.repeat(20_000_000);
    };
    const { port, server } = await start(large);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100));
    await eventually('the first is begun', () => begun === 1);
    socket.destroy();
    expect(await server.close(10_000)).toBe(0);
    expect(begun).toBe(1);
  });

  test('whoever reads nothing of an answer is cut, even one who goes on sending', async () => {
    const large: Port = (ctx) => {
      ctx.body = 'a'.repeat(20_000_000);
    };
    const { port } = await start(large, { limits: { stalledMilliseconds: 400 } });
    const socket = connect(port, '127.0.0.1');
    let isCut = false;
    socket.on('error', () => (isCut = true));
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually('it is cut', () => {
      // Who reads nothing learns of it by writing.
      socket.write('\r\n');
      return isCut;
    });
    const whole = await fetch(`http://127.0.0.1:${port}/`);
    expect((await whole.text()).length).toBe(20_000_000);
  });
});

describe('the Host header and the request target', () => {
  test.each([
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n'],
    ['two equal Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n'],
    ['a Host with a user', 'GET / HTTP/1.1\r\nHost: b@a\r\nConnection: close\r\n\r\n'],
    ['a Host with a blank', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['a Host with a broken port', 'GET / HTTP/1.1\r\nHost: a:b\r\nConnection: close\r\n\r\n'],
    ['a target of another scheme', 'GET ftp://a/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['the target *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['a broken percent-encoding', 'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['half of a UTF-8 sequence', 'GET /%c3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['an encoded NUL', 'GET /a%00b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('%s gets 400', async (_what, text) => {
    const { port } = await start();
    expect(statusOf(await sendRaw(port, text))).toBe(400);
  });

  test('a good Host before does not let two Hosts pass on the same connection', async () => {
    const { port } = await start();
    const good = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const answer = await sendRaw(port, good, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n');
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['200', '400']);
  });

  test.each(['a', 'auth.example.com:8443', '192.0.2.1', '[2001:db8::1]:3000', 'xn--bcher-kva.example'])(
    'the Host %s is taken',
    async (host) => {
      const { port } = await start();
      const answer = await sendRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(statusOf(answer)).toBe(200);
    },
  );

  test.each([
    ['http://evil.example/a?b=c', { path: '/a', query: 'b=c' }],
    ['HTTPS://evil.example', { path: '/', query: '' }],
    ['http://evil.example?b', { path: '/', query: 'b' }],
  ])('RFC 9112 §3.2.2 › the absolute target %s is taken for its path', async (target, expected) => {
    const { port } = await start();
    const answer = await sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(JSON.parse(bodyOf(answer))).toMatchObject(expected);
  });

  test('X-Forwarded-For is seen behind three thousand other headers', async () => {
    const { port } = await start(echo, { trusted: ['127.0.0.1'] });
    const many = 'a:b\r\n'.repeat(3_000);
    const answer = await sendRaw(
      port,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${many}X-Forwarded-For: 192.0.2.9\r\n\r\n`,
    );
    expect(JSON.parse(bodyOf(answer))).toMatchObject({ ip: '192.0.2.9' });
  });
});

describe('a port that fails', () => {
  const failing: Port = (ctx) => {
    ctx.set('ETag', '"old"');
    ctx.set('Content-Encoding', 'gzip');
    throw new Error('relation "secret_table" does not exist');
  };

  test.each([
    ['/api/v1/clients', 'application/problem+json'],
    ['/api', 'application/problem+json'],
    ['/oauth2/token', 'application/json; charset=utf-8'],
    ['/clients', 'text/html; charset=utf-8'],
    ['/apis', 'text/html; charset=utf-8'],
  ])('at %s gets 500 as %s, with a request id and without its text', async (path, type) => {
    const { port, lines } = await start(failing);
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const body = await response.text();
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('content-encoding')).toBeNull();
    const requestId = response.headers.get('x-request-id') ?? 'none';
    expect(body).toContain(requestId);
    expect(body).not.toContain('secret_table');
    expect(lines()).toContainEqual(
      expect.objectContaining({
        level: 'error',
        request_id: requestId,
        err: expect.objectContaining({ message: 'relation "secret_table" does not exist' }),
      }),
    );
  });

  test('because the database is away gets 503 with Retry-After', async () => {
    const { port } = await start(() => {
      throw unavailable(new Error('ECONNREFUSED'));
    });
    const oauth = await fetch(`http://127.0.0.1:${port}/oauth2/token`, { method: 'POST' });
    expect([oauth.status, oauth.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await oauth.json()).toMatchObject({ error: 'temporarily_unavailable' });
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2']);
  });

  test('after its answer began, or whose caller has gone, takes nobody else down', async () => {
    const { port } = await start((ctx) => {
      if (ctx.path === '/ok') ctx.body = 'ok';
      else {
        ctx.res.write('begun');
        throw new Error('too late');
      }
    });
    await sendRaw(port, 'GET /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await (await fetch(`http://127.0.0.1:${port}/ok`)).text()).toBe('ok');
  });
});

describe('the log line of a request', () => {
  test('tells who asked for what, without the query', async () => {
    const { port, lines } = await start((ctx) => {
      ctx.state.callerId = 'pst_abc';
      ctx.body = 'ok';
    });
    const response = await fetch(`http://127.0.0.1:${port}/setup?token=top-secret`);
    await response.text();
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        pid: process.pid,
        request_id: response.headers.get('x-request-id'),
        method: 'GET',
        path: '/setup',
        status: 200,
        milliseconds: expect.any(Number),
        ip: '127.0.0.1',
        caller: 'pst_abc',
        msg: 'request',
      },
    ]);
  });

  test.each(['/oauth2/token', '/.well-known/jwks.json', '/healthz', '/assets/postern.css'])(
    'of %s is written at debug alone',
    async (path) => {
      const quiet = await start();
      await (await fetch(`http://127.0.0.1:${quiet.port}${path}`)).text();
      expect(quiet.lines()).toEqual([]);
      const verbose = await start(echo, { level: 'debug' });
      await (await fetch(`http://127.0.0.1:${verbose.port}${path}`)).text();
      expect(verbose.lines()).toEqual([expect.objectContaining({ level: 'debug', path })]);
    },
  );
});

describe('the end', () => {
  test('answers under way are finished, and every answer ends its connection', async () => {
    const held: (() => void)[] = [];
    const { port, server } = await start(async (ctx) => {
      if (ctx.path === '/slow') await new Promise<void>((resolve) => held.push(resolve));
      ctx.body = 'done';
    });
    const slow = fetch(`http://127.0.0.1:${port}/slow`);
    await eventually('the slow request arrives', () => held.length === 1);
    server.startDraining();
    const during = await fetch(`http://127.0.0.1:${port}/`);
    expect([during.status, during.headers.get('connection')]).toEqual([200, 'close']);
    const closed = server.close(10_000);
    await eventually('the port is closed', async () => (await callOnce(port)) === 'ECONNREFUSED');
    held[0]?.();
    const response = await slow;
    expect([response.status, response.headers.get('connection'), await response.text()]).toEqual([
      200,
      'close',
      'done',
    ]);
    expect(await closed).toBe(0);
  });

  test('whoever comes until the last moment is answered or finds the port closed, and is never reset', async () => {
    const { port, server } = await start(async (ctx) => {
      await new Promise((resolve) => setImmediate(resolve));
      ctx.body = 'done';
    });
    server.startDraining();
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const callers = Array.from({ length: 100 }, async () => {
      for (;;) {
        const code = await callOnce(port);
        count(code);
        if (code !== '200') return;
      }
    });
    await eventually('they are at it', () => (outcomes.get('200') ?? 0) > 300);
    expect(await server.close(10_000)).toBe(0);
    await Promise.all(callers);
    expect(Object.fromEntries(outcomes)).toEqual({ '200': expect.any(Number), ECONNREFUSED: 100 });
  });

  test('what isn’t answered in time is cut and counted', async () => {
    let arrived = false;
    const { port, server } = await start(async () => {
      arrived = true;
      await new Promise(() => undefined);
    });
    const hanging = fetch(`http://127.0.0.1:${port}/`);
    await eventually('the request arrives', () => arrived);
    expect(await server.close(50)).toBe(1);
    await expect(hanging).rejects.toThrow();
  });
});
