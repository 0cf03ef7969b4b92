// The gate on a real database and over real sockets, as the whole program mounts it, with an API whose operations were imported.

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { createHttpApp } from '../../src/app/http-app.ts';
import { createLog } from '../../src/base/log.ts';
import { createSecretBox } from '../../src/base/secret-box.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import type { ApiOperation } from '../../src/domain/api/operation-matcher.ts';
import type { Client } from '../../src/domain/client/client.ts';
import { type ClientService, createClientService } from '../../src/domain/client/client-service.ts';
import { openKeyRing } from '../../src/domain/signing-key/key-ring.ts';
import { type AccessTokenClaims, createTokenId } from '../../src/domain/token/access-token.ts';
import { createTokenInspector } from '../../src/domain/token/token-inspector.ts';
import { createGate } from '../../src/ports/gate/gate.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { makeApi, makeCaller, makeClient, makeRole, rootCompany } from '../support/factories.ts';

export const ISSUER = 'http://localhost:3000';
/** `makeApi` makes it so. */
export const TICKETS = 'https://tickets.example.test';
export const SCOPES = ['tickets:read', 'tickets:write', 'tickets:admin'] as const;

/** Below /v1, and covered in every way: by one scope, by either of two sets, by any token, by nothing. */
const OPERATIONS: readonly Omit<ApiOperation, 'manySegments'>[] = [
  { method: 'GET', path: '/tickets', scopes: [['tickets:read']] },
  { method: 'POST', path: '/tickets', scopes: [['tickets:write']] },
  { method: 'GET', path: '/tickets/{id}', scopes: [['tickets:read'], ['tickets:admin']] },
  { method: 'GET', path: '/ping', scopes: [[]] },
  { method: 'GET', path: '/internal', scopes: [] },
];

export interface GateInstallation {
  readonly url: string;
  readonly port: number;
  readonly testDatabase: TestDatabase;
  readonly database: Database;
  /** Between the server and its database. */
  readonly proxy: DatabaseProxy;
  readonly clients: ClientService;
  readonly logged: () => string;
  /** How often a client, a user, an API token or an API was not in memory up to now. */
  readonly reads: () => number;
  /** Holds every scope of `tickets`. */
  readonly roleId: string;
  client(given?: Partial<Client>): Promise<Client>;
  /** As the token endpoint signs them (RFC 9068 §2), for `tickets` unless the claims say otherwise. */
  sign(clientId: string, claims?: Partial<AccessTokenClaims>): string;
  close(): Promise<void>;
}

interface Live<T> {
  readonly peek: (key: string) => T | undefined;
  readonly find: (key: string) => Promise<T | undefined>;
}

export const administrator = makeCaller(rootCompany, {
  privileges: new Set([...makeCaller().privileges, ...SCOPES.map((scope) => `tickets/${scope}`), 'plain/plain:read']),
});

/** 127.0.0.1 is a trusted proxy, the other loopback addresses are callers like any. */
export async function startGateInstallation(): Promise<GateInstallation> {
  const testDatabase = await createTestDatabase();
  const roleId = await arrange(testDatabase);
  const proxy = await startDatabaseProxy(testDatabase.connection);
  const lines: string[] = [];
  const log = createLog('info', collect(lines));
  const clock = { now: () => new Date() };
  const database = await openDatabase({ connection: { url: proxy.url }, issuer: ISSUER, log, clock });
  const { storage } = database;
  let reads = 0;
  const counted = <T>({ peek, find }: Live<T>): Live<T> => ({
    peek,
    find(key) {
      reads += 1;
      return find(key);
    },
  });
  const liveClients = counted(database.liveClients);
  const liveApis = counted(database.liveApis);
  const liveUsers = counted(database.liveUsers);
  const liveApiTokens = counted(database.liveApiTokens);
  const keys = await openKeyRing({ storage, clock, secretBox: createSecretBox(randomBytes(32)) });
  const inspector = createTokenInspector({
    ...database,
    issuer: ISSUER,
    clock,
    liveClients,
    liveUsers,
    liveApiTokens,
    keys: () => keys,
  });
  const server = createServer(
    createHttpApp({
      log,
      isHttps: false,
      trustedProxies: compileIpMatcher(parseIpRuleList(['127.0.0.1']).rules),
      gate: createGate({ ...database, inspector, liveApis, log, clock }),
      ports: [(ctx) => void (ctx.status = 404)],
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    testDatabase,
    database,
    proxy,
    clients: createClientService({ storage, clock, hasher: { hash: async (plain) => `hashed:${plain.length}` } }),
    logged: () => lines.join(''),
    reads: () => reads,
    roleId,
    client: (given = {}) => makeClient(storage, { roleId, ...given }),
    sign(clientId, claims = {}) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const payload: AccessTokenClaims = {
        iss: ISSUER,
        sub: clientId,
        client_id: clientId,
        aud: TICKETS,
        iat: issuedAt,
        exp: issuedAt + 86_400,
        jti: createTokenId(0),
        scope: 'tickets:read',
        company_id: rootCompany.id,
        role: 'as it was then',
        ...claims,
      };
      const { kid, algorithm, signData } = keys.current;
      const encoded = [{ alg: algorithm, typ: 'at+jwt', kid }, payload].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      return `${encoded.join('.')}.${signData(Buffer.from(encoded.join('.'))).toString('base64url')}`;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
      await proxy.close();
      await testDatabase.drop();
    },
  };
}

export const ROLE_NAME = 'Büro 100 % 東京';

async function arrange(database: TestDatabase): Promise<string> {
  await makeApi(database, { id: 'tickets', privileges: SCOPES.map((scope) => ({ scope })) });
  await makeApi(database, { id: 'plain', privileges: [{ scope: 'plain:read' }] });
  await database.query(`UPDATE api SET base_paths = '{/v1}', imported_at = now() WHERE id = 'tickets'`);
  await database.query(
    `INSERT INTO api_operation (api_id, method, path, many_segments, scopes)
     SELECT 'tickets', o ->> 'method', o ->> 'path', '{}', o -> 'scopes' FROM jsonb_array_elements($1) AS o`,
    [JSON.stringify(OPERATIONS)],
  );
  return await makeRole(database, {
    name: ROLE_NAME,
    companyId: rootCompany.id,
    privileges: [...SCOPES.map((scope) => `tickets/${scope}`), 'plain/plain:read', 'management/audit:read'],
  });
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}

export interface GateAnswer {
  readonly status: number;
  /** By lower-case name; several lines joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it as it came
  readonly json: any;
}

export interface Sending {
  readonly method?: string;
  readonly token?: string | undefined;
  /** The address that the proxy in front saw. */
  readonly from?: string;
  /** The address that the connection comes from. */
  readonly localAddress?: string;
  /** A list for a header that comes in several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** Sends exactly these headers and Host. The target is sent as it is, without being made right. */
export function send(url: string, target: string, sending: Sending = {}): Promise<GateAnswer> {
  const { hostname, port } = new URL(url);
  const { method = 'GET', token, from, body, localAddress } = sending;
  const local = localAddress === undefined ? {} : { localAddress };
  const headers: Record<string, string | string[]> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(from === undefined ? {} : { 'x-forwarded-for': from }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
  for (const [name, value] of Object.entries(sending.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path: target, method, headers, ...local }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(answered) as Record<string, string>,
          text,
          get json() {
            return JSON.parse(text);
          },
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
