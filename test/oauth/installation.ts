// The OAuth endpoints over a real socket, on the real domain and a real database, with switches for what can go wrong behind them.

import { createServer, type Server } from 'node:http';
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
import { createSecretVerifier, type SecretComparer } from '../../src/domain/client/secret-verifier.ts';
import { COMPANY_ADMIN_ROLE_ID, RESELLER_ROLE_ID } from '../../src/domain/role/role.ts';
import { type KeyRing, openKeyRing } from '../../src/domain/signing-key/key-ring.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createTokenInspector } from '../../src/domain/token/token-inspector.ts';
import { createIdentifyRequest, requestContext } from '../../src/ports/http/request-context.ts';
import { createOAuth, type OAuthParts } from '../../src/ports/oauth/oauth.ts';
import { type Database, openDatabase } from '../../src/storage/open-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';
import { arrangeTenants, TENANT_PRIVILEGES } from './tenants.ts';

export interface Installation {
  readonly url: string;
  readonly issuer: string;
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
  readonly database: TestDatabase;
  readonly storage: Storage;
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
  /** Happens while a secret is being checked. */
  whileComparing: (() => Promise<unknown>) | undefined;
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
  const secretBox = createSecretBox(randomBytes(32));
  const keys = { current: await openKeyRing({ storage: database.storage, secretBox, clock }) };
  const lanes = createBcryptLanes({ lanes: 1, queueLimit: 1000, cost: 4 });
  const watched: Watched = {
    faults: { audit: false, storage: false, lanesFull: false, whileComparing: undefined },
    events: [],
    comparisons: 0,
  };
  const dummyHash = await lanes.hash('nobody knows');
  const secretVerifier = createSecretVerifier({ comparer: watchedComparer(lanes, watched), dummyHash });
  const behind = breakable(database, watched);
  const parts = { issuer: TEST_ISSUER, keys: () => keys.current, clock, log, secretVerifier, lane, ...behind };
  const server = await listen(parts);
  const clients = createClientService({ storage: database.storage, hasher: lanes, clock });
  const admin = rootAdministrator();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer: TEST_ISSUER,
    clients,
    admin,
    clock,
    faults: watched.faults,
    events: watched.events,
    keys,
    comparisons: () => watched.comparisons,
    logged: () => lines.join(''),
    query: testDatabase.query,
    database: testDatabase,
    storage: database.storage,
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

type ServerParts = Omit<OAuthParts, 'inspector' | 'failureThrottle'> &
  Pick<Database, 'liveTokens' | 'liveApiTokens' | 'liveUsers'>;

async function listen(parts: ServerParts): Promise<Server> {
  const app = new Koa();
  app.on('error', (error: unknown) => parts.log.debug({ err: error }, 'an answer could not be sent'));
  const trustedProxies = compileIpMatcher(parseIpRuleList('127.0.0.0/8').rules);
  app.use(
    requestContext({
      identify: createIdentifyRequest({ trustedProxies, log: parts.log }),
      log: parts.log,
    }) as Middleware,
  );
  const inspector = createTokenInspector(parts);
  app.use(createOAuth({ ...parts, inspector, failureThrottle: createFailureThrottle() }) as Middleware);
  app.use((ctx) => {
    ctx.status = 404;
    ctx.body = 'left to the next';
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

interface Watched {
  readonly faults: Faults;
  readonly events: NewAuditEvent[];
  comparisons: number;
}

function watchedComparer(lanes: SecretComparer, watched: Watched): SecretComparer {
  return {
    async compare(plain, hash, sender) {
      watched.comparisons += 1;
      if (watched.faults.lanesFull) throw new LanesFullError();
      await watched.faults.whileComparing?.();
      return await lanes.compare(plain, hash, sender);
    },
  };
}

/** The real parts, each with a switch before it. */
function breakable(database: Database, { faults, events }: Watched) {
  const { storage, liveClients, liveCompanies, liveTokens, liveApiTokens, liveUsers, auditLog, useRecorder } = database;
  return {
    liveTokens,
    liveApiTokens,
    liveUsers,
    liveCompanies: {
      peek: (id: string) => liveCompanies.peek(id),
      find: (id: string) => (faults.storage ? Promise.reject(away()) : liveCompanies.find(id)),
    },
    useRecorder,
    liveClients: {
      peek: (id: string) => liveClients.peek(id),
      find: (id: string) => (faults.storage ? Promise.reject(away()) : liveClients.find(id)),
    },
    storage: {
      read: (work) => (faults.storage ? Promise.reject(away()) : storage.read(work)),
      write: (work) => (faults.storage || faults.audit ? Promise.reject(away()) : storage.write(work)),
    } satisfies Storage,
    auditLog: {
      async append(event: NewAuditEvent) {
        if (faults.audit || faults.storage) throw away();
        await auditLog.append(event);
        events.push(event);
      },
    },
  };
}

function away(): Error {
  return unavailable(new Error('connection refused by the database'));
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
