// Changing a client: the form, saving it without overwriting what somebody else saved meanwhile, and its status alone.
import { h } from 'preact';
import { ClientEditPage } from '../../../views/pages/client-edit.tsx';
import type { ClientFormValues } from '../../../views/pages/client-form.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { Problem } from '../../base/problem.ts';
import { clientFields } from '../../domain/client/client-fields.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { apiOptions } from './api-names.ts';
import { CLIENT_FORM_FIELDS, clientFieldOf, differingLabels, parseClientForm, valuesOfClient } from './client-form.ts';
import { roleOptions } from './company-choice.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { idOf } from './query.ts';

/** A client stays in its company. */
const EDITABLE_FIELDS = CLIENT_FORM_FIELDS.filter((name) => name !== 'company_id');

export async function showEdit(visit: SignedInVisit): Promise<Answer> {
  const client = await findClient(visit);
  return formPage(visit, client, valuesOfClient(client), new FormFaults(), 200);
}

function findClient({ caller, services, params }: SignedInVisit): Promise<ClientSummary> {
  return services.clients.get(caller, idOf(params, 'clientId', 'client'));
}

async function formPage(
  visit: SignedInVisit,
  client: ClientSummary,
  values: ClientFormValues,
  faults: FormFaults,
  status: number,
): Promise<Answer> {
  const [roles, apis] = await Promise.all([
    roleOptions(visit, client.companyId, client),
    apiOptions(visit, client.companyId, client.defaultApi),
  ]);
  return page(
    (frame) =>
      h(ClientEditPage, {
        frame,
        client,
        values,
        errors: faults.toErrors(),
        roles,
        apis,
        yourAddress: visit.origin.ip,
        hidden: { version: String(client.version) },
      }),
    { status },
  );
}

export async function saveClient(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...EDITABLE_FIELDS, 'version']);
  const client = await findClient(visit);
  const values = keptValues(CLIENT_FORM_FIELDS, valuesOfClient(client), fields);
  const version = parseVersion(fields.version, client.version);
  if (version !== client.version) return staleForm(visit, client, values);
  const { input, faults } = parseClientForm(values, client);
  if (!input) return formPage(visit, client, values, faults, 422);
  const { companyId: _stays, ...patch } = input;
  try {
    const saved = await visit.services.clients.update(visit.caller, client.clientId, patch, version);
    const details = saved.notices.map(({ detail }) => detail);
    return seeOther(clientHref(client.clientId), {
      flash: { code: 'client_saved', subject: saved.client.name, details },
    });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      return staleForm(visit, await findClient(visit), values);
    }
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, clientFieldOf);
    return formPage(visit, client, values, faults, error.status);
  }
}

/** What was typed is kept, and can be saved over what somebody else saved, knowingly. */
function staleForm(visit: SignedInVisit, client: ClientSummary, values: ClientFormValues): Promise<Answer> {
  const faults = new FormFaults();
  const labels = differingLabels(values, valuesOfClient(client));
  faults.add(
    'form',
    labels.length === 0
      ? 'This client was changed since you opened this form, to the very values that stand here. There is nothing left to save.'
      : `This client was changed since you opened this form. What you typed is kept; it differs from what is stored in: ${labels.join(', ')}. Save again to overwrite that.`,
  );
  return formPage(visit, client, values, faults, 409);
}

export async function setStatus({ caller, services, params, readForm }: SignedInVisit): Promise<Answer> {
  const clientId = idOf(params, 'clientId', 'client');
  const { status: text } = pickFields(await readForm(), ['status']);
  const status = clientFields.status.safeParse(text);
  if (!status.success) throw new Problem('request.invalid', 'Status must be active or inactive.');
  const { client } = await services.clients.update(caller, clientId, { status: status.data });
  const code = status.data === 'active' ? 'client_activated' : 'client_deactivated';
  return seeOther(clientHref(clientId), { flash: { code, subject: client.name } });
}
