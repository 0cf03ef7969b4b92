// The only place that builds a server out of its parts. Read it to see what there is and who needs whom.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createSecretBox } from '../base/secret-box.ts';
import type { Settings } from '../config/settings.ts';
import { createFailureThrottle } from '../domain/access/failure-throttle.ts';
import { compileIpMatcher, type IpMatcher } from '../domain/address/ip-matcher.ts';
import { parseIpRuleList } from '../domain/address/ip-rule-list.ts';
import { createSecretVerifier } from '../domain/client/secret-verifier.ts';
import { createTokenInspector } from '../domain/token/token-inspector.ts';
import { createBearerAuthenticator } from '../ports/api/bearer-authenticator.ts';
import { createDocs } from '../ports/api/docs.ts';
import { createApi } from '../ports/api/router.ts';
import { createOAuth } from '../ports/oauth/oauth.ts';
import { createPageAssets } from '../ports/pages/assets.ts';
import { createPages, createSignedInCheck } from '../ports/pages/pages.ts';
import type { Database } from '../storage/open-database.ts';
import { createBcryptQueues } from './bcrypt-queues.ts';
import { createHealth, type Health } from './health.ts';
import { createHttpApp } from './http-app.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { openLiveKeyRing } from './live-key-ring.ts';
import { createDummyHash, createServices, type Services } from './services.ts';
import { StartFault } from './start-fault.ts';

export interface Composition {
  readonly http: HttpServer;
  readonly health: Health;
  readonly services: Services;
  /** Ends what was built here; the database is closed by who opened it. */
  close(): Promise<void>;
}

interface Parts {
  readonly settings: Settings;
  readonly database: Database;
  readonly encryptionKey: Buffer;
  readonly log: Log;
  readonly clock: Clock;
}

/** @throws SecretBoxError when the encryption key is not the one with which the signing keys were sealed */
export async function compose({ settings, database, encryptionKey, log, clock }: Parts): Promise<Composition> {
  const { issuer } = settings;
  const isHttps = issuer.startsWith('https:');
  const { storage, liveClients, liveTokens, auditLog, useRecorder, formGuard } = database;

  const queues = createBcryptQueues(settings);
  const secretBox = createSecretBox(encryptionKey);
  const onChange = (listener: () => void) => database.onSigningKeyChange(listener);
  const [keyRing, dummyHash] = await Promise.all([
    openLiveKeyRing({ storage, secretBox, clock, log, onChange }),
    createDummyHash(queues),
  ]);
  const { keys } = keyRing;

  const services = createServices({ storage, queues, dummyHash, clock });
  const inspector = createTokenInspector({ issuer, keys, liveClients, liveTokens, clock });
  const secretVerifier = createSecretVerifier({ comparer: queues.secrets, dummyHash });
  const health = createHealth(
    { database: () => database.check(), feed: () => database.isFresh(), keys: () => keys().published.length > 0 },
    log,
  );
  const signedIn = createSignedInCheck({ secureCookies: isHttps, accounts: services.accounts });

  const handle = createHttpApp({
    log,
    isHttps,
    trustedProxies: compileTrustedProxies(settings.trustedProxies),
    ports: [
      createOAuth({
        issuer,
        keys,
        liveClients,
        inspector,
        storage,
        auditLog,
        useRecorder,
        secretVerifier,
        failureThrottle: createFailureThrottle(),
        log,
        clock,
      }),
      health.middleware,
      createPageAssets(),
      createDocs({ issuer, isSignedIn: signedIn }),
      createApi({
        issuer,
        services,
        authenticator: createBearerAuthenticator({ inspector, issuer, clock, log }),
        log,
      }),
      createPages({ issuer, secureCookies: isHttps, services, formGuard, log, clock }),
    ],
  });

  return {
    http: createHttpServer(handle, log),
    health,
    services,
    async close() {
      keyRing.close();
      await queues.close();
    },
  };
}

function compileTrustedProxies(entries: readonly string[]): IpMatcher {
  const { rules, faults } = parseIpRuleList(entries);
  const [fault] = faults;
  if (fault) throw new StartFault(`POSTERN_TRUSTED_PROXIES: "${fault.entry}": ${fault.detail}`);
  return compileIpMatcher(rules);
}
