// What the primary process and its workers tell each other.
import type { DatabaseConnection } from '../storage/data-source.ts';
import type { ProcessMetrics } from './metrics/prometheus.ts';

export type ToWorker =
  | { readonly is: 'start'; readonly connection: DatabaseConnection }
  | { readonly is: 'stop' }
  /** Asks for its metrics. */
  | { readonly is: 'measure' };

export type ToPrimary =
  /** Asks for the order to start. */
  | { readonly is: 'loaded' }
  | { readonly is: 'listening' }
  /** All its metrics, as asked. */
  | { readonly is: 'measured'; readonly metrics: ProcessMetrics }
  /** Those that Postern itself counts, unasked. */
  | { readonly is: 'counted'; readonly metrics: ProcessMetrics }
  /** Can't start; the sentence is for the operator, undefined when the log has it. */
  | { readonly is: 'failed'; readonly explanation: string | undefined };
