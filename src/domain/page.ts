// One page of a list, and how it is asked for.

/** `limit` 1 to 200; `cursor` as a page before gave it (anything else is refused with 422 at `/cursor`). */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
