// The only place that builds a server out of its parts. Read it to see what there is and who needs whom.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createSecretBox } from '../base/secret-box.ts';
import type { Settings } from '../config/settings.ts';
import { createFailureThrottle } from '../domain/access/failure-throttle.ts';
import { awaitCompanyHostNames, awaitHostNames, awaitTokenHostNames } from '../domain/access/host-ready.ts';
import { createHostDirectory } from '../domain/address/host-directory.ts';
import { compileIpMatcher, type IpMatcher } from '../domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../domain/address/ip-rule-list.ts';
import { createApiDocs } from '../domain/api/api-docs.ts';
import { createOpenApiReader } from '../domain/api/openapi-reader.ts';
import { createClientAddresses } from '../domain/client/client-addresses.ts';
import { createSecretVerifier } from '../domain/client/secret-verifier.ts';
import { createSystemService } from '../domain/system/system-service.ts';
import { createTokenInspector } from '../domain/token/token-inspector.ts';
import { createBearerAuthenticator } from '../ports/api/bearer-authenticator.ts';
import { createDocs } from '../ports/api/docs.ts';
import { createApi } from '../ports/api/router.ts';
import { createGate } from '../ports/gate/gate.ts';
import { createGateTally } from '../ports/gate/gate-tally.ts';
import { createIgnoredForwardingTally } from '../ports/http/ignored-forwarding.ts';
import { createOAuth } from '../ports/oauth/oauth.ts';
import { createOAuthTallies } from '../ports/oauth/oauth-tallies.ts';
import { createPageAssets } from '../ports/pages/assets.ts';
import { createPages, createSignedInCheck } from '../ports/pages/pages.ts';
import { createDnsResolver } from '../ports/dns/dns-resolver.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import { openDatabase } from '../storage/open-database.ts';
import { createBcryptQueues } from './bcrypt-queues.ts';
import { createHealth, type Health } from './health.ts';
import { createHttpApp } from './http-app.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { keepHostNames } from './kept-host-names.ts';
import { openLiveKeyRing } from './live-key-ring.ts';
import { type MetricSources, readFamilies } from './metrics/metric-families.ts';
import type { MetricsReader } from './metrics/prometheus.ts';
import { createRequestTimes } from './metrics/request-times.ts';
import { createDummyHash, createServices, type Services } from './services.ts';
import { StartFault } from './start-fault.ts';
import type { StopSequence } from './stop.ts';
import { createSystemReader } from './system-state.ts';

export interface Composition {
  readonly http: HttpServer;
  readonly health: Health;
  readonly services: Services;
  /** Everything that is measured here; undefined when metrics are off. */
  readonly readMetrics: MetricsReader | undefined;
}

interface Parts {
  readonly settings: Settings;
  readonly connection: DatabaseConnection;
  readonly poolSize: number;
  readonly encryptionKey: Buffer;
  readonly log: Log;
  readonly clock: Clock;
  /** Gets an end for each part that needs one, as soon as it is there. */
  readonly stopping: Pick<StopSequence, 'add'>;
}

