// The form of a client: from what was typed to what the domain takes, and the domain's faults back to the fields.
import type { ClientFormValues } from '../../../views/pages/client-form.tsx';
import type { IpRestrictionMode } from '../../domain/address/ip-rule-list.ts';
import { MANAGEMENT_API_ID } from '../../domain/api/privilege.ts';
import { clientFields } from '../../domain/client/client-fields.ts';
import { type Client, DEFAULT_TOKEN_LIFETIME_SECONDS } from '../../domain/client/client.ts';
import { checkInstant, minuteText } from './expiry-form.ts';
import { fieldOfPointer, FormFaults } from './form.ts';
import { checkRestriction, restrictionFieldOf } from './restriction-form.ts';

export const CLIENT_FORM_FIELDS = [
  'company_id',
  'name',
  'description',
  'role_id',
  'status',
  'ip_mode',
  'ip_rules',
  'token_lifetime',
  'token_format',
  'default_api',
  'expires_at',
] as const satisfies readonly (keyof ClientFormValues)[];

export const NEW_CLIENT_VALUES: ClientFormValues = {
  company_id: '',
  name: '',
  description: '',
  role_id: '',
  status: 'active',
  ip_mode: 'off',
  ip_rules: '',
  token_lifetime: String(DEFAULT_TOKEN_LIFETIME_SECONDS),
  token_format: 'jwt',
  default_api: MANAGEMENT_API_ID,
  expires_at: '',
};

export function valuesOfClient(client: Client): ClientFormValues {
  return {
    company_id: client.companyId,
    name: client.name,
    description: client.description,
    role_id: client.roleId,
    status: client.status,
    ip_mode: client.ipRestriction.mode,
    ip_rules: client.ipRestriction.rules.join('\n'),
    token_lifetime: String(client.tokenLifetimeSeconds),
    token_format: client.tokenFormat,
    default_api: client.defaultApi,
    expires_at: minuteText(client.expiresAt),
  };
}

/** What the form stands for. */
export interface ClientInput {
  /** Counts at registration alone: a client stays in its company. */
  readonly companyId: string;
  readonly name: string;
  readonly description: string;
  readonly roleId: string;
  readonly status: Client['status'];
  readonly ipRestriction: { readonly mode: IpRestrictionMode; readonly rules: string[] };
  readonly tokenLifetimeSeconds: number;
  readonly tokenFormat: Client['tokenFormat'];
  readonly defaultApi: string;
  readonly expiresAt: Date | null;
}

/**
 * All faults at once, or the input. `stored` is the client as it was when the form was opened: an expiry that nobody touched
 * stays to the second, though the form shows minutes.
 */
export function parseClientForm(
  values: ClientFormValues,
  stored: Client | undefined,
): { readonly input: ClientInput | undefined; readonly faults: FormFaults } {
  const faults = new FormFaults();
  const { expires_at: expiry } = values;
  const keepsExpiry = stored !== undefined && expiry === minuteText(stored.expiresAt);
  if (values.role_id === '') faults.add('role_id', 'Choose a role.');
  const fields = {
    companyId: faults.check('company_id', clientFields.companyId, values.company_id),
    name: faults.check('name', clientFields.name, values.name),
    description: faults.check('description', clientFields.description, values.description),
    roleId: values.role_id === '' ? undefined : faults.check('role_id', clientFields.roleId, values.role_id),
    status: faults.check('status', clientFields.status, values.status),
    ipRestriction: checkRestriction(faults, values),
    tokenLifetimeSeconds: checkLifetime(faults, values.token_lifetime),
    tokenFormat: faults.check('token_format', clientFields.tokenFormat, values.token_format),
    defaultApi: faults.check('default_api', clientFields.defaultApi, values.default_api),
    expiresAt: keepsExpiry ? stored.expiresAt : checkExpiry(faults, expiry),
  };
  return { input: faults.isEmpty ? (fields as ClientInput) : undefined, faults };
}

function checkLifetime(faults: FormFaults, text: string): number | undefined {
  const seconds = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  const result = clientFields.tokenLifetimeSeconds.safeParse(seconds);
  if (result.success) return result.data;
  for (const issue of result.error.issues) faults.add('token_lifetime', issue.message);
  return undefined;
}

/** Empty for never. */
function checkExpiry(faults: FormFaults, text: string): Date | null | undefined {
  if (text.trim() === '') return null;
  const fault = 'Enter a date and time such as 2027-01-31 12:00, in UTC, or nothing.';
  return checkInstant(faults, text, clientFields.expiresAt, fault);
}

/** The field in which the domain's pointer is typed. */
export function clientFieldOf(pointer: string): string | undefined {
  const restriction = restrictionFieldOf(pointer);
  if (restriction !== undefined) return restriction;
  const name = fieldOfPointer(pointer);
  return CLIENT_FORM_FIELDS.some((field) => field === name) ? name : undefined;
}

const LABELS: Readonly<Record<keyof ClientFormValues, string>> = {
  company_id: 'Company',
  name: 'Name',
  description: 'Description',
  role_id: 'Role',
  status: 'Status',
  ip_mode: 'IP restriction',
  ip_rules: 'Allowed addresses',
  token_lifetime: 'Token lifetime',
  token_format: 'Token format',
  default_api: 'Default API',
  expires_at: 'Expires at',
};

/** The labels of the fields in which the two differ. */
export function differingLabels(one: ClientFormValues, other: ClientFormValues): string[] {
  const plain = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  return CLIENT_FORM_FIELDS.filter((name) => plain(one[name]) !== plain(other[name])).map((name) => LABELS[name]);
}
