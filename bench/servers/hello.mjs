// The least that a server can do: node:http, one fixed answer.
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end('hello'));
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
