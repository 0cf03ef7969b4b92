// What the domain asks of storage about companies.
import type { Reach } from '../access/caller.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Company, CompanyStatus } from './company.ts';

/** A company with what lists and pages show beside it. */
export interface CompanySummary extends Company {
  /** null for the root company, and when the company above lies beyond the reach of who asks. */
  readonly parentName: string | null;
  /** Whether it, or one above it, is suspended. */
  readonly isSuspended: boolean;
}

export type CompanySort = 'created_at' | 'name';

export interface CompanyFilter {
  /** Text within the name; case does not matter, `%` and `_` stand for themselves. */
  readonly q?: string | undefined;
  /** Directly below this one. */
  readonly parentId?: string | undefined;
  readonly status?: CompanyStatus | undefined;
  readonly reseller?: boolean | undefined;
  /** Newest first, or A to Z; `created_at` when absent. */
  readonly sort?: CompanySort | undefined;
}

/** What belongs to a company itself, and how many companies stand directly below it. */
export interface CompanyContents {
  readonly companies: number;
  readonly clients: number;
  readonly users: number;
  /** Custom roles that it owns. */
  readonly roles: number;
  /** Clients and users of it with the role Reseller. */
  readonly resellers: number;
  /** Names of its custom roles with a privilege of the level reseller. */
  readonly resellerRoles: readonly string[];
}

export interface CompanyStore {
  /** undefined also when it lies outside the reach. Null reach: whoever asks is the system. */
  find(id: string, reach: Reach | null): Promise<Company | undefined>;
  findSummary(id: string, reach: Reach | null): Promise<CompanySummary | undefined>;
  /** As `find`, and locks the row until the end of the transaction: nobody puts anything into it meanwhile. */
  findForUpdate(id: string, reach: Reach | null): Promise<Company | undefined>;
  list(filter: CompanyFilter, page: PageRequest, reach: Reach): Promise<Page<CompanySummary>>;
  /** Companies within reach, the caller's own too, however deep. */
  count(reach: Reach): Promise<{ readonly active: number; readonly suspended: number }>;
  /** The names of those of the companies that lie within reach, by id. */
  namesOf(ids: readonly string[], reach: Reach): Promise<ReadonlyMap<string, string>>;
  /** Whether a company directly below the parent has the name already, compared by `nameKey`. */
  isNameTaken(name: string, parentId: string, exceptId: string | null): Promise<boolean>;
  contentsOf(id: string): Promise<CompanyContents>;
  /** The privileges of exactly the level reseller, of the APIs available to the company: what being a reseller adds. */
  resellerPrivileges(id: string): Promise<readonly string[]>;
  /** `resource.conflict` when a sibling was given the name meanwhile. */
  insert(company: Company): Promise<void>;
  /** Writes name, reseller, status, IP restriction and time; the version is raised by one. `resource.conflict` as `insert`. */
  update(company: Company): Promise<void>;
  delete(id: string): Promise<void>;
}
