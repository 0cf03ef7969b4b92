// The OAuth endpoints over a real socket, on the real domain and a real database, with switches for what can go wrong behind them.

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import Koa, { type Middleware } from 'koa';
import { createBcryptLanes, LanesFullError } from '../../src/base/bcrypt-lanes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { unavailable } from '../../src/base/problem.ts';
import { createSecretBox } from '../../src/base/secret-box.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import { createFailureThrottle } from '../../src/domain/access/failure-throttle.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../../src/domain/address/ip-rule-list.ts';
import { MANAGEMENT_PRIVILEGES, privilegeName } from '../../src/domain/api/privilege.ts';
import type { NewAuditEvent } from '../../src/domain/audit/audit-event.ts';
import type { ClientRegistration } from '../../src/domain/client/client-fields.ts';
import { type ClientService, createClientService } from '../../src/domain/client/client-service.ts';
import { createSecretVerifier } from '../../src/domain/client/secret-verifier.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { type KeyRing, openKeyRing } from '../../src/domain/signing-key/key-ring.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createTokenInspector } from '../../src/domain/token/token-inspector.ts';
import { requestContext } from '../../src/ports/http/request-context.ts';
import { createOAuth } from '../../src/ports/oauth/oauth.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';
import { arrangeTenants, TENANT_PRIVILEGES } from './tenants.ts';

export interface Installation {
  readonly url: string;
  readonly issuer: string;
  readonly database: Database;
  readonly clients: ClientService;
  /** An administrator of the root company who holds everything. */
  readonly admin: Caller;
  readonly clock: Clock & { advance(seconds: number): void };
  /** What the endpoints will meet from now on. */
  readonly faults: Faults;
  /** Events that the endpoints stored through the audit log, in order. */
  readonly events: NewAuditEvent[];
  readonly keys: { current: KeyRing };
  /** Number of bcrypt comparisons up to now. */
  readonly comparisons: () => number;
  readonly logged: () => string;
  readonly query: TestDatabase['query'];
  register(registration?: Partial<ClientRegistration>): Promise<TestClient>;
  close(): Promise<void>;
}

export interface Faults {
  /** The audit log cannot be written. */
  audit: boolean;
  /** The database does not answer at all. */
  storage: boolean;
  /** As many secrets wait to be checked as may. */
  lanesFull: boolean;
}

export interface TestClient {
  readonly clientId: string;
  readonly secret: string;
}

/** `lane: false` sends everything through the engine. */
export async function startInstallation({ lane = true } = {}): Promise<Installation> {
  const testDatabase = await createTestDatabase();
  const lines: string[] = [];
  const log = createLog('info', collect(lines));
  const clock = movableClock();
  const database = await openDatabase({ connection: testDatabase.connection, issuer: TEST_ISSUER, log, clock });
  await arrangeTenants(testDatabase);
  const faults: Faults = { audit: false, storage: false, lanesFull: false };
  const storage = breakable(database.storage, faults);
  const lanes = createBcryptLanes({ lanes: 1, queueLimit: 1000, cost: 4 });
  let comparisons = 0;
  const comparer = {
    compare: (plain: string, hash: string) => {
      comparisons += 1;
      return faults.lanesFull ? Promise.reject(new LanesFullError()) : lanes.compare(plain, hash);
    },
  };
  const secretBox = createSecretBox(randomBytes(32));
  const keys = { current: await openKeyRing({ storage: database.storage, secretBox, clock }) };
  const events: NewAuditEvent[] = [];
  const parts = {
    issuer: TEST_ISSUER,
    keys: () => keys.current,
    liveClients: {
      peek: (id: string) => database.liveClients.peek(id),
      find: (id: string) => (faults.storage ? Promise.reject(away()) : database.liveClients.find(id)),
    },
    liveTokens: database.liveTokens,
    clock,
  };
  const app = new Koa();
  app.on('error', (error: unknown) => log.debug({ err: error }, 'an answer could not be sent'));
  const trustedProxies = compileIpMatcher(parseIpRuleList('127.0.0.0/8').rules);
  app.use(requestContext({ trustedProxies, log }) as Middleware);
  app.use(
    createOAuth({
      ...parts,
      inspector: createTokenInspector(parts),
      storage,
      auditLog: {
        async append(event) {
          if (faults.audit || faults.storage) throw away();
          await database.auditLog.append(event);
          events.push(event);
        },
      },
      useRecorder: database.useRecorder,
      secretVerifier: createSecretVerifier({ comparer, dummyHash: await lanes.hash('nobody knows') }),
      failureThrottle: createFailureThrottle(),
      log,
      lane,
    }) as Middleware,
  );
  app.use((ctx) => {
    ctx.status = 404;
    ctx.body = 'left to the next';
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients = createClientService({ storage: database.storage, hasher: lanes, clock });
  const admin = rootAdministrator();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer: TEST_ISSUER,
    database,
    clients,
    admin,
    clock,
    faults,
    events,
    keys,
    comparisons: () => comparisons,
    logged: () => lines.join(''),
    query: testDatabase.query,
    async register(registration = {}) {
      const input = { name: 'siem-connector', roleId: COMPANY_ADMIN_ROLE_ID, ...registration };
      const { client, clientSecret } = await clients.register(admin, input);
      return { clientId: client.clientId, secret: clientSecret };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await lanes.close();
      await database.close();
      await testDatabase.drop();
    },
  };
}

function away(): Error {
  return unavailable(new Error('connection refused by the database'));
}

function breakable(storage: Storage, faults: Faults): Storage {
  return {
    read: (work) => (faults.storage ? Promise.reject(away()) : storage.read(work)),
    write: (work) => (faults.storage || faults.audit ? Promise.reject(away()) : storage.write(work)),
  };
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}

function movableClock(): Clock & { advance(seconds: number): void } {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    advance(seconds) {
      ahead += seconds * 1000;
    },
  };
}

