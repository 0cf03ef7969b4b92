// Registering a client: the form, and its answer that shows the secret.
import { h } from 'preact';
import { type ClientFormValues } from '../../../views/pages/client-form.tsx';
import { companySearchName } from '../../../views/parts/company-field.tsx';
import { ClientNewPage } from '../../../views/pages/client-new.tsx';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { apiOptions } from './api-names.ts';
import {
  CLIENT_FORM_FIELDS,
  clientFieldOf,
  type ClientInput,
  NEW_CLIENT_VALUES,
  parseClientForm,
} from './client-form.ts';
import { secretPage } from './client-secret-page.ts';
import { companyChoice, knownCompany, roleOptions, searchOf } from './company-choice.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { FormFaults, isAboutForm, keptValues, pickFields } from './form.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';

/** `?company_id=…`: for a company below, from its page. */
export async function showNewClient(visit: SignedInVisit): Promise<Answer> {
  const asked = textOf(parseQuery(visit.querystring), 'company_id');
  const values = { ...NEW_CLIENT_VALUES, company_id: asked ?? visit.caller.companyId };
  return formPage(visit, values, new FormFaults(), { status: 200 });
}

interface FormState {
  readonly status: number;
  /** The button of the choice of a company by which the form came, so that the roles may be others. */
  readonly choose?: string | undefined;
  /** What was looked for among the companies. */
  readonly q?: string;
}

async function formPage(
  visit: SignedInVisit,
  given: ClientFormValues,
  faults: FormFaults,
  { status, choose, q = '' }: FormState,
): Promise<Answer> {
  const companyId = await knownCompany(visit, given.company_id, faults);
  const [companies, roles, apis] = await Promise.all([
    companyChoice(visit, companyId, { choose, formAt: '/clients/new', q }),
    roleOptions(visit, companyId),
    apiOptions(visit, companyId, MANAGEMENT_API_ID),
  ]);
  const isKnownApi = apis.some(({ value }) => value === given.default_api);
  // Where there is nothing to choose, nothing is asked.
  const [only, ...others] = roles.filter(({ disabled }) => !disabled);
  const isKnown = roles.some(({ value }) => value === given.role_id);
  const roleId = isKnown ? given.role_id : only && others.length === 0 ? only.value : '';
  return page(
    (frame) =>
      h(ClientNewPage, {
        frame,
        values: {
          ...given,
          company_id: companyId,
          role_id: roleId,
          default_api: isKnownApi ? given.default_api : MANAGEMENT_API_ID,
        },
        errors: faults.toErrors(),
        companies,
        roles,
        apis,
        yourAddress: visit.origin.ip,
        // Without a choice the company goes along unseen: whoever stops acting for it meanwhile does not register elsewhere.
        hidden: { form_id: createFormId(), ...(companies ? {} : { company_id: companyId }) },
      }),
    { status },
  );
}

export async function createClient(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...CLIENT_FORM_FIELDS, 'form_id', 'choose', companySearchName]);
  const before = { ...NEW_CLIENT_VALUES, company_id: visit.caller.companyId };
  const values = keptValues(CLIENT_FORM_FIELDS, before, fields);
  const q = searchOf(fields[companySearchName]);
  if (fields.choose !== undefined) {
    return formPage(visit, values, new FormFaults(), { status: 200, choose: fields.choose, q });
  }
  const { input, faults } = parseClientForm(values, undefined);
  if (!input) return formPage(visit, values, faults, { status: 422, q });
  try {
    return await once(
      visit,
      fields.form_id,
      () => register(visit, input),
      () => alreadyCreated(visit),
    );
  } catch (error) {
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, clientFieldOf);
    return formPage(visit, values, faults, { status: error.status, q });
  }
}

async function register(visit: SignedInVisit, input: ClientInput): Promise<Answer> {
  const { client, clientSecret, notices } = await visit.services.clients.register(visit.caller, input);
  return secretPage(visit, {
    client,
    clientSecret,
    occasion: 'created',
    notices: notices.map(({ detail }) => detail),
  });
}

function alreadyCreated(visit: SignedInVisit): Answer {
  return repeatedPage(visit, {
    title: 'This client was created already',
    detail:
      'The form was sent twice. The secret was shown the first time and can’t be shown again; if it got lost, make a second one on the client’s page. The newest client stands first in the list.',
    action: { href: '/clients', label: 'Go to the clients' },
  });
}
