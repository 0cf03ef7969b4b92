// Changing an API token without overwriting what somebody else saved meanwhile. Its owner and its API stay.
import { h } from 'preact';
import { ApiTokenFormPage, type ApiTokenFormValues } from '../../../views/pages/api-token-form.tsx';
import { apiTokenHref } from '../../../views/parts/api-tokens.tsx';
import { Problem } from '../../base/problem.ts';
import { parseIpAddress } from '../../domain/address/ip-address.ts';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { type Privilege, privilegeName } from '../../domain/api/privilege.ts';
import { findApiToken } from './api-token-detail-page.ts';
import {
  API_TOKEN_FORM_FIELDS,
  apiTokenFieldOf,
  isSameChoice,
  offeredPrivileges,
  parseApiTokenForm,
  takePrivilegeBoxes,
  toTokenPicker,
  valuesOfApiToken,
} from './api-token-form.ts';
import { FormFaults, isAboutForm, keptValues, parseVersion, pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';
import { parseQuery, textOf } from './query.ts';
import { chosenPrivileges, ROLE_FORM_LIMITS } from './role-form.ts';

interface Stored {
  readonly token: ApiTokenSummary;
  /** What it may have of its API. */
  readonly offered: readonly Privilege[];
  /** What it has of that, although its owner does not. */
  readonly idle: readonly Privilege[];
}

/** 403 for a token whose owner is stronger than the visitor. */
async function findStored(visit: SignedInVisit): Promise<Stored> {
  const { caller, services } = visit;
  const token = await findApiToken(visit);
  const [{ apis }, catalogue] = await Promise.all([
    services.apiTokens.choices(caller, token.ownerType, token.ownerId),
    services.granting.privilegesFor(caller, token.companyId),
  ]);
  const scopes = apis.find(({ id }) => id === token.apiId)?.scopes ?? [];
  const isOffered = new Set(scopes);
  const of = (given: readonly string[]) => offeredPrivileges({ id: token.apiId, scopes: given }, catalogue.privileges);
  return { token, offered: of(scopes), idle: of(token.scopes.filter((scope) => !isOffered.has(scope))) };
}

interface Shown {
  readonly values: ApiTokenFormValues;
  readonly ticked: readonly string[];
  readonly faults: FormFaults;
  readonly status: number;
}

function formPage(visit: SignedInVisit, { token, offered, idle }: Stored, shown: Shown): Answer {
  const { values, ticked, faults, status } = shown;
  return page(
    (frame) =>
      h(ApiTokenFormPage, {
        frame,
        token: { id: token.id, name: token.name, owner: token.ownerName },
        values,
        errors: faults.toErrors(),
        apis: [],
        picker: toTokenPicker({ id: token.apiId, name: token.apiName }, offered, new Set(ticked), idle),
        yourAddress: visit.origin.ip,
        hidden: { version: String(token.version) },
      }),
    { status },
  );
}

export async function showApiTokenEdit(visit: SignedInVisit): Promise<Answer> {
  const stored = await findStored(visit);
  const { apiId, scopes } = stored.token;
  return formPage(visit, stored, {
    values: withAddress(valuesOfApiToken(stored.token), textOf(parseQuery(visit.querystring), 'address')),
    ticked: scopes.map((scope) => privilegeName(apiId, scope)),
    faults: new FormFaults(),
    status: 200,
  });
}

/** Beside a refused call stands a way here: its address is in the list already, for somebody to look at and save. */
function withAddress(values: ApiTokenFormValues, address: string | undefined): ApiTokenFormValues {
  if (address === undefined || parseIpAddress(address) === undefined || values.ip_mode === 'off') return values;
  return { ...values, ip_rules: `${values.ip_rules}\n${address}` };
}

const EDITABLE_FIELDS = API_TOKEN_FORM_FIELDS.filter((name) => name !== 'api');

export async function saveApiToken(visit: SignedInVisit): Promise<Answer> {
  const { boxes, rest } = takePrivilegeBoxes(await visit.readForm(ROLE_FORM_LIMITS));
  const fields = pickFields(rest, [...EDITABLE_FIELDS, 'version']);
  const stored = await findStored(visit);
  const { token, offered } = stored;
  const values = keptValues(API_TOKEN_FORM_FIELDS, valuesOfApiToken(token), fields);
  const ticked = chosenPrivileges(boxes, { privileges: offered.map((each) => ({ ...each, obstacle: null })) });
  const version = parseVersion(fields.version, token.version);
  if (version !== token.version) return staleForm(visit, stored, { values, ticked });
  const privileges = isSameChoice(token, offered, ticked) ? undefined : ticked;
  const { input, faults } = parseApiTokenForm({ values, privileges, stored: token, now: visit.now });
  if (!input) return formPage(visit, stored, { values, ticked, faults, status: 422 });
  try {
    const saved = await visit.services.apiTokens.update(visit.caller, token.id, input, version);
    const details = saved.notices.map(({ detail }) => detail);
    return seeOther(apiTokenHref(token.id), {
      flash: { code: 'api_token_saved', subject: saved.token.name, details },
    });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource.changed') {
      return staleForm(visit, await findStored(visit), { values, ticked });
    }
    if (!isAboutForm(error)) throw error;
    faults.addProblem(error, apiTokenFieldOf(values));
    return formPage(visit, stored, { values, ticked, faults, status: error.status });
  }
}

function staleForm(visit: SignedInVisit, stored: Stored, typed: Pick<Shown, 'values' | 'ticked'>): Answer {
  const faults = new FormFaults();
  faults.add(
    'form',
    `${stored.token.name} was changed since you opened this form. What you typed is kept. Save again to overwrite what is stored.`,
  );
  return formPage(visit, stored, { ...typed, faults, status: 409 });
}
