// Making an API token: the form, and its answer that shows the value.
import { h } from 'preact';
import { ApiTokenFormPage, type ApiTokenFormValues } from '../../../views/pages/api-token-form.tsx';
import { chosenOwnerName, ownerSearchName } from '../../../views/parts/owner-field.tsx';
import type { ApiTokenChoices } from '../../domain/api-token/api-token-service.ts';
import { type GrantedApi, MANAGEMENT_API_ID, type Privilege } from '../../domain/api/privilege.ts';
import {
  API_TOKEN_FORM_FIELDS,
  apiTokenFieldOf,
  type ApiTokenInput,
  NEW_API_TOKEN_VALUES,
  offeredPrivileges,
  parseApiTokenForm,
  takePrivilegeBoxes,
  toTokenPicker,
} from './api-token-form.ts';
import { askedOwner, findChoices, ownerChoice } from './api-token-owner.ts';
import { apiTokenPage } from './api-token-shown-page.ts';
import { searchOf } from './company-choice.ts';
import { createFormId, once, repeatedPage } from './form-once.ts';
import { FormFaults, isAboutForm, keptValues, pickFields } from './form.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';
import { parseQuery } from './query.ts';
import { type Boxes, chosenPrivileges, ROLE_FORM_LIMITS } from './role-form.ts';

/** What a token of the owner can be made of. */
interface Offer {
  readonly choices: ApiTokenChoices | null;
  /** Those of which there is something to hand on. */
  readonly apis: readonly GrantedApi[];
  /** The chosen one; the Management API before others. */
  readonly api: GrantedApi | undefined;
  readonly privileges: readonly Privilege[];
}

async function findOffer(visit: SignedInVisit, choices: ApiTokenChoices | null, apiId: string): Promise<Offer> {
  const apis = choices?.apis.filter(({ scopes }) => scopes.length > 0) ?? [];
  const byId = (id: string) => apis.find((api) => api.id === id);
  const api = byId(apiId) ?? byId(MANAGEMENT_API_ID) ?? apis[0];
  if (!choices || !api) return { choices, apis, api, privileges: [] };
  const catalogue = await visit.services.granting.privilegesFor(visit.caller, choices.owner.companyId);
  return { choices, apis, api, privileges: offeredPrivileges(api, catalogue.privileges) };
}

interface Shown {
  readonly offer: Offer;
  readonly values: ApiTokenFormValues;
  readonly ticked: readonly string[];
  readonly faults: FormFaults;
  readonly status: number;
  /** The button by which the form came back, when it was not meant to be saved. */
  readonly choose?: string | undefined;
  /** What was looked for among clients and users. */
  readonly q?: string | undefined;
}

async function formPage(visit: SignedInVisit, shown: Shown): Promise<Answer> {
  const { offer, values, ticked, faults, status, choose, q } = shown;
  const { api, apis, choices } = offer;
  const owner = await ownerChoice(visit, { owner: choices?.owner ?? null, q, isAnswer: choose !== undefined });
  return page(
    (frame) =>
      h(ApiTokenFormPage, {
        frame,
        token: null,
        values: { ...values, api: api?.id ?? '' },
        errors: faults.toErrors(),
        owner,
        apis: apis.map(({ id, name }) => ({ value: id, label: name })),
        picker: api ? toTokenPicker(api, offer.privileges, new Set(ticked)) : null,
        yourAddress: visit.origin.ip,
        // Without a choice the API goes along unseen.
        hidden: { form_id: createFormId(), ...(api && apis.length === 1 ? { api: api.id } : {}) },
      }),
    { status },
  );
}

/** `?client_id=…` or `?user_id=…`: for that one, from its page. */
export async function showNewApiToken(visit: SignedInVisit): Promise<Answer> {
  const { text, isAsked } = askedOwner(visit, parseQuery(visit.querystring));
  const faults = new FormFaults();
  const { choices, status } = await findChoices(visit, text, faults);
  const offer = await findOffer(visit, choices, '');
  return formPage(visit, {
    offer,
    values: NEW_API_TOKEN_VALUES,
    ticked: [],
    // While one acts for a company below, oneself is nobody there: then there is just nobody chosen yet.
    faults: isAsked ? faults : new FormFaults(),
    status: isAsked ? status : 200,
  });
}

export async function createApiToken(visit: SignedInVisit): Promise<Answer> {
  const { boxes, rest } = takePrivilegeBoxes(await visit.readForm(ROLE_FORM_LIMITS));
  const names = [...API_TOKEN_FORM_FIELDS, 'owner', ownerSearchName, chosenOwnerName, 'form_id', 'choose'] as const;
  const fields = pickFields(rest, names);
  const values = keptValues(API_TOKEN_FORM_FIELDS, NEW_API_TOKEN_VALUES, fields);
  const choose = fields[chosenOwnerName] === undefined ? fields.choose : 'owner';
  const faults = new FormFaults();
  const text = fields[chosenOwnerName] ?? fields.owner ?? '';
  // Whoever looks for an owner has none yet, or another.
  const { choices, status } = await findChoices(visit, text, choose === 'find' ? new FormFaults() : faults);
  const offer = await findOffer(visit, choices, values.api);
  const ticked = tickedOf(boxes, offer);
  const shown = { offer, values, ticked };
  if (choose !== undefined) {
    const q = choose === 'find' ? searchOf(fields[ownerSearchName]) : undefined;
    return formPage(visit, { ...shown, faults, status: faults.isEmpty ? 200 : status, choose, q });
  }
  // Without an owner there was nothing to tick.
  const parsed = parseApiTokenForm({ values, privileges: choices ? ticked : undefined, now: visit.now });
  for (const detail of faults.toErrors()['owner'] ?? []) parsed.faults.add('owner', detail);
  if (!choices) return formPage(visit, { ...shown, faults: parsed.faults, status });
  if (!parsed.input) return formPage(visit, { ...shown, faults: parsed.faults, status: 422 });
  return make(visit, { ...shown, faults: parsed.faults }, choices, parsed.input, fields.form_id);
}

function tickedOf(boxes: Boxes, { privileges }: Offer): readonly string[] {
  return chosenPrivileges(boxes, { privileges: privileges.map((each) => ({ ...each, obstacle: null })) });
}

async function make(
  visit: SignedInVisit,
  shown: Omit<Shown, 'status'>,
  { owner }: ApiTokenChoices,
  { privileges = [], ...input }: ApiTokenInput,
  formId: string | undefined,
): Promise<Answer> {
  const of = owner.type === 'client' ? { clientId: owner.id } : { userId: owner.id };
  try {
    return await once(
      visit,
      formId,
      async () => {
        const created = await visit.services.apiTokens.create(visit.caller, { ...input, ...of, privileges });
        return apiTokenPage(visit, created, 'created');
      },
      () => alreadyCreated(visit),
    );
  } catch (error) {
    if (!isAboutForm(error)) throw error;
    shown.faults.addProblem(error, apiTokenFieldOf(shown.values));
    return formPage(visit, { ...shown, status: error.status });
  }
}

function alreadyCreated(visit: SignedInVisit): Answer {
  return repeatedPage(visit, {
    title: 'This API token was created already',
    detail:
      'The form was sent twice. The value was shown the first time and can’t be shown again; if it got lost, regenerate it on the token’s page. The newest API token stands first in the list.',
    action: { href: '/api-tokens', label: 'Go to the API tokens' },
  });
}
