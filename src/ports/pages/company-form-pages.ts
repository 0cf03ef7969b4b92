// Making a company, and changing one without overwriting what somebody else saved meanwhile.
import { h } from 'preact';
import {
  CompanyFormPage,
  type CompanyFormPageProps,
  type CompanyFormValues,
} from '../../../views/pages/company-form.tsx';
import { companySearchName } from '../../../views/parts/company-field.tsx';
import { companyHref } from '../../../views/pages/companies-list.tsx';
import { Problem } from '../../base/problem.ts';
import { OwnAddressProblem } from '../../domain/access/own-address.ts';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { companyChoice, searchOf } from './company-choice.ts';
import { findCompany } from './company-detail-page.ts';
import {
  COMPANY_FORM_FIELDS,
  companyFieldOf,
  type CompanyInput,
  NEW_COMPANY_VALUES,
  parseCompanyForm,
  valuesOfCompany,
} from './company-form.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';

interface Shown {
  /** null for a new one. */
  readonly company: CompanySummary | null;
  readonly values: CompanyFormValues;
  readonly faults: FormFaults;
  readonly status: number;
  readonly asksOwnAddress?: boolean;
  /** The button by which the form came, when it was not the one that saves. */
  readonly choose?: string | undefined;
  /** What was looked for among the companies that it can be placed below. */
  readonly q?: string;
}

async function formPage(visit: SignedInVisit, shown: Shown): Promise<Answer> {
  const { caller, origin } = visit;
  const { company, values, faults, status, asksOwnAddress = false, choose, q = '' } = shown;
  const question = { choose, formAt: '/companies/new', q, field: 'parent_id', reseller: true };
  const parents = company ? undefined : await companyChoice(visit, values.parent_id, question);
  const own = { value: caller.companyId, label: caller.companyName };
  const props: Omit<CompanyFormPageProps, 'frame'> = {
    company: company && { id: company.id, name: company.name, ...fixedParts(visit, company) },
    values,
    errors: faults.toErrors(),
    parents: parents ?? { options: [own], isCut: false, formHref: question.formAt },
    yourAddress: origin.ip,
    asksOwnAddress,
    hidden: company ? { version: String(company.version) } : { form_id: createFormId() },
  };
  return page((frame) => h(CompanyFormPage, { frame, ...props }), { status });
}

/** One's own company is the business of those above it, but for its addresses. */
function fixedParts({ caller }: SignedInVisit, company: CompanySummary) {
  const isOwn = company.id === caller.companyId;
  return { hasFixedName: isOwn && company.parentId !== null, hasFixedKind: isOwn || company.parentId === null };
}

export async function showNewCompany(visit: SignedInVisit): Promise<Answer> {
  const parent = textOf(parseQuery(visit.querystring), 'parent_id') ?? visit.caller.companyId;
  const values = { ...NEW_COMPANY_VALUES, parent_id: parent };
  return formPage(visit, { company: null, values, faults: new FormFaults(), status: 200 });
}

export async function createCompany(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [
    ...COMPANY_FORM_FIELDS,
    'form_id',
    'confirm_own_address',
    'choose',
    companySearchName,
  ]);
  const before = { ...NEW_COMPANY_VALUES, parent_id: visit.caller.companyId };
  const values = keptValues(COMPANY_FORM_FIELDS, before, fields);
  const q = searchOf(fields[companySearchName]);
  if (fields.choose !== undefined) {
    return formPage(visit, { company: null, values, faults: new FormFaults(), status: 200, choose: fields.choose, q });
  }
  const { input, faults } = parseCompanyForm(values);
  const shown = { company: null, values, faults, q };
  if (!input) return formPage(visit, { ...shown, status: 422 });
  try {
    return await once(
      visit,
      fields.form_id,
      () => create(visit, { ...input, parentId: values.parent_id }, fields.confirm_own_address === 'yes'),
      () => alreadyCreated(visit),
    );
  } catch (error) {
    return refused(visit, shown, error);
  }
}

async function create(
  { caller, services }: SignedInVisit,
  input: CompanyInput & { parentId: string },
  isConfirmed: boolean,
): Promise<Answer> {
  const company = await services.companies.create(caller, input, isConfirmed);
  const details = company.notices.map(({ detail }) => detail);
  return seeOther(companyHref(company.id), { flash: { code: 'company_created', subject: company.name, details } });
}

function alreadyCreated(visit: SignedInVisit): Answer {
  return repeatedPage(visit, {
    title: 'This company was created already',
    detail: 'The form was sent twice. The newest company stands first in the list.',
    action: { href: '/companies', label: 'Go to the companies' },
  });
}

/** What the domain objects to, beside the fields; a list that shuts out its author is asked about. */
function refused(visit: SignedInVisit, shown: Omit<Shown, 'status'>, error: unknown): Promise<Answer> {
  if (!isAboutForm(error)) throw error;
  const { faults } = shown;
  if (error instanceof OwnAddressProblem) {
    faults.add('confirm_own_address', error.detail);
    return formPage(visit, { ...shown, status: error.status, asksOwnAddress: true });
  }
  faults.addProblem(error, companyFieldOf);
  return formPage(visit, { ...shown, status: error.status });
}

export async function showCompanyEdit(visit: SignedInVisit): Promise<Answer> {
  const company = await findCompany(visit);
  return formPage(visit, { company, values: valuesOfCompany(company), faults: new FormFaults(), status: 200 });
}

export async function saveCompany(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...COMPANY_FORM_FIELDS, 'version', 'confirm_own_address']);
  const company = await findCompany(visit);
  const values = keptValues(COMPANY_FORM_FIELDS, valuesOfCompany(company), fields);
  const version = parseVersion(fields.version, company.version);
  if (version !== company.version) return staleForm(visit, company, values);
  const { input, faults } = parseCompanyForm(values);
  if (!input) return formPage(visit, { company, values, faults, status: 422 });
  const isConfirmed = fields.confirm_own_address === 'yes';
  try {
    const saved = await visit.services.companies.update(visit.caller, company.id, input, version, isConfirmed);
    const details = saved.notices.map(({ detail }) => detail);
    return seeOther(companyHref(company.id), { flash: { code: 'company_saved', subject: saved.name, details } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      return staleForm(visit, await findCompany(visit), values);
    }
    return refused(visit, { company, values, faults }, error);
  }
}

function staleForm(visit: SignedInVisit, company: CompanySummary, values: CompanyFormValues): Promise<Answer> {
  const faults = new FormFaults();
  faults.add(
    'form',
    `${company.name} was changed since you opened this form. What you typed is kept. Save again to overwrite what is stored.`,
  );
  return formPage(visit, { company, values, faults, status: 409 });
}
