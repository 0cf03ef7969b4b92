// A client as the token path sees it: everything a decision needs, read in one query and kept until something changes.
import type { LiveOwner } from '../access/live-owner.ts';
import type { TokenFormat } from './client.ts';

export interface LiveSecret {
  readonly id: string;
  readonly hint: string;
  readonly hash: string;
  readonly expiresAt: Date | null;
}

export interface LiveClient extends LiveOwner {
  readonly type: 'client';
  /** Its `id`, in the word of OAuth. */
  readonly clientId: string;
  readonly defaultApi: string;
  readonly tokenLifetimeSeconds: number;
  readonly tokenFormat: TokenFormat;
  readonly tokenGeneration: number;
  /** Oldest first. Also expired ones: an expired secret is told from a wrong one in the audit log, never in the answer. */
  readonly secrets: readonly LiveSecret[];
}

/** Reads clients for the token path; answers from memory while the change feed is known to be alive. */
export interface LiveClients {
  /** From memory or undefined: never waits. */
  peek(clientId: string): LiveClient | undefined;
  /** From memory, else from the database. Throws `service.unavailable` when it cannot know. */
  find(clientId: string): Promise<LiveClient | undefined>;
}
