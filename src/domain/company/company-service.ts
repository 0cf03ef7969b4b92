// Commands and questions about companies: the tree below the caller. A company is made at its place and stays there, so that no
// cycle can come about.
import type { Clock } from '../../base/clock.ts';
import { conflict, forbidden, invalid, notFound, Problem } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import { type Caller, requireAll, requirePrivilege } from '../access/caller.ts';
import { actorOf, type AuditAction, auditEvent, type AuditParty, changesBetween } from '../audit/audit-event.ts';
import type { Page, PageRequest, Storage, Stores } from '../stores.ts';
import type { CompanyPatch, NewCompany } from './company-fields.ts';
import type { CompanyContents, CompanyFilter, CompanySummary } from './company-store.ts';
import { type Company, ROOT_COMPANY_ID } from './company.ts';

/** Levels of the tree, the root company's counted. Paths are indexed, and nobody finds their way in a deeper one. */
export const MAX_COMPANY_DEPTH = 20;

export interface CompanyService {
  get(caller: Caller, companyId: string): Promise<CompanySummary>;
  /** The companies within reach, the caller's own too. */
  list(caller: Caller, filter: CompanyFilter, page: PageRequest): Promise<Page<CompanySummary>>;
  count(caller: Caller): Promise<{ readonly active: number; readonly suspended: number }>;
  /** What belongs to the company itself, and how much to it and all below it: what suspending it stops. */
  contents(caller: Caller, companyId: string): Promise<CompanyContents & { readonly withBelow: ContentsWithBelow }>;
  /** For lists of whatever belongs to companies: the names of those within reach, by id. */
  namesOf(caller: Caller, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  create(caller: Caller, input: NewCompany): Promise<CompanySummary>;
  /** `ifVersion`: refuses with `resource.changed` when somebody else was faster. */
  update(caller: Caller, companyId: string, patch: CompanyPatch, ifVersion?: number): Promise<CompanySummary>;
  /** From the next request on all that belongs to it and below it is refused: sign-ins, tokens, and tokens already out. */
  suspend(caller: Caller, companyId: string): Promise<CompanySummary>;
  reactivate(caller: Caller, companyId: string): Promise<CompanySummary>;
  /** Only when it is empty; the conflict says what is in the way. */
  delete(caller: Caller, companyId: string, ifVersion?: number): Promise<void>;
}

export interface ContentsWithBelow {
  /** Without the company itself. */
  readonly companies: number;
  readonly clients: number;
  readonly users: number;
}

interface Parts {
  readonly storage: Storage;
  readonly clock: Clock;
}

export function createCompanyService(parts: Parts): CompanyService {
  const { storage } = parts;
  return {
    async get(caller, companyId) {
      requirePrivilege(caller, 'companies:read');
      const company = await storage.read((stores) => stores.companies.findSummary(companyId, caller.reach));
      if (!company) throw notFound('company');
      return company;
    },
    list(caller, filter, page) {
      requirePrivilege(caller, 'companies:read');
      return storage.read((stores) => stores.companies.list(filter, page, caller.reach));
    },
    count(caller) {
      requirePrivilege(caller, 'companies:read');
      return storage.read((stores) => stores.companies.count(caller.reach));
    },
    contents: (caller, companyId) => countContents(parts, caller, companyId),
    async namesOf(caller, ids) {
      const distinct = [...new Set(ids)];
      if (distinct.length === 0) return new Map();
      return storage.read((stores) => stores.companies.namesOf(distinct, caller.reach));
    },
    create: (caller, input) => createCompany(parts, caller, input),
    update: (caller, companyId, patch, ifVersion) => updateCompany(parts, caller, companyId, patch, ifVersion),
    suspend: (caller, companyId) => updateCompany(parts, caller, companyId, { status: 'suspended' }),
    reactivate: (caller, companyId) => updateCompany(parts, caller, companyId, { status: 'active' }),
    delete: (caller, companyId, ifVersion) => deleteCompany(parts, caller, companyId, ifVersion),
  };
}

async function countContents({ storage }: Parts, caller: Caller, companyId: string) {
  requirePrivilege(caller, 'companies:read');
  return storage.read(async (stores) => {
    const company = await stores.companies.find(companyId, caller.reach);
    if (!company) throw notFound('company');
    const below = { companyId: company.id, companyPath: company.path, subtree: true };
    const [own, companies, clients, users] = await Promise.all([
      stores.companies.contentsOf(companyId),
      stores.companies.count(below),
      stores.clients.count(below),
      stores.users.count(below),
    ]);
    const withBelow = {
      companies: companies.active + companies.suspended - 1,
      clients: clients.active + clients.inactive,
      users: users.active + users.inactive,
    };
    return { ...own, withBelow };
  });
}

async function createCompany(parts: Parts, caller: Caller, input: NewCompany): Promise<CompanySummary> {
  requirePrivilege(caller, 'companies:write');
  // Whoever reaches one company alone would not see what they made.
  if (!caller.reach.subtree) throw forbidden('Your role reaches your own company alone, so you cannot make others.');
  return parts.storage.write(async (stores) => {
    const parent = await stores.companies.findForUpdate(input.parentId ?? caller.companyId, caller.reach);
    if (!parent) throw invalid([{ pointer: '/parent_id', detail: 'There is no such company.' }]);
    checkParent(parent);
    const now = parts.clock.now();
    const id = randomId('co');
    const company: Company = {
      id,
      name: input.name,
      parentId: parent.id,
      path: `${parent.path}${id}/`,
      reseller: input.reseller ?? false,
      status: 'active',
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await checkName(stores, company);
    await stores.companies.insert(company);
    await stores.audit.append(
      auditEvent('company.created', caller.origin, {
        time: now,
        companyId: company.id,
        actor: actorOf(caller),
        target: companyParty(company),
        changes: changesBetween({}, companyAuditView(company)) ?? null,
      }),
    );
    return getStored(stores, company.id);
  });
}

async function updateCompany(
  parts: Parts,
  caller: Caller,
  companyId: string,
  patch: CompanyPatch,
  ifVersion?: number,
): Promise<CompanySummary> {
  requirePrivilege(caller, 'companies:write');
  return parts.storage.write(async (stores) => {
    const before = await getForChange(stores, caller, companyId, ifVersion);
    const now = parts.clock.now();
    const after: Company = {
      ...before,
      name: patch.name ?? before.name,
      reseller: patch.reseller ?? before.reseller,
      status: patch.status ?? before.status,
      updatedAt: now,
    };
    const changes = changesBetween(companyAuditView(before), companyAuditView(after));
    if (!changes) return getStored(stores, companyId);
    checkOwn(caller, before, after);
    if (after.name !== before.name) await checkName(stores, after);
    await checkReseller(stores, caller, before, after);
    await stores.companies.update(after);
    await stores.audit.append(
      auditEvent(actionOf(before, after), caller.origin, {
        time: now,
        companyId,
        actor: actorOf(caller),
        target: companyParty(after),
        changes,
      }),
    );
    return getStored(stores, companyId);
  });
}

async function deleteCompany(parts: Parts, caller: Caller, companyId: string, ifVersion?: number): Promise<void> {
  requirePrivilege(caller, 'companies:write');
  await parts.storage.write(async (stores) => {
    const company = await getForChange(stores, caller, companyId, ifVersion);
    if (company.id === caller.companyId) throw forbidden('This is your own company. You cannot delete it.');
    const inTheWay = contentsInWords(await stores.companies.contentsOf(companyId));
    if (inTheWay.length > 0) {
      throw conflict(`${company.name} is not empty: delete or move what belongs to it first (${inTheWay.join(', ')}).`);
    }
    await stores.companies.delete(companyId);
    await stores.audit.append(
      auditEvent('company.deleted', caller.origin, {
        time: parts.clock.now(),
        // The company is gone: the event belongs into the log of the one above it.
        companyId: company.parentId,
        actor: actorOf(caller),
        target: companyParty(company),
        changes: Object.fromEntries(
          Object.entries(companyAuditView(company)).map(([field, value]) => [field, [value, null] as const]),
        ),
      }),
    );
  });
}

async function getForChange(
  stores: Stores,
  caller: Caller,
  companyId: string,
  ifVersion: number | undefined,
): Promise<Company> {
  const company = await stores.companies.findForUpdate(companyId, caller.reach);
  if (!company) throw notFound('company');
  if (ifVersion !== undefined && ifVersion !== company.version) {
    throw new Problem('resource.changed', 'Somebody changed this company since you read it. Read it again and repeat.');
  }
  return company;
}

function checkParent(parent: Company): void {
  if (parent.parentId !== null && !parent.reseller) {
    const detail = `${parent.name} is not marked as a reseller, so it cannot have companies below it.`;
    throw invalid([{ pointer: '/parent_id', detail }]);
  }
  if (parent.path.split('/').length - 1 >= MAX_COMPANY_DEPTH) {
    const detail = `The tree of companies has at most ${MAX_COMPANY_DEPTH} levels. Choose a company further up.`;
    throw invalid([{ pointer: '/parent_id', detail }]);
  }
}

/** One's own company is the business of those above it. Above root there is nobody: its administrators may rename it. */
function checkOwn(caller: Caller, before: Company, after: Company): void {
  if (before.id !== caller.companyId) return;
  if (after.status !== before.status) throw forbidden('This is your own company. You cannot suspend or reactivate it.');
  if (before.id !== ROOT_COMPANY_ID) throw forbidden('This is your own company. Those above it can change it.');
  if (after.reseller !== before.reseller) throw forbidden('The root company can always have companies below it.');
}

async function checkName(stores: Stores, company: Company): Promise<void> {
  if (company.parentId === null) return;
  if (!(await stores.companies.isNameTaken(company.name, company.parentId, company.id))) return;
  const detail = `Another company beside it is called ${company.name} already.`;
  throw conflict(detail, [{ pointer: '/name', detail }]);
}

async function checkReseller(stores: Stores, caller: Caller, before: Company, after: Company): Promise<void> {
  if (after.reseller === before.reseller) return;
  if (after.reseller) {
    // Roles that are made available from above may gain by it at once.
    requireAll(caller, await stores.companies.resellerPrivileges(after.id), `make ${after.name} a reseller`);
    return;
  }
  const { companies, resellers, resellerRoles } = await stores.companies.contentsOf(after.id);
  const inTheWay = [
    ...counted(companies, 'company below it', 'companies below it'),
    ...counted(resellers, 'holder of the role Reseller', 'holders of the role Reseller'),
    ...resellerRoles.map((name) => `the role ${name} with privileges of a reseller`),
  ];
  if (inTheWay.length === 0) return;
  const detail = `${after.name} must stay a reseller while it has ${inTheWay.join(', ')}.`;
  throw conflict(detail, [{ pointer: '/reseller', detail }]);
}

function contentsInWords(contents: CompanyContents): readonly string[] {
  return [
    ...counted(contents.companies, 'company', 'companies'),
    ...counted(contents.clients, 'client', 'clients'),
    ...counted(contents.users, 'user', 'users'),
    ...counted(contents.roles, 'role', 'roles'),
  ];
}

function counted(count: number, one: string, many: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
}

function actionOf(before: Company, after: Company): AuditAction {
  if (before.status === after.status) return 'company.updated';
  return after.status === 'suspended' ? 'company.suspended' : 'company.reactivated';
}

function companyParty(company: Company): AuditParty {
  return { type: 'company', id: company.id, name: company.name };
}

function companyAuditView(company: Company): Record<string, unknown> {
  return {
    name: company.name,
    parent_id: company.parentId,
    reseller: company.reseller,
    status: company.status,
  };
}

async function getStored(stores: Stores, companyId: string): Promise<CompanySummary> {
  const stored = await stores.companies.findSummary(companyId, null);
  if (!stored) throw new Error('a company just stored is missing');
  return stored;
}
