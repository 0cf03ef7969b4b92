// Changing a client: the form, saving it without overwriting what somebody else saved meanwhile, and its status alone.
import { createHash } from 'node:crypto';
import { h } from 'preact';
import { ClientEditPage, type Suggestion } from '../../../views/pages/client-edit.tsx';
import type { ClientFormValues, LostSources } from '../../../views/pages/client-form.tsx';
import { suggestHref } from '../../../views/pages/client-sources.tsx';
import { clientHref } from '../../../views/pages/clients-list.tsx';
import { Problem } from '../../base/problem.ts';
import { type IpRestriction, parseIpRestriction } from '../../domain/address/ip-rule-list.ts';
import { isSameRestriction } from '../../domain/address/restriction-change.ts';
import type { SuggestedRules } from '../../domain/client/client-addresses.ts';
import { clientFields } from '../../domain/client/client-fields.ts';
import { noticesOfLost } from '../../domain/client/client-sources.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import { apiOptions } from './api-names.ts';
import { CLIENT_FORM_FIELDS, clientFieldOf, differingLabels, parseClientForm, valuesOfClient } from './client-form.ts';
import { roleOptions } from './company-choice.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { choiceOf, idOf, parseQuery } from './query.ts';

/** A client stays in its company. */
const EDITABLE_FIELDS = CLIENT_FORM_FIELDS.filter((name) => name !== 'company_id');

/** `?suggest=exact` or `wider`: with the list that use suggests, to be reviewed. */
export async function showEdit(visit: SignedInVisit): Promise<Answer> {
  const client = await findClient(visit);
  const breadth = choiceOf(parseQuery(visit.querystring), 'suggest', ['exact', 'wider']);
  const stored = valuesOfClient(client);
  if (!breadth) return formPage(visit, client, stored, new FormFaults(), { status: 200 });
  const suggested = await visit.services.clientAddresses.suggest(visit.caller, client.clientId);
  const suggestion = toSuggestion(client, suggested, breadth);
  const rules = suggested[breadth].map(({ rule }) => rule);
  const filled = {
    ...stored,
    ip_rules: rules.join('\n'),
    ip_mode: client.ipRestriction.mode === 'off' ? 'enforce' : stored.ip_mode,
  };
  const values = rules.length > 0 ? filled : stored;
  return formPage(visit, client, values, new FormFaults(), { status: 200, suggestion });
}

function toSuggestion({ clientId }: ClientSummary, suggested: SuggestedRules, breadth: Suggestion['breadth']) {
  const other = breadth === 'exact' ? 'wider' : 'exact';
  const widerRules = suggested.wider.filter(({ isWider }) => isWider).length;
  const otherHref = widerRules > 0 ? suggestHref(clientId, other) : undefined;
  return { seen: suggested.seen, rules: suggested[breadth].length, breadth, widerRules, otherHref };
}

function findClient({ caller, services, params }: SignedInVisit): Promise<ClientSummary> {
  return services.clients.get(caller, idOf(params, 'clientId', 'client'));
}

interface FormState {
  readonly status: number;
  readonly suggestion?: Suggestion | undefined;
  readonly lost?: LostSources | undefined;
}

async function formPage(
  visit: SignedInVisit,
  client: ClientSummary,
  values: ClientFormValues,
  faults: FormFaults,
  { status, suggestion, lost }: FormState,
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
        suggestHref: client.lastUsedAt === null ? undefined : suggestHref(client.clientId),
        suggestion,
        lost,
        hidden: { version: String(client.version) },
      }),
    { status },
  );
}

export async function saveClient(visit: SignedInVisit): Promise<Answer> {
  const fields = pickFields(await visit.readForm(), [...EDITABLE_FIELDS, 'version', 'accept_lost']);
  const client = await findClient(visit);
  const values = keptValues(CLIENT_FORM_FIELDS, valuesOfClient(client), fields);
  const version = parseVersion(fields.version, client.version);
  if (version !== client.version) return staleForm(visit, client, values);
  const { input, faults } = parseClientForm(values, client);
  if (!input) return formPage(visit, client, values, faults, { status: 422 });
  const lost = await findLost(visit, client, input.ipRestriction);
  if (lost && lost.confirmation !== fields.accept_lost) {
    faults.add('accept_lost', lost.warning);
    return formPage(visit, client, values, faults, { status: 409, lost });
  }
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
    return formPage(visit, client, values, faults, { status: error.status });
  }
}

const MAX_LOST = 50;

/**
 * Addresses in use that the new list would refuse; undefined when there are none or nothing changes. What confirms them is made of
 * them: whoever changes the list once more is asked once more.
 */
async function findLost(
  { caller, services }: SignedInVisit,
  client: ClientSummary,
  given: IpRestriction,
): Promise<(LostSources & { readonly warning: string }) | undefined> {
  const parsed = parseIpRestriction(given.mode, given.rules);
  if (!parsed.ok || isSameRestriction(parsed.restriction, client.ipRestriction)) return undefined;
  const lost = await services.clientAddresses.lostBy(caller, client.clientId, parsed.restriction);
  const [notice] = noticesOfLost(lost, given, 0);
  if (!notice) return undefined;
  const addresses = lost.map(({ ip }) => ip);
  const confirmation = createHash('sha256').update(addresses.toSorted().join(' ')).digest('hex');
  return {
    warning: notice.detail,
    addresses: addresses.slice(0, MAX_LOST),
    left: Math.max(0, addresses.length - MAX_LOST),
    confirmation,
  };
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
  return formPage(visit, client, values, faults, { status: 409 });
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
