// The form of an API token: from what was typed and ticked to what the domain takes, and the domain's faults back to the fields.
import { type ApiTokenFormValues, offeredDays } from '../../../views/pages/api-token-form.tsx';
import type { PickerApi } from '../../../views/parts/privilege-picker.tsx';
import { Problem } from '../../base/problem.ts';
import type { IpRestriction } from '../../domain/address/ip-rule-list.ts';
import { apiTokenFields } from '../../domain/api-token/api-token-fields.ts';
import type { ApiTokenSummary } from '../../domain/api-token/api-token.ts';
import { type GrantedApi, type Privilege, privilegeName } from '../../domain/api/privilege.ts';
import type { GrantablePrivilege } from '../../domain/role/granting.ts';
import { checkInstant, minuteText } from './expiry-form.ts';
import { FormFaults } from './form.ts';
import { checkRestriction, restrictionFieldOf } from './restriction-form.ts';
import { takeBoxes, toPicker } from './role-form.ts';

export const API_TOKEN_FORM_FIELDS = [
  'name',
  'api',
  'expiry',
  'expires_at',
  'ip_mode',
  'ip_rules',
] as const satisfies readonly (keyof ApiTokenFormValues)[];

export const NEW_API_TOKEN_VALUES: ApiTokenFormValues = {
  name: '',
  api: '',
  expiry: '90',
  expires_at: '',
  ip_mode: 'off',
  ip_rules: '',
};

export function valuesOfApiToken(token: ApiTokenSummary): ApiTokenFormValues {
  return {
    name: token.name,
    api: token.apiId,
    expiry: token.expiresAt === null ? 'never' : 'date',
    expires_at: minuteText(token.expiresAt),
    ip_mode: token.ipRestriction.mode,
    ip_rules: token.ipRestriction.rules.join('\n'),
  };
}

/** The boxes that are ticked, and the rest of the form. */
export function takePrivilegeBoxes(form: Readonly<Record<string, string>>): ReturnType<typeof takeBoxes> {
  const taken = takeBoxes(form);
  // The form of a role has boxes of this kind too.
  if (taken.boxes.companies.length > 0) {
    throw new Problem('request.malformed', 'This form has no companies to choose from.');
  }
  return taken;
}

/** What the domain takes: the fields of a new token and of a changed one alike. */
export interface ApiTokenInput {
  readonly name: string;
  /** undefined: as they are. */
  readonly privileges: string[] | undefined;
  readonly ipRestriction: IpRestriction & { rules: string[] };
  readonly expiresAt: Date | null;
}

interface Given {
  readonly values: ApiTokenFormValues;
  /** undefined: as they are. */
  readonly privileges: readonly string[] | undefined;
  /** As it was when the form was opened: an expiry that nobody touched stays to the second, though the form shows minutes. */
  readonly stored?: ApiTokenSummary | undefined;
  readonly now: Date;
}

/** All faults at once, or the input. */
export function parseApiTokenForm({ values, privileges, stored, now }: Given): {
  readonly input: ApiTokenInput | undefined;
  readonly faults: FormFaults;
} {
  const faults = new FormFaults();
  const fields = {
    name: faults.check('name', apiTokenFields.name, values.name),
    privileges: privileges && checkPrivileges(faults, privileges, values.api),
    ipRestriction: checkRestriction(faults, values),
    expiresAt: checkExpiry(faults, values, stored, now),
  };
  return { input: faults.isEmpty ? (fields as ApiTokenInput) : undefined, faults };
}

function checkPrivileges(faults: FormFaults, privileges: readonly string[], api: string): string[] | undefined {
  // The tree was another API's: without script a new choice counts from the next page on.
  if (privileges.some((privilege) => !privilege.startsWith(`${api}/`))) {
    faults.add(
      'privileges',
      'These were privileges of another API. Choose among those of the API that stands here now.',
    );
    return undefined;
  }
  const result = apiTokenFields.privileges.safeParse(privileges);
  for (const { message } of result.error?.issues ?? []) faults.add('privileges', message);
  return result.data;
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

function checkExpiry(
  faults: FormFaults,
  { expiry, expires_at: text }: ApiTokenFormValues,
  stored: ApiTokenSummary | undefined,
  now: Date,
): Date | null | undefined {
  if (expiry === 'never') return null;
  if (expiry === 'date') {
    if (stored?.expiresAt && text === minuteText(stored.expiresAt)) return stored.expiresAt;
    return checkInstant(
      faults,
      text,
      apiTokenFields.expiresAt,
      'Enter a date and time such as 2027-01-31 12:00, in UTC.',
    );
  }
  const days = offeredDays.find((each) => String(each) === expiry);
  if (days !== undefined) return new Date(now.getTime() + days * DAY_MILLISECONDS);
  faults.add('expiry', 'Choose when the token ends.');
  return undefined;
}

/** The field in which the domain's pointer is typed. */
export function apiTokenFieldOf({ expiry }: ApiTokenFormValues): (pointer: string) => string | undefined {
  return (pointer) => {
    if (pointer === '/client_id' || pointer === '/user_id') return 'owner';
    if (pointer === '/name') return 'name';
    if (pointer === '/expires_at') return expiry === 'date' ? 'expires_at' : 'expiry';
    return pointer.startsWith('/privileges') ? 'privileges' : restrictionFieldOf(pointer);
  };
}

/** What of an API a token may be made of, described. Scopes that the catalogue does not know stand by their names at the end. */
export function offeredPrivileges(
  { id, scopes }: Pick<GrantedApi, 'id' | 'scopes'>,
  catalogue: readonly Privilege[],
): readonly Privilege[] {
  const isOffered = new Set(scopes);
  const known = catalogue.filter(({ apiId, scope }) => apiId === id && isOffered.has(scope));
  const isKnown = new Set(known.map(({ scope }) => scope));
  return [...known, ...scopes.filter((scope) => !isKnown.has(scope)).map((scope) => undescribed(id, scope))];
}

function undescribed(apiId: string, scope: string): Privilege {
  return { apiId, scope, group: 'Others', description: '', level: 'company' };
}

/** `idle`: what a stored token has although its owner no longer does; it is shown, and can't be chosen. */
export function toTokenPicker(
  api: Pick<GrantedApi, 'id' | 'name'>,
  offered: readonly Privilege[],
  chosen: ReadonlySet<string>,
  idle: readonly Privilege[] = [],
): PickerApi | null {
  const privileges: GrantablePrivilege[] = offered.map((privilege) => ({ ...privilege, obstacle: null }));
  const [picker] = toPicker({ privileges }, new Map([[api.id, api.name]]), chosen);
  if (idle.length === 0) return picker ?? null;
  const group = {
    group: 'Without effect',
    privileges: idle.map(({ scope, description, level }) => ({
      scope,
      description,
      level,
      isChosen: false,
      obstacle: 'Its owner doesn’t hold it now. It stays with the token until you choose others.',
    })),
  };
  return { id: api.id, name: api.name, groups: [...(picker?.groups ?? []), group] };
}

/** Whether what is ticked is what the token has of what can be ticked: then its privileges stay as they are, idle ones too. */
export function isSameChoice(
  token: ApiTokenSummary,
  offered: readonly Privilege[],
  ticked: readonly string[],
): boolean {
  const has = new Set(token.scopes);
  const shown = offered.filter(({ scope }) => has.has(scope)).map(({ scope }) => privilegeName(token.apiId, scope));
  const isTicked = new Set(ticked);
  return isTicked.size === shown.length && shown.every((name) => isTicked.has(name));
}
