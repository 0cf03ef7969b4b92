// Questions and commands about APIs. Registering them is the business of the root company's administrators.
import type { Clock } from '../../base/clock.ts';
import { notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { runBeyond } from '../access/reach-scope.ts';
import type { Page, PageRequest, Storage } from '../stores.ts';
import { type ChangedApi, createApi, deleteApi, updateApi } from './api-commands.ts';
import type { ApiPatch, NewApi } from './api-fields.ts';
import { type ApiImport, importApi, type ImportOptions } from './api-import.ts';
import type { ApiFilter } from './api-store.ts';
import type { ApiSummary, AvailableApi } from './api.ts';
import type { OpenApiReader } from './openapi-reader.ts';

export interface ApiService {
  get(caller: Caller, apiId: string): Promise<ApiSummary>;
  list(caller: Caller, filter: ApiFilter, page: PageRequest): Promise<Page<ApiSummary>>;
  /** What clients of the company, the caller's own when absent, may get tokens for, by name. For everybody there. */
  listAvailable(caller: Caller, companyId?: string): Promise<readonly AvailableApi[]>;
  /** Available to no company unless the input says so. */
  create(caller: Caller, input: NewApi): Promise<ChangedApi>;
  /**
   * Counts at once, for tokens already out too. A privilege that a role holds cannot be taken out, one that the imported description
   * is about neither. `ifVersion`: refuses with `resource.changed` when somebody else was faster.
   */
  update(caller: Caller, apiId: string, patch: ApiPatch, ifVersion?: number): Promise<ChangedApi>;
  /** Only while no role holds its privileges and no client has it as its default; the conflict names them. */
  delete(caller: Caller, apiId: string, ifVersion?: number): Promise<void>;
  import(caller: Caller, apiId: string, source: Uint8Array | string, options: ImportOptions): Promise<ApiImport>;
}

interface Parts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly reader: OpenApiReader;
}

export function createApiService(parts: Parts): ApiService {
  const { storage } = parts;
  return {
    async get(caller, apiId) {
      requirePrivilege(caller, 'apis:read');
      const api = await storage.read((stores) => stores.apis.find(apiId, caller.reach));
      if (!api) throw notFound('API');
      return api;
    },
    list(caller, filter, page) {
      requirePrivilege(caller, 'apis:read');
      return storage.read((stores) => stores.apis.list(filter, page, caller.reach));
    },
    listAvailable(caller, companyId = caller.companyId) {
      return storage.read(async (stores) => {
        if (!(await stores.companies.find(companyId, caller.reach))) throw notFound('company');
        return stores.apis.listAvailable(companyId);
      });
    },
    // An API belongs to no company: the commands count who uses it everywhere, and name those within reach alone.
    create: (caller, input) => runBeyond(() => createApi(parts, caller, input)),
    update: (caller, apiId, patch, ifVersion) => runBeyond(() => updateApi(parts, caller, apiId, patch, ifVersion)),
    delete: (caller, apiId, ifVersion) => runBeyond(() => deleteApi(parts, caller, apiId, ifVersion)),
    import: (caller, apiId, source, options) => runBeyond(() => importApi(parts, caller, apiId, source, options)),
  };
}
