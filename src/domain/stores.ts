// What the domain asks of storage. One implementation on PostgreSQL; `write` is one transaction, all or nothing.
import type { Reach } from './access/caller.ts';
import type { AuditAction, AuditEvent, AuditOutcome, NewAuditEvent } from './audit/audit-event.ts';
import type { ClientSourceStore } from './client/client-sources.ts';
import type { Client, ClientSecret, ClientStatus, ClientSummary } from './client/client.ts';
import type { ApiStore } from './api/api-store.ts';
import type { ApiTokenStore } from './api-token/api-token-store.ts';
import type { CompanyStore } from './company/company-store.ts';
import type { Privilege } from './api/privilege.ts';
import type { Page, PageRequest } from './page.ts';
import type { RoleStore } from './role/role-store.ts';
import type { SigningKey } from './signing-key/signing-key.ts';
import type { OpaqueToken } from './token/access-token.ts';
import type { UserStore } from './user/user-store.ts';
import type { Session } from './user/user.ts';

// Lists are part of what stores do: whoever asks one finds the words for it here too.
export type { Page, PageRequest } from './page.ts';

export type ClientSort = 'created_at' | 'name' | 'last_used_at';

export interface ClientFilter {
  /** Text within name, description, or the beginning of the client ID; case does not matter, `%` and `_` stand for themselves. */
  readonly q?: string | undefined;
  readonly status?: ClientStatus | undefined;
  readonly roleId?: string | undefined;
  readonly companyId?: string | undefined;
  readonly name?: string | undefined;
  /** Newest or latest first for times, A to Z for names; `created_at` when absent. */
  readonly sort?: ClientSort | undefined;
}

export interface ClientStore {
  /** undefined also when it lies outside the reach. Null reach: whoever asks is the system. */
  find(clientId: string, reach: Reach | null): Promise<ClientSummary | undefined>;
  /** As `find`, and locks the row until the end of the transaction. */
  findForUpdate(clientId: string, reach: Reach | null): Promise<ClientSummary | undefined>;
  list(filter: ClientFilter, page: PageRequest, reach: Reach | null): Promise<Page<ClientSummary>>;
  count(reach: Reach): Promise<{ active: number; inactive: number }>;
  insert(client: Client): Promise<void>;
  /** Writes every field but client ID and creation time; the version is raised by one. */
  update(client: Client): Promise<void>;
  delete(clientId: string): Promise<void>;
  insertSecret(secret: ClientSecret): Promise<void>;
  deleteSecret(clientId: string, secretId: string): Promise<void>;
}

export interface PrivilegeStore {
  /** The catalogue: privileges of the APIs available to the company, by API, group and scope. */
  list(
    filter: { q?: string | undefined; api?: string | undefined },
    page: PageRequest,
    companyId: string,
  ): Promise<Page<Privilege>>;
  /** Whether the API exists and is available to the company. */
  isApiAvailable(apiId: string, companyId: string): Promise<boolean>;
}

export interface AuditFilter {
  readonly q?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly reason?: string | undefined;
  readonly actorId?: string | undefined;
  readonly targetId?: string | undefined;
  readonly requestId?: string | undefined;
  /** Events in the log of this company alone. */
  readonly companyId?: string | undefined;
  /** Events about this client: it acted, or was acted upon. */
  readonly clientId?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface AuditStore {
  /** Within a transaction: stored with the change or not at all. */
  append(...events: readonly NewAuditEvent[]): Promise<void>;
  find(id: string, reach: Reach): Promise<AuditEvent | undefined>;
  /** `desc`: newest first. `asc`: oldest first, and `nextCursor` is never null: ask with it for what comes next. */
  list(filter: AuditFilter, page: PageRequest & { order: 'asc' | 'desc' }, reach: Reach): Promise<Page<AuditEvent>>;
}

export interface SessionStore {
  insert(session: Session): Promise<void>;
  findByTokenHash(tokenHash: string): Promise<Session | undefined>;
  /** Idle and absolute ends are checked by the domain; storage drops what is past both. */
  listOfUser(userId: string): Promise<readonly Session[]>;
  touch(sessionId: string, seenAt: Date): Promise<void>;
  /** The company for which the user acts in this session from now on; null for their own. */
  actFor(sessionId: string, companyId: string | null): Promise<void>;
  delete(sessionId: string): Promise<void>;
  /** All of the user's sessions but the one given. Answers how many ended. */
  deleteOfUser(userId: string, exceptSessionId: string | null): Promise<number>;
}

export interface OneTimeLinkStore {
  insert(link: {
    tokenHash: string;
    kind: 'setup' | 'invitation';
    userId: string | null;
    expiresAt: Date;
  }): Promise<void>;
  find(tokenHash: string, kind: 'setup' | 'invitation', now: Date): Promise<{ userId: string | null } | undefined>;
  /** Every link of that kind, and of that user when one is named. */
  deleteAll(kind: 'setup' | 'invitation', userId: string | null): Promise<void>;
}

export interface AttemptStore {
  /** Counts one more attempt in the key's window, over all instances at once, and answers how many there are now and when the window ends. */
  count(key: string, windowSeconds: number, now: Date): Promise<{ attempts: number; windowEndsAt: Date }>;
  forget(key: string): Promise<void>;
}

export interface SigningKeyStore {
  list(): Promise<readonly SigningKey[]>;
  insert(key: SigningKey): Promise<void>;
  /** Waits for, and holds until the end of the transaction, the lock under which keys are made: two instances starting at once make one. */
  lock(): Promise<void>;
}

export interface TokenStore {
  /** Idempotent. */
  revoke(jti: string, clientId: string, expiresAt: Date): Promise<void>;
  isRevoked(jti: string): Promise<boolean>;
  insertOpaque(token: OpaqueToken): Promise<void>;
  findOpaque(tokenHash: string): Promise<OpaqueToken | undefined>;
}

export interface Stores {
  readonly companies: CompanyStore;
  readonly clients: ClientStore;
  readonly clientSources: ClientSourceStore;
  readonly roles: RoleStore;
  readonly privileges: PrivilegeStore;
  readonly apis: ApiStore;
  readonly audit: AuditStore;
  readonly users: UserStore;
  readonly apiTokens: ApiTokenStore;
  readonly sessions: SessionStore;
  readonly links: OneTimeLinkStore;
  readonly attempts: AttemptStore;
  readonly signingKeys: SigningKeyStore;
  readonly tokens: TokenStore;
}

/**
 * `read`: outside a transaction. `write`: one transaction; when its promise is kept it is on disk, and every live view in this
 * process already shows it. Both turn an absent database into `service.unavailable`.
 */
export interface Storage<S = Stores> {
  read<T>(work: (stores: S) => Promise<T>): Promise<T>;
  write<T>(work: (stores: S) => Promise<T>): Promise<T>;
}

/** Collects uses on the token path and writes them in the background, at most a few seconds later; a use that is lost with a crash is not an error. */
export interface UseRecorder {
  /**
   * Also remembers the address as one of the client's sources. `clientId` null: the API token is a user's. `ip` null: nobody knows
   * from where.
   */
  record(use: {
    clientId: string | null;
    secretId: string | null;
    apiTokenId?: string | undefined;
    at: Date;
    ip: string | null;
  }): void;
  /** A client that was right in everything but its address: a source, no use. `clientId` null: nothing is kept of users. */
  recordRefusal(refusal: { clientId: string | null; at: Date; ip: string | null }): void;
}
