// What can go wrong because of what a caller did: a closed catalogue, mapped to the wire by one renderer per port.

/** Every code with its HTTP status and its title. The title is stable; the detail of a problem says what to do. */
export const PROBLEMS = {
  'request.malformed': { status: 400, title: 'The request could not be read' },
  'request.unauthenticated': { status: 401, title: 'A valid access token is needed' },
  'request.forbidden': { status: 403, title: 'This is not allowed' },
  'request.address_refused': { status: 403, title: 'Your address is not allowed' },
  'resource.not_found': { status: 404, title: 'Not found' },
  'request.method_not_allowed': { status: 405, title: 'This method is not allowed here' },
  'resource.conflict': { status: 409, title: 'This conflicts with what is there' },
  'resource.changed': { status: 412, title: 'It was changed in the meantime' },
  'request.too_large': { status: 413, title: 'The request is too large' },
  'request.unsupported_media_type': { status: 415, title: 'This content type is not supported' },
  'request.invalid': { status: 422, title: 'Some values are not valid' },
  'request.too_many': { status: 429, title: 'Too many attempts' },
  'service.unavailable': { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault in the input. `pointer` is an RFC 6901 JSON pointer into the body, such as `/ip_restriction/rules/0`. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

interface ProblemOptions {
  readonly errors?: readonly Fault[];
  /** Seconds after which another try makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** For the log alone. */
  readonly cause?: unknown;
}

/** A refusal that its reader can act on. `detail` goes to the caller, `cause` never does. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.title = PROBLEMS[code].title;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** 404: also what lies outside the caller's reach answers so, in the very same words. */
export function notFound(what: string): Problem {
  return new Problem('resource.not_found', `There is no such ${what}.`);
}

/** 422 with one pointer per fault. */
export function invalid(errors: readonly Fault[]): Problem {
  const detail = errors.length === 1 && errors[0] ? errors[0].detail : `${errors.length} values are not valid.`;
  return new Problem('request.invalid', detail, { errors });
}

export function conflict(detail: string, errors: readonly Fault[] = []): Problem {
  return new Problem('resource.conflict', detail, { errors });
}

export function forbidden(detail: string): Problem {
  return new Problem('request.forbidden', detail);
}

/** 503: storage is away or a bounded queue is full. Never a verdict about the caller. */
export function unavailable(cause: unknown, retryAfterSeconds = 2): Problem {
  return new Problem('service.unavailable', 'Postern cannot reach its database at the moment. Try again.', {
    retryAfterSeconds,
    cause,
  });
}
