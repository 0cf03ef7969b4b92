// Commands and questions about companies: the tree below the caller. A company is made at its place and stays there, so that no
// cycle can come about.
import type { Clock } from '../../base/clock.ts';
import { conflict, forbidden, invalid, notFound, Problem } from '../../base/problem.ts';
import { randomId } from '../../base/random.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import { requireOwnAddress } from '../access/own-address.ts';
import { noticesOfSavedHosts, readyHosts } from '../address/host-words.ts';
import type { PointedDetail } from '../address/ip-rule-list.ts';
import type { KnownHosts } from '../address/kept-restriction.ts';
import {
  changeRestriction,
  type IpRestrictionPatch,
  isSameRestriction,
  NO_RESTRICTION,
} from '../address/restriction-change.ts';
import { actorOf, type AuditAction, auditEvent, type AuditParty, changesBetween } from '../audit/audit-event.ts';
import type { Page, PageRequest, Storage, Stores } from '../stores.ts';
import type { CompanyPatch, NewCompany } from './company-fields.ts';
import { checkName, checkOwn, checkParent, checkReseller, contentsInWords } from './company-rules.ts';
import type { CompanyContents, CompanyFilter, CompanySummary } from './company-store.ts';
import type { Company } from './company.ts';

export interface ChangedCompany extends CompanySummary {
  /** What was changed of its IP rules in saving, and which host names among them match nobody now. */
  readonly notices: readonly PointedDetail[];
}

export interface CompanyService {
  get(caller: Caller, companyId: string): Promise<CompanySummary>;
  /** The companies within reach, the caller's own too. */
  list(caller: Caller, filter: CompanyFilter, page: PageRequest): Promise<Page<CompanySummary>>;
  count(caller: Caller): Promise<{ readonly active: number; readonly suspended: number }>;
  /** What belongs to the company itself, and how much to it and all below it: what suspending it stops. */
  contents(caller: Caller, companyId: string): Promise<CompanyContents & { readonly withBelow: ContentsWithBelow }>;
  /** For lists of whatever belongs to companies: the names of those within reach, by id. */
  namesOf(caller: Caller, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** `isConfirmed`: also when its IP restriction does not let in the caller's own address, which else is an OwnAddressProblem. */
  create(caller: Caller, input: NewCompany, isConfirmed?: boolean): Promise<ChangedCompany>;
  /** `ifVersion`: refuses with `resource.changed` when somebody else was faster. `isConfirmed` as for `create`. */
  update(
    caller: Caller,
    companyId: string,
    patch: CompanyPatch,
    ifVersion?: number,
    isConfirmed?: boolean,
  ): Promise<ChangedCompany>;
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
  /** What host names in IP rules stand for: for the question whether somebody shuts themselves out, and for notices. */
  readonly hosts?: KnownHosts | undefined;
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
    create: (caller, input, isConfirmed = false) => createCompany(parts, caller, input, isConfirmed),
    update: (caller, companyId, patch, ifVersion, isConfirmed = false) =>
      updateCompany(parts, caller, companyId, patch, { ifVersion, isConfirmed }),
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
    // One after the other: they share one connection.
    const own = await stores.companies.contentsOf(companyId);
    const companies = await stores.companies.count(below);
    const clients = await stores.clients.count(below);
    const users = await stores.users.count(below);
    const withBelow = {
      companies: companies.active + companies.suspended - 1,
      clients: clients.active + clients.inactive,
      users: users.active + users.inactive,
    };
    return { ...own, withBelow };
  });
}

async function createCompany(
  parts: Parts,
  caller: Caller,
  input: NewCompany,
  isConfirmed: boolean,
): Promise<ChangedCompany> {
  requirePrivilege(caller, 'companies:write');
  // Whoever reaches one company alone would not see what they made.
  if (!caller.reach.subtree) throw forbidden('Your role reaches your own company alone, so you cannot make others.');
  await readyHosts(parts.hosts, input.ipRestriction?.rules ?? []);
  const created = await parts.storage.write(async (stores) => {
    const parent = await stores.companies.findForUpdate(input.parentId ?? caller.companyId, caller.reach);
    if (!parent) throw invalid([{ pointer: '/parent_id', detail: 'There is no such company.' }]);
    checkParent(parent);
    const now = parts.clock.now();
    const id = randomId('co');
    const { restriction, notices } = changeRestriction(NO_RESTRICTION, input.ipRestriction);
    const company: Company = {
      id,
      name: input.name,
      parentId: parent.id,
      path: `${parent.path}${id}/`,
      reseller: input.reseller ?? false,
      status: 'active',
      ipRestriction: restriction,
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    if (!isConfirmed) requireOwnAddress(caller, restriction, parts.hosts);
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
    return { ...(await getStored(stores, company.id)), notices };
  });
  return withHostNotices(parts, created, input.ipRestriction);
}

async function updateCompany(
  parts: Parts,
  caller: Caller,
  companyId: string,
  patch: CompanyPatch,
  { ifVersion, isConfirmed = false }: { ifVersion?: number | undefined; isConfirmed?: boolean } = {},
): Promise<ChangedCompany> {
  requirePrivilege(caller, 'companies:write');
  const entries = patch.ipRestriction?.rules;
  if (patch.ipRestriction) {
    const known = () => parts.storage.read((stores) => stores.companies.find(companyId, caller.reach));
    await readyHosts(parts.hosts, entries ?? (await known())?.ipRestriction.rules ?? []);
  }
  const changed = await parts.storage.write(async (stores) => {
    const before = await getForChange(stores, caller, companyId, ifVersion);
    const { restriction, notices } = changeRestriction(before.ipRestriction, patch.ipRestriction);
    const now = parts.clock.now();
    const after: Company = {
      ...before,
      name: patch.name ?? before.name,
      reseller: patch.reseller ?? before.reseller,
      status: patch.status ?? before.status,
      ipRestriction: restriction,
      updatedAt: now,
    };
    const changes = changesBetween(companyAuditView(before), companyAuditView(after));
    if (!changes) return { ...(await getStored(stores, companyId)), notices };
    checkOwn(caller, before, after);
    if (!isConfirmed && !isSameRestriction(before.ipRestriction, restriction)) {
      requireOwnAddress(caller, restriction, parts.hosts);
    }
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
    return { ...(await getStored(stores, companyId)), notices };
  });
  return patch.ipRestriction ? withHostNotices(parts, changed, patch.ipRestriction) : changed;
}

async function withHostNotices(
  { hosts }: Parts,
  company: ChangedCompany,
  sent: IpRestrictionPatch | undefined,
): Promise<ChangedCompany> {
  const aboutHosts = await noticesOfSavedHosts(hosts, company.ipRestriction, sent);
  return { ...company, notices: [...company.notices, ...aboutHosts] };
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
    ip_restriction: company.ipRestriction,
  };
}

async function getStored(stores: Stores, companyId: string): Promise<CompanySummary> {
  const stored = await stores.companies.findSummary(companyId, null);
  if (!stored) throw new Error('a company just stored is missing');
  return stored;
}
