// GET /api/v1/system: what this installation is and how it does.
import { z } from 'zod';
import type { SystemState } from '../../domain/system/system-service.ts';
import { defineRoute, type Route } from './contract.ts';

const text = z.string();
const count = z.int().min(0);
const instant = z.iso.datetime();

export const systemSchema = z
  .strictObject({
    version: text.meta({ description: 'Of Postern.' }),
    node_version: text,
    started_at: instant,
    issuer: text,
    database: z.strictObject({
      version: text.meta({ description: 'Of PostgreSQL.' }),
      embedded: z.boolean(),
      size_bytes: count,
      processes: count.meta({ description: 'Processes of Postern on this database.' }),
      migrations: z.array(text),
    }),
    change_feed: z.strictObject({ fresh: z.boolean(), age_ms: count }).meta({
      description: 'How changes made by other processes are heard of. While it is not fresh, memory is not trusted.',
    }),
    connections: z.strictObject({ busy: count, idle: count, waiting: count }),
    audit_waiting: count.meta({ description: 'Audit events that are being stored.' }),
    trusted_proxies: z.array(text),
    ignored_forwarding: z.array(z.strictObject({ peer: text, count, last_at: instant })).meta({
      description:
        'Who sent X-Forwarded-For without being a trusted proxy since the start, latest first. Name your proxy in POSTERN_TRUSTED_PROXIES.',
    }),
    dns_servers: z.array(text).meta({ description: 'Empty: those of the system.' }),
  })
  .meta({ id: 'System', description: 'The installation, as the process sees it that answers.' });

function presentSystem(state: SystemState): z.input<typeof systemSchema> {
  const { database, changeFeed, connections } = state;
  return {
    version: state.version,
    node_version: state.nodeVersion,
    started_at: state.startedAt.toISOString(),
    issuer: state.issuer,
    database: {
      version: database.version,
      embedded: database.isEmbedded,
      size_bytes: database.sizeBytes,
      processes: database.processes,
      migrations: [...database.migrations],
    },
    change_feed: { fresh: changeFeed.isFresh, age_ms: changeFeed.ageMilliseconds },
    connections: { ...connections },
    audit_waiting: state.auditWaiting,
    trusted_proxies: [...state.trustedProxies],
    ignored_forwarding: state.ignoredForwarding.map(({ peer, count: times, lastAt }) => ({
      peer,
      count: times,
      last_at: lastAt.toISOString(),
    })),
    dns_servers: [...state.dnsServers],
  };
}

const example: z.input<typeof systemSchema> = {
  version: '1.0.0',
  node_version: '22.11.0',
  started_at: '2026-01-15T09:30:00.000Z',
  issuer: 'https://id.acme.example',
  database: {
    version: '16.4',
    embedded: false,
    size_bytes: 73_400_320,
    processes: 3,
    migrations: ['Initial1764000000001', 'TenancyAndGate1764000000002'],
  },
  change_feed: { fresh: true, age_ms: 212 },
  connections: { busy: 1, idle: 4, waiting: 0 },
  audit_waiting: 0,
  trusted_proxies: ['10.0.0.0/24'],
  ignored_forwarding: [{ peer: '10.0.1.7', count: 41, last_at: '2026-01-15T09:31:07.000Z' }],
  dns_servers: [],
};

export const systemRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/system',
    operationId: 'getSystem',
    tag: 'System',
    summary: 'Show the installation',
    description: 'Versions, the database, and how the process does that answers. Others may see other proxies.',
    privilege: 'system:read',
    success: { status: 200, description: 'The installation.', schema: systemSchema, example },
    handle: async ({ services, caller }) => ({ body: presentSystem(await services.system.get(caller)) }),
  }),
];
