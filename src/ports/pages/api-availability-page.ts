// Who may use an API. Companies are found by name and ticked; what is ticked is kept while one looks for others, without a script too.
import { h } from 'preact';
import { ApiAvailabilityPage, type ListedCompany } from '../../../views/pages/api-availability.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { companyPrefix } from '../../../views/pages/role-form.tsx';
import { conflict, Problem } from '../../base/problem.ts';
import { mayCall } from '../../domain/access/caller.ts';
import type { ApiSummary } from '../../domain/api/api.ts';
import { findApi } from './api-detail-page.ts';
import { FormFaults, isAboutForm, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';

const MODES = ['none', 'chosen', 'all'] as const;
type Mode = (typeof MODES)[number];

const FOUND_SHOWN = 50;
/** Each company that is chosen has a box: a form may have thousands. */
const LIMITS = { bytes: 2 * 1024 * 1024, fields: 10_200 };

interface Shown {
  readonly api: ApiSummary;
  readonly mode: Mode;
  readonly chosen: readonly string[];
  readonly q: string;
  readonly faults: FormFaults;
}

async function findChangeable(visit: SignedInVisit): Promise<ApiSummary> {
  const api = await findApi(visit);
  if (api.builtIn) throw conflict(`${api.name} is available to all companies, always.`);
  return api;
}

async function formPage(visit: SignedInVisit, shown: Shown, status: number): Promise<Answer> {
  const { api, mode, q, faults } = shown;
  const { companies, isCut } = await listCompanies(visit, shown);
  const hidden = { version: String(api.version) };
  const maySearch = mayCall(visit.caller, 'companies:read');
  const errors = faults.toErrors();
  return page((frame) => h(ApiAvailabilityPage, { frame, api, mode, companies, q, isCut, maySearch, errors, hidden }), {
    status,
  });
}

/** Those that are chosen, and then those that were found. */
async function listCompanies({ caller, services }: SignedInVisit, { chosen, q }: Shown) {
  const names = await services.companies.namesOf(caller, chosen);
  const companies: ListedCompany[] = [...names].map(([id, name]) => ({ id, name, isChosen: true }));
  if (!mayCall(caller, 'companies:read')) return { companies, isCut: false };
  const filter = { q: q === '' ? undefined : q, sort: 'name' } as const;
  const found = await services.companies.list(caller, filter, { limit: FOUND_SHOWN });
  const others = found.items.filter(({ id }) => !names.has(id)).map(({ id, name }) => ({ id, name, isChosen: false }));
  return { companies: [...companies, ...others], isCut: found.nextCursor !== null };
}

export async function showAvailability(visit: SignedInVisit): Promise<Answer> {
  const api = await findChangeable(visit);
  const { availableTo } = api;
  const mode = availableTo === 'all' ? 'all' : availableTo.length === 0 ? 'none' : 'chosen';
  const chosen = availableTo === 'all' ? [] : availableTo;
  return formPage(visit, { api, mode, chosen, q: '', faults: new FormFaults() }, 200);
}

export async function saveAvailability(visit: SignedInVisit): Promise<Answer> {
  const form = await visit.readForm(LIMITS);
  const boxes = Object.keys(form).filter((name) => name.startsWith(companyPrefix));
  const chosen = boxes.map((name) => name.slice(companyPrefix.length));
  const others = Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith(companyPrefix)));
  const fields = pickFields(others, ['mode', 'q', 'find', 'version']);
  const api = await findChangeable(visit);
  const mode = MODES.find((each) => each === fields.mode);
  const shown: Shown = { api, mode: mode ?? 'none', chosen, q: fields.q?.trim() ?? '', faults: new FormFaults() };
  if (fields.find !== undefined) return formPage(visit, { ...shown, mode: 'chosen' }, 200);
  if (mode === undefined) shown.faults.add('mode', 'Choose who may use it.');
  if (mode === 'chosen' && chosen.length === 0) shown.faults.add('available_to', 'Choose at least one company.');
  if (!shown.faults.isEmpty) return formPage(visit, shown, 422);
  return save(visit, shown, parseVersion(fields.version, api.version));
}

async function save(visit: SignedInVisit, shown: Shown, version: number): Promise<Answer> {
  const { api, mode, chosen, faults } = shown;
  const availableTo = mode === 'all' ? 'all' : mode === 'none' ? [] : chosen;
  try {
    const saved = await visit.services.apis.update(visit.caller, api.id, { availableTo }, version);
    const details = saved.notices.map(({ detail }) => detail);
    return seeOther(apiHref(api.id), { flash: { code: 'api_saved', subject: api.name, details } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      faults.add('form', `${api.name} was changed since you opened this form. What you chose is kept. Save it again.`);
      return formPage(visit, { ...shown, api: await findApi(visit) }, 409);
    }
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, (pointer) => (pointer.startsWith('/available_to') ? 'available_to' : undefined));
    return formPage(visit, shown, error.status);
  }
}