/** @throws SecretBoxError when the encryption key is not the one with which the signing keys were sealed */
export async function compose(parts: Parts): Promise<Composition> {
  const { settings, connection, poolSize, encryptionKey, log, clock, stopping } = parts;
  const { issuer } = settings;
  const isHttps = issuer.startsWith('https:');

  const resolver = createDnsResolver({ servers: settings.dnsServers });
  const hosts = createHostDirectory({ resolver, log, clock });
  stopping.add('host names', () => {
    hosts.close();
    resolver.close();
  });
  const resolveHost = (name: string) => hosts.resolve(name);
  const database = await openDatabase({ connection, issuer, log, clock, poolSize, resolveHost });
  stopping.add('database', () => database.close());
  const { storage, liveTokens, liveApis, auditLog, useRecorder, formGuard } = database;
  const liveClients = awaitHostNames(database.liveClients, hosts);
  const liveCompanies = awaitCompanyHostNames(database.liveCompanies, hosts);
  const liveUsers = awaitHostNames(database.liveUsers, hosts);
  const liveApiTokens = awaitTokenHostNames(database.liveApiTokens, hosts);

  const queues = createBcryptQueues(settings);
  stopping.add('threads', () => queues.close());
  const secretBox = createSecretBox(encryptionKey);
  const onChange = (listener: () => void) => database.onSigningKeyChange(listener);
  const [keyRing, dummyHash] = await Promise.all([
    openLiveKeyRing({ storage, secretBox, clock, log, onChange }),
    createDummyHash(queues),
  ]);
  stopping.add('signing keys', () => keyRing.close());
  const { keys } = keyRing;

  const kept = keepHostNames({ hosts, listHostNames: () => database.listHostNames(), log });
  stopping.add('host names in use', () => kept.close());
  const ignored = createIgnoredForwardingTally({ log, clock });

  const reader = createOpenApiReader();
  const services = createServices({ storage, queues, dummyHash, clock, reader, hosts });
  const { clients } = services;
  const served = {
    ...services,
    clientAddresses: createClientAddresses({ storage, clients, liveClients, liveCompanies, clock, hosts }),
    system: createSystemService({ read: createSystemReader({ settings, database, ignored, clock }) }),
  };
  const inspector = createTokenInspector({
    issuer,
    keys,
    liveClients,
    liveCompanies,
    liveTokens,
    liveApiTokens,
    liveUsers,
    clock,
  });
  const secretVerifier = createSecretVerifier({ comparer: queues.secrets, dummyHash });
  const health = createHealth(
    { database: () => database.check(), feed: () => database.isFresh(), keys: () => keys().published.length > 0 },
    log,
  );
  const signedIn = createSignedInCheck({ secureCookies: isHttps, accounts: services.accounts });

  const tallies = createOAuthTallies();
  const gateTally = createGateTally();
  const requests = createRequestTimes();
  const isMeasured = settings.metricsPort !== undefined;

  const handle = createHttpApp({
    log,
    isHttps,
    trustedProxies: compileTrustedProxies(settings.trustedProxies),
    ignored,
    gate: createGate({ inspector, liveApis, auditLog, useRecorder, log, clock, tally: gateTally }),
    ports: [
      createOAuth({
        issuer,
        keys,
        liveClients,
        liveCompanies,
        inspector,
        storage,
        auditLog,
        useRecorder,
        secretVerifier,
        failureThrottle: createFailureThrottle(),
        tallies,
        log,
        clock,
      }),
      health.middleware,
      createPageAssets(),
      createDocs({
        issuer,
        apiDocs: createApiDocs({ storage, reader, tokenUrl: `${issuer}/oauth2/token` }),
        isSignedIn: signedIn,
      }),
      createApi({
        issuer,
        services: served,
        authenticator: createBearerAuthenticator({ inspector, issuer, useRecorder, auditLog, clock, log }),
        log,
      }),
      createPages({ issuer, secureCookies: isHttps, services: served, formGuard, log, clock }),
    ],
  });

  const sources = { oauth: tallies, gate: gateTally, requests, queues, figures: () => database.figures() };
  return {
    http: createHttpServer(handle, log, { record: isMeasured ? requests.record : undefined }),
    health,
    services,
    readMetrics: isMeasured ? await measure(sources) : undefined,
  };
}

async function measure(sources: MetricSources): Promise<MetricsReader> {
  const { watchProcess } = await import('./metrics/prometheus.ts');
  return watchProcess(() => readFamilies(sources));
}

function compileTrustedProxies(entries: readonly string[]): IpMatcher {
  const { rules, faults } = parseIpRuleList(entries);
  const [fault] = faults;
  if (fault) throw new StartFault(`POSTERN_TRUSTED_PROXIES: "${fault.entry}": ${fault.detail}`);
  return compileIpMatcher(rules);
}
