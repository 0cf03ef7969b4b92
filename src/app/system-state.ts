// The state of the installation put together from everything that knows a part of it.
import type { Clock } from '../base/clock.ts';
import type { Settings } from '../config/settings.ts';
import type { IgnoredForwarding, SystemState } from '../domain/system/system-service.ts';
import type { Database } from '../storage/open-database.ts';
import { programVersion } from './program-version.ts';

interface Parts {
  readonly settings: Settings;
  readonly database: Pick<Database, 'facts' | 'figures'>;
  readonly ignored: { list(): readonly IgnoredForwarding[] };
  readonly clock: Clock;
}

export function createSystemReader({ settings, database, ignored, clock }: Parts): () => Promise<SystemState> {
  const startedAt = clock.now();
  const version = programVersion();
  return async () => {
    const facts = await database.facts();
    const { feed, pool, audit } = database.figures();
    return {
      version,
      nodeVersion: process.versions.node,
      startedAt,
      issuer: settings.issuer,
      database: { ...facts, isEmbedded: settings.databaseUrl === undefined },
      changeFeed: { isFresh: feed.isFresh, ageMilliseconds: Math.round(feed.ageMilliseconds) },
      connections: { busy: pool.busy, idle: pool.idle, waiting: pool.waiting },
      auditWaiting: audit.waiting,
      trustedProxies: settings.trustedProxies,
      ignoredForwarding: ignored.list(),
      dnsServers: settings.dnsServers,
    };
  };
}
