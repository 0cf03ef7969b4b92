// What the domain asks of storage about API tokens.
import type { Reach } from '../access/caller.ts';
import type { Page, PageRequest } from '../page.ts';
import type { ApiToken, ApiTokenOwnerType, ApiTokenSummary } from './api-token.ts';

export type ApiTokenSort = 'created_at' | 'name' | 'last_used_at';

export interface ApiTokenFilter {
  /** Text within the name of the token or of its owner, or the hint; case does not matter, `%` and `_` stand for themselves. */
  readonly q?: string | undefined;
  readonly clientId?: string | undefined;
  readonly userId?: string | undefined;
  readonly companyId?: string | undefined;
  readonly apiId?: string | undefined;
  readonly ownerType?: ApiTokenOwnerType | undefined;
  /** Whether the token is past its expiry at the instant given. */
  readonly expired?: { readonly is: boolean; readonly at: Date } | undefined;
  /** Newest or latest first for times, A to Z for names; `created_at` when absent. */
  readonly sort?: ApiTokenSort | undefined;
}

export interface ApiTokenStore {
  /** undefined also when it lies outside the reach. Null reach: whoever asks is the system. */
  find(id: string, reach: Reach | null): Promise<ApiTokenSummary | undefined>;
  /** As `find`, and locks the owner and then the row until the end of the transaction. */
  findForUpdate(id: string, reach: Reach | null): Promise<ApiTokenSummary | undefined>;
  list(filter: ApiTokenFilter, page: PageRequest, reach: Reach | null): Promise<Page<ApiTokenSummary>>;
  /** All of one owner, newest first, locked after their owner until the end of the transaction. */
  listOfOwner(ownerType: ApiTokenOwnerType, ownerId: string): Promise<readonly ApiTokenSummary[]>;
  insert(token: ApiToken): Promise<void>;
  /** Name, API and scopes, IP restriction, expiry, hash, hint and issue; the version is raised by one. */
  update(token: Omit<ApiToken, 'tokenHash'> & { readonly tokenHash?: string | undefined }): Promise<void>;
  delete(id: string): Promise<void>;
}
