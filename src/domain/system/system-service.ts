// What the installation is and how it does, for those who run it: as the process sees it that answers.
import { type Caller, requirePrivilege } from '../access/caller.ts';

export interface DatabaseFacts {
  /** As the server tells it, such as `16.4 (Debian 16.4-1)`. */
  readonly version: string;
  readonly sizeBytes: number;
  /** Processes of Postern that listen to this database's changes, this one among them. */
  readonly processes: number;
  /** In the order of their application. */
  readonly migrations: readonly string[];
}

/** X-Forwarded-For from somebody who is no trusted proxy: a proxy missing from the settings, or a forger. */
export interface IgnoredForwarding {
  readonly peer: string;
  readonly count: number;
  readonly lastAt: Date;
}

export interface SystemState {
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: Date;
  readonly issuer: string;
  readonly database: DatabaseFacts & { readonly isEmbedded: boolean };
  /** How changes that other processes make are heard of. */
  readonly changeFeed: { readonly isFresh: boolean; readonly ageMilliseconds: number };
  /** Connections of this process to the database, and who waits for one. */
  readonly connections: { readonly busy: number; readonly idle: number; readonly waiting: number };
  /** Audit events that are being stored. */
  readonly auditWaiting: number;
  /** Addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Since the start of this process, latest first. */
  readonly ignoredForwarding: readonly IgnoredForwarding[];
  /** Empty: those of the system. */
  readonly dnsServers: readonly string[];
}

export interface SystemService {
  get(caller: Caller): Promise<SystemState>;
}

export function createSystemService({ read }: { read(): Promise<SystemState> }): SystemService {
  return {
    async get(caller) {
      requirePrivilege(caller, 'system:read');
      return read();
    },
  };
}
