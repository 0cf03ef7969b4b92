// How many requests were answered, how and how fast: a histogram for each kind of route and class of status, in plain numbers, so
// that a request costs a few additions. What a path says beyond its kind is never kept.

const ROUTES = [
  'token',
  'introspect',
  'revoke',
  'metadata',
  'gate',
  'api',
  'docs',
  'assets',
  'health',
  'pages',
] as const;
type Route = (typeof ROUTES)[number];

/** By the first characters of a request target; the first that fits counts. Everything else is a page, or none. */
const PREFIXES: readonly (readonly [prefix: string, route: Route])[] = [
  ['/oauth2/token', 'token'],
  ['/gate', 'gate'],
  ['/oauth2/introspect', 'introspect'],
  ['/oauth2/revoke', 'revoke'],
  ['/.well-known/', 'metadata'],
  ['/api/openapi.json', 'docs'],
  ['/api/', 'api'],
  ['/assets/', 'assets'],
  ['/docs', 'docs'],
  ['/healthz', 'health'],
  ['/readyz', 'health'],
];

/** Upper bounds in seconds; the last bucket, without a bound, comes on top. */
export const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export interface RequestSeries {
  readonly route: string;
  /** `2xx` and so on; `cut` when the caller went before the answer was complete. */
  readonly status: string;
  /** One for each bound and the one without, not added up. */
  readonly buckets: ArrayLike<number>;
  readonly sumSeconds: number;
}

export interface RequestTimes {
  /** `target` as it stands in the request line; `status` 0 when the answer was not complete. */
  record(target: string, status: number, milliseconds: number): void;
  /** Those that were met. */
  read(): readonly RequestSeries[];
}

const STATUSES = ['cut', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

interface Series {
  readonly buckets: Float64Array;
  sumSeconds: number;
}

export function createRequestTimes(): RequestTimes {
  const series = new Map<Route, (Series | undefined)[]>(ROUTES.map((route) => [route, []]));
  return {
    record(target, status, milliseconds) {
      const ofRoute = series.get(routeOf(target));
      if (!ofRoute) return;
      const each = (ofRoute[Math.trunc(status / 100)] ??= newSeries());
      const seconds = milliseconds / 1000;
      const bucket = bucketOf(seconds);
      each.buckets[bucket] = (each.buckets[bucket] ?? 0) + 1;
      each.sumSeconds += seconds;
    },
    read: () =>
      [...series].flatMap(([route, ofRoute]) =>
        STATUSES.flatMap((status, at) => {
          const each = ofRoute[at];
          return each ? [{ route, status, ...each }] : [];
        }),
      ),
  };
}

function newSeries(): Series {
  return { buckets: new Float64Array(BUCKETS_SECONDS.length + 1), sumSeconds: 0 };
}

function routeOf(target: string): Route {
  for (const [prefix, route] of PREFIXES) if (target.startsWith(prefix)) return route;
  return 'pages';
}

function bucketOf(seconds: number): number {
  let at = 0;
  for (const bound of BUCKETS_SECONDS) {
    if (seconds <= bound) return at;
    at += 1;
  }
  return at;
}
