// Inviting a user, and changing one without overwriting what somebody else saved meanwhile.
import { h } from 'preact';
import { UserFormPage, type UserFormValues } from '../../../views/pages/user-form.tsx';
import { companySearchName } from '../../../views/parts/company-field.tsx';
import { userHref } from '../../../views/pages/users-list.tsx';
import { Problem } from '../../base/problem.ts';
import { userFields } from '../../domain/user/user-fields.ts';
import type { UserSummary } from '../../domain/user/user.ts';
import { companyChoice, knownCompany, roleOptions, searchOf } from './company-choice.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { fieldOfPointer, FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';
import { findUser } from './user-detail-page.ts';
import { invitationPage } from './user-invitation-page.ts';

const FIELDS = [
  'name',
  'email',
  'company_id',
  'role_id',
  'status',
  'ip_exempt',
] as const satisfies readonly (keyof UserFormValues)[];

const NEW_VALUES: UserFormValues = {
  name: '',
  email: '',
  company_id: '',
  role_id: '',
  status: 'active',
  ip_exempt: 'false',
};

function valuesOf(user: UserSummary): UserFormValues {
  return {
    name: user.name,
    email: user.email,
    company_id: user.companyId,
    role_id: user.roleId,
    status: user.status,
    ip_exempt: String(user.ipExempt),
  };
}

function parseForm(values: UserFormValues) {
  const faults = new FormFaults();
  if (values.role_id === '') faults.add('role_id', 'Choose a role.');
  if (!['true', 'false'].includes(values.ip_exempt)) faults.add('ip_exempt', 'Choose one of the two.');
  const name = faults.check('name', userFields.name, values.name);
  const email = faults.check('email', userFields.email, values.email);
  const companyId = faults.check('company_id', userFields.companyId, values.company_id);
  const roleId = values.role_id === '' ? undefined : faults.check('role_id', userFields.roleId, values.role_id);
  const status = faults.check('status', userFields.status, values.status);
  const ipExempt = values.ip_exempt === 'true';
  const isComplete = name !== undefined && email !== undefined && companyId !== undefined && roleId !== undefined;
  const input =
    isComplete && status && faults.isEmpty ? { name, email, companyId, roleId, status, ipExempt } : undefined;
  return { input, faults };
}

interface Shown {
  /** null for a new one. */
  readonly user: UserSummary | null;
  readonly values: UserFormValues;
  readonly faults: FormFaults;
  readonly status: number;
  /** The button by which the form came back, when it was not saved. */
  readonly choose?: string | undefined;
  /** What was looked for among the companies. */
  readonly q: string;
}

async function formPage(visit: SignedInVisit, shown: Shown): Promise<Answer> {
  const { user, values, faults, status, q, choose } = shown;
  const companyId = await knownCompany(visit, values.company_id, faults);
  const kept = user && companyId === user.companyId ? user : undefined;
  const [companies, roles] = await Promise.all([
    companyChoice(visit, companyId, { choose, formAt: user ? `/users/${user.id}/edit` : '/users/new', q }),
    roleOptions(visit, companyId, kept),
  ]);
  const isKnown = roles.some(({ value }) => value === values.role_id);
  // Without a choice the company goes along unseen, as in the form of a client.
  const own = companies ? {} : { company_id: companyId };
  return page(
    (frame) =>
      h(UserFormPage, {
        frame,
        user: user && { id: user.id, name: user.name },
        values: { ...values, company_id: companyId, role_id: isKnown ? values.role_id : '' },
        errors: faults.toErrors(),
        companies,
        roles,
        hidden: user ? { version: String(user.version), ...own } : { form_id: createFormId(), ...own },
      }),
    { status },
  );
}

/** `?company_id=…`: for a company below, from its page. */
export async function showNewUser(visit: SignedInVisit): Promise<Answer> {
  const asked = textOf(parseQuery(visit.querystring), 'company_id');
  const values = { ...NEW_VALUES, company_id: asked ?? visit.caller.companyId };
  return formPage(visit, { user: null, values, faults: new FormFaults(), status: 200, q: '' });
}

export async function createUser(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [
    ...FIELDS.filter(isOfNewUsers),
    'form_id',
    'choose',
    companySearchName,
  ]);
  const q = searchOf(fields[companySearchName]);
  const values = keptValues(FIELDS, { ...NEW_VALUES, company_id: visit.caller.companyId }, fields);
  if (fields.choose !== undefined) return chosen(visit, { user: null, values, q, choose: fields.choose });
  const { input, faults } = parseForm(values);
  if (!input) return formPage(visit, { user: null, values, faults, status: 422, q });
  const { status: _active, ...newUser } = input;
  try {
    return await once(
      visit,
      fields.form_id,
      async () => invitationPage(visit, await visit.services.users.create(visit.caller, newUser), 'created'),
      () => alreadyCreated(visit),
    );
  } catch (error) {
    return refused(visit, { user: null, values, faults, q }, error);
  }
}

/** Somebody new is active. */
function isOfNewUsers(name: (typeof FIELDS)[number]): boolean {
  return name !== 'status';
}

function chosen(visit: SignedInVisit, shown: Pick<Shown, 'user' | 'values' | 'q' | 'choose'>): Promise<Answer> {
  return formPage(visit, { ...shown, faults: new FormFaults(), status: 200 });
}

function alreadyCreated(visit: SignedInVisit): Answer {
  return repeatedPage(visit, {
    title: 'This user was created already',
    detail:
      'The form was sent twice. The link was shown the first time and can’t be shown again; if it got lost, make a new one on the user’s page. The newest user stands first in the list.',
    action: { href: '/users', label: 'Go to the users' },
  });
}

function refused(visit: SignedInVisit, shown: Omit<Shown, 'status'>, error: unknown): Promise<Answer> {
  if (!isAboutForm(error)) throw error;
  shown.faults.addProblem(error, (pointer) => {
    const name = fieldOfPointer(pointer);
    return FIELDS.some((field) => field === name) ? name : undefined;
  });
  return formPage(visit, { ...shown, status: error.status });
}

export async function showUserEdit(visit: SignedInVisit): Promise<Answer> {
  const user = await findUser(visit);
  const asked = textOf(parseQuery(visit.querystring), 'company_id');
  const values = { ...valuesOf(user), company_id: asked ?? user.companyId };
  return formPage(visit, { user, values, faults: new FormFaults(), status: 200, q: '' });
}

export async function saveUser(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...FIELDS, 'version', 'choose', companySearchName]);
  const q = searchOf(fields[companySearchName]);
  const user = await findUser(visit);
  const values = keptValues(FIELDS, valuesOf(user), fields);
  const version = parseVersion(fields.version, user.version);
  if (fields.choose !== undefined) return chosen(visit, { user, values, q, choose: fields.choose });
  if (version !== user.version) return staleForm(visit, user, values);
  const { input, faults } = parseForm(values);
  if (!input) return formPage(visit, { user, values, faults, status: 422, q });
  try {
    const saved = await visit.services.users.update(visit.caller, user.id, input, version);
    return seeOther(userHref(user.id), { flash: { code: 'user_saved', subject: saved.name } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      return staleForm(visit, await findUser(visit), values);
    }
    return refused(visit, { user, values, faults, q }, error);
  }
}

function staleForm(visit: SignedInVisit, user: UserSummary, values: UserFormValues): Promise<Answer> {
  const faults = new FormFaults();
  faults.add(
    'form',
    `${user.name} was changed since you opened this form. What you typed is kept. Save again to overwrite what is stored.`,
  );
  return formPage(visit, { user, values, faults, status: 409, q: '' });
}
