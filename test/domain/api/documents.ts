// Small OpenAPI documents for tests.

export interface OperationSketch {
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly object[];
  readonly responses?: object;
}

export function documentOf(paths: Record<string, Record<string, OperationSketch>>, rest: object = {}) {
  return { openapi: '3.1.0', info: { title: 'Pets', version: '1' }, paths, ...rest };
}
