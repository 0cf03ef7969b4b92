// What prom-client is for: the numbers of the process itself, those of several processes put together, and Prometheus' text format.
// It is loaded only where metrics are switched on.
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import type { MetricFamily } from './metric-families.ts';

/** All that one process tells, as it can be sent to another one. */
export type ProcessMetrics = readonly MetricFamily[];

/** `own`: without the numbers of the process, some of which begin anew whenever they are read. */
export type MetricsReader = (which?: 'all' | 'own') => Promise<ProcessMetrics>;

/** Starts watching this process: event loop, memory, garbage collection, processor. */
export function watchProcess(readOwn: () => ProcessMetrics): MetricsReader {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async (which = 'all') =>
    which === 'own' ? readOwn() : [...readOwn(), ...(await registry.getMetricsAsJSON()).map(toFamily)];
}

/** prom-client leaves the time of the start out where there are several processes; the earliest is the installation's. */
function toFamily(metric: object): MetricFamily {
  // Its types say that the kind is a number, which is not so.
  const family = metric as MetricFamily;
  return family.aggregator === 'omit' ? { ...family, aggregator: 'min' } : family;
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export async function toText(processes: readonly ProcessMetrics[]): Promise<string> {
  return await AggregatorRegistry.aggregate(processes.map((each) => [...each])).metrics();
}
