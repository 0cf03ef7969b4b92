// What prom-client is for: the numbers of the process itself, those of several processes put together, and Prometheus' text format.
// It is loaded only where metrics are switched on.
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import type { MetricFamily } from './metric-families.ts';

/** All that one process tells, as it can be sent to another one. */
export type ProcessMetrics = readonly object[];

/** Starts watching this process: event loop, memory, garbage collection, processor. */
export function watchProcess(readOwn: () => readonly MetricFamily[]): () => Promise<ProcessMetrics> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => [...readOwn(), ...(await registry.getMetricsAsJSON()).map(withoutOmission)];
}

/** prom-client leaves the time of the start out where there are several processes; the earliest is the installation's. */
function withoutOmission<M extends { readonly aggregator: string }>(metric: M): M {
  return metric.aggregator === 'omit' ? { ...metric, aggregator: 'min' } : metric;
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export async function toText(processes: readonly ProcessMetrics[]): Promise<string> {
  return await AggregatorRegistry.aggregate(processes.map((each) => [...each])).metrics();
}