function rootAdministrator(): Caller {
  return {
    type: 'user',
    id: 'us_admin',
    name: 'Admin',
    companyId: 'co_root',
    companyName: 'Root',
    roleId: RESELLER_ROLE_ID,
    roleName: 'Reseller',
    reach: { companyId: 'co_root', companyPath: 'co_root/', subtree: true },
    privileges: new Set([
      ...MANAGEMENT_PRIVILEGES.map(({ apiId, scope }) => privilegeName(apiId, scope)),
      ...TENANT_PRIVILEGES,
    ]),
    origin: { requestId: 'test', ip: null, userAgent: null },
  };
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; several lines joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, whatever it is; undefined when it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it as it came
  readonly json: any;
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A form as text or as fields, or raw bytes. */
  readonly body?: string | Buffer | Readonly<Record<string, string>> | undefined;
  /** HTTP Basic, sent raw as curl does it. */
  readonly basic?: TestClient | undefined;
  /** The address that the proxy in front saw; each test has its own, so that they do not throttle each other. */
  readonly from?: string | undefined;
}

/** Sends exactly these headers and no others but Host and Content-Length. A form by POST to the token endpoint unless said otherwise. */
export function send({ url }: Pick<Installation, 'url'>, sending: Sending): Promise<Answer> {
  const { method = 'POST', path = '/oauth2/token', basic } = sending;
  const body = bytesOf(sending.body);
  const headers: Record<string, string> = {
    ...(body && !hasHeader(sending, 'content-type') ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...(body && !hasHeader(sending, 'transfer-encoding') ? { 'content-length': String(body.length) } : {}),
    ...(basic ? { authorization: basicHeader(basic) } : {}),
    ...(sending.from ? { 'x-forwarded-for': sending.from } : {}),
    ...sending.headers,
  };
  for (const name of Object.keys(headers)) if (headers[name] === '') delete headers[name];
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { method, headers }, (response) => {
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
          json: text.startsWith('{') ? JSON.parse(text) : undefined,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function bytesOf(body: Sending['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : new URLSearchParams(body).toString());
}

function hasHeader({ headers = {} }: Sending, name: string): boolean {
  return Object.keys(headers).some((each) => each.toLowerCase() === name);
}

export function basicHeader({ clientId, secret }: TestClient): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}

export const GRANT = { grant_type: 'client_credentials' } as const;

/** A token for the client; fails the test when it gets none. */
export async function fetchToken(
  installation: Installation,
  client: TestClient,
  form: Readonly<Record<string, string>> = {},
  from?: string,
): Promise<string> {
  const answer = await send(installation, { basic: client, body: { ...GRANT, ...form }, from });
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`);
  return answer.json.access_token;
}

export function introspect(
  installation: Installation,
  caller: TestClient,
  form: Readonly<Record<string, string>>,
  from?: string,
): Promise<Answer> {
  return send(installation, { path: '/oauth2/introspect', basic: caller, body: form, from });
}

/** The event under the reference that an answer gave. */
export function eventOf(installation: Installation, answer: Answer): NewAuditEvent | undefined {
  return installation.events.find((event) => event.requestId === answer.headers['x-request-id']);
}
