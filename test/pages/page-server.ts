// A server with nothing but the pages, over a real socket, the real domain and a database of its own.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import Koa from 'koa';
import { createSystemReader } from '../../src/app/system-state.ts';
import { createBcryptLanes } from '../../src/base/bcrypt-lanes.ts';
import { createLog } from '../../src/base/log.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import { compileIpMatcher } from '../../src/domain/address/ip-matcher.ts';
import type { KnownHosts } from '../../src/domain/address/kept-restriction.ts';
import { createApiTokenService } from '../../src/domain/api-token/api-tokens.ts';
import { createApiService } from '../../src/domain/api/api-service.ts';
import { createOpenApiReader } from '../../src/domain/api/openapi-reader.ts';
import { type AuditAction, auditEvent } from '../../src/domain/audit/audit-event.ts';
import { createAuditService } from '../../src/domain/audit/audit-service.ts';
import { createClientAddresses } from '../../src/domain/client/client-addresses.ts';
import { createClientService } from '../../src/domain/client/client-service.ts';
import { createCompanyService } from '../../src/domain/company/company-service.ts';
import { createGranting } from '../../src/domain/role/granting.ts';
import { createRoleCommands } from '../../src/domain/role/role-commands.ts';
import { createRoleService } from '../../src/domain/role/role-service.ts';
import { createSystemService } from '../../src/domain/system/system-service.ts';
import { createAccountService } from '../../src/domain/user/accounts.ts';
import { createUserCommands } from '../../src/domain/user/user-commands.ts';
import { createUserService } from '../../src/domain/user/user-service.ts';
import { createIgnoredForwardingTally } from '../../src/ports/http/ignored-forwarding.ts';
import { createIdentifyRequest, requestContext } from '../../src/ports/http/request-context.ts';
import { createPageAssets } from '../../src/ports/pages/assets.ts';
import type { PageServices } from '../../src/ports/pages/page.ts';
import { createPages } from '../../src/ports/pages/pages.ts';
import type { Storage } from '../../src/domain/stores.ts';
import { createDataSource } from '../../src/storage/data-source.ts';
import { readDatabaseFacts } from '../../src/storage/database-facts.ts';
import { createFormGuard } from '../../src/storage/form-guard.ts';
import { createPostgresStorage } from '../../src/storage/postgres-storage.ts';
import { openLiveReaders } from '../support/live-readers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { TEST_ISSUER } from '../support/template-database.ts';
import { TestClock } from './test-clock.ts';

export interface PageServer {
  readonly url: string;
  readonly issuer: string;
  readonly clock: TestClock;
  readonly database: TestDatabase;
  readonly services: PageServices;
  readonly storage: Storage;
  /** Every line that was logged. */
  readonly logged: () => string;
  /** How many passwords were compared so far. */
  readonly comparisons: () => number;
  /** What the token endpoint would have stored: one event of a client. */
  recordRequest(event: TokenEvent): Promise<void>;
  /** Takes the database away for good. */
  loseDatabase(): Promise<void>;
  close(): Promise<void>;
}

export interface TokenEvent {
  readonly action: Extract<AuditAction, 'token.issued' | 'token.refused'>;
  readonly client: { readonly clientId: string; readonly name: string | null; readonly companyId: string | null };
  readonly requestId: string;
  readonly reason?: string;
  readonly ip?: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** vpn.test stands for an address, every other name for nothing. */
export const TEST_HOSTS: KnownHosts = {
  resolve: (name) => (name === 'vpn.test' ? [{ family: 4, value: 0xc633_6407n }] : []),
  ready: async () => undefined,
  state: (name) => ({
    name,
    status: name === 'vpn.test' ? 'resolved' : 'no_such_name',
    addresses: TEST_HOSTS.resolve(name),
    since: new Date(Date.now() - 3 * 60 * 60 * 1000),
    checkedAt: new Date(),
    closesAt: null,
    failure: null,
  }),
};

const FIGURES = {
  audit: { waiting: 0, stored: 0, batches: 0, lastBatch: 0, refused: 0 },
  feed: { isFresh: true, ageMilliseconds: 120 },
  pool: { busy: 1, idle: 3, waiting: 0 },
};

export async function startPages({ issuer = TEST_ISSUER }: { issuer?: string } = {}): Promise<PageServer> {
  const lines: string[] = [];
  const log = createLog('info', collectInto(lines));
  const clock = new TestClock();
  const database = await createTestDatabase();
  const dataSource = createDataSource({ connection: database.connection, log });
  await dataSource.initialize();
  const storage = createPostgresStorage({ dataSource, onCommitted: () => undefined });
  const lanes = createBcryptLanes({ lanes: 1, queueLimit: 300, cost: 4 });
  let compared = 0;
  let isLost = false;
  const hasher = {
    hash: lanes.hash,
    compare: (plain: string, hash: string) => {
      compared += 1;
      return lanes.compare(plain, hash);
    },
  };
  const dummyHash = await lanes.hash('what nobody knows');
  const live = await openLiveReaders(database.connection, TEST_HOSTS);
  const clients = createClientService({ storage, hasher, clock, hosts: TEST_HOSTS });
  const ignored = createIgnoredForwardingTally({ log, clock });
  const settings = readSettings({ POSTERN_ISSUER: issuer, POSTERN_TRUSTED_PROXIES: '10.0.0.0/24' });
  const services = {
    clientAddresses: createClientAddresses({ storage, clients, ...live, clock, hosts: TEST_HOSTS }),
    system: createSystemService({
      read: createSystemReader({
        settings,
        database: { facts: () => readDatabaseFacts(dataSource), figures: () => FIGURES },
        ignored,
        clock,
      }),
    }),
    apis: createApiService({ storage, clock, reader: createOpenApiReader() }),
    apiTokens: createApiTokenService({ storage, clock, hosts: TEST_HOSTS }),
    clients,
    companies: createCompanyService({ storage, clock }),
    roles: { ...createRoleService({ storage }), ...createRoleCommands({ storage, clock }) },
    granting: createGranting({ storage }),
    audit: createAuditService({ storage }),
    accounts: createAccountService({ storage, hasher, dummyHash, clock }),
    users: { ...createUserService({ storage, clock }), ...createUserCommands({ storage, hasher, clock }) },
  };
  const app = new Koa();
  app.use(
    requestContext({
      identify: createIdentifyRequest({ trustedProxies: compileIpMatcher([]), log, ignored }),
      log,
    }) as Koa.Middleware,
  );
  app.use(createPageAssets());
  const secureCookies = issuer.startsWith('https:');
  const formGuard = createFormGuard({ dataSource });
  app.use(createPages({ issuer, secureCookies, services, formGuard, log, clock }) as Koa.Middleware);
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issuer,
    clock,
    database,
    services,
    storage,
    logged: () => lines.join(''),
    comparisons: () => compared,
    recordRequest: ({ action, client, requestId, reason = null, ip = '203.0.113.7', details }) =>
      storage.write((stores) =>
        stores.audit.append(
          auditEvent(
            action,
            { requestId, ip, userAgent: 'curl/8.7.1' },
            {
              time: clock.now(),
              companyId: client.companyId,
              actor: { type: 'client', id: client.clientId, name: client.name },
              outcome: action === 'token.issued' ? 'success' : 'failure',
              reason,
              details: details ?? null,
            },
          ),
        ),
      ),
    async loseDatabase() {
      isLost = true;
      await database.drop();
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await dataSource.destroy();
      await live.close();
      await lanes.close();
      if (!isLost) await database.drop();
    },
  };
}

function collectInto(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
