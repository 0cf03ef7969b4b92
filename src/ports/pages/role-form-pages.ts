// Making a custom role, and changing one without overwriting what somebody else saved meanwhile.
import { h } from 'preact';
import {
  type AvailableCompany,
  availableSearchName,
  RoleFormPage,
  type RoleFormValues,
} from '../../../views/pages/role-form.tsx';
import { companySearchName } from '../../../views/parts/company-field.tsx';
import { roleHref } from '../../../views/pages/roles-list.tsx';
import { conflict, Problem } from '../../base/problem.ts';
import type { GrantableCatalogue } from '../../domain/role/granting.ts';
import type { RoleSummary } from '../../domain/role/role.ts';
import { findApiNames } from './api-names.ts';
import { companyChoice, knownCompany, searchOf } from './company-choice.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';
import { findRole } from './role-detail-page.ts';
import {
  chosenPrivileges,
  parseRoleForm,
  ROLE_FORM_FIELDS,
  ROLE_FORM_LIMITS,
  roleFieldOf,
  takeBoxes,
  toPicker,
} from './role-form.ts';

interface Searches {
  readonly owner: string;
  readonly available: string;
}

const noSearches: Searches = { owner: '', available: '' };
const SEARCH_FIELDS = [companySearchName, availableSearchName] as const;

function searchesOf(fields: { readonly [Name in (typeof SEARCH_FIELDS)[number]]?: string | undefined }): Searches {
  return { owner: searchOf(fields[companySearchName]), available: searchOf(fields[availableSearchName]) };
}

interface Shown {
  /** null for a new one. */
  readonly role: RoleSummary | null;
  readonly values: RoleFormValues;
  readonly privileges: readonly string[];
  readonly companies: readonly string[];
  readonly faults: FormFaults;
  readonly status: number;
  /** The button by which the form came back, when it was not saved. */
  readonly choose?: string | undefined;
  /** What was looked for: among the companies that it can belong to, and among those that it can be available to. */
  readonly searches: Searches;
}

async function formPage(visit: SignedInVisit, shown: Shown): Promise<Answer> {
  const { caller, services } = visit;
  const { role, values, faults, status, searches, choose } = shown;
  const companyId = await knownCompany(visit, values.company_id, faults);
  const [companies, catalogue, names, availableTo] = await Promise.all([
    role ? undefined : companyChoice(visit, companyId, { choose, formAt: '/roles/new', q: searches.owner }),
    services.granting.privilegesFor(caller, companyId),
    findApiNames(visit, companyId),
    availableCompanies(visit, companyId, shown.companies, searches.available),
  ]);
  const own = role || companies ? {} : { company_id: companyId };
  return page(
    (frame) =>
      h(RoleFormPage, {
        frame,
        role: role && { id: role.id, name: role.name },
        values: { ...values, company_id: companyId },
        errors: faults.toErrors(),
        companies,
        apis: toPicker(catalogue, names, new Set(shown.privileges)),
        availableTo:
          catalogue.level !== 'company' && caller.reach.subtree
            ? { ...availableTo, wasFound: choose === 'available' }
            : null,
        hidden: role ? { version: String(role.version) } : { form_id: createFormId(), ...own },
      }),
    { status },
  );
}

const MAX_COMPANIES = 200;

/** Those that are chosen are always listed; else nobody could take them away. */
async function availableCompanies(
  { caller, services }: SignedInVisit,
  ownerId: string,
  chosen: readonly string[],
  q: string,
) {
  const filter = q === '' ? {} : { q };
  const found = await services.granting.companiesFor(caller, ownerId, { limit: MAX_COMPANIES }, filter);
  const listed = new Set(found.items.map(({ id }) => id));
  const names = await services.companies.namesOf(
    caller,
    chosen.filter((id) => !listed.has(id)),
  );
  const isChosen = new Set(chosen);
  const companies: AvailableCompany[] = [
    ...[...names].map(([id, name]) => ({ id, name, isChosen: true })),
    ...found.items.map(({ id, name }) => ({ id, name, isChosen: isChosen.has(id) })),
  ];
  const isCut = found.nextCursor !== null;
  return { companies, isCut, q: isCut || q !== '' ? q : undefined };
}

/** `?company_id=…`: for a company below, from its page. */
export async function showNewRole(visit: SignedInVisit): Promise<Answer> {
  const asked = textOf(parseQuery(visit.querystring), 'company_id');
  const values = { name: '', description: '', company_id: asked ?? visit.caller.companyId };
  return formPage(visit, {
    role: null,
    values,
    privileges: [],
    companies: [],
    faults: new FormFaults(),
    status: 200,
    searches: noSearches,
  });
}

