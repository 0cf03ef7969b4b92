// What several processes counted, put together: it never goes back, whatever becomes of one of them.
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { CrewMetrics, type MeasuredWorker } from '../../src/app/metrics/crew-metrics.ts';
import type { MetricFamily } from '../../src/app/metrics/metric-families.ts';
import { toText } from '../../src/app/metrics/prometheus.ts';
import type { ToPrimary } from '../../src/app/worker-messages.ts';

const family = (name: string, type: MetricFamily['type'], values: MetricFamily['values']): MetricFamily => ({
  name,
  help: `${name}.`,
  type,
  aggregator: 'sum',
  values,
});

/** Tokens of two formats, a histogram of one bucket, and connections in use. */
const measured = (jwt: number, opaque: number, busy: number): MetricFamily[] => [
  family('tokens_total', 'counter', [
    { value: jwt, labels: { format: 'jwt' } },
    { value: opaque, labels: { format: 'opaque' } },
  ]),
  family('seconds', 'histogram', [
    { value: jwt, labels: { le: '+Inf', route: 'token' }, metricName: 'seconds_bucket' },
    { value: jwt / 2, labels: { route: 'token' }, metricName: 'seconds_sum' },
    { value: jwt, labels: { route: 'token' }, metricName: 'seconds_count' },
  ]),
  family('connections', 'gauge', [{ value: busy, labels: {} }]),
];

let workers = 0;

/** A worker process as the first one sees it: it answers with `metrics`, or not at all. */
class TestWorker extends EventEmitter implements MeasuredWorker {
  readonly id = (workers += 1);
  metrics: MetricFamily[] | undefined;
  #hasEnded = false;
  #isConnected = true;

  constructor(crew: CrewMetrics, metrics?: MetricFamily[]) {
    super();
    this.metrics = metrics;
    crew.watch(this);
  }

  send(): boolean {
    if (this.metrics) this.say({ is: 'measured', metrics: this.metrics });
    return true;
  }

  say(message: ToPrimary): void {
    this.emit('message', message);
  }

  isDead = () => this.#hasEnded;
  isConnected = () => this.#isConnected;

  exit(): void {
    this.#hasEnded = true;
    this.emit('exit');
  }

  disconnect(): void {
    this.#isConnected = false;
    this.emit('disconnect');
  }
}

/** Lines of numbers, without those of explanation. */
async function linesOf(crew: CrewMetrics, asked: readonly MeasuredWorker[]): Promise<string[]> {
  return (await toText(await crew.collect(asked))).split('\n').filter((line) => /^[a-z]/.test(line));
}

describe('the metrics of a crew', () => {
  test('are the sum of those that run; what one counted stays when it has ended, and what it was at goes', async () => {
    const crew = new CrewMetrics();
    const [first, second] = [new TestWorker(crew, measured(7, 1, 3)), new TestWorker(crew, measured(5, 0, 4))];
    expect(await linesOf(crew, [first, second])).toEqual([
      'tokens_total{format="jwt"} 12',
      'tokens_total{format="opaque"} 1',
      'seconds_bucket{le="+Inf",route="token"} 12',
      'seconds_sum{route="token"} 6',
      'seconds_count{route="token"} 12',
      'connections 7',
    ]);
    first.exit();
    first.disconnect();
    const third = new TestWorker(crew, measured(2, 2, 1));
    expect(await linesOf(crew, [second, third])).toEqual([
      'tokens_total{format="jwt"} 14',
      'tokens_total{format="opaque"} 3',
      'seconds_bucket{le="+Inf",route="token"} 14',
      'seconds_sum{route="token"} 7',
      'seconds_count{route="token"} 14',
      'connections 5',
    ]);
    for (const each of [second, third]) {
      each.exit();
      each.disconnect();
    }
    const last = await linesOf(crew, []);
    expect(last).toContain('tokens_total{format="jwt"} 14');
    expect(last.filter((line) => line.startsWith('connections'))).toEqual([]);
  });

  test('have what one told unasked, as late as after its end, and have it once', async () => {
    const crew = new CrewMetrics();
    const worker = new TestWorker(crew);
    worker.say({ is: 'counted', metrics: measured(3, 0, 9) });
    worker.exit();
    worker.say({ is: 'counted', metrics: measured(4, 0, 9) });
    worker.disconnect();
    worker.exit();
    const lines = await linesOf(crew, []);
    expect(lines).toContain('tokens_total{format="jwt"} 4');
    expect(lines).not.toContain('connections 9');
  });

  test('have what one counted that ends while it is asked', async () => {
    const crew = new CrewMetrics();
    const worker = new TestWorker(crew);
    worker.say({ is: 'counted', metrics: measured(3, 0, 9) });
    const reading = linesOf(crew, [worker]);
    worker.exit();
    worker.disconnect();
    const lines = await reading;
    expect(lines).toContain('tokens_total{format="jwt"} 3');
    expect(lines).not.toContain('connections 9');
  });
});
