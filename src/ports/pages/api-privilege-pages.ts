// Privileges of an API by hand: one added, one changed, one removed.
import { h } from 'preact';
import { ApiPrivilegePage, type PrivilegeFormValues } from '../../../views/pages/api-privilege.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { conflict, invalid, notFound, Problem } from '../../base/problem.ts';
import { apiFields, type GivenPrivilege } from '../../domain/api/api-fields.ts';
import type { ApiSummary, CountedPrivilege } from '../../domain/api/api.ts';
import { findApi } from './api-detail-page.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import type { FlashMessage } from './flash.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';

const FIELDS = ['scope', 'group', 'description', 'level'] as const satisfies readonly (keyof PrivilegeFormValues)[];

const NEW_VALUES: PrivilegeFormValues = { scope: '', group: '', description: '', level: 'company' };

interface Shown {
  readonly api: ApiSummary;
  /** null for a new one. */
  readonly privilege: CountedPrivilege | null;
  readonly values: PrivilegeFormValues;
  readonly faults: FormFaults;
}

function formPage({ api, privilege, values, faults }: Shown, status: number): Answer {
  const hidden = { version: String(api.version), ...(privilege ? { scope: privilege.scope } : {}) };
  const errors = faults.toErrors();
  return page((frame) => h(ApiPrivilegePage, { frame, api, privilege, values, errors, hidden }), { status });
}

export async function showNewPrivilege(visit: SignedInVisit): Promise<Answer> {
  const api = await findChangeable(visit);
  return formPage({ api, privilege: null, values: NEW_VALUES, faults: new FormFaults() }, 200);
}

async function findChangeable(visit: SignedInVisit): Promise<ApiSummary> {
  const api = await findApi(visit);
  if (api.builtIn) throw conflict(`${api.name} is built in. It changes with Postern alone.`);
  return api;
}

export async function showPrivilegeEdit(visit: SignedInVisit): Promise<Answer> {
  const api = await findChangeable(visit);
  const privilege = findPrivilege(api, textOf(parseQuery(visit.querystring), 'scope'));
  const { scope, group, description, level } = privilege;
  return formPage({ api, privilege, values: { scope, group, description, level }, faults: new FormFaults() }, 200);
}

function findPrivilege(api: ApiSummary, scope: string | undefined): CountedPrivilege {
  const privilege = api.privileges.find((each) => each.scope === scope);
  if (!privilege) throw notFound('privilege');
  return privilege;
}

export async function addPrivilege(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...FIELDS, 'version']);
  const api = await findChangeable(visit);
  const shown = { api, privilege: null, values: keptValues(FIELDS, NEW_VALUES, fields), faults: new FormFaults() };
  return save(visit, shown, fields.version, 'api_privilege_added', (given) => {
    if (api.privileges.some(({ scope }) => scope === given.scope)) {
      throw invalid([{ pointer: '/scope', detail: 'The API has a privilege with this scope already.' }]);
    }
    return [...api.privileges.map(plain), given];
  });
}

export async function savePrivilege(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...FIELDS, 'version']);
  const api = await findChangeable(visit);
  const privilege = findPrivilege(api, fields.scope);
  const { scope, group, description, level } = privilege;
  const values = keptValues(FIELDS, { scope, group, description, level }, fields);
  const shown = { api, privilege, values, faults: new FormFaults() };
  return save(visit, shown, fields.version, 'api_privilege_saved', (given) =>
    api.privileges.map((each) => (each.scope === scope ? given : plain(each))),
  );
}

/** Without its button nobody comes here: what stands in the way is an error page. */
export async function removePrivilege(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), ['scope', 'version']);
  const api = await findChangeable(visit);
  const { scope } = findPrivilege(api, fields.scope);
  const privileges = api.privileges.filter((each) => each.scope !== scope).map(plain);
  const version = parseVersion(fields.version, api.version);
  await visit.services.apis.update(visit.caller, api.id, { privileges }, version);
  return seeOther(apiHref(api.id), { flash: { code: 'api_privilege_removed', subject: scope } });
}

function plain({ scope, group, description, level }: CountedPrivilege): GivenPrivilege {
  return { scope, group, description, level };
}

async function save(
  visit: SignedInVisit,
  shown: Shown,
  versionText: string | undefined,
  code: FlashMessage['code'],
  listWith: (given: GivenPrivilege) => readonly GivenPrivilege[],
): Promise<Answer> {
  const { api, values, faults } = shown;
  const given = parseForm(values, faults);
  if (!given) return formPage(shown, 422);
  try {
    const version = parseVersion(versionText, api.version);
    const { notices } = await visit.services.apis.update(
      visit.caller,
      api.id,
      { privileges: listWith(given) },
      version,
    );
    const details = notices.map(({ detail }) => detail);
    return seeOther(apiHref(api.id), { flash: { code, subject: given.scope, details } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      faults.add('form', 'The API was changed since you opened this form. What you typed is kept. Save it again.');
      return formPage({ ...shown, api: await findApi(visit) }, 409);
    }
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, (pointer) => (pointer === '/scope' ? 'scope' : undefined));
    return formPage(shown, error.status);
  }
}

function parseForm(values: PrivilegeFormValues, faults: FormFaults): GivenPrivilege | undefined {
  const { privilege } = apiFields;
  const scope = faults.check('scope', privilege.scope, values.scope.trim());
  const description = faults.check('description', privilege.description, values.description);
  const level = faults.check('level', privilege.level, values.level);
  const group = values.group.trim() === '' ? undefined : faults.check('group', privilege.group, values.group);
  if (scope === undefined || description === undefined || level === undefined || !faults.isEmpty) return undefined;
  return { scope, group, description, level };
}
