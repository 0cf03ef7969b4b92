// An API as the gate sees it: what its operations need, read in one query and kept until something changes.
import type { OperationMatcher } from './operation-matcher.ts';

export interface LiveApi {
  readonly id: string;
  /** The audience of tokens for it. */
  readonly identifier: string;
  readonly name: string;
  /** What happens to calls that the imported description doesn't have, or that no privilege covers. */
  readonly unknownOperations: 'refuse' | 'allow';
  /** False without an imported description: then nothing is known of what a call needs. */
  readonly hasOperations: boolean;
  readonly matcher: OperationMatcher;
}

/** Reads APIs by id or identifier; answers from memory while the change feed is known to be alive. */
export interface LiveApis {
  /** From memory or undefined: never waits. */
  peek(idOrIdentifier: string): LiveApi | undefined;
  /** From memory, else from the database. Throws `service.unavailable` when it cannot know. */
  find(idOrIdentifier: string): Promise<LiveApi | undefined>;
}
