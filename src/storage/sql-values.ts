// The values of a statement whose text is put together out of parts.

export class SqlValues {
  readonly list: unknown[];

  /** `first`: values that parts made before refer to. */
  constructor(first: readonly unknown[] = []) {
    this.list = [...first];
  }

  /** Answers the placeholder for the value: text from outside never becomes part of a statement. */
  add(value: unknown): string {
    return `$${this.list.push(value)}`;
  }
}
