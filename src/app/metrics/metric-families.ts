// Which numbers Postern gives away about itself, and how each is made of what its parts count. The reference in
// docs/reference/metrics.md is made of this. Labels have few values, all named in the program: a client ID, an address or anything
// else that comes from outside is never among them.
import type { Tally } from '../../base/tally.ts';
import type { OAuthTallies } from '../../ports/oauth/oauth-tallies.ts';
import type { DatabaseFigures } from '../../storage/open-database.ts';
import type { BcryptQueues } from '../bcrypt-queues.ts';
import { BUCKETS_SECONDS, type RequestSeries, type RequestTimes } from './request-times.ts';

export interface MetricValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where it differs from the family's. */
  readonly metricName?: string;
}

/** A metric with its values, as prom-client has it in JSON, so that those of several processes can be put together. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the values of several processes become one. */
  readonly aggregator: 'sum' | 'min' | 'max' | 'first' | 'average' | 'omit';
  readonly values: readonly MetricValue[];
}

export interface MetricSources {
  readonly oauth: OAuthTallies;
  readonly gate: Tally;
  readonly requests: RequestTimes;
  readonly queues: Pick<BcryptQueues, 'waiting'>;
  readonly figures: () => DatabaseFigures;
}

interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly type: MetricFamily['type'];
  readonly aggregator?: MetricFamily['aggregator'];
  readonly read: (sources: MetricSources & { readonly now: DatabaseFigures }) => readonly MetricValue[];
}

const DURATION = 'postern_http_request_duration_seconds';

export const METRICS: readonly MetricDescription[] = [
  {
    name: 'postern_tokens_issued_total',
    type: 'counter',
    help: 'Access tokens issued, by format.',
    read: ({ oauth }) => tallied('format', oauth.issued),
  },
  {
    name: 'postern_tokens_refused_total',
    type: 'counter',
    help: 'Token requests refused, by the reason that the audit log has. Many wrong secrets are somebody guessing.',
    read: ({ oauth }) => tallied('reason', oauth.refused),
  },
  {
    name: 'postern_introspections_total',
    type: 'counter',
    help: 'Introspections, by result: active, inactive, or refused because the caller was not let in.',
    read: ({ oauth }) => tallied('result', oauth.introspected),
  },
  {
    name: 'postern_revocations_total',
    type: 'counter',
    help: 'Revocations at the OAuth endpoint, by result.',
    read: ({ oauth }) => tallied('result', oauth.revoked),
  },
  {
    name: 'postern_gate_decisions_total',
    type: 'counter',
    help: 'Decisions of the gate: allowed, failed (nothing could be decided), or the reason of the refusal.',
    read: ({ gate }) => tallied('decision', gate),
  },
  {
    name: DURATION,
    type: 'histogram',
    help: 'HTTP requests by kind of route and class of status; cut when the caller went before the answer was complete.',
    read: ({ requests }) => requests.read().flatMap(toHistogram),
  },
  {
    name: 'postern_bcrypt_waiting',
    type: 'gauge',
    help: 'Secrets and passwords that wait for a thread to hash or compare them, by queue.',
    read: ({ queues }) => {
      const { secrets, passwords, newSecrets } = queues.waiting();
      return labelled('queue', { secrets, passwords, new_secrets: newSecrets });
    },
  },
  {
    name: 'postern_audit_waiting',
    type: 'gauge',
    help: 'Audit events of requests that wait for the statement under way to end.',
    read: ({ now }) => single(now.audit.waiting),
  },
  {
    name: 'postern_audit_stored_total',
    type: 'counter',
    help: 'Audit events of requests that were stored.',
    read: ({ now }) => single(now.audit.stored),
  },
  {
    name: 'postern_audit_batches_total',
    type: 'counter',
    help: 'Statements that stored them: events divided by statements is how many share one flush to disk.',
    read: ({ now }) => single(now.audit.batches),
  },
  {
    name: 'postern_audit_last_batch',
    type: 'gauge',
    aggregator: 'max',
    help: 'Audit events in the last statement.',
    read: ({ now }) => single(now.audit.lastBatch),
  },
  {
    name: 'postern_audit_refused_total',
    type: 'counter',
    help: 'Audit events that could not be stored; what they tell of was refused with 503.',
    read: ({ now }) => single(now.audit.refused),
  },
  {
    name: 'postern_change_feed_fresh',
    type: 'gauge',
    aggregator: 'min',
    help: '1 while changes made by other processes are heard of here; at 0 the database is asked at every request.',
    read: ({ now }) => single(now.feed.isFresh ? 1 : 0),
  },
  {
    name: 'postern_change_feed_age_seconds',
    type: 'gauge',
    aggregator: 'max',
    help: 'Time since the last look at what other processes changed; half a second is normal.',
    read: ({ now }) => single(now.feed.ageMilliseconds / 1000),
  },
  {
    name: 'postern_database_connections',
    type: 'gauge',
    help: 'Connections of the pool, by state.',
    read: ({ now }) => labelled('state', { busy: now.pool.busy, idle: now.pool.idle }),
  },
  {
    name: 'postern_database_waiting',
    type: 'gauge',
    help: 'Requests that wait for a connection of the pool.',
    read: ({ now }) => single(now.pool.waiting),
  },
];

export function readFamilies(sources: MetricSources): readonly MetricFamily[] {
  const parts = { ...sources, now: sources.figures() };
  return METRICS.map(({ name, help, type, aggregator = 'sum', read }) => ({
    name,
    help,
    type,
    aggregator,
    values: read(parts),
  }));
}

function single(value: number): readonly MetricValue[] {
  return [{ value, labels: {} }];
}

function labelled(label: string, values: Readonly<Record<string, number>>): readonly MetricValue[] {
  return Object.entries(values).map(([name, value]) => ({ value, labels: { [label]: name } }));
}

function tallied(label: string, tally: Tally): readonly MetricValue[] {
  return labelled(label, Object.fromEntries(tally.read()));
}

/** Buckets are added up on the way out: each holds what the ones below it hold. */
function toHistogram({ route, status, buckets, sumSeconds }: RequestSeries): readonly MetricValue[] {
  const labels = { route, status };
  let count = 0;
  const values: MetricValue[] = [...BUCKETS_SECONDS, '+Inf'].map((le, at) => {
    count += buckets[at] ?? 0;
    return { value: count, labels: { le, ...labels }, metricName: `${DURATION}_bucket` };
  });
  return [
    ...values,
    { value: sumSeconds, labels, metricName: `${DURATION}_sum` },
    { value: count, labels, metricName: `${DURATION}_count` },
  ];
}