export async function createRole(visit: SignedInVisit): Promise<Answer> {
  const { boxes, rest } = takeBoxes(await visit.readForm(ROLE_FORM_LIMITS));
  const fields = pickFields(rest, [...ROLE_FORM_FIELDS, ...SEARCH_FIELDS, 'form_id', 'choose']);
  const before = { name: '', description: '', company_id: visit.caller.companyId };
  const values = keptValues(ROLE_FORM_FIELDS, before, fields);
  const catalogue = await findCatalogue(visit, values.company_id);
  const privileges = catalogue ? chosenPrivileges(boxes, catalogue) : boxes.privileges;
  const searches = searchesOf(fields);
  const shown = { role: null, values, privileges, companies: boxes.companies, searches };
  if (fields.choose !== undefined || !catalogue) {
    return formPage(visit, {
      ...shown,
      faults: new FormFaults(),
      status: catalogue ? 200 : 422,
      choose: fields.choose,
    });
  }
  const { input, faults } = parseRoleForm(values, privileges, boxes.companies);
  if (!input || !faults.isEmpty) return formPage(visit, { ...shown, faults, status: 422 });
  try {
    return await once(
      visit,
      fields.form_id,
      async () => {
        const role = await visit.services.roles.create(visit.caller, input);
        return seeOther(roleHref(role.id), { flash: { code: 'role_created', subject: role.name } });
      },
      () => alreadyCreated(visit),
    );
  } catch (error) {
    return refused(visit, { ...shown, faults }, error);
  }
}

/** undefined for a company out of reach; the form says so. */
async function findCatalogue(
  { caller, services }: SignedInVisit,
  companyId: string,
): Promise<GrantableCatalogue | undefined> {
  try {
    return await services.granting.privilegesFor(caller, companyId);
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.not_found') return undefined;
    throw error;
  }
}

function alreadyCreated(visit: SignedInVisit): Answer {
  return repeatedPage(visit, {
    title: 'This role was created already',
    detail: 'The form was sent twice. The newest role stands first in the list.',
    action: { href: '/roles', label: 'Go to the roles' },
  });
}

function refused(visit: SignedInVisit, shown: Omit<Shown, 'status'>, error: unknown): Promise<Answer> {
  if (!isAboutForm(error)) throw error;
  shown.faults.addProblem(error, roleFieldOf);
  return formPage(visit, { ...shown, status: error.status });
}

/** Standard roles and those of companies above have no form. */
async function findOwnRole(visit: SignedInVisit): Promise<RoleSummary & { readonly companyId: string }> {
  const role = await findRole(visit);
  const { companyId } = role;
  if (companyId === null) throw conflict(`${role.name} is a standard role. Standard roles are fixed.`);
  return { ...role, companyId };
}

function valuesOf(role: RoleSummary & { readonly companyId: string }): RoleFormValues {
  return { name: role.name, description: role.description, company_id: role.companyId };
}

export async function showRoleEdit(visit: SignedInVisit): Promise<Answer> {
  const role = await findOwnRole(visit);
  const { privileges, availableTo: companies } = role;
  return formPage(visit, {
    role,
    values: valuesOf(role),
    privileges,
    companies,
    faults: new FormFaults(),
    status: 200,
    searches: noSearches,
  });
}

export async function saveRole(visit: SignedInVisit): Promise<Answer> {
  const { boxes, rest } = takeBoxes(await visit.readForm(ROLE_FORM_LIMITS));
  const fields = pickFields(rest, ['name', 'description', ...SEARCH_FIELDS, 'version', 'choose']);
  const role = await findOwnRole(visit);
  const values = keptValues(ROLE_FORM_FIELDS, valuesOf(role), fields);
  const catalogue = await visit.services.granting.privilegesFor(visit.caller, role.companyId);
  const privileges = chosenPrivileges(boxes, catalogue);
  const searches = searchesOf(fields);
  const shown = { role, values, privileges, companies: boxes.companies, searches };
  if (fields.choose !== undefined)
    return formPage(visit, { ...shown, faults: new FormFaults(), status: 200, choose: fields.choose });
  const version = parseVersion(fields.version, role.version);
  if (version !== role.version) return staleForm(visit, shown);
  const { input, faults } = parseRoleForm(values, privileges, boxes.companies);
  if (!input || !faults.isEmpty) return formPage(visit, { ...shown, faults, status: 422 });
  const { companyId: _stays, ...patch } = input;
  try {
    const saved = await visit.services.roles.update(visit.caller, role.id, patch, version);
    return seeOther(roleHref(role.id), { flash: { code: 'role_saved', subject: saved.name } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      return staleForm(visit, { ...shown, role: await findOwnRole(visit) });
    }
    return refused(visit, { ...shown, faults }, error);
  }
}

function staleForm(
  visit: SignedInVisit,
  shown: Omit<Shown, 'status' | 'faults'> & { role: RoleSummary },
): Promise<Answer> {
  const faults = new FormFaults();
  faults.add(
    'form',
    `${shown.role.name} was changed since you opened this form. What you chose is kept. Save again to overwrite what is stored.`,
  );
  return formPage(visit, { ...shown, faults, status: 409 });
}
