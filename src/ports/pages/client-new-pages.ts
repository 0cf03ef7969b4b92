// Registering a client: the form, and its answer that shows the secret.
import { h } from 'preact';
import { type ClientFormValues } from '../../../views/pages/client-form.tsx';
import { ClientNewPage } from '../../../views/pages/client-new.tsx';
import {
  apiOptions,
  CLIENT_FORM_FIELDS,
  clientFieldOf,
  type ClientInput,
  mergedValues,
  NEW_CLIENT_VALUES,
  parseClientForm,
} from './client-form.ts';
import { secretPage } from './client-secret-page.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { FormFaults, isAboutForm, pickFields } from './form.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';

export async function showNewClient(visit: SignedInVisit): Promise<Answer> {
  const roles = await visit.services.roles.listChoosable(visit.caller);
  // Where there is nothing to choose, nothing is asked.
  const only = roles.length === 1 ? (roles[0]?.id ?? '') : '';
  return formPage(visit, { ...NEW_CLIENT_VALUES, role_id: only }, new FormFaults(), 200);
}

async function formPage(
  { services, caller, origin }: SignedInVisit,
  values: ClientFormValues,
  faults: FormFaults,
  status: number,
): Promise<Answer> {
  const roles = await services.roles.listChoosable(caller);
  return page(
    (frame) =>
      h(ClientNewPage, {
        frame,
        values,
        errors: faults.toErrors(),
        roles: roles.map(({ id, name }) => ({ value: id, label: name })),
        apis: apiOptions(NEW_CLIENT_VALUES.default_api),
        yourAddress: origin.ip,
        hidden: { form_id: createFormId() },
      }),
    { status },
  );
}

export async function createClient(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...CLIENT_FORM_FIELDS, 'form_id']);
  const values = mergedValues(NEW_CLIENT_VALUES, fields);
  const { input, faults } = parseClientForm(values, undefined);
  if (!input) return formPage(visit, values, faults, 422);
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
    return formPage(visit, values, faults, error.status);
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
