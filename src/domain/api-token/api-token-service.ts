// Questions and commands about API tokens.
import { notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import type { PointedDetail } from '../address/ip-rule-list.ts';
import type { GrantedApi } from '../api/privilege.ts';
import type { Page, PageRequest } from '../page.ts';
import type { ApiTokenOwnerType, ApiTokenSummary } from './api-token.ts';
import { readChoices } from './api-token-choices.ts';
import {
  type ApiTokenParts,
  createApiToken,
  deleteApiToken,
  regenerateApiToken,
  updateApiToken,
} from './api-token-commands.ts';
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

export function createApiTokenService(parts: ApiTokenParts): ApiTokenService {
  const { storage, clock } = parts;
  return {
    async get(caller, id) {
      requirePrivilege(caller, 'api-tokens:read');
      const token = await storage.read((stores) => stores.apiTokens.find(id, caller.reach));
      if (!token) throw notFound('API token');
      return token;
    },
    list(caller, { expired, ...query }, page) {
      requirePrivilege(caller, 'api-tokens:read');
      const filter = { ...query, expired: expired === undefined ? undefined : { is: expired, at: clock.now() } };
      return storage.read((stores) => stores.apiTokens.list(filter, page, caller.reach));
    },
    choices: (caller, type, id) => readChoices(storage, caller, { type, id }),
    create: (caller, input) => createApiToken(parts, caller, input),
    update: (caller, id, patch, ifVersion, isConfirmed = false) =>
      updateApiToken(parts, caller, id, patch, { ifVersion, isConfirmed }),
    regenerate: (caller, id, ifVersion) => regenerateApiToken(parts, caller, id, ifVersion),
    delete: (caller, id, ifVersion) => deleteApiToken(parts, caller, id, ifVersion),
  };
}
