// What the commands about APIs ask of storage.
import type { Reach } from '../access/caller.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Api, ApiAvailability, ApiPrivilege, ApiSummary, AvailableApi } from './api.ts';
import type { ApiOperation } from './operation-matcher.ts';

export interface ApiFilter {
  /** Text within id, identifier or name; case does not matter, `%` and `_` stand for themselves. */
  readonly q?: string | undefined;
}

/** Up to five names within the caller's reach, and the number of all. */
export interface NamedCount {
  readonly names: readonly string[];
  readonly count: number;
}

/** An API whose imported description can be shown. */
export interface PublishedApi extends AvailableApi {
  readonly docsPrivate: boolean;
  readonly version: number;
  readonly operationCount: number;
  /** Where the description says that the API is. */
  readonly serverOrigins: readonly string[];
}

/** What an import leaves behind. */
export interface ImportedDescription {
  /** As JSON, with gzip. */
  readonly document: Buffer;
  readonly operations: readonly ApiOperation[];
  readonly basePaths: readonly string[];
  readonly serverOrigins: readonly string[];
  readonly importedAt: Date;
}

/** The companies, with all below them, that lie in the first and not in the second. */
export interface AvailabilityShare {
  readonly within: ApiAvailability;
  readonly beyond: ApiAvailability;
}

export interface ApiStore {
  /** Companies beyond the reach are left out of `availableTo`. */
  find(apiId: string, reach: Reach): Promise<ApiSummary | undefined>;
  /** Newest first. A page ends early where its APIs have more than 20,000 privileges together. */
  list(filter: ApiFilter, page: PageRequest, reach: Reach): Promise<Page<ApiSummary>>;
  /** The API with all companies that it is available to, locked until the end of the transaction. */
  findForUpdate(apiId: string): Promise<Api | undefined>;
  /** In their order. */
  privilegesOf(apiId: string): Promise<readonly ApiPrivilege[]>;
  operationsOf(apiId: string): Promise<readonly ApiOperation[]>;
  /** By name. */
  listAvailable(companyId: string): Promise<readonly AvailableApi[]>;
  /** Those of the companies that exist within the reach, with their names. */
  companyNames(companyIds: readonly string[], reach: Reach): Promise<ReadonlyMap<string, string>>;

  /** Custom roles that hold any privilege of the API. */
  rolesWithAny(apiId: string, reach: Reach): Promise<NamedCount>;
  /** Custom roles that hold the scope, for each of the scopes that some role holds. */
  rolesByScope(apiId: string, scopes: readonly string[], reach: Reach): Promise<ReadonlyMap<string, NamedCount>>;
  /** Clients whose default API it is: all, or those of the companies in the share. */
  clientsWithDefault(apiId: string, share: AvailabilityShare | null, reach: Reach): Promise<NamedCount>;
  /** API tokens that are for it, also expired ones. */
  apiTokensFor(apiId: string, reach: Reach): Promise<NamedCount>;
  /** Clients and users there: those with a standard role, or those with a custom one that holds privileges of the API. */
  countHolders(
    apiId: string,
    share: AvailabilityShare,
    roles: 'standard' | 'custom',
    reach: Reach,
  ): Promise<{ readonly clients: number; readonly users: number }>;

  /** `resource.conflict` when id, identifier or name are taken. */
  insert(api: Api): Promise<void>;
  /** Writes identifier, name, description, settings and time; the version is raised by one. `resource.conflict` as `insert`. */
  update(api: Api): Promise<void>;
  delete(apiId: string): Promise<void>;
  writeAvailability(apiId: string, availableTo: ApiAvailability): Promise<void>;
  /** Makes these the API's privileges, in this order; rows that stay the same are not touched. */
  writePrivileges(apiId: string, privileges: readonly ApiPrivilege[]): Promise<void>;
  /** The whole description in place of the one before; its privileges are there already. */
  writeDescription(apiId: string, description: ImportedDescription): Promise<void>;

  /** Those with a description, by name; the private ones only when asked for. */
  listPublished(options: { readonly withPrivate: boolean; readonly limit: number }): Promise<readonly PublishedApi[]>;
  findPublished(apiId: string): Promise<PublishedApi | undefined>;
  /** As JSON, with gzip. */
  findDocument(apiId: string): Promise<Buffer | undefined>;
}
