// Questions and commands about API tokens.
import type { Caller } from '../access/caller.ts';
import type { PointedDetail } from '../address/ip-rule-list.ts';
import type { GrantedApi } from '../api/privilege.ts';
import type { Page, PageRequest } from '../page.ts';
import type { ApiTokenOwnerType, ApiTokenSummary } from './api-token.ts';
import type { ApiTokenCreation, ApiTokenPatch } from './api-token-fields.ts';
import type { ApiTokenFilter } from './api-token-store.ts';

/** The plaintext is in this one reply. */
export interface CreatedApiToken {
  readonly token: ApiTokenSummary;
  readonly plaintext: string;
  readonly notices: readonly PointedDetail[];
}

/** What tokens of an owner can be made of. */
export interface ApiTokenChoices {
  readonly owner: {
    readonly type: ApiTokenOwnerType;
    readonly id: string;
    readonly name: string;
    readonly companyId: string;
  };
  /** The APIs on which it holds anything, with what the caller may hand on of that. */
  readonly apis: readonly GrantedApi[];
}

/** As storage has it; which are expired is told at the instant of asking. */
export type ApiTokenQuery = Omit<ApiTokenFilter, 'expired'> & { readonly expired?: boolean | undefined };

export interface ApiTokenService {
  get(caller: Caller, id: string): Promise<ApiTokenSummary>;
  list(caller: Caller, filter: ApiTokenQuery, page: PageRequest): Promise<Page<ApiTokenSummary>>;
  /** 404 for an owner out of reach; 403 for one that is stronger than the caller. */
  choices(caller: Caller, ownerType: ApiTokenOwnerType, ownerId: string): Promise<ApiTokenChoices>;
  create(caller: Caller, input: ApiTokenCreation): Promise<CreatedApiToken>;
  /** `ifVersion`: refuses with `resource.changed` when somebody else was faster. A token that would shut itself out has to confirm it. */
  update(
    caller: Caller,
    id: string,
    patch: ApiTokenPatch,
    ifVersion?: number,
    isConfirmed?: boolean,
  ): Promise<{ readonly token: ApiTokenSummary; readonly notices: readonly PointedDetail[] }>;
  /** A new value; the old one is dead at once. */
  regenerate(caller: Caller, id: string, ifVersion?: number): Promise<CreatedApiToken>;
  delete(caller: Caller, id: string, ifVersion?: number): Promise<void>;
}
